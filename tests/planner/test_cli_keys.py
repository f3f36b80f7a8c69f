"""Keys and backups: one from before a rotation opens with the older key, and without it says what to bring back."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from planner.cli import cli
from planner.config import Settings
from planner.persistence.database import Database
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.contacts import ContactDetails, contact_of, keep_contact
from planner.services.keyring import Keys, keys_of
from tests.studies import NOW, trial

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
INDEX = "an index key, long enough for it"
DETAILS = ContactDetails(name="Made Up", phone="+12125550100", email="made.up@example.org", language="es")


def keys(*contact: str) -> Keys:
    return keys_of(Settings(contact_keys=",".join(contact), index_key=INDEX))  # type: ignore[arg-type]


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def planner(database: Database, line: str, *contact: str, index: str = INDEX) -> Result:
    around = {"DATABASE_URL": url_of(database), "PLANNER_CONTACT_KEYS": ",".join(contact), "PLANNER_INDEX_KEY": index}
    return CliRunner().invoke(cli, line.split(), env=around)


def details_in(database: Database, *contact: str) -> ContactDetails | None:
    with database.reading() as session:
        return contact_of(session, keys(*contact), session.get_one(Participant, 1))


@pytest.fixture
def backup(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A backup with somebody's details, from before the keys were rotated; the database has been rotated since."""
    monkeypatch.chdir(tmp_path)
    study = trial(store)
    study.enrol()
    study.store.write(
        SYSTEM, NOW, lambda uow: keep_contact(uow, keys(OLD), uow.session.get_one(Participant, 1), DETAILS)
    )
    file = tmp_path / "before.gz"
    assert planner(store.database, f"database backup {file}", OLD).exit_code == 0
    rotated = planner(store.database, "keys rotate", NEW, OLD)
    assert "older backups still need them" in rotated.output
    assert details_in(store.database, NEW) == DETAILS
    return file


def test_a_backup_from_before_a_rotation_opens_with_the_older_key_and_then_makes_do_with_the_newest(
    backup: Path, another_database: Database
) -> None:
    restored = planner(another_database, f"database restore {backup}", NEW, OLD)
    assert (restored.exit_code, "the audit is whole" in restored.output) == (0, True), restored.output
    assert details_in(another_database, NEW, OLD) == DETAILS
    assert planner(another_database, "keys rotate", NEW, OLD).exit_code == 0
    assert planner(another_database, "database check", NEW).exit_code == 0
    assert details_in(another_database, NEW) == DETAILS


def test_restored_with_the_newest_key_alone_it_says_which_key_has_to_come_back(
    backup: Path, another_database: Database
) -> None:
    restored = planner(another_database, f"database restore {backup}", NEW)
    wanted = "contact: none of the keys opens 1 of its rows; add the key that was in use when it was written to"
    assert (restored.exit_code, wanted in restored.output) == (1, True), restored.output
    for line in ("database check", "keys rotate"):
        refused = planner(another_database, line, NEW)
        assert refused.exit_code != 0
        assert "PLANNER_CONTACT_KEYS" in refused.output
        assert "Traceback" not in refused.output
    assert planner(another_database, "database check", NEW, OLD).exit_code == 0  # nothing is lost by it


def test_another_index_key_is_noticed(store: Store, backup: Path) -> None:
    checked = planner(store.database, "database check", NEW, index="another index key, long enough..")
    assert backup.exists()
    assert (checked.exit_code, "set PLANNER_INDEX_KEY" in checked.output) == (1, True), checked.output


def test_without_anything_encrypted_a_check_needs_no_keys(store: Store) -> None:
    trial(store).enrol()
    checked = CliRunner().invoke(cli, ["database", "check"], env={"DATABASE_URL": url_of(store.database)})
    assert (checked.exit_code, "the audit is whole" in checked.output) == (0, True), checked.output

"""Contact details: encrypted at rest, found without being read, rotated, erased while the history stays."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import LargeBinary, select, text

from planner.config import ConfigurationError, Settings
from planner.persistence.audit import AuditEntry
from planner.persistence.facts import facts_of
from planner.persistence.participants import Contact, Participant
from planner.persistence.tables import METADATA
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.problems import InvalidInput, NotFound
from planner.services.access import EVERYTHING, Scope
from planner.services.contacts import ContactDetails, contact_of, erase_contact, find_by_contact, keep_contact
from planner.services.keyring import Keys, add_key, keys_of
from planner.services.rotation import SEALED, rotate_keys
from tests.studies import NOW, STUDY, Trial, trial

DETAILS = ContactDetails(name="Made Up", phone="+12125550100", email="made.up@example.org", language="es")


def some_keys(*contact: str, index: str = "i" * 32) -> Keys:
    made = Settings(contact_keys=",".join(contact), index_key=index)  # type: ignore[arg-type]
    return keys_of(made)


FIRST = Fernet.generate_key().decode()
KEYS = some_keys(FIRST)


@pytest.fixture
def study(store: Store) -> Trial:
    made = trial(store)
    made.enrol()
    keep(made, DETAILS)
    return made


def keep(study: Trial, details: ContactDetails, keys: Keys = KEYS) -> None:
    study.store.write(SYSTEM, NOW, lambda uow: keep_contact(uow, keys, uow.session.get_one(Participant, 1), details))


def known(study: Trial, keys: Keys = KEYS) -> ContactDetails | None:
    with study.store.database.reading() as session:
        return contact_of(session, keys, session.get_one(Participant, 1))


def test_what_was_kept_comes_back_and_nothing_of_it_stands_in_the_database(study: Trial) -> None:
    assert known(study) == DETAILS
    with study.store.database.engine.connect() as connection:
        stored = repr(connection.execute(text("SELECT * FROM contact")).all())
        audited = repr(connection.execute(text("SELECT * FROM audit_entry")).all())
    for value in ("Made Up", "2125550100", "made.up"):
        assert value not in stored
        assert value not in audited


def found(study: Trial, keys: Keys = KEYS, scope: Scope = EVERYTHING, **by: str) -> list[str]:
    with study.store.database.reading() as session:
        return [row.number for row, _ in find_by_contact(session, keys, scope, STUDY, **by)]


def test_a_participant_is_found_by_their_number_or_address_without_reading_any(study: Trial) -> None:
    assert found(study, phone="+12125550100") == ["01-001"]
    assert found(study, email=" Made.Up@example.org ") == ["01-001"]
    assert found(study, phone="+12125550101") == []
    assert found(study, some_keys(FIRST, index="j" * 32), phone="+12125550100") == []
    study.store.write(SYSTEM, NOW, lambda uow: erase_contact(uow, uow.session.get_one(Participant, 1), "asked for"))
    assert found(study, phone="+12125550100") == []


def test_nobody_is_found_outside_the_scope(study: Trial) -> None:
    assert found(study, scope=Scope(((1, 1),)), phone="+12125550100") == ["01-001"]
    assert found(study, scope=Scope(((1, 2),)), phone="+12125550100") == []
    with pytest.raises(NotFound):
        found(study, scope=Scope(((2, None),)), phone="+12125550100")


@pytest.mark.parametrize("by", [{}, {"phone": "  "}, {"phone": "+12125550100", "email": "made.up@example.org"}])
def test_one_number_or_one_address_is_asked_for(study: Trial, by: dict[str, str]) -> None:
    phone, email = by.get("phone", ""), by.get("email", "")
    with pytest.raises(InvalidInput, match="a number or an address is wanted"):
        found(study, phone=phone, email=email)


def test_the_audit_names_only_what_changed(study: Trial) -> None:
    keep(study, ContactDetails(name="Made Up", phone="+12125550199", email="made.up@example.org", language="es"))
    with study.store.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "contact.changed")).all()
    assert [sorted(entry.after or {}) for entry in entries] == [["email", "language", "name", "phone"], ["phone"]]


def test_erasing_leaves_the_history_and_nothing_to_reach_anybody_by(study: Trial) -> None:
    study.store.write(SYSTEM, NOW, lambda uow: erase_contact(uow, uow.session.get_one(Participant, 1), "asked for"))
    assert known(study) is None
    with study.store.database.reading() as session:
        row = session.get_one(Contact, 1)
        assert (row.sealed, row.phone_index, row.email_index) == (None, None, None)
        assert len(facts_of(session, 1)) == 2


def test_after_a_rotation_the_old_key_can_be_thrown_away(study: Trial) -> None:
    new = Fernet.generate_key().decode()
    assert study.store.write(SYSTEM, NOW, lambda uow: rotate_keys(uow, some_keys(new, FIRST)))["contact"] == 1
    assert known(study, some_keys(new)) == DETAILS
    with pytest.raises(ConfigurationError, match="none of PLANNER_CONTACT_KEYS fits"):
        known(study)


def test_a_rotation_leaves_no_column_out_that_holds_something_encrypted() -> None:
    binary = {
        (table.name, column.name)
        for table in METADATA.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    # A table that is taken in, or given out, says what facts say, which are not encrypted either.
    assert {(table.__tablename__, column) for table, column in SEALED} == binary - {("long_work", "payload")}


def test_the_embedded_database_gets_a_fresh_key_before_its_old_one(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path)
    sealed = keys_of(settings).seal({"phone": "+12125550100"})
    assert add_key(settings)
    after = keys_of(settings)
    assert after.open(after.again(sealed)) == {"phone": "+12125550100"}
    assert len(json.loads((tmp_path / "keys.json").read_text("utf-8"))["contact"]) == 2
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (ContactDetails(phone="555 0100"), "phone"),
        (ContactDetails(email="nobody"), "email"),
        (ContactDetails(language="xx"), "language"),
        (ContactDetails(zone="Mars/Olympus"), "zone"),
        (ContactDetails(name="n" * 300), "name"),
    ],
)
def test_what_cannot_be_is_told_by_its_field(study: Trial, wrong: ContactDetails, place: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        keep(study, wrong)
    assert [problem.place for problem in refused.value.problems] == [place]
    assert known(study) == DETAILS


def test_an_installation_of_its_own_makes_its_keys_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path / "data")
    first, second = keys_of(settings), keys_of(settings)
    assert second.open(first.seal({"a": 1})) == {"a": 1}
    assert (tmp_path / "data" / "keys.json").stat().st_mode & 0o777 == 0o600


def test_machines_that_share_a_database_must_be_given_the_keys() -> None:
    with pytest.raises(ConfigurationError, match="planner keys new"):
        keys_of(Settings(database_url="postgresql://host/name"))


@pytest.mark.parametrize(
    ("contact", "index", "said"),
    [("no key", "i" * 32, "a key that is none"), ("A" * 43 + "=", "short", "PLANNER_INDEX_KEY")],
    ids=["contact", "index"],
)
def test_keys_that_are_none_are_told_at_the_start(contact: str, index: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        some_keys(contact, index=index)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"birth_date": "31.1.1961"}, "no day of birth"),
        ({"birth_date": "1961-02-30"}, "no day of birth"),
        ({"birth_date": "0061-01-31"}, "no day of birth"),
        ({"name": "Made\nUp"}, "cannot be seen"),
        ({"caregiver_name": "\N{RIGHT-TO-LEFT OVERRIDE}pU edaM"}, "cannot be seen"),
    ],
)
def test_days_without_meaning_and_hidden_characters_are_not_kept(
    study: Trial, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        keep(study, replace(DETAILS, **wrong))
    keep(study, replace(DETAILS, birth_date="1961-01-31"))
    assert known(study) == replace(DETAILS, birth_date="1961-01-31")

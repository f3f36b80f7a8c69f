"""What people note beside the facts goes into a backup, comes back from it, and survives a way down and up again."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from planner.persistence import schema
from planner.persistence.backup import restore_backup, take_backup
from planner.persistence.checklists import ChecklistItem
from planner.persistence.cohorts import CohortRow
from planner.persistence.contact_attempts import ContactAttempt
from planner.persistence.contact_consents import ContactConsent
from planner.persistence.database import Database
from planner.persistence.dose_oks import DoseOk
from planner.persistence.site_versions import SiteVersion
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import Actor, Store, UnitOfWork
from planner.services.access import EVERYTHING, find_study
from planner.services.amendments import MakeEffective, amendment_effective
from planner.services.checklists import VisitAddress, tick, untick
from planner.services.cohorts import SetUpCohort, set_up_cohort
from planner.services.contact_attempts import LogAttempt, log_attempt, strike_attempt, want_attempts
from planner.services.contact_consents import AgreeToContact, agree_to_contact
from planner.services.dose_oks import GiveOk, Result, give_ok, revoke_ok
from tests.studies import NORTH, NOW, STUDY, Trial, a_user, trial

TABLES = (ChecklistItem, CohortRow, ContactAttempt, ContactConsent, DoseOk, SiteVersion)
TODAY = date(2026, 1, 5)
D1 = VisitAddress(study=STUDY, participant="01-001", visit="induction.c1.d1")


def filled(store: Store) -> Trial:
    """A study with something in each of these tables, and in every column that may be empty."""
    study = trial(store)
    study.enrol()
    who = a_user(store)
    store.write(who, NOW, lambda uow: _fill(uow, study))
    return study


def _fill(uow: UnitOfWork, study: Trial) -> None:
    designs = study.designs
    who: dict[str, Any] = {"study": STUDY, "participant": "01-001"}
    want_attempts(uow, find_study(uow.session, EVERYTHING, STUDY), 3)
    for _ in range(2):
        attempt = log_attempt(uow, EVERYTHING, LogAttempt(**who, tried_at=NOW, channel="phone", outcome="no-answer"))
    strike_attempt(uow, EVERYTHING, STUDY, "01-001", attempt.id, "twice")
    for until in (None, date(2026, 6, 30)):
        agree_to_contact(uow, EVERYTHING, AgreeToContact(**who, channel="sms", how="on the form", until=until))
    tick(uow, designs, EVERYTHING, D1, "edc")
    tick(uow, designs, EVERYTHING, D1, "kit.bloods")
    untick(uow, designs, EVERYTHING, D1, "kit.bloods", "another kit")
    ok = GiveOk(**who, visit=D1.visit, drug="vsli", results=(Result(name="platelets", value="90", day=TODAY),))
    give_ok(uow, designs, EVERYTHING, ok)
    revoke_ok(uow, EVERYTHING, STUDY, "01-001", D1.visit, "vsli", "fever")
    give_ok(uow, designs, EVERYTHING, ok)
    level = SetUpCohort(study=STUDY, code="level-1", label="Level 1", size=3, part="phase-1b", dose_levels={"ino": "1"})
    set_up_cohort(uow, designs, EVERYTHING, level)
    version = MakeEffective(study=STUDY, site=NORTH, version="1.0", approved_on=TODAY, effective_on=TODAY)
    amendment_effective(uow, designs, EVERYTHING, version)


def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of these tables, as plain values."""
    with database.reading() as session:
        return {
            table.__tablename__: [
                tuple(row)
                for row in session.execute(select(*table.__table__.columns).order_by(*table.__table__.primary_key))
            ]
            for table in TABLES
        }


def test_a_backup_carries_every_row_into_either_kind_of_database(database: Database, tmp_path: Path) -> None:
    source = Database(f"sqlite:///{tmp_path / 'source.db'}")
    schema.migrate(source)
    filled(Store(source))
    known = rows(source)
    assert {name: len(found) for name, found in known.items()} == {
        "checklist_item": 2, "cohort": 1, "contact_attempt": 2, "contact_consent": 2, "dose_ok": 2, "site_version": 1,
    }  # fmt: skip
    take_backup(source, tmp_path / "backup.gz", datetime(2026, 1, 6, tzinfo=UTC))
    restore_backup(database, tmp_path / "backup.gz")
    assert rows(database) == known
    with database.reading() as session:
        assert session.scalars(select(Study.attempts_wanted)).one() == 3


def test_after_a_restore_numbers_go_on_and_what_was_said_stays_unchangeable(store: Store, tmp_path: Path) -> None:
    source = Database(f"sqlite:///{tmp_path / 'source.db'}")
    schema.migrate(source)
    filled(Store(source))
    take_backup(source, tmp_path / "backup.gz", datetime(2026, 1, 6, tzinfo=UTC))
    restore_backup(store.database, tmp_path / "backup.gz")
    command = LogAttempt(study=STUDY, participant="01-001", tried_at=NOW, channel="phone", outcome="reached")
    assert store.write(Actor("planner"), NOW, lambda uow: log_attempt(uow, EVERYTHING, command).id) == 3
    with pytest.raises(DBAPIError, match="only ever added to"), store.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM contact_consent"))


def test_a_full_database_goes_down_to_before_these_tables_and_up_again(store: Store) -> None:
    study = filled(store)
    schema.migrate(store.database, "0004")
    left = set(inspect(store.database.engine).get_table_names())
    assert left.isdisjoint(table.__tablename__ for table in TABLES)
    schema.migrate(store.database)
    assert all(found == [] for found in rows(store.database).values())
    study.record("01-001", {"fact": "unscheduled_visit", "date": "2026-01-05"})
    with store.database.reading() as session:
        assert session.scalars(select(Study.attempts_wanted)).one() is None

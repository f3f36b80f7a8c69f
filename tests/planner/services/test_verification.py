"""What is stored beside the facts is compared with them: whoever tampers with it by hand is found."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from planner.persistence.unit_of_work import Store
from planner.services.verification import verify_visits
from tests.studies import Trial, trial

BOOKED = {"fact": "booked", "visit": "induction.c1.d1", "date": "2026-01-05", "time": "10:00", "chair": "1"}
GIVEN = {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1", "activity": "vsli"}
LATE = {"fact": "given", "date": "2026-01-16", "visit": "induction.c1.d8", "activity": "vsli"}


@pytest.fixture
def study(store: Store) -> Trial:
    made = trial(store)
    made.enrol()
    made.record("01-001", BOOKED)
    made.enrol("01-002")
    made.record("01-002", GIVEN, LATE)
    return made


def told(study: Trial) -> list[str]:
    return study.store.read(lambda session: list(verify_visits(session, study.designs)))


def test_of_what_nobody_has_tampered_with_nothing_is_told(study: Trial) -> None:
    assert told(study) == []
    with study.store.database.engine.connect() as connection:
        for table in ("chair_slot", "gate", "deviation"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")), table  # noqa: S608 - the names above


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE gate SET due = '2027-01-01'", "differs in due"),
        ("DELETE FROM gate", "is planned and not stored"),
        ("UPDATE deviation SET days = 77", "differs in days"),
        ("DELETE FROM deviation", "is found and not stored"),
        ("UPDATE booking SET fact_id = 'f99'", "is not as the facts have it"),
        ("DELETE FROM chair_slot WHERE starts = 600", "does not hold chair 1"),
        ("UPDATE chair_slot SET chair = 2", "does not hold chair 1"),
        ("UPDATE booking SET ended_at = made_at", "which is not open"),
    ],
)
def test_what_was_tampered_with_by_hand_is_told(study: Trial, statement: str, words: str) -> None:
    with study.store.database.engine.begin() as connection:
        connection.execute(text(statement))
    assert any(words in problem for problem in told(study)), told(study)

"""Who is in hospital now, and on which days participants cannot come."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from planner.persistence.unit_of_work import Store
from planner.problems import NotFound
from planner.services.access import EVERYTHING, Scope
from planner.services.whereabouts import DaysAway, InHospital, away_between, days_away, in_hospital
from tests.studies import NORTH, SOUTH, STUDY, Trial, trial

MARCH = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ADMITTED = {"fact": "admitted", "date": "2026-02-26", "note": "fever"}
ELSEWHERE = Scope(((1, 2),))


@pytest.fixture
def study(store: Store) -> Trial:
    made = trial(store)
    made.now = MARCH
    made.enrol()
    return made


def patients(study: Trial, now: datetime = MARCH, scope: Scope = EVERYTHING) -> list[InHospital]:
    return study.store.read(lambda session: in_hospital(session, study.designs, scope, STUDY, now))


def discharged(day: str) -> dict[str, Any]:
    return {"fact": "discharged", "date": day}


def test_nobody_is_in_hospital_who_was_not_admitted(study: Trial) -> None:
    assert patients(study) == []


def test_who_was_admitted_is_there_until_the_day_of_the_discharge(study: Trial) -> None:
    study.record("01-001", ADMITTED)
    assert patients(study) == [InHospital("01-001", NORTH, date(2026, 2, 26), "admitted", "fever")]
    study.record("01-001", discharged("2026-03-02"))
    assert len(patients(study)) == 1, "the day itself counts"
    assert patients(study, MARCH + timedelta(days=1)) == []


def test_an_admission_still_to_come_is_none_yet(study: Trial) -> None:
    study.record("01-001", {**ADMITTED, "date": "2026-03-05"})
    assert patients(study) == []


def test_a_second_admission_counts_from_its_own_day(study: Trial) -> None:
    study.record("01-001", ADMITTED, discharged("2026-02-27"), {"fact": "admitted", "date": "2026-03-01"})
    assert [(one.since, one.note) for one in patients(study)] == [(date(2026, 3, 1), "")]


def test_conditioning_for_a_transplant_begins_a_stay_in_hospital(study: Trial) -> None:
    study.record("01-001", {"fact": "transplanted", "date": "2026-03-04", "conditioning": "2026-02-27"})
    assert [(one.since, one.by) for one in patients(study)] == [(date(2026, 2, 27), "transplanted")]


def test_who_died_there_or_was_admitted_by_mistake_is_not(study: Trial) -> None:
    mistaken = study.record("01-001", ADMITTED).facts[0].id
    study.record("01-001", {"fact": "void", "date": "2026-02-26", "of": mistaken})
    study.enrol("01-002")
    study.record("01-002", ADMITTED, {"fact": "died", "date": "2026-03-01"})
    assert patients(study) == []


def test_today_is_that_of_the_site(study: Trial) -> None:
    study.enrol("02-001", site=SOUTH)
    late = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)  # already 3 March in Jerusalem
    for number in ("01-001", "02-001"):
        study.record(number, {**ADMITTED, "date": "2026-03-03"})
    assert [one.participant for one in patients(study, late)] == ["02-001"]


def test_days_away_are_listed_with_what_a_void_would_name(study: Trial) -> None:
    later = {"fact": "away", "date": "2026-04-06", "until": "2026-04-10", "note": "a wedding"}
    study.record("01-001", {**later, "id": "wedding"}, {"fact": "away", "date": "2026-03-09", "until": "2026-03-09"})
    found = study.store.read(lambda session: days_away(session, study.designs, EVERYTHING, STUDY, "01-001"))
    assert [(span.first, span.last, span.note) for span in found] == [
        (date(2026, 3, 9), date(2026, 3, 9), ""),
        (date(2026, 4, 6), date(2026, 4, 10), "a wedding"),
    ]
    study.record("01-001", {"fact": "void", "date": "2026-03-02", "of": found[1].fact})
    left = study.store.read(lambda session: days_away(session, study.designs, EVERYTHING, STUDY, "01-001"))
    assert left == found[:1]
    assert found[1] == DaysAway("01-001", NORTH, date(2026, 4, 6), date(2026, 4, 10), "a wedding", "wedding")


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [(1, 5, 0), (1, 6, 1), (8, 8, 1), (10, 20, 1), (11, 20, 0)],
)
def test_whoever_is_away_on_any_of_some_days_is_listed(study: Trial, first: int, last: int, count: int) -> None:
    study.record("01-001", {"fact": "away", "date": "2026-04-06", "until": "2026-04-10"})
    days = date(2026, 4, first), date(2026, 4, last)
    found = study.store.read(lambda session: away_between(session, study.designs, EVERYTHING, STUDY, *days))
    assert len(found) == count


def test_lists_are_of_ones_own_sites_only(study: Trial) -> None:
    study.record("01-001", ADMITTED, {"fact": "away", "date": "2026-04-06", "until": "2026-04-10"})
    assert patients(study, scope=ELSEWHERE) == []
    days = date(2026, 4, 1), date(2026, 4, 30)
    assert study.store.read(lambda session: away_between(session, study.designs, ELSEWHERE, STUDY, *days)) == []
    with pytest.raises(NotFound):
        study.store.read(lambda session: days_away(session, study.designs, ELSEWHERE, STUDY, "01-001"))

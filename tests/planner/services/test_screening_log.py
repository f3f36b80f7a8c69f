"""The screening log: everybody who was screened, with their consent and what came of it."""

from datetime import date

import pytest
from sqlalchemy import func, select

from planner.persistence.bookings import ChairSlot
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.problems import InvalidInput, NotFound, Refused
from planner.services.access import EVERYTHING, Scope
from planner.services.enrolment import fail_screening, take_failure_back
from planner.services.screening_log import ScreeningEntry, screening_log
from tests.studies import NORTH, NOW, SOUTH, STUDY, Trial, audited, trial

SCREENED = date(2026, 1, 5)
CONSENTED = {"fact": "consented", "date": "2025-12-01", "version": "1.0"}


@pytest.fixture
def study(store: Store) -> Trial:
    return trial(store)


def log(study: Trial, scope: Scope = EVERYTHING) -> list[ScreeningEntry]:
    return study.store.read(lambda session: screening_log(session, study.designs, scope, STUDY))


def test_somebody_in_screening_has_no_outcome_yet(study: Trial) -> None:
    study.screen("01-001")
    assert log(study) == [
        ScreeningEntry("01-001", NORTH, SCREENED, None, None, "in-screening", None, "", None),
    ]


def test_an_enrolment_stands_with_the_version_of_the_consent_before_it(study: Trial) -> None:
    study.enrol("01-001")
    assert log(study) == [
        ScreeningEntry("01-001", NORTH, SCREENED, date(2025, 12, 1), "1.0", "enrolled", None, "", date(2025, 12, 30)),
    ]


def test_a_failed_screening_says_when_and_why(study: Trial) -> None:
    study.screen("01-001")
    study.record("01-001", CONSENTED)
    day = date(2026, 1, 4)
    study.store.write(
        SYSTEM, NOW, lambda uow: fail_screening(uow, study.designs, EVERYTHING, STUDY, "01-001", day, "counts").id
    )
    (entry,) = log(study)
    assert (entry.outcome, entry.decided_on, entry.reason, entry.enrolled_on) == ("screen-failed", day, "counts", None)
    assert entry.version == "1.0"


def test_who_withdrew_or_died_in_screening_is_listed_so(study: Trial) -> None:
    study.screen("01-001")
    study.screen("01-002")
    study.record("01-001", {"fact": "withdrew", "date": "2026-01-03", "scope": "contact", "note": "too far"})
    study.record("01-002", {"fact": "died", "date": "2026-01-04"})
    assert [(entry.outcome, entry.decided_on, entry.reason) for entry in log(study)] == [
        ("withdrawn", date(2026, 1, 3), "too far"),
        ("died", date(2026, 1, 4), ""),
    ]


def test_a_voided_consent_is_none_and_the_first_that_counts_is_told(study: Trial) -> None:
    study.screen("01-001")
    first = study.record("01-001", CONSENTED).facts[0].id
    study.record("01-001", {"fact": "consented", "date": "2025-12-03", "version": "1.0"})
    assert log(study)[0].consented_on == date(2025, 12, 1)
    study.record("01-001", {"fact": "void", "date": "2025-12-03", "of": first})
    assert log(study)[0].consented_on == date(2025, 12, 3)


def test_the_day_is_that_of_the_site_that_screened_also_after_a_transfer(study: Trial) -> None:
    study.now = NOW.replace(hour=23)  # 6 January in Jerusalem
    study.enrol("02-001", site=SOUTH)
    study.record("02-001", {"fact": "transferred", "date": "2026-01-05", "site": NORTH})
    assert [(entry.site, entry.screened_on) for entry in log(study)] == [(SOUTH, date(2026, 1, 6))]


def test_the_log_is_by_number_and_of_ones_own_sites_only(study: Trial) -> None:
    for number, site in (("01-002", NORTH), ("02-001", SOUTH), ("01-001", NORTH)):
        study.screen(number, site)
    assert [entry.participant for entry in log(study)] == ["01-001", "01-002", "02-001"]
    assert [entry.participant for entry in log(study, Scope(((1, 2),)))] == ["02-001"]
    with pytest.raises(NotFound):
        log(study, Scope(((7, None),)))


def held(study: Trial) -> int:
    return study.store.read(lambda session: session.scalar(select(func.count()).select_from(ChairSlot)) or 0)


def fail(study: Trial) -> None:
    day = date(2026, 1, 4)
    study.store.write(
        SYSTEM, NOW, lambda uow: fail_screening(uow, study.designs, EVERYTHING, STUDY, "01-001", day, "counts").id
    )


def take_back(study: Trial, reason: str = "the wrong participant") -> str:
    return study.store.write(
        SYSTEM,
        NOW,
        lambda uow: take_failure_back(uow, study.designs, EVERYTHING, STUDY, "01-001", reason).status,
    )


def test_a_failed_screening_frees_its_chairs_at_once_and_lets_nobody_enrol(study: Trial) -> None:
    study.screen("01-001", planned_day_1=date(2026, 1, 12))
    booked = {"fact": "booked", "date": "2026-01-12", "visit": "induction.c1.d1", "time": "09:30", "minutes": 60}
    study.record("01-001", booked)
    assert held(study) == 4
    fail(study)
    assert held(study) == 0
    with pytest.raises(Refused, match="01-001 failed screening"):
        study.record("01-001", {"fact": "enrolled", "date": "2026-01-05", "day_1": "2026-01-12"})


def test_a_failure_that_was_a_mistake_is_taken_back_with_a_reason_and_the_audit_has_both(study: Trial) -> None:
    study.screen("01-001", planned_day_1=date(2026, 1, 12))
    booked = {"fact": "booked", "date": "2026-01-12", "visit": "induction.c1.d1", "time": "09:30", "minutes": 60}
    study.record("01-001", booked)
    with pytest.raises(Refused, match="has not failed screening"):
        take_back(study)
    fail(study)
    with pytest.raises(InvalidInput, match="the reason is missing"):
        take_back(study, " ")
    assert (take_back(study), held(study)) == ("screening", 4)
    assert [entry.outcome for entry in log(study)] == ["in-screening"]
    assert audited(study, "participant.screen-failed")[0].why == "counts"
    (entry,) = audited(study, "participant.screening-reopened")
    assert (entry.before, entry.why) == ({"date": "2026-01-04", "reason": "counts"}, "the wrong participant")

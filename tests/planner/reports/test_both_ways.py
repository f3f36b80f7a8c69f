"""The stored plans and plans made again from the facts give the same report."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from planner.persistence.unit_of_work import SYSTEM, Store
from planner.reports.making import Wanted, make_report
from planner.reports.report import BREAKDOWNS, Filters, Report, report_data
from planner.services.access import EVERYTHING
from planner.services.replanning import replan_all
from tests.studies import NORTH, SOUTH, STUDY, Trial, trial

#: a moment after everything that is recorded here
LATER = datetime(2026, 3, 20, 18, 0, tzinfo=UTC)


def given(key: str, day: str, *drugs: str, **more: object) -> list[dict[str, object]]:
    return [{"fact": "given", "date": day, "visit": key, "activity": drug, **more} for drug in drugs or ("vsli", "ino")]


def fill(study: Trial) -> None:
    """Five participants: one as planned; one late and with a visit missed; one transferred, transplanted after
    progression; one who died; one in screening."""
    first = date(2026, 1, 5)
    for number, site in (("01-001", NORTH), ("01-002", NORTH), ("01-003", NORTH), ("02-001", SOUTH)):
        study.enrol(number, first, site)
    study.screen("02-002", SOUTH)
    study.record("01-001", *given("induction.c1.d1", "2026-01-05"), *given("induction.c1.d8", "2026-01-12"))
    study.record("01-001", *given("induction.c1.d15", "2026-01-19"))
    study.record("01-002", *given("induction.c1.d1", "2026-01-07"))
    study.record("01-002", {"fact": "visit_missed", "date": "2026-01-14", "visit": "induction.c1.d8"})
    study.record("01-002", *given("induction.c1.d15", "2026-01-27"))
    study.record("01-003", *given("induction.c1.d1", "2026-01-05"))
    study.record("01-003", {"fact": "transferred", "date": "2026-01-10", "site": SOUTH})
    study.record("01-003", *given("induction.c1.d8", "2026-01-14", "ino"))
    study.record("01-003", {"fact": "treatment_ended", "date": "2026-02-02", "reason": "progression"})
    study.record("01-003", {"fact": "transplanted", "date": "2026-02-11", "conditioning": "2026-02-05"})
    study.record("02-001", *given("induction.c1.d1", "2026-01-05"))
    study.record("02-001", {"fact": "died", "date": "2026-01-20"})
    study.now = LATER
    replan_all(study.store, study.designs, SYSTEM, LATER)


def report(study: Trial, as_of: datetime | None = None, **filters: object) -> Report:
    wanted = Wanted(study=STUDY, as_of=as_of, filters=Filters(**filters))  # type: ignore[arg-type]
    return study.store.read(lambda s: make_report(s, study.designs, EVERYTHING, wanted, study.now))


def test_today_from_the_stored_plans_is_the_same_as_today_from_the_facts(store: Store) -> None:
    study = trial(store)
    fill(study)
    for by in BREAKDOWNS:
        stored, again = report(study, by=by), report(study, study.now, by=by)
        assert (stored.made_from, again.made_from) == ("projection", "facts")
        assert report_data(replace(stored, made_from="facts")) == report_data(again)
        assert stored.notes == ()

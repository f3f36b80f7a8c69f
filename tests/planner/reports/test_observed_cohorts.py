"""Observation for dose-limiting toxicity and enrolment by cohort, worked out by hand; today is Wednesday 15 April 2026.

The observation is cycle 1, 14 days from its Day 1; of the protocol's two parts only the escalation is observed. Its
cohorts are low (10 mg, 6 wanted) and high (20 mg, 4 wanted). Day 1 is 2 March if nothing else is said.

| who    | cohort | what happened                                                        | stands as      |
|--------|--------|----------------------------------------------------------------------|----------------|
| 01-001 | low    | both doses                                                           | evaluable      |
| 01-002 | low    | day 8 missed, and nobody says for a toxicity                         | to be replaced |
| 01-003 | low    | day 8 left out for a toxicity                                        | evaluable      |
| 01-004 | low    | day 1; died on 10 March                                              | ended early    |
| 01-005 | high   | Day 1 on 8 April, so observed until the 21st                         | observing      |
| 01-006 | high   | day 1; nothing is recorded of day 8                                  | incomplete     |
| 01-007 | high   | both doses, of which day 8's is voided                               | incomplete     |
| 01-008 | high   | Day 1 is to be on 20 April                                           | not begun      |
| 01-009 | high   | both doses; seen at south since 1 April                              | evaluable      |
| 01-010 |        | in the part without an observation; both doses                       | not observed   |
| 01-011 |        | in screening                                                         | not counted    |

So 3 of 9 are evaluable: of low 2 of 4, of high 1 of 5. By the site that sees them 2 of 8 at north and 1 of 1 at south.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from planner.persistence.unit_of_work import SYSTEM, Store
from planner.reports.report import Report, report_data
from planner.services.access import EVERYTHING
from planner.services.cohorts import ChangeCohort, SetUpCohort, change_cohort, set_up_cohort
from tests.reported import DAY_1, LATER, SMALL, at, counts, given, left_out, report, row
from tests.studies import NORTH, SOUTH, STUDY, Trial, trial

OBSERVED = (
    SMALL.replace(
        "  part: {label: Part one, dose_levels: {drug: 10 mg}}\n",
        "  part: {label: Escalation}\n  rest: {label: The rest, dose_levels: {drug: 20 mg}}\n",
    ).replace("kind: dose}", "kind: dose, omit_for: [toxicity]}")
    + """\
observation: {epoch: t, cycle: 1, length: 14 days, cohorts: [part]}
"""
)
LEVELS = {"low": "10 mg", "high": "20 mg"}


def observed(store: Store) -> Trial:
    """The study of the table."""
    study = trial(store, texts=[OBSERVED])
    for code, size in (("low", 6), ("high", 4)):
        set_up(study, code, size)
    for place in range(1, 11):
        cohort = "low" if place <= 4 else "high"
        enrol(
            study,
            f"01-{place:03}",
            cohort if place < 10 else "",
            {5: date(2026, 4, 8), 8: date(2026, 4, 20)}.get(place),
        )
    study.screen("01-011", NORTH)
    for place in (1, 2, 3, 4, 6, 7, 9, 10):
        study.record(f"01-{place:03}", given("t.c1.d1", "2026-03-02"))
    for place in (1, 7, 9, 10):
        study.record(f"01-{place:03}", given("t.c1.d8", "2026-03-09", id=f"day-8-of-{place}"))
    study.record("01-002", {"fact": "visit_missed", "date": "2026-03-09", "visit": "t.c1.d8"})
    toxic = {"fact": "omitted", "date": "2026-03-09", "visit": "t.c1.d8", "activity": "drug", "reason": "toxicity"}
    study.record("01-003", toxic)
    study.record("01-004", {"fact": "died", "date": "2026-03-10"})
    study.record("01-007", {"fact": "void", "date": "2026-03-11", "of": "day-8-of-7"})
    study.record("01-009", {"fact": "transferred", "date": "2026-04-01", "site": SOUTH})
    study.record("01-005", given("t.c1.d1", "2026-04-08"))
    return at(study, LATER)


def set_up(study: Trial, code: str, size: int) -> None:
    command = SetUpCohort(
        study=STUDY, code=code, label=f"Made up: {code}", size=size, part="part", dose_levels={"drug": LEVELS[code]}
    )
    study.store.write(SYSTEM, study.now, lambda uow: set_up_cohort(uow, study.designs, EVERYTHING, command))
    opened = ChangeCohort(study=STUDY, code=code, state="open", why="made up")
    study.store.write(SYSTEM, study.now, lambda uow: change_cohort(uow, study.designs, EVERYTHING, opened))


def enrol(study: Trial, number: str, cohort: str, day_1: date | None) -> None:
    levels: dict[str, Any] = {"dose_levels": {"drug": LEVELS[cohort]}} if cohort else {}
    study.enrol(number, day_1 or DAY_1, cohort="part" if cohort else "rest", **levels)


def test_each_cohort_stands_as_the_table_says(store: Store) -> None:
    study = observed(store)
    found = report(study, by="site")
    measure = found.measure("observation")
    assert {label: counts(row(measure, label)) for label in ("", "low", "high")} == {
        "": (3, 9), "low": (2, 4), "high": (1, 5),
    }  # fmt: skip
    assert standing(found, "low") == {"evaluable": 2, "to-be-replaced": 1, "ended-early": 1}
    assert standing(found, "high") == {"observing": 1, "incomplete": 2, "not-begun": 1, "evaluable": 1}
    assert {site: counts(row(measure, group=site)) for site in (NORTH, SOUTH)} == {NORTH: (2, 8), SOUTH: (1, 1)}
    assert left_out(measure) == {"participants whom the protocol does not observe": 1}
    assert report_data(report(study, LATER, by="site")) == report_data(replace(found, made_from="facts"))


def standing(found: Report, cohort: str) -> dict[str, float | None]:
    return dict(row(found.measure("observation"), cohort).more)


def test_enrolment_stands_beside_what_is_planned_for_each_cohort(store: Store) -> None:
    found = report(observed(store)).measure("enrolment")
    assert (row(found).n, row(found, "2025-12").n) == (10, 10)
    assert (counts(row(found, "cohort low")), counts(row(found, "cohort high"))) == ((4, 6), (5, 4))
    over = row(found, "cohort high")
    assert (over.note, over.share, over.low) == ("over the plan", 1.25, None)
    assert left_out(found) == {"not enrolled": 1}


def test_a_cohort_of_the_protocol_is_a_filter_and_a_breakdown_of_them(store: Store) -> None:
    study = observed(store)
    assert counts(row(report(study, cohort="part").measure("observation"))) == (3, 9)
    assert row(report(study, cohort="rest").measure("observation")).note == "nobody observed"
    by = report(study, by="cohort").measure("observation")
    assert counts(row(by, group="part")) == (3, 9)

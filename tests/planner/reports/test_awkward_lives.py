"""Two participants to whom awkward things happened, worked out by hand; the study is that of tests/reported.py.

Both enrolled on 30 December 2025, Day 1 on 2 March 2026; cycle 1 plans a pill at home from 2 to 11 March.

- 01-001 had the dose of day 1, took the pill on 2, 3, 4, 8, 9, 10 and 11 March, was in hospital on 5 and 6 March, did
  not come on 9 March and was not reached on the 10th; treatment ended on 13 March; a transplant on 1 April, day 92.
- 01-002 had both doses of cycle 1; the look of 9 March was made up for on the 12th; nobody wrote about pills; treatment
  ended on 13 March; withdrew from contact on 10 April, day 101.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from planner.persistence.unit_of_work import SYSTEM, Store
from planner.reports.report import Report, report_data
from planner.services.access import EVERYTHING
from planner.services.contact_attempts import LogAttempt, log_attempt
from tests.planner.reports.test_as_of import judge
from tests.reported import DAY_1, LATER, SMALL, at, counts, given, left_out, report, row
from tests.studies import STUDY, Trial, trial

END = {"fact": "treatment_ended", "date": "2026-03-13", "reason": "toxicity"}


def lives(store: Store) -> Trial:
    """Both participants."""
    study = trial(store, texts=[SMALL])
    for number in ("01-001", "01-002"):
        study.enrol(number, DAY_1, cohort="part")
        study.record(number, given("t.c1.d1", "2026-03-02"))
    study.record("01-001", *(given(None, f"2026-03-{day:02}", "pill") for day in (2, 3, 4, 8, 9, 10, 11)))
    study.record("01-001", {"fact": "admitted", "date": "2026-03-05"}, {"fact": "discharged", "date": "2026-03-06"})
    study.record("01-001", {"fact": "visit_missed", "date": "2026-03-09", "visit": "t.c1.d8"})
    tried = LogAttempt(
        study=STUDY, participant="01-001", tried_at=datetime(2026, 3, 10, 15, tzinfo=UTC), channel="phone",
        outcome="no-answer",
    )  # fmt: skip
    study.store.write(SYSTEM, study.now, lambda uow: log_attempt(uow, EVERYTHING, tried))
    seen = {"fact": "attended", "date": "2026-03-09", "visit": "t.c1.d8", "not_done": ["look"]}
    later = {"fact": "assessed", "date": "2026-03-12", "visit": "t.c1.d8", "activity": "look", "result": "made up for"}
    study.record("01-002", given("t.c1.d8", "2026-03-09"), seen, later)
    study.record("01-001", END, {"fact": "transplanted", "date": "2026-04-01"})
    study.record("01-002", END, {"fact": "withdrew", "date": "2026-04-10", "scope": "contact"})
    at(study, LATER)
    judge(study, "01-001", "missed:t.c1.d8", "confirm", important=True)
    return study


@pytest.fixture
def study(store: Store) -> Trial:
    return lives(store)


def test_what_is_awkward_counts_as_it_does_by_hand(study: Trial) -> None:
    found = report(study)
    check_care(found)
    check_deviations(found)
    check_retention(found)
    assert report_data(report(study, study.now)) == report_data(replace(found, made_from="facts"))


def check_care(found: Report) -> None:
    # Ten days of pills less two in hospital; one of eight is not recorded. Of 01-002 nothing is said of pills at all.
    assert counts(row(found.measure("home"), "Pill")) == (7, 8)
    gone = left_out(found.measure("home"))
    assert gone == {"days in hospital": 2, "participants of whom no dose at home is recorded": 1}
    # What was left out of a visit and done later was done.
    assert counts(row(found.measure("activities"), "Look")) == (1, 1)
    # Three of the four doses of cycle 1; what comes after the end of treatment is not due.
    assert counts(row(found.measure("attendance"))) == (3, 4)
    assert counts(row(found.measure("relative-dose"), "Drug, doses")) == (3, 4)


def check_deviations(found: Report) -> None:
    kinds = {each.label: (each.n, dict(each.more)) for each in found.measure("deviations").rows}
    told = {"important": 1, "confirmed": 1, "candidates": 0, "queries": 0}
    assert kinds == {"": (1, told), "missed": (1, told)}
    assert {each.label: each.n for each in found.measure("deviations-by-month").rows} == {"": 1, "2026-03": 1}
    # An attempt that reached nobody is no contact.
    assert counts(row(found.measure("contact"))) == (0, 1)


def check_retention(found: Report) -> None:
    """Day 92: a transplant, of two at risk, which ends nothing; day 101: one of two leaves."""
    retention = found.measure("retention")
    assert counts(row(retention, "in the study")) == (1, 2)
    curves = {
        curve.label: {point.day: (point.at_risk, point.value) for point in curve.points} for curve in retention.curves
    }
    days = {"Kaplan-Meier: in the study": 101, "Aalen-Johansen: left the study": 101, "Aalen-Johansen: died": 106}
    days["Aalen-Johansen: transplanted"] = 92
    assert [curves[label][day] for label, day in days.items()] == [(2, 0.5), (2, 0.5), (1, 0.0), (2, 0.5)]

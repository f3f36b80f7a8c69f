"""The observation for dose-limiting toxicity: who is in it, and who is to be replaced."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.history import Died, Held, Omitted, TreatmentEnded, VisitMissed
from schedules.scalars import PartialDate
from schedules.scheduled import ObservationState
from tests.builders import Facts, attended, consented, dose, enrolled, planned, protocol

VISITS = (
    "visits: {d1: {label: D1, day: 1, activities: [drug]}, d8: {label: D8, day: 8, activities: [drug]},"
    " d22: {label: D22, day: 22, activities: [drug]}}"
)
RULE = "observation: {epoch: t, cycle: 1, length: 21 days}"


def observed(extent: str, *facts: object, as_of: date = date(2026, 1, 30)) -> ObservationState | None:
    study = protocol(f"  t: {{label: T, {extent}, {VISITS}}}\n", RULE)
    return planned(enrolled(), *facts, protocol=study, as_of=as_of).observation  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("extent", "stay"), [("length: 28 days", "t"), ("cycles: {length: 28 days, at_most: 2}", "t.c1")]
)
def test_an_epoch_is_observed_whether_or_not_it_comes_in_cycles(extent: str, stay: str) -> None:
    first = dose(f"{stay}.d1", date(2026, 1, 5), "drug")
    given = (*first, *dose(f"{stay}.d8", date(2026, 1, 12), "drug"))
    states = {day: observed(extent, given, as_of=date(2026, 1, day)) for day in (25, 26)}
    assert [(found.closes.day, found.state) for found in states.values() if found] == [
        (25, "observing"), (25, "evaluable"),
    ]  # fmt: skip
    missed = observed(extent, first, VisitMissed(date=date(2026, 1, 12), visit=f"{stay}.d8"))
    assert missed is not None
    assert missed.state == "to-be-replaced"


def test_a_dose_missed_after_the_observation_does_not_make_it_void() -> None:
    given = (*dose("t.d1", date(2026, 1, 5), "drug"), *dose("t.d8", date(2026, 1, 12), "drug"))
    found = observed("length: 28 days", given, VisitMissed(date=date(2026, 1, 26), visit="t.d22"))
    assert found is not None
    assert found.state == "evaluable"


BEGUN = (consented(), enrolled(cohort="phase-1b"), dose("induction.c1.d1", date(2026, 1, 5)))
D15 = dose("induction.c1.d15", date(2026, 1, 19))
VSLI_LEFT_OUT = dose("induction.c1.d8", date(2026, 1, 12), "ino")


def left_out(reason: str) -> Omitted:
    return Omitted(date=date(2026, 1, 12), visit="induction.c1.d8", activity="vsli", reason=reason)


def held(reason: str) -> Held:
    return Held(date=date(2026, 1, 12), visit="induction.c1.d8", activity="vsli", reason=reason)


@pytest.mark.parametrize(
    ("state", "why", "more"),
    [
        ("evaluable", "observed until 1 February 2026", (dose("induction.c1.d8", date(2026, 1, 12)), D15)),
        ("evaluable", "observed until", (VSLI_LEFT_OUT, left_out("neuropathy"), D15)),
        ("to-be-replaced", "C1D8 Vincristine sulfate liposome IV was missed", (VSLI_LEFT_OUT, left_out("travel"), D15)),
        ("incomplete", "nothing is recorded about C1D8", D15),
        ("incomplete", "nothing is recorded about Vincristine sulfate liposome IV at C1D8", (VSLI_LEFT_OUT, D15)),
        ("incomplete", "no reason is recorded for Vincristine sulfate liposome IV at C1D8",
         (VSLI_LEFT_OUT, attended("induction.c1.d8", date(2026, 1, 12), not_done=("vsli",)), D15)),
        ("incomplete", "Vincristine sulfate liposome IV at C1D8 was held (infection) and not given",
         (VSLI_LEFT_OUT, held("infection"), D15)),
        ("evaluable", "observed until", (VSLI_LEFT_OUT, held("neuropathy"), D15)),
        ("ended-early", "the participant died on 10 January 2026", Died(date=PartialDate(2026, 1, 10))),
        ("ended-early", "the participant died in January 2026", Died(date=PartialDate(2026, 1))),
        ("ended-early", "the treatment ended on 10 January 2026 (progression)",
         TreatmentEnded(date=date(2026, 1, 10), reason="progression")),
        ("evaluable", "observed until", TreatmentEnded(date=date(2026, 1, 10), reason="toxicity")),
        ("to-be-replaced", "C1D8 was missed",
         (VisitMissed(date=date(2026, 1, 12), visit="induction.c1.d8", reason="travel"), D15)),
        ("evaluable", "observed until",
         (VisitMissed(date=date(2026, 1, 12), visit="induction.c1.d8", reason="toxicity"), D15)),
    ],
)  # fmt: skip
def test_who_was_not_observed_to_the_end_or_of_whom_a_dose_is_unknown_is_not_evaluable(
    state: str, why: str, more: Facts
) -> None:
    found = planned(BEGUN, more, as_of=date(2026, 2, 10)).observation
    assert found is not None
    assert (found.state, why in found.why) == (state, True), found.why


def test_an_enrolment_without_a_cohort_is_told_where_the_observation_depends_on_it() -> None:
    told = [notice.text for notice in planned(enrolled()).notices if notice.kind == "cohort"]
    labels = "Phase Ib, dose escalation of inotuzumab"
    why = f"only in {labels} is a participant observed for dose-limiting toxicity"
    assert told == [f"the enrolment names no cohort; {why}"]
    for known in (enrolled(cohort="phase-2"), ()):
        assert not [notice for notice in planned(known).notices if notice.kind == "cohort"]

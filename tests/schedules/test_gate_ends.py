"""When a decision at a gate ends the treatment: on which day, and only where the path comes to that gate."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from schedules.history import Fact, VisitMissed
from schedules.scheduled import Plan
from schedules.statuses import GateStatus, Status
from tests.builders import cycle_done, decided, enrolled, planned, protocol, voided

RESPONSE = "induction.c1.response"
C1 = cycle_done("induction.c1")


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


# -- on which day -------------------------------------------------------------------------------

CYCLES = (
    "  t:\n    label: T\n    cycles: {length: 28 days, at_most: 3}\n"
    "    visits: {d1: {label: Day 1, day: 1, activities: [drug]}, d15: {label: Day 15, day: 15, activities: [drug]}}\n"
    "    gates:\n      go:\n        label: Go on\n        when: before-each-cycle\n        default: go\n"
    "        outcomes:\n"
    "          go: {label: Go}\n          enough: {label: Enough, to: end}\n"
    "          sick: {label: Sick, to: end, marks: [toxicity]}\n"
    "  f: {label: F, stage: follow-up, visits: {end: {label: End, after: {event: end-of-treatment}},"
    " late: {label: Late, after: {event: last-dose, by: 30 days}}}}\n"
)
BEGUN = cycle_done("t.c1", january(5), "drug", days=(1,))


def ended(outcome: str, day: date, *more: Fact) -> Plan:
    """The second cycle was decided against, on that day."""
    return planned(enrolled(), BEGUN, more, decided("t.c2.go", day, outcome), protocol=protocol(CYCLES), weekend=())


def test_enough_treatment_decided_before_a_cycle_leaves_the_rest_of_the_one_before_it() -> None:
    plan = ended("enough", january(6))
    assert (plan.visit("t.c1.d15").status, plan.visit("t.c1.d15").target) == (Status.PLANNED, january(19))
    assert plan.visit("f.end").target == february(2)
    assert plan.visit("f.late").target == january(19) + timedelta(days=30)
    assert not [visit for visit in plan if visit.key.startswith("t.c2")]


def test_toxicity_decided_before_a_cycle_ends_the_treatment_on_that_day() -> None:
    plan = ended("sick", january(6))
    assert plan.visit("t.c1.d15").status is Status.CANCELLED
    assert (plan.visit("f.end").target, plan.visit("f.late").target) == (january(6), february(4))


def test_a_cycle_decided_against_after_it_would_have_begun_ends_the_treatment_on_the_day_of_the_decision() -> None:
    assert ended("enough", february(6)).visit("f.end").target == february(6)


def test_a_dose_that_the_last_cycle_leaves_out_is_not_the_last_one() -> None:
    plan = ended("enough", february(1), VisitMissed(date=january(19), visit="t.c1.d15"))
    assert plan.visit("f.late").target == february(4)


def test_the_first_cycle_decided_against_ends_everything_on_that_day() -> None:
    plan = planned(enrolled(), decided("t.c1.go", january(2), "enough"), protocol=protocol(CYCLES))
    assert plan.visit("f.end").nominal == january(2)


def test_a_gate_that_nobody_decided_needs_no_answer_once_a_later_one_has_ended_the_treatment() -> None:
    starts = [date(2026, 3, 2) + timedelta(days=28 * cycle) for cycle in range(4)]
    given = [cycle_done(f"maintenance.c{n}", start) for n, start in enumerate(starts, 1)]
    go = [decided(f"maintenance.c{n}.continue", start, "continue") for n, start in enumerate(starts, 1)]
    second = (decided(RESPONSE, january(30), "no-benefit"), cycle_done("induction.c2", february(2)))
    benefit = decided("induction.c2.response", february(27), "benefit")
    stop = decided("maintenance.c5.seventh-cycle", date(2026, 6, 18), "stop")
    history = (enrolled(), C1, second, benefit, go[1:], given)
    for facts, status in ((history, GateStatus.OVERDUE), ((*history, stop), GateStatus.NOT_NEEDED)):
        made = planned(*facts, as_of=date(2026, 8, 1))
        found = {gate.key: gate for gate in made.gates}
        assert found["maintenance.c5.continue"].status is status
    assert found["maintenance.c5.seventh-cycle"].status is GateStatus.DECIDED
    assert not found["maintenance.c5.continue"].tentative


# -- only where the path comes to the gate --------------------------------------------------------


def test_a_decision_at_a_gate_that_nothing_asks_any_more_ends_nothing() -> None:
    asks = decided(RESPONSE, january(30), "benefit-with-toxicity")
    stop = decided("induction.c1.toxicity", january(31), "end")
    assert planned(enrolled(), C1, asks, stop).treatment_end.recorded  # type: ignore[union-attr]
    again = decided(RESPONSE, february(1), "benefit")
    plan = planned(enrolled(), C1, asks, stop, voided(asks, february(1)), again)
    assert plan.visit("maintenance.c1.d1").target == february(2)
    assert plan.visit("maintenance.c1.d1").certainty == "firm"
    assert any("31 January 2026 at induction.c1.toxicity ends and marks nothing" in n.text for n in plan.notices)
    assert any(gate.key == "induction.c1.toxicity" for gate in plan.gates)


def test_a_decision_at_a_gate_of_a_cycle_that_is_not_on_the_path_ends_and_marks_nothing() -> None:
    never_begun = decided("induction.c2.response", january(31), "progression")
    plan = planned(enrolled(), C1, decided(RESPONSE, january(30), "benefit"), never_begun)
    assert plan.visit("maintenance.c1.d1").target == february(2)
    assert not any(visit.spec.remote for visit in plan)


@pytest.mark.parametrize("outcome", ["progression", "unacceptable-toxicity"])
def test_a_decision_ends_the_treatment_also_where_nobody_recorded_the_cycle_before_it(outcome: str) -> None:
    decisions = (
        decided(RESPONSE, january(30), "benefit"),
        decided("maintenance.c2.continue", date(2026, 3, 2), outcome),
    )
    plan = planned(enrolled(), C1, *decisions)
    assert plan.treatment_end is not None
    assert (plan.treatment_end.day, plan.treatment_end.recorded) == (date(2026, 3, 2), True)


def test_a_decision_beyond_a_gate_that_is_open_and_has_no_default_still_ends_the_treatment() -> None:
    open_gate = decided(RESPONSE, january(30), "benefit-with-toxicity")
    stop = decided("maintenance.c2.continue", february(20), "progression")
    plan = planned(enrolled(), C1, open_gate, stop)
    assert plan.treatment_end is not None
    assert plan.treatment_end.day == february(20)

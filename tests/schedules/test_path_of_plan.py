"""The path of a plan: where the study's Day 1 stands, what an end leaves of it, and when the treatment is over."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.history import CycleDelayed, CycleHeld, Fact, Held, TreatmentEnded
from schedules.protocol import Protocol
from schedules.statuses import Status
from tests.builders import (
    booked,
    consented,
    cycle_done,
    decided,
    dose,
    enrolled,
    planned,
    protocol,
    targets,
)

RESPONSE = "induction.c1.response"
C1 = cycle_done("induction.c1")
NEXT = "maintenance.c1"


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


BENEFIT = decided(RESPONSE, january(30), "benefit")

# -- Day 1 of the study -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "moved",
    [
        CycleDelayed(date=january(2), cycle="induction.c1", to=january(12), reason="travel"),
        CycleHeld(date=january(2), cycle="induction.c1", reason="counts", resume=january(12)),
    ],
    ids=["delayed", "held until a day"],
)
def test_a_first_cycle_that_is_moved_takes_screening_and_all_its_visits_along(moved: Fact) -> None:
    made = planned(enrolled(), moved)
    assert made.day_1 == january(12)
    assert made.visit("induction.c1.d1").why[0] == "Day 1 is planned for 12 January 2026"
    assert made.visit("screening.baseline").nominal == january(5)
    assert (made.visit("induction.c1.d1").nominal, made.visit("induction.c1.d1").closes) == (january(12), january(15))
    assert targets(made, "induction.c1")["d8"] == january(19)


def test_a_first_cycle_that_is_delayed_is_no_wait_it_simply_stands_there() -> None:
    delay = CycleDelayed(date=january(2), cycle="induction.c1", to=january(12), reason="travel")
    assert planned(enrolled(), delay).visit("induction.c1.d1").why == ("Day 1 is planned for 12 January 2026",)


def test_of_two_holds_of_the_first_cycle_the_later_end_counts_and_a_delay_before_both() -> None:
    hold = CycleHeld(date=january(2), cycle="induction.c1", reason="counts", resume=january(12))
    again = CycleHeld(date=january(12), cycle="induction.c1", reason="counts", resume=january(14))
    assert planned(enrolled(), hold, again).day_1 == january(14)
    delay = CycleDelayed(date=january(13), cycle="induction.c1", to=january(19), reason="travel")
    assert planned(enrolled(), hold, delay).visit("screening.baseline").nominal == january(12)


CYCLES = """
  treatment:
    label: Treatment
    cycles: {length: 28 days, at_most: 2}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+3, activities: [drug]}
      d8: {label: Day 8, day: 8, window: -1/+2, activities: [drug]}
  follow-up:
    label: Follow-up
    stage: follow-up
    visits:
      over: {label: Over, after: {event: end-of-treatment, by: 7 days}, window: 0/+7, activities: [look]}
"""


# -- what an end leaves -------------------------------------------------------------------------

ENDED = TreatmentEnded(date=january(30), reason="toxicity")


def test_beyond_an_open_gate_an_end_leaves_nothing_to_show() -> None:
    made = planned(enrolled(), C1, ENDED)
    assert not targets(made, NEXT)


def test_a_cycle_that_was_decided_on_is_shown_as_cancelled_by_an_end_and_none_after_it() -> None:
    made = planned(enrolled(), C1, BENEFIT, ENDED)
    assert {visit.status for visit in made if visit.spec.stay.epoch == "maintenance"} == {Status.CANCELLED}
    assert set(targets(made, NEXT)) == {"d1", "d8", "d15"}
    assert not targets(made, "maintenance.c2")


@pytest.mark.parametrize(
    "about",
    [
        CycleHeld(date=january(29), cycle=NEXT, reason="counts"),
        CycleDelayed(date=january(29), cycle=NEXT, to=february(4), reason="travel"),
        booked(f"{NEXT}.d8", february(9)),
        Held(date=january(29), visit=f"{NEXT}.d1", reason="toxicity"),
    ],
    ids=["held", "delayed", "booked", "a dose held"],
)
def test_a_cycle_about_which_something_is_recorded_is_shown_as_cancelled_also_beyond_an_open_gate(about: Fact) -> None:
    made = planned(enrolled(), C1, about, ENDED)
    assert {visit.status for visit in made if visit.spec.stay.epoch == "maintenance"} == {Status.CANCELLED}


def test_of_cycles_that_simply_follow_one_another_an_end_leaves_the_next_one_to_show() -> None:
    text = CYCLES.replace("at_most: 2", "at_most: 4")
    begun = (enrolled(), dose("treatment.c1.d1", january(5), "drug"))
    made = planned(begun, ENDED, protocol=protocol(text))
    assert made.visit("treatment.c2.d1").status is Status.CANCELLED
    assert not targets(made, "treatment.c3")


# -- a cycle that asks --------------------------------------------------------------------------


def asking(cycle: int, default: str = "default: go, ", more: str = "") -> Protocol:
    """Three cycles of which one has a date only when it has been decided on."""
    outcomes = f"{default}outcomes: {{go: {{label: Go}}}}"
    gate = f"ready: {{label: Ready, when: before-each-cycle, cycles: {cycle}, asks: true, {outcomes}}}"
    gates = f"    gates: {{{gate}}}\n"
    text = CYCLES.replace("at_most: 2", "at_most: 3").replace("  follow-up:", f"{gates}  follow-up:")
    return protocol(text, more)


def test_beyond_a_cycle_that_asks_no_further_one_is_planned() -> None:
    made = planned(protocol=asking(2))
    assert [visit.key for visit in made] == ["treatment.c1.d1", "treatment.c1.d8", "treatment.c2.d1", "follow-up.over"]
    assert made.treatment_end is not None
    assert made.treatment_end.day == february(2)


@pytest.mark.parametrize("default", ["default: go, ", ""], ids=["a default", "no default"])
def test_a_treatment_whose_first_cycle_asks_has_not_begun_and_has_no_end(default: str) -> None:
    made = planned(protocol=asking(1, default))
    assert ([visit.key for visit in made], made.treatment_end) == (["treatment.c1.d1"], None)
    assert made.visit("treatment.c1.d1").status is Status.NEEDS_DECISION


def test_a_first_cycle_that_asks_and_was_delayed_simply_stands_there() -> None:
    delay = CycleDelayed(date=january(2), cycle="treatment.c1", to=january(12), reason="travel")
    words = "Ready: this needs a decision before it has a date (treatment.c1.ready)"
    made = planned(enrolled(), delay, protocol=asking(1)).visit("treatment.c1.d1")
    assert made.why[:2] == ("Day 1 is planned for 12 January 2026", words)


def test_a_cycle_that_asks_and_is_held_without_an_end_is_first_to_be_decided() -> None:
    hold = CycleHeld(date=january(26), cycle="treatment.c2", reason="counts")
    made = planned(enrolled(), hold, protocol=asking(2)).visit("treatment.c2.d1")
    assert (made.status, [conflict.kind for conflict in made.conflicts]) == (Status.NEEDS_DECISION, ["gate", "held"])
    limited = asking(2, more="longest_hold: 28 days")
    held = planned(enrolled(), hold, protocol=limited).visit("treatment.c2.d1").conflicts[1]
    assert held.overdue_from == date(2026, 3, 3)  # 28 days after the day on which it is due


# -- when the treatment is over -----------------------------------------------------------------


def test_the_treatment_is_over_when_the_last_cycle_has_had_its_length() -> None:
    made = planned(protocol=protocol(CYCLES))
    assert made.treatment_end is not None
    assert (made.treatment_end.day, made.treatment_end.reason) == (date(2026, 3, 2), "completed")
    assert (made.treatment_end.recorded, made.treatment_end.tentative) == (False, False)
    assert made.visit("follow-up.over").nominal == date(2026, 3, 9)


def test_a_period_with_a_length_of_its_own_is_over_after_it() -> None:
    text = CYCLES.replace("cycles: {length: 28 days, at_most: 2}", "length: 2 months")
    made = planned(protocol=protocol(text))
    assert made.treatment_end is not None
    assert made.treatment_end.day == date(2026, 3, 5)


def test_the_end_of_a_treatment_is_no_firm_one_while_a_visit_of_it_has_no_date() -> None:
    closed = [january(day) for day in (12, 13, 14)]
    made = planned(protocol=protocol(CYCLES), closed=closed)
    assert made.visit("treatment.c1.d8").status is Status.NEEDS_DECISION
    assert made.treatment_end is not None
    assert made.treatment_end.tentative


# -- what sentences say -------------------------------------------------------------------------


def test_a_visit_says_what_it_counts_from_and_how_that_is_known() -> None:
    given = planned(enrolled(), dose("induction.c1.d1", january(6)))
    assert given.visit("induction.c1.d1").why[0] == "the first dose was given on 6 January 2026, which is Day 1"
    assert given.visit("induction.c1.d8").why == ("C1D1 took place on 6 January 2026; + 7 days = 13 January 2026",)
    asked = planned(enrolled(), booked("induction.c1.d1", january(6)))
    assert asked.visit("induction.c1.d8").why[0].startswith("C1D1 is booked for 6 January 2026; + 7 days")
    assert asked.visit("screening.baseline").why[0].startswith("C1D1 is booked for 6 January 2026; - 7 days")
    free = planned()
    assert free.visit("induction.c1.d1").why == ("Day 1 is planned for 5 January 2026",)
    assert free.visit("induction.c1.d8").why == ("C1D1 is planned for 5 January 2026; + 7 days = 12 January 2026",)


def test_a_visit_that_took_place_while_its_day_1_was_held_counts_from_itself() -> None:
    hold = CycleHeld(date=february(2), cycle=NEXT, reason="counts")
    made = planned(enrolled(), consented(), C1, BENEFIT, hold, dose(f"{NEXT}.d8", february(9), "ino"))
    d8 = made.visit(f"{NEXT}.d8")
    assert (d8.nominal, d8.actual, d8.status) == (february(9), february(9), Status.DONE)
    assert d8.why == (
        "it took place on 9 February 2026",
        "it took place on 9 February 2026, within 8 to 11 February 2026",
    )
    d15 = made.visit(f"{NEXT}.d15")
    assert (d15.why[0], d15.tentative) == ("M1D1 has no date yet", True)
    assert d15.conflicts[0].text == "M1D1 is held and has no date yet"


def test_a_cycle_that_asks_says_what_is_to_be_decided_and_where_it_would_stand() -> None:
    none = decided(RESPONSE, january(30), "no-benefit")
    second = decided("induction.c2.response", february(27), "benefit")
    asked = planned(enrolled(), C1, none, cycle_done("induction.c2", february(2)), second).visit("maintenance.c5.d1")
    gate = "A seventh cycle of treatment: this needs a decision before it has a date (maintenance.c5.seventh-cycle)"
    assert asked.why[:2] == ("M4D1 is planned for 25 May 2026; + 28 days = 22 June 2026", gate)

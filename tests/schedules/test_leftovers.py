"""What was recorded about a visit or a gate that the path does not come to any more is shown all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from schedules.history import AmendmentApplied, CycleHeld, History, Omitted, VisitMissed
from schedules.plan import plan
from schedules.statuses import GateStatus, Status
from tests.builders import (
    DAY_1,
    attended,
    booked,
    cycle_done,
    decided,
    design,
    dose,
    enrolled,
    facts,
    planned,
    protocol,
)

NEXT = date(2026, 2, 2)
DONE = (enrolled(), cycle_done("induction.c1"))
PROGRESSION = decided("induction.c1.response", date(2026, 1, 30), "progression")


def test_an_appointment_in_a_cycle_that_a_decision_led_away_from_is_to_be_given_back() -> None:
    made = planned(DONE, booked("maintenance.c1.d1", NEXT), PROGRESSION).visit("maintenance.c1.d1")
    assert (made.status, made.target) == (Status.CANCELLED, None)
    assert "its appointment on 2 February 2026 is to be given back" in made.why


def test_a_visit_missed_or_left_out_in_a_cycle_that_the_path_leads_away_from_stays_a_deviation() -> None:
    missed = VisitMissed(date=NEXT, visit="maintenance.c1.d1")
    omitted = Omitted(date=NEXT, visit="maintenance.c1.d8", reason="travel")
    made = planned(DONE, missed, omitted, PROGRESSION)
    assert made.visit("maintenance.c1.d1").status is Status.MISSED
    assert made.visit("maintenance.c1.d8").status is Status.OMITTED
    assert {"missed:maintenance.c1.d1", "not-done:maintenance.c1.d8:ino"} <= {found.id for found in made.deviations}


def test_the_appointment_of_a_visit_in_a_cycle_that_is_held_stays_and_does_not_fit() -> None:
    held = CycleHeld(date=DAY_1, cycle="induction.c1", reason="toxicity")
    made = planned(enrolled(), held, booked("induction.c1.d8", date(2026, 1, 12))).visit("induction.c1.d8")
    assert (made.status, made.target) == (Status.HELD, None)
    assert made.booking is not None
    assert "the booking for 12 January 2026 does not fit: the visit has no date now" in made.why


def test_a_repeat_that_is_not_needed_any_more_and_took_place_is_shown() -> None:
    again = attended("screening.marrow#2", date(2025, 12, 30))
    made = planned(enrolled(), attended("screening.marrow", date(2025, 12, 20)), again, as_of=DAY_1)
    assert made.visit("screening.marrow#2").actual == date(2025, 12, 30)


def version(number: int, outcomes: str) -> str:
    gate = f"g: {{label: G, outcomes: {{{outcomes}}}}}" if outcomes else ""
    visits = "visits: {d1: {label: D1, day: 1, activities: [drug]}}"
    return f"  t: {{label: T, cycles: {{length: 28 days, at_most: 3}}, {visits}, gates: {{{gate}}}}}\n"


V1 = protocol(version(1, "on: {label: On, to: next-cycle}, stop: {label: Stop, to: end}"))
V2 = replace(protocol(version(2, "go: {label: Go, to: next-cycle}, halt: {label: Halt, to: end}")), version="2.0")
V3 = replace(protocol(version(3, "")), version="3.0")


def test_a_decision_whose_outcome_an_amendment_took_away_stays_decided() -> None:
    given = (enrolled(), dose("t.c1.d1", DAY_1, "drug"), decided("t.c1.g", date(2026, 1, 30), "on"))
    for later in (V2, V3):
        moved = AmendmentApplied(date=date(2026, 1, 31), version=later.version)
        made = plan(design(V1, later), History(facts(given, moved)), NEXT)
        gate = next(found for found in made.gates if found.key == "t.c1.g")
        assert (gate.status, gate.outcome) == (GateStatus.DECIDED, "on")
        assert gate.why == ("decided on 30 January 2026: On",)
        assert made.visit("t.c2.d1").target == NEXT
        assert not made.visit("t.c2.d1").tentative

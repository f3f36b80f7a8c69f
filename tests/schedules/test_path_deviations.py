"""Decisions, holds and ends: what went against them is told, and what only looks like it is not."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.deviation import Deviation, Kind
from schedules.history import CycleHeld, Died, Fact, Held, History, TreatmentEnded, Withdrew
from schedules.plan import plan
from schedules.scalars import PartialDate
from schedules.scheduled import Plan
from tests.builders import consented, cycle_done, decided, design, dose, enrolled, facts, planned, protocol

GATE = "induction.c1.response"
BENEFIT = decided(GATE, date(2026, 1, 30), "benefit")
M1 = (consented(), enrolled(), cycle_done("induction.c1"), BENEFIT, cycle_done("maintenance.c1", date(2026, 2, 2)))


@pytest.mark.parametrize("outcome", ["progression", "unacceptable-toxicity"])
def test_a_cycle_begun_on_the_day_its_check_said_to_stop_is_against_it(outcome: str) -> None:
    stop = decided("maintenance.c2.continue", date(2026, 3, 2), outcome)
    made = planned(M1, stop, dose("maintenance.c2.d1", date(2026, 3, 2)))
    found = [found for found in made.deviations if found.kind is Kind.AGAINST_GATE]
    assert [(one.id, one.important, one.date) for one in found] == [
        ("against-gate:maintenance.c2", True, date(2026, 3, 2))
    ]


def test_a_cycle_begun_as_its_check_allowed_is_not() -> None:
    go = decided("maintenance.c2.continue", date(2026, 3, 2), "continue")
    made = planned(M1, go, dose("maintenance.c2.d1", date(2026, 3, 2)))
    assert Kind.AGAINST_GATE not in {found.kind for found in made.deviations}


def test_a_cycle_held_for_a_reason_that_the_protocol_gives_for_none_of_its_drugs_is_told() -> None:
    begun = (consented(), enrolled(), cycle_done("induction.c1"))
    none = decided("induction.c1.response", date(2026, 1, 30), "no-benefit")
    for reason, told in (("travel", ["hold-not-allowed:induction.c2"]), ("counts", []), ("infection", [])):
        hold = CycleHeld(date=date(2026, 2, 2), cycle="induction.c2", reason=reason, resume=date(2026, 2, 9))
        made = planned(begun, none, hold)
        assert [found.id for found in made.deviations if found.kind is Kind.HOLD_NOT_ALLOWED] == told


@pytest.mark.parametrize(("day", "off"), [(12, None), (14, None), (17, None), (22, None), (23, 1), (10, -1)])
def test_a_dose_before_the_end_of_its_hold_is_not_early(day: int, off: int | None) -> None:
    begun = (consented(), enrolled(), dose("induction.c1.d1", date(2026, 1, 5)))
    hold = Held(date=date(2026, 1, 9), visit="induction.c1.d8", reason="toxicity", resume=date(2026, 1, 20))
    made = planned(begun, hold, dose("induction.c1.d8", date(2026, 1, day)), weekend=())
    assert [found.days for found in made.deviations if found.id == "outside-window:induction.c1.d8"] == (
        [] if off is None else [off]
    )


def test_a_dose_in_the_month_of_a_death_is_after_the_end_only_if_that_is_known() -> None:
    begun = (consented(), enrolled(), cycle_done("induction.c1"))
    late = dose("induction.c2.d1", date(2026, 2, 2), outside_plan=True)
    died = Died(date=PartialDate(2026, 2))
    ended = TreatmentEnded(date=date(2026, 1, 30), reason="progression")
    for more, told in ((died, 0), ((died, ended), 2)):
        made = planned(begun, late, more, as_of=date(2026, 3, 1))
        assert len([found for found in made.deviations if found.kind is Kind.AFTER_END]) == told


def test_a_dose_after_a_death_is_after_the_end_should_one_stand_on_record_all_the_same() -> None:
    late = dose("induction.c2.d1", date(2026, 2, 2), "ino")
    for day, told in ((2, []), (1, ["after-end:induction.c2.d1:ino"])):
        history = facts(consented(), enrolled(), cycle_done("induction.c1"), late, Died(date=PartialDate(2026, 2, day)))
        made = plan(design(), History(history), date(2026, 2, 3))
        assert [found.id for found in made.deviations if found.kind is Kind.AFTER_END] == told


@pytest.mark.parametrize(
    "before",
    [TreatmentEnded(date=date(2026, 2, 10), reason="progression"), Withdrew(date=date(2026, 2, 10), scope="treatment")],
    ids=["ended", "withdrew"],
)
def test_what_else_ended_the_treatment_in_the_month_of_a_death_tells_which_dose_came_after_it(before: Fact) -> None:
    begun = (consented(), enrolled(), cycle_done("induction.c1"), Died(date=PartialDate(2026, 2)))
    for day, told in ((10, []), (11, ["after-end:induction.c2.d1:ino"])):
        late = dose("induction.c2.d1", date(2026, 2, day), "ino", outside_plan=True)
        made = planned(begun, before, late, as_of=date(2026, 3, 1))
        assert [found.id for found in made.deviations if found.kind is Kind.AFTER_END] == told


def test_the_expected_end_of_treatment_is_tentative_while_a_visit_has_no_date() -> None:
    visits = "{d1: {label: D1, day: 1, activities: [drug]}, d8: {label: D8, day: 8, activities: [drug]}}"
    study = protocol(f"  t: {{label: T, length: 28 days, visits: {visits}}}")
    begun = (consented(), enrolled(), dose("t.d1", date(2026, 1, 5), "drug"))
    held = Held(date=date(2026, 1, 12), visit="t.d8", reason="toxicity")
    for more, tentative in (((), False), (held, True)):
        end = planned(begun, more, protocol=study, as_of=date(2026, 1, 12)).treatment_end
        assert end is not None
        assert end.tentative is tentative


C1_DONE = (consented(), enrolled(), cycle_done("induction.c1"))


def without_gate(made: Plan) -> list[str]:
    """What was begun without a decision, or against one, by the names of these deviations."""
    return [found.id for found in made.deviations if found.kind in (Kind.WITHOUT_GATE, Kind.AGAINST_GATE)]


def test_a_cycle_begun_before_its_decision_is_one_deviation_also_where_that_answers_two_gates() -> None:
    begun = (C1_DONE, dose("maintenance.c1.d1", date(2026, 2, 2)))
    late = decided("induction.c1.response", date(2026, 2, 3), "benefit")
    for more in ((), late):
        assert without_gate(planned(begun, more)) == ["without-gate:induction.c1.response"]


def test_the_decision_that_a_gate_asks_for_answers_the_check_that_the_gate_answers() -> None:
    asked = decided("induction.c1.response", date(2026, 1, 29), "benefit-with-toxicity")
    on = decided("induction.c1.toxicity", date(2026, 1, 30), "maintenance")
    made = planned(C1_DONE, asked, on, dose("maintenance.c1.d1", date(2026, 2, 2)))
    assert not without_gate(made)
    answers = {gate.key: gate.answered_by for gate in made.gates}
    assert answers["maintenance.c1.continue"] == "induction.c1.toxicity"


def test_a_cycle_begun_after_the_end_of_treatment_is_told_as_that_alone() -> None:
    ended = TreatmentEnded(date=date(2026, 2, 2), reason="progression")
    made = planned(C1_DONE, ended, dose("maintenance.c1.d1", date(2026, 2, 3), "ino"))
    assert "after-end:maintenance.c1.d1:ino" in {found.id for found in made.deviations}
    assert not without_gate(made)
    begun = dose("maintenance.c1.d1", date(2026, 2, 2))
    assert without_gate(planned(C1_DONE, begun, ended)) == ["without-gate:induction.c1.response"]


def test_a_cycle_that_was_passed_over_stays_on_the_path_and_the_one_after_it_is_no_surprise() -> None:
    go = decided("maintenance.c2.continue", date(2026, 2, 27), "continue")
    made = planned(C1_DONE, BENEFIT, go, dose("maintenance.c2.d1", date(2026, 3, 2)))
    assert not made.off_path
    assert [(found.kind, found.visit) for found in made.deviations if "maintenance" in (found.visit or "")] == [
        (Kind.UNRECORDED, f"maintenance.c1.{name}") for name in ("d1", "d8", "d15")
    ]
    assert made.visit("maintenance.c2.d1").nominal == date(2026, 3, 2)
    assert not made.visit("maintenance.c2.d8").tentative


def test_a_cycle_begun_on_the_day_of_the_one_before_it_passes_over_nothing() -> None:
    made = planned(C1_DONE, BENEFIT, dose("maintenance.c2.d1", date(2026, 2, 2)))
    assert [str(stay) for stay in made.off_path] == ["maintenance.c2"]
    (told,) = [found for found in made.deviations if found.kind is Kind.AGAINST_GATE]
    text = f"maintenance.c2 was begun, which is not the cycle that follows the decision at {GATE}"
    assert told == Deviation(
        "against-gate:maintenance.c2", Kind.AGAINST_GATE, "maintenance.c2", None, date(2026, 2, 2), None, text,
        important=True,
    )  # fmt: skip

"""A cycle that was really begun stays on the path with all its visits, wherever it stands and whatever ended."""

from __future__ import annotations

from datetime import date, timedelta

from schedules.history import CycleHeld, Given, TreatmentEnded
from schedules.statuses import Status
from tests.builders import DAY_1, decided, dose, enrolled, planned, protocol, targets

TWO_DAYS = "visits: {d1: {label: D1, day: 1, activities: [drug]}, d8: {label: D8, day: 8, activities: [drug]}}"
CYCLES = "cycles: {length: 28 days, at_most: 4}"
GATE = "gates: {g: {label: G, outcomes: {on: {label: O, to: next-cycle}, other: {label: X, to: rescue}}, default: on}}"
RESCUE = (
    f"  main: {{label: Main, {CYCLES}, {TWO_DAYS}, {GATE}}}\n"
    f"  rescue: {{label: Rescue, prefix: R, only_by_gate: true, {CYCLES}, {TWO_DAYS}}}\n"
)


def day(number: int) -> date:
    """The day of this number, counted from Day 1."""
    return DAY_1 + timedelta(days=number - 1)


def given(stay: str, *days: int) -> list[Given]:
    """The first visits of a stay, dosed on these days."""
    return [dose(f"{stay}.{name}", day(number), "drug")[0] for name, number in zip(("d1", "d8"), days, strict=False)]


IN_RESCUE = (
    enrolled(), given("main.c1", 1, 8), decided("main.c1.g", day(27), "other"),
    given("rescue.c1", 29, 36), given("rescue.c2", 57, 64),
)  # fmt: skip


def test_a_dosed_cycle_of_an_epoch_that_only_a_gate_leads_to_stays_in_the_plan_once_the_treatment_has_ended() -> None:
    ended = TreatmentEnded(date=day(100), reason="progression")
    made = planned(*IN_RESCUE, given("rescue.c3", 85), ended, protocol=protocol(RESCUE), weekend=())
    assert targets(made, "rescue.c2") == {"d1": day(57), "d8": day(64)}
    assert targets(made, "rescue.c3") == {"d1": day(85), "d8": day(92)}
    assert made.visit("rescue.c3.d8").status is Status.UNRECORDED
    assert not made.off_path


def test_such_a_cycle_is_judged_by_its_windows_and_is_no_surprise_to_the_plan() -> None:
    ended = TreatmentEnded(date=day(70), reason="progression")
    made = planned(*IN_RESCUE[:-1], given("rescue.c2", 57, 66), ended, protocol=protocol(RESCUE), weekend=())
    assert [(found.kind, found.days) for found in made.deviations if found.visit] == [("outside-window", 2)]
    assert not made.visit("rescue.c2.d8").notes


MAIN = f"  main: {{label: Main, {CYCLES}, {TWO_DAYS}}}\n"


def test_a_cycle_dosed_behind_one_that_is_held_without_an_end_keeps_all_its_visits() -> None:
    held = CycleHeld(date=day(1), cycle="main.c1", reason="toxicity")
    made = planned(enrolled(), held, given("main.c2", 29), protocol=protocol(MAIN), weekend=())
    assert made.visit("main.c1.d1").status is Status.HELD
    assert targets(made, "main.c2") == {"d1": day(29), "d8": day(36)}
    assert targets(made, "main.c3") == {"d1": day(57), "d8": day(64)}


def test_a_cycle_dosed_behind_one_that_the_end_of_treatment_cancelled_keeps_all_its_visits() -> None:
    ended = TreatmentEnded(date=day(1), reason="progression")
    made = planned(enrolled(), ended, given("main.c2", 29), protocol=protocol(MAIN), weekend=())
    assert made.visit("main.c1.d1").status is Status.CANCELLED
    assert made.visit("main.c2.d1").actual == day(29)
    assert made.visit("main.c2.d8").status is Status.CANCELLED
    assert "after-end:main.c2.d1:drug" in {found.id for found in made.deviations}


def test_a_dose_in_an_epoch_of_another_arm_leaves_the_own_path_as_it_is_and_is_a_deviation() -> None:
    text = f"  x: {{label: X, arms: [x], {CYCLES}, {TWO_DAYS}}}\n  y: {{label: Y, arms: [y], {CYCLES}, {TWO_DAYS}}}\n"
    arms = protocol(text, "arms: {x: {label: X}, y: {label: Y}}")
    own = (enrolled(arm="x"), given("x.c1", 1, 8))
    made = planned(*own, dose("y.c1.d1", day(29), "drug"), protocol=arms, weekend=())
    assert made.visit("y.c1.d1").actual == day(29)
    assert targets(made, "x.c2")["d1"] == day(29)
    assert [found.important for found in made.deviations if found.visit == "y.c1.d1"] == [True]
    assert "which is no visit of the arm x" in made.deviations[-1].text


def test_cycles_that_were_begun_in_another_order_are_each_on_the_path_once() -> None:
    late = dose("main.c3.d8", day(5), "drug", outside_plan=True)
    begun = (enrolled(), given("main.c1", 1, 8), late, given("main.c2", 29))
    made = planned(*begun, protocol=protocol(MAIN), weekend=())
    keys = [visit.key for visit in made]
    assert len(keys) == len(set(keys))
    assert {key.rpartition(".")[0] for key in keys} == {f"main.c{number}" for number in (1, 2, 3, 4)}

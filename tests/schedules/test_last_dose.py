"""The last dose of any study drug: those taken at home and those given outside the schedule count too."""

from __future__ import annotations

from datetime import date, timedelta

from schedules.history import Given, Held
from tests.builders import DAY_1, dose, enrolled, planned, protocol, targets

DIARY = "  diary: {label: Diary, kind: questionnaire}\n"
D1 = "visits: {d1: {label: D1, day: 1, activities: [drug]}}"
WASHOUT = "starts: {event: last-dose, by: 14 days}"


def day(number: int) -> date:
    """The day of this number, counted from Day 1."""
    return DAY_1 + timedelta(days=number - 1)


def periods(home: str = "", length: str = "28 days") -> str:
    """Two periods; the second one begins 14 days after the last dose of the first."""
    return f"  one: {{label: One, length: {length}, {D1}{home}}}\n  two: {{label: Two, {WASHOUT}, {D1}}}\n"


def test_a_washout_counts_from_the_last_dose_that_is_taken_at_home() -> None:
    made = planned(protocol=protocol(periods(", home: {pill: {days: from 1}}")), weekend=())
    assert targets(made, "two")["d1"] == day(28 + 14)
    assert [doses.days[-1] for doses in made.home_doses] == [day(28)]


def test_doses_at_home_that_are_held_do_not_count_and_a_diary_is_no_dose() -> None:
    study = protocol(periods(", home: {pill: {days: 1-20}, diary: {days: from 1}}"), DIARY)
    held = Held(date=day(15), activity="pill", reason="toxicity", resume=day(21))
    assert targets(planned(enrolled(), protocol=study, weekend=()), "two")["d1"] == day(34)
    assert targets(planned(enrolled(), held, protocol=study, weekend=()), "two")["d1"] == day(28)


def test_a_washout_counts_from_a_dose_given_outside_the_schedule() -> None:
    extra = Given(date=day(10), activity="drug")
    facts = (enrolled(), dose("one.d1", day(1), "drug"), extra)
    assert targets(planned(*facts, protocol=protocol(periods()), weekend=()), "two")["d1"] == day(24)


def test_a_dose_given_outside_the_schedule_once_the_next_period_has_begun_does_not_move_its_start() -> None:
    extra = Given(date=day(40), activity="drug")
    facts = (enrolled(), dose("one.d1", day(1), "drug"), dose("two.d1", day(15), "drug"), extra)
    made = planned(*facts, protocol=protocol(periods()), weekend=())
    assert made.visit("two.d1").nominal == day(15)


def test_a_drug_at_home_that_a_decision_stops_was_taken_until_then() -> None:
    when = "when: before-each-cycle, cycles: 3, default: n"
    stops = f"gates: {{g: {{label: G, {when}, outcomes: {{n: {{label: N, stops: [pill]}}}}}}}}"
    cycles = "cycles: {length: 28 days, at_most: 4}, home: {pill: {days: 1-5}}"
    made = planned(protocol=protocol(f"  t: {{label: T, {cycles}, {D1}, {stops}}}\n"))
    assert [doses.stay.cycle for doses in made.home_doses] == [1, 2]


def test_the_treatment_is_not_over_before_its_last_dose_though_a_hold_has_put_it_behind_the_cycle() -> None:
    visits = "visits: {d1: {label: D1, day: 1, activities: [drug]}, d8: {label: D8, day: 8, activities: [drug]}}"
    study = protocol(f"  one: {{label: One, length: 14 days, {visits}}}\n")
    held = Held(date=day(8), visit="one.d8", reason="toxicity", resume=day(22))
    made = planned(enrolled(), dose("one.d1", day(1), "drug"), held, protocol=study, weekend=())
    assert made.visit("one.d8").target == day(22)
    assert made.treatment_end is not None
    assert made.treatment_end.day == day(22)

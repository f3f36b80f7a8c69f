"""A second dose is a deviation wherever it is recorded, and one deviation never hides another."""

from __future__ import annotations

from datetime import date

from schedules.deviation import Deviation
from schedules.history import Fact, Given
from tests.builders import DAY_1, Facts, dose, enrolled, planned

FIRST = (enrolled(), dose("induction.c1.d1", DAY_1))
SECOND = date(2026, 1, 12)


def again(day: date, visit: str = "induction.c1.d1", partial: bool = False) -> Fact:
    return Given(date=day, visit=visit, activity="vsli", again=True, partial=partial)


def found(*facts: Facts) -> dict[str, Deviation]:
    return {each.id: each for each in planned(*facts).deviations if each.activity == "vsli"}


def test_a_second_whole_dose_at_one_visit_is_a_deviation_also_on_the_same_day() -> None:
    made = found(FIRST, again(DAY_1))["given-again:induction.c1.d1:vsli"]
    assert made.important
    assert made.text == (
        "Vincristine sulfate liposome IV was given 2 times at C1D1, on 5 January 2026 and 5 January 2026"
    )


def test_the_rest_of_a_dose_that_was_given_in_part_is_none() -> None:
    part = Given(date=DAY_1, visit="induction.c1.d1", activity="vsli", partial=True)
    assert not found(enrolled(), part, again(DAY_1, partial=True))


def test_the_doses_of_two_visits_on_one_day_are_too_close() -> None:
    made = found(FIRST, dose("induction.c1.d8", SECOND), dose("induction.c1.d15", SECOND))
    assert [each.days for name, each in made.items() if name.startswith("too-close")] == [7]


def test_each_late_dose_of_one_drug_at_one_visit_is_a_deviation_of_its_own() -> None:
    parts = [again(date(2026, 1, day), "induction.c1.d8", partial=True) for day in (17, 18, 19)]
    late = Given(date=date(2026, 1, 16), visit="induction.c1.d8", activity="vsli", partial=True)
    made = found(FIRST, late, *parts)
    name = "outside-window:induction.c1.d8:vsli"
    assert [each for each in made if each.startswith(name)] == [name, f"{name}:2026-01-18", f"{name}:2026-01-19"]

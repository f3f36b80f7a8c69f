"""Study days count from 1, there is no Day 0, and what is counted from Day 1 moves with it."""

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.errors import DateOutOfRange
from schedules.history import Fact
from schedules.protocol import Stage
from schedules.scalars import PartialDate
from schedules.scheduled import Plan
from schedules.study_day import date_of_day, day_number, offset_of_day, study_day
from tests import builders
from tests.strategies import Case, library_cases

DAY_1 = date(2026, 1, 5)
numbers = st.integers(-5_000, 5_000).filter(bool)


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (date(2026, 1, 5), 1),
        (date(2026, 1, 6), 2),
        (date(2026, 1, 12), 8),
        (date(2026, 2, 2), 29),
        (date(2026, 1, 4), -1),
        (date(2025, 12, 29), -7),
        (date(2025, 12, 8), -28),
    ],
)
def test_the_first_day_is_day_1_and_the_one_before_it_day_minus_1(day: date, number: int) -> None:
    assert study_day(day, DAY_1) == number
    assert date_of_day(number, DAY_1) == day


def test_there_is_no_day_0() -> None:
    with pytest.raises(ValueError, match="there is no Day 0"):
        offset_of_day(0)
    with pytest.raises(ValueError, match="Day -1"):
        date_of_day(0, DAY_1)


@given(st.integers(-5_000, 5_000))
def test_no_day_is_day_0(offset: int) -> None:
    assert day_number(offset) != 0
    assert offset_of_day(day_number(offset)) == offset


@given(numbers, st.dates(date(1950, 1, 1), date(2150, 1, 1)))
def test_the_day_of_a_number_has_that_number(number: int, day_1: date) -> None:
    assert study_day(date_of_day(number, day_1), day_1) == number


@given(numbers)
def test_days_of_numbers_follow_one_another_without_a_gap(number: int) -> None:
    following = number + 1 or 1
    assert date_of_day(following, DAY_1).toordinal() - date_of_day(number, DAY_1).toordinal() == 1


def test_a_study_day_beyond_the_year_2200_is_refused() -> None:
    with pytest.raises(DateOutOfRange):
        date_of_day(100_000, DAY_1)


# Moving Day 1


def moved(fact: Fact, days: int) -> Fact:
    """The same fact so many days later."""
    changes: dict[str, Any] = {}
    for field in fields(fact):
        value = getattr(fact, field.name)
        if isinstance(value, PartialDate):
            day = value.earliest() + timedelta(days=days)
            changes[field.name] = PartialDate(day.year, day.month, day.day)
        elif isinstance(value, date):
            changes[field.name] = value + timedelta(days=days)
    return replace(fact, **changes)


def standing(plan: Plan, days: int) -> list[Any]:
    """What a plan says of each visit, so many days earlier; those counted in calendar months left out."""
    by = timedelta(days=days)
    visits = [visit for visit in sorted(plan.visits, key=lambda visit: visit.key) if ".month-" not in visit.key]
    days_of = [(v.nominal, v.due, v.opens, v.closes, v.target, v.actual) for v in visits]
    earlier = [[day and day - by for day in found] for found in days_of]
    return [(v.key, v.status, v.certainty, found) for v, found in zip(visits, earlier, strict=True)]


open_every_day = st.just(builders.EVERY_DAY)


@given(library_cases("vsli-ino", home=open_every_day, whole_days=True, named=True), st.integers(-400, 400))
def test_moving_day_1_and_all_facts_moves_every_visit_by_the_same_number_of_days(case: Case, days: int) -> None:
    by = timedelta(days=days)
    later = case.plan([moved(fact, days) for fact in case.facts], as_of=case.as_of + by, start=builders.DAY_1 + by)
    assert standing(later, days) == standing(case.plan(), 0)
    gates = [(gate.key, gate.status, gate.due) for gate in case.plan().gates]
    assert [(g.key, g.status, g.due and g.due - by) for g in later.gates] == gates
    found = [d.id for d in case.plan().deviations if "month-" not in d.id and "+" not in d.id]
    assert [d.id for d in later.deviations if "month-" not in d.id and "+" not in d.id] == found


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 600))
def test_moving_the_start_moves_every_treatment_visit_of_ven_ino_and_every_gate(start: date, days: int) -> None:
    """Its calendar limit lets one cycle more or less begin; those that both plans have move together."""
    one, other = (plans_of_a_start(day) for day in (start, start + timedelta(days=days)))
    shared = one.keys() & other.keys()
    assert len(shared) > 20
    assert {other[key] - one[key] for key in shared} == {timedelta(days=days)}


def plans_of_a_start(start: date) -> dict[str, date]:
    made = builders.planned(protocol=builders.ven(), start=start, weekend=())
    visits = {visit.key: visit.target for visit in made.visits if visit.spec.stage is not Stage.FOLLOW_UP}
    return {key: day for key, day in {**visits, **{gate.key: gate.due for gate in made.gates}}.items() if day}

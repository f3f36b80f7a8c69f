"""Study days count from 1; there is no Day 0."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.errors import DateOutOfRange
from schedules.study_day import date_of_day, day_number, offset_of_day, study_day

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
    with pytest.raises(ValueError, match="there is no day 0"):
        offset_of_day(0)
    with pytest.raises(ValueError, match="day -1"):
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

"""Lengths of time: how they are written, and where they lead on the calendar."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.errors import DateOutOfRange, OffsetError
from schedules.offsets import Offset, Unit, days_after, parse_offset

MONTHS = Unit.MONTHS
any_day = st.dates(date(1950, 1, 1), date(2150, 12, 31))


@pytest.mark.parametrize(
    ("written", "amount", "unit"),
    [
        ("28 days", 28, Unit.DAYS),
        ("1 day", 1, Unit.DAYS),
        ("-2 days", -2, Unit.DAYS),
        ("+2 weeks", 2, Unit.WEEKS),
        (" 3 Months ", 3, Unit.MONTHS),
        ("1 year", 1, Unit.YEARS),
        ("90minutes", 90, Unit.MINUTES),
        ("0 hours", 0, Unit.HOURS),
    ],
)
def test_a_length_is_read_as_a_number_and_a_unit(written: str, amount: int, unit: Unit) -> None:
    assert parse_offset(written) == Offset(amount, unit)


@pytest.mark.parametrize("written", ["", "28", "days", "1.5 days", "28 d", "one day", "3 fortnights", "1 2 days"])
def test_what_is_no_length_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(OffsetError, match=r"write (e\.g\. 28 days|minutes, hours)"):
        parse_offset(written)


@given(st.integers(-99, 99), st.sampled_from(Unit))
def test_a_length_is_read_as_it_is_written(amount: int, unit: Unit) -> None:
    assert parse_offset(str(Offset(amount, unit))) == Offset(amount, unit)


def test_one_is_written_without_an_s() -> None:
    assert [str(parse_offset(text)) for text in ("1 weeks", "-1 days", "2 month")] == ["1 week", "-1 day", "2 months"]


def test_a_hundred_years_is_the_longest_length() -> None:
    assert parse_offset("100 years").after(date(2000, 1, 1)) == date(2100, 1, 1)
    with pytest.raises(OffsetError, match="longer than a hundred years"):
        parse_offset("101 years")
    with pytest.raises(OffsetError):
        parse_offset("36601 days")


@pytest.mark.parametrize(
    ("months", "day"),
    [
        (1, date(2026, 2, 28)),
        (3, date(2026, 4, 30)),
        (6, date(2026, 7, 31)),
        (9, date(2026, 10, 31)),
        (12, date(2027, 1, 31)),
        (25, date(2028, 2, 29)),
        (-2, date(2025, 11, 30)),
    ],
)
def test_months_after_31_january_end_on_the_last_day_where_the_month_is_shorter(months: int, day: date) -> None:
    assert Offset(months, MONTHS).after(date(2026, 1, 31)) == day


def test_months_are_multiplied_not_stepped() -> None:
    """Stepping from 31 January to 28 February to 28 March would lose three days."""
    quarter = Offset(3, MONTHS)
    assert quarter.times(2).after(date(2026, 1, 31)) == date(2026, 7, 31)
    assert quarter.after(quarter.after(date(2026, 1, 31))) == date(2026, 7, 30)


def test_a_year_after_29_february_is_28_february() -> None:
    leap_day = date(2028, 2, 29)
    assert Offset(1, Unit.YEARS).after(leap_day) == date(2029, 2, 28)
    assert Offset(4, Unit.YEARS).after(leap_day) == date(2032, 2, 29)


def test_28_days_pass_through_29_february_in_a_leap_year() -> None:
    assert Offset(28, Unit.DAYS).after(date(2028, 2, 2)) == date(2028, 3, 1)
    assert Offset(4, Unit.WEEKS).after(date(2026, 2, 2)) == date(2026, 3, 2)


def test_hours_and_minutes_do_not_leave_the_day() -> None:
    assert Offset(47, Unit.HOURS).after(date(2026, 1, 5)) == date(2026, 1, 5)
    assert Offset(2, Unit.HOURS).in_minutes == 120
    assert Offset(2, Unit.HOURS).in_days is None


def test_only_days_and_weeks_are_a_number_of_days() -> None:
    assert parse_offset("4 weeks").in_days == 28
    assert parse_offset("1 month").in_days is None
    assert parse_offset("1 month").in_minutes is None


@pytest.mark.parametrize(
    ("start", "days"),
    [
        (date(2200, 12, 31), 1),
        (date(1900, 1, 1), -1),
        (date(2026, 1, 5), 10**9),
        (date(2026, 1, 5), -(10**12)),
    ],
)
def test_days_beyond_the_years_1900_to_2200_are_refused(start: date, days: int) -> None:
    with pytest.raises(DateOutOfRange, match="1900 to 2200"):
        days_after(start, days)


def test_months_beyond_the_year_2200_are_refused() -> None:
    assert Offset(1, MONTHS).after(date(2200, 11, 30)) == date(2200, 12, 30)
    with pytest.raises(DateOutOfRange):
        Offset(2, MONTHS).after(date(2200, 11, 30))
    with pytest.raises(DateOutOfRange):
        Offset(-1, Unit.YEARS).after(date(1900, 6, 1))


@given(any_day, st.integers(-600, 600))
def test_a_number_of_months_leads_into_the_month_of_that_number(day: date, months: int) -> None:
    reached = Offset(months, MONTHS).after(day)
    assert (reached.year * 12 + reached.month) - (day.year * 12 + day.month) == months
    assert reached.day == day.day or (reached.day < day.day and days_after(reached, 1).day == 1)


@given(any_day, st.integers(-10_000, 10_000))
def test_so_many_days_later_and_so_many_earlier_is_the_same_day(day: date, days: int) -> None:
    assert days_after(days_after(day, days), -days) == day

"""Counting days the way protocols do: Day 1 is the first, Day -1 the day before it, and there is no Day 0."""

from __future__ import annotations

from datetime import date

from schedules.offsets import days_after


def study_day(day: date, day_one: date) -> int:
    """The study day on which ``day`` falls; never 0.

    Source: CDISC SDTM IG, study day variables (--DY).
    """
    return day_number(day.toordinal() - day_one.toordinal())


def day_number(offset: int) -> int:
    """The day that lies ``offset`` days after Day 1: 0 is Day 1, -1 is Day -1."""
    return offset + 1 if offset >= 0 else offset


def offset_of_day(number: int) -> int:
    """How many days after Day 1 the day of this number falls. Raises ValueError for Day 0."""
    if number == 0:
        raise ValueError("there is no Day 0; the day before Day 1 is Day -1")
    return number - 1 if number > 0 else number


def date_of_day(number: int, day_one: date) -> date:
    """The calendar date of a day of this number. Raises ValueError for Day 0."""
    return days_after(day_one, offset_of_day(number))

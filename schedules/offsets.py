"""Lengths of time as protocols write them: ``28 days``, ``2 weeks``, ``3 months``, ``90 minutes``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from dateutil.relativedelta import relativedelta

from schedules.errors import DateOutOfRange, OffsetError
from schedules.wording import quoted

EARLIEST = date(1900, 1, 1)
LATEST = date(2200, 12, 31)
LONGEST_DAYS = 36_600
_FIRST, _LAST = EARLIEST.toordinal(), LATEST.toordinal()
_WRITTEN = re.compile(r"([+-]?)\s*(\d{1,6})\s*([a-z]+)")
_MINUTES = {"minutes": 1, "hours": 60}
_DAYS = {"days": 1, "weeks": 7}
_MONTHS = {"months": 1, "years": 12}


class Unit(StrEnum):
    """What an offset counts in. Months and years are calendar ones; hours and minutes stay within a visit."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Offset:
    """A signed length of time, such as 28 days or 3 calendar months.

    Raises OffsetError if it is longer than a hundred years.
    Source: USDM 4.0 ``Timing.value`` (an ISO 8601 duration there).
    """

    amount: int
    unit: Unit
    #: the length in whole days, or None for calendar months, years and for hours
    in_days: int | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        days = self.amount * _DAYS[self.unit] if self.unit in _DAYS else None
        object.__setattr__(self, "in_days", days)
        if abs(self.amount) * _approximate_days(self.unit) > LONGEST_DAYS:
            raise OffsetError(f"{self} is longer than a hundred years; write the length that is meant")

    def __str__(self) -> str:
        unit = self.unit.value[:-1] if abs(self.amount) == 1 else self.unit.value
        return f"{self.amount} {unit}"

    @property
    def in_minutes(self) -> int | None:
        """The length in minutes, for hours and minutes only."""
        return self.amount * _MINUTES[self.unit] if self.unit in _MINUTES else None

    def times(self, count: int) -> Offset:
        """This length ``count`` times over; months are multiplied, never stepped."""
        return Offset(self.amount * count, self.unit)

    def after(self, day: date) -> date:
        """The day this long after ``day``. 31 January + 3 months is 30 April.

        Hours and minutes do not leave the day. Raises DateOutOfRange outside 1900 to 2200.
        """
        if self.in_days is not None:
            return days_after(day, self.in_days)
        if self.unit in _MONTHS:
            return _months_after(day, self.amount * _MONTHS[self.unit])
        return day

    def after_day(self, day: int) -> int:
        """The same in ordinals, which the engine counts in."""
        if self.in_days is not None and _FIRST <= day + self.in_days <= _LAST:
            return day + self.in_days
        if self.unit in _MONTHS:
            return _months_after_day(day, self.amount * _MONTHS[self.unit])
        return self.after(date.fromordinal(day)).toordinal()


def _approximate_days(unit: Unit) -> float:
    return {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1, "weeks": 7, "months": 30, "years": 365}[unit]


def days_after(day: date, days: int) -> date:
    """``day`` + ``days``; raises DateOutOfRange outside 1900 to 2200 (ordinary dates stop at 9999)."""
    try:
        result = day + timedelta(days=days)
    except OverflowError:
        raise DateOutOfRange(_out_of_range(f"{days} days after {day.isoformat()}")) from None
    if not EARLIEST <= result <= LATEST:
        raise DateOutOfRange(_out_of_range(result.isoformat()))
    return result


@lru_cache(maxsize=65_536)
def _months_after_day(day: int, months: int) -> int:
    return _months_after(date.fromordinal(day), months).toordinal()


def _months_after(day: date, months: int) -> date:
    try:
        result = day + relativedelta(months=months)
    except (OverflowError, ValueError):
        raise DateOutOfRange(_out_of_range(f"{months} months after {day.isoformat()}")) from None
    if not EARLIEST <= result <= LATEST:
        raise DateOutOfRange(_out_of_range(result.isoformat()))
    return result


def _out_of_range(what: str) -> str:
    return f"{what} is outside the years 1900 to 2200; write a date of the study"


def parse_offset(text: str) -> Offset:
    """Read ``28 days``, ``1 week``, ``-2 days``, ``3 months``, ``90 minutes``.

    Raises OffsetError, saying what would be right.
    """
    written = _WRITTEN.fullmatch(text.strip().lower())
    if written is None:
        raise OffsetError(f"{quoted(text)} is not a length of time; write e.g. 28 days, 3 months or 2 hours")
    sign, amount, word = written.groups()
    unit = word if word.endswith("s") else f"{word}s"
    if unit not in list(Unit):
        raise OffsetError(f"{quoted(word)} is not a unit; write minutes, hours, days, weeks, months or years")
    return Offset(-int(amount) if sign == "-" else int(amount), Unit(unit))

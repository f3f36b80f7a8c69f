"""The days on which a visit may fall, and whether it came on time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schedules.errors import WindowError
from schedules.offsets import days_after
from schedules.study_day import offset_of_day
from schedules.wording import quoted

LONGEST_SIDE = 3_660
_SIDES = re.compile(r"(0|-\s*\d{1,4})\s*/\s*(0|\+\s*\d{1,4})(?:\s*(days?|weeks?|minutes?|hours?))?")
_DAYS = re.compile(r"days?\s+(-?\d{1,4})\s*(?:-|to)\s*(-?\d{1,4})")
_UNITS = {"day": 1, "week": 7}
_CLOCK = {"minute": 1, "hour": 60}
_EXAMPLES = "write e.g. -1/+2, 0/+3, -1/+1 weeks or days 21 to 28"


class Punctuality(StrEnum):
    """How a visit's day lies to its window."""

    EARLY = "early"
    ON_TIME = "on time"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Window:
    """Whole days a visit may fall before or after its due day, ends included.

    ``Window(before=2, after=3)`` around 10 March is 8 to 13 March at the site.
    Raises WindowError if either side is negative or longer than ten years.
    Source: USDM 4.0 ``Timing.windowLower`` and ``Timing.windowUpper``.
    """

    before: int = 0
    after: int = 0

    def __post_init__(self) -> None:
        for side, days in (("before", self.before), ("after", self.after)):
            if not 0 <= days <= LONGEST_SIDE:
                raise WindowError(f"a window of {days} days {side} is not between 0 and {LONGEST_SIDE}; {_EXAMPLES}")

    def around(self, due: date) -> tuple[date, date]:
        """The first and the last day of the window around ``due``."""
        return days_after(due, -self.before), days_after(due, self.after)

    def __str__(self) -> str:
        return f"{-self.before}/+{self.after}" if self.after else f"{-self.before}/0"


@dataclass(frozen=True, slots=True)
class DayRange:
    """A window given as days of the cycle or epoch: ``days 21 to 28``, ``days -28 to -1``."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if 0 in (self.first, self.last):
            raise WindowError("there is no Day 0; the day before Day 1 is Day -1")
        if self.first > self.last:
            raise WindowError(f"days {self.first} to {self.last} run backwards; write days {self.last} to {self.first}")

    def around_day(self, number: int) -> Window:
        """The same days as a window around the day of this number. Raises WindowError if it lies outside."""
        if not self.first <= number <= self.last:
            raise WindowError(
                f"Day {number} lies outside its window, days {self.first} to {self.last}; move the one or the other"
            )
        due = offset_of_day(number)
        return Window(due - offset_of_day(self.first), offset_of_day(self.last) - due)

    def __str__(self) -> str:
        return f"days {self.first} to {self.last}"


@dataclass(frozen=True, slots=True)
class ClockWindow:
    """Minutes by which something within a visit may be early or late."""

    before: int = 0
    after: int = 0

    def __str__(self) -> str:
        return f"-{self.before}/+{self.after} minutes"


def parse_window(text: str) -> Window | DayRange:
    """Read ``-1/+2``, ``0/+3``, ``-1/+1 weeks`` or ``days 21 to 28``. Raises WindowError."""
    written = text.strip().lower().replace("−", "-")
    if days := _DAYS.fullmatch(written):
        return DayRange(int(days.group(1)), int(days.group(2)))
    before, after, unit = _sides(text, written)
    if unit not in _UNITS:
        raise WindowError(f"{quoted(text)} counts in {unit}s, a visit's window in whole days or weeks; {_EXAMPLES}")
    return Window(before * _UNITS[unit], after * _UNITS[unit])


def parse_clock_window(text: str) -> ClockWindow:
    """Read ``-15/+15 minutes`` or ``0/+1 hours``. Raises WindowError."""
    before, after, unit = _sides(text, text.strip().lower().replace("−", "-"))
    if unit not in _CLOCK:
        raise WindowError(f"{quoted(text)} counts in {unit}s; within a visit write minutes or hours: -15/+15 minutes")
    return ClockWindow(before * _CLOCK[unit], after * _CLOCK[unit])


def _sides(text: str, written: str) -> tuple[int, int, str]:
    sides = _SIDES.fullmatch(written)
    if sides is None:
        raise WindowError(f"{quoted(text)} is not a window; {_EXAMPLES}")
    before, after = (abs(int("".join(sides.group(n).split()))) for n in (1, 2))
    return before, after, (sides.group(3) or "day").removesuffix("s")


def days_outside(day: date, opens: date, closes: date) -> int:
    """By how many days ``day`` misses the window: negative if early, positive if late, 0 if within."""
    if day < opens:
        return day.toordinal() - opens.toordinal()
    return max(0, day.toordinal() - closes.toordinal())


def punctuality(day: date, opens: date, closes: date) -> Punctuality:
    """Whether ``day`` lies before, within or after the window from ``opens`` to ``closes``."""
    outside = days_outside(day, opens, closes)
    if outside == 0:
        return Punctuality.ON_TIME
    return Punctuality.EARLY if outside < 0 else Punctuality.LATE

"""What a report counts of a visit, as one word that is stored with it: it is worked out once, when it is written.

``missed`` has not taken place; ``done/0/-1`` has, no day outside its window and one day before it was due; ``expired/``
has too, and its days are not measured; ``outside`` stands outside the schedule.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from schedules.statuses import Status

#: what the key of a visit outside the schedule begins with
OUTSIDE = "unscheduled."
_OUTSIDE = "outside"


class Dated(NamedTuple):
    """The days of a visit that took place: the protocol's, the ends of its window, the actual one."""

    nominal: date | None
    opens: date | None
    closes: date | None
    actual: date | None


class Tally(NamedTuple):
    """What a word says; the days are those of ``days_off`` and ``days_late``, None where they are not measured."""

    status: str
    occurred: bool
    outside: bool = False
    days_off: int | None = None
    late: int | None = None


def days_off(visit: Dated) -> int | None:
    """Days before (negative) or after its window; None without a window or an actual day."""
    if visit.actual is None or visit.opens is None or visit.closes is None:
        return None
    return min(0, (visit.actual - visit.opens).days) + max(0, (visit.actual - visit.closes).days)


def days_late(visit: Dated) -> int | None:
    """Days from the day on which it was due: the protocol's, or, where a recorded hold moved the window, its first."""
    if visit.actual is None or visit.opens is None or visit.closes is None:
        return None
    due = min(max(visit.nominal or visit.opens, visit.opens), visit.closes)
    return (visit.actual - due).days


def tally_of(key: str, status: Status, visit: Dated) -> str:
    """The word for a visit."""
    if key.startswith(OUTSIDE):
        return _OUTSIDE
    if visit.actual is None:
        return status.value
    off = None if status is Status.EXPIRED else days_off(visit)
    return f"{status.value}/" if off is None else f"{status.value}/{off}/{days_late(visit)}"


def read_tally(word: str) -> Tally:
    """What a word says. What stands outside the schedule has no status there."""
    if word == _OUTSIDE:
        return Tally("", occurred=False, outside=True)
    status, slash, days = word.partition("/")
    off, _, late = days.partition("/")
    return Tally(status, bool(slash), False, int(off), int(late)) if days else Tally(status, bool(slash))

"""Where a visit may be booked, best first, and why not on the other days of its window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from schedules.limits import Limits
from schedules.scheduled import ScheduledVisit
from schedules.statuses import Status
from schedules.wording import day_words, days_words


@dataclass(frozen=True, slots=True)
class FeasibleDay:
    """A day on which a visit may be booked.

    ``distance`` is the number of days after the day on which it is due, negative before it. ``reasons`` say
    in words why it stands where it does in the order, and what to keep in mind about it.
    """

    day: date
    distance: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefusedDay:
    """A day of the window on which a visit may not be, and why."""

    day: date
    why: str


def feasible_days(visit: ScheduledVisit) -> tuple[FeasibleDay, ...]:
    """The days on which the visit may be booked: nearest to its due day first, the later one of two.

    Empty once it took place or fell away, and while a decision is needed before it may have a date.
    """
    limits, due = visit.limits, visit.due
    if limits is None or due is None or _decision_first(visit):
        return ()
    days = [day for day in range(limits.first, limits.last + 1) if limits.allows(day)]
    days.sort(key=lambda day: (abs(day - due.toordinal()), -day))
    return tuple(_feasible(visit, limits, due, day) for day in days)


def refused_days(visit: ScheduledVisit) -> tuple[RefusedDay, ...]:
    """Every other day of its window, earliest first, with what stands in the way."""
    limits = visit.limits
    if limits is None:
        return ()
    blocked = _decision_first(visit)
    refusals = ((day, blocked or _why_not(limits, day)) for day in _window(visit, limits))
    return tuple(RefusedDay(date.fromordinal(day), why) for day, why in refusals if why is not None)


def _decision_first(visit: ScheduledVisit) -> str | None:
    """What has to be decided before any day is possible; a lack of days is no such decision."""
    if visit.status is not Status.NEEDS_DECISION:
        return None
    return next((found.text for found in visit.conflicts if found.blocks and found.kind != "no-day"), None)


def _window(visit: ScheduledVisit, limits: Limits) -> range:
    """The days of the window and those on which the visit is placed: after a delay they can lie beyond it."""
    opens = visit.opens.toordinal() if visit.opens else limits.first
    closes = visit.closes.toordinal() if visit.closes else limits.last
    return range(min(opens, limits.first), max(closes, limits.last) + 1)


def _why_not(limits: Limits, day: int) -> str | None:
    if day < limits.first:
        return f"it is not before {day_words(limits.first)}"
    if day > limits.last:
        return f"it is not after {day_words(limits.last)}"
    return limits.why_not(day)


def _feasible(visit: ScheduledVisit, limits: Limits, due: date, day: int) -> FeasibleDay:
    return FeasibleDay(
        day=date.fromordinal(day),
        distance=day - due.toordinal(),
        reasons=(_place(due, day), *_remarks(visit, date.fromordinal(day)), *limits.warnings(day)),
    )


def _place(due: date, day: int) -> str:
    distance = day - due.toordinal()
    if distance == 0:
        return "the day on which it is due"
    return f"{days_words(abs(distance))} {'after' if distance > 0 else 'before'} the day on which it is due"


def _remarks(visit: ScheduledVisit, day: date) -> Iterator[str]:
    if visit.booking is not None and visit.booking.date == day:
        yield "it is booked for this day"
    if visit.closes is not None and day > visit.closes:
        yield f"{days_words((day - visit.closes).days)} after its window closes"
    if visit.opens is not None and day < visit.opens:
        yield f"{days_words((visit.opens - day).days)} before its window opens"

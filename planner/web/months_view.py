"""A calendar month by month: weeks from Monday, with visits, decisions due, and the days that are closed."""

from __future__ import annotations

from calendar import Calendar as Weeks
from dataclasses import dataclass
from datetime import date

from planner.services.calendars import Calendar

_WEEKS = Weeks(firstweekday=0)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something on a day: ``kind`` is visit, gate or end; ``key`` is where the list has it."""

    kind: str
    key: str
    label: str
    tentative: bool


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a month; ``closed`` says why the site is closed on it, if it is."""

    date: date
    entries: tuple[Entry, ...]
    closed: str | None


@dataclass(frozen=True, slots=True)
class Month:
    """A month with its weeks; days of its neighbours are None."""

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]


def months(calendar: Calendar) -> list[Month]:
    """Every month in which something stands, earliest first."""
    entries = _entries(calendar)
    firsts = sorted({day.replace(day=1) for day in entries})
    return [_month(calendar, first, entries) for first in firsts]


def _month(calendar: Calendar, first: date, entries: dict[date, list[Entry]]) -> Month:
    weeks = _WEEKS.monthdatescalendar(first.year, first.month)
    return Month(first, tuple(tuple(_day(calendar, day, first.month, entries) for day in week) for week in weeks))


def _day(calendar: Calendar, day: date, month: int, entries: dict[date, list[Entry]]) -> Day | None:
    if day.month != month:
        return None
    return Day(day, tuple(entries.get(day, ())), calendar.why_closed(day))


def _entries(calendar: Calendar) -> dict[date, list[Entry]]:
    plan = calendar.plan
    found: dict[date, list[Entry]] = {}
    for visit in plan.visits:
        if visit.target is not None:
            found.setdefault(visit.target, []).append(Entry("visit", visit.key, visit.spec.label, visit.tentative))
    for gate in plan.gates:
        if gate.due is not None:
            found.setdefault(gate.due, []).append(Entry("gate", gate.key, gate.label, gate.tentative))
    if plan.treatment_end is not None:
        end = Entry("end", "end-of-treatment", "End of treatment", plan.treatment_end.tentative)
        found.setdefault(plan.treatment_end.day, []).insert(0, end)
    return found

"""A calendar month by month: weeks from Monday, with visits, decisions due, and the days that are closed."""

from __future__ import annotations

from calendar import Calendar as Weeks
from dataclasses import dataclass
from datetime import date

from planner.services.calendars import Calendar
from planner.web.words import month_name

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
    """A month with its weeks; days of its neighbours are None. ``skipped`` names the empty months before it."""

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]
    skipped: str = ""


def months(calendar: Calendar) -> list[Month]:
    """Every month in which something stands, earliest first."""
    entries = _entries(calendar)
    firsts = sorted({day.replace(day=1) for day in entries})
    return [
        _month(calendar, first, entries, _skipped(before, first))
        for before, first in zip([None, *firsts], firsts, strict=False)
    ]


def _skipped(before: date | None, first: date) -> str:
    """The months between two, in words: ``August 2026``, ``October 2026 to January 2027``."""
    if before is None:
        return ""
    empty = range(_count(before) + 1, _count(first))
    names = [_name(empty[0])] if empty else []
    names += [_name(empty[-1])] if len(empty) > 1 else []
    return " to ".join(names)


def _count(first: date) -> int:
    return first.year * 12 + first.month - 1


def _name(months: int) -> str:
    first = date(months // 12, months % 12 + 1, 1)
    return f"{month_name(first)} {first.year}"


def _month(calendar: Calendar, first: date, entries: dict[date, list[Entry]], skipped: str) -> Month:
    weeks = _WEEKS.monthdatescalendar(first.year, first.month)
    days = tuple(tuple(_day(calendar, day, first.month, entries) for day in week) for week in weeks)
    return Month(first, days, skipped)


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

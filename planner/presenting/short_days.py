"""Days and spans of days as short as they can be read, for tables; in English whatever the locale."""

from __future__ import annotations

from datetime import date

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def short_day(day: date | None) -> str:
    """``Mon 12 Jan 2026``, in English whatever the locale; a dash where there is no day."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}" if day else "—"


def short_span(first: date | None, last: date | None) -> str:
    """``11–14 Jan`` or ``28 Feb–3 Mar``; with years where it is long enough to need them."""
    if first is None or last is None:
        return ""
    if (last - first).days > 300:
        return f"{_day_of_year(first)} {first.year}–{_day_of_year(last)} {last.year}"
    if (first.year, first.month) == (last.year, last.month):
        return _day_of_year(last) if first == last else f"{first.day}–{_day_of_year(last)}"
    return f"{_day_of_year(first)}–{_day_of_year(last)}"


def _day_of_year(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}"


def counted(number: int, what: str) -> str:
    """``1 dose``, ``3 doses``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"

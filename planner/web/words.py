"""Dates, windows and activities in plain words, whatever the machine's locale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from planner.presenting.protocol_table import clock_words, timed_words
from schedules.protocol import Activity, VisitActivity
from schedules.scalars import read_date
from schedules.windows import DayRange, Window
from schedules.wording import day_words, days_words

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_LANGUAGES = {"en": "English", "es": "Spanish", "fr": "French", "ar": "Arabic", "zh": "Chinese"}


def weekday(day: date) -> str:
    """``Monday``."""
    return _WEEKDAYS[day.weekday()]


def month_name(day: date) -> str:
    """``January``."""
    return _MONTHS[day.month - 1]


def long_day(day: date) -> str:
    """``Monday 12 January 2026``."""
    return f"{weekday(day)} {day_words(day)}"


def short_day(day: date) -> str:
    """``Mon 12 Jan``."""
    return f"{weekday(day)[:3]} {day.day} {month_name(day)[:3]}"


def dated(day: date) -> str:
    """``Mon 12 Jan 2026``."""
    return f"{short_day(day)} {day.year}"


def moment(at: datetime) -> str:
    """``Mon 12 Jan, 09:05``, on the clock that the instant has."""
    return f"{short_day(at.date())}, {at:%H:%M}"


def at_site(at: datetime, zone: str) -> str:
    """``Mon 12 Jan, 09:05``, on the clock of that zone."""
    return moment(at.astimezone(ZoneInfo(zone)))


def utc_moment(at: datetime) -> str:
    """``Mon 12 Jan 2026, 14:05 UTC``."""
    there = at.astimezone(UTC)
    return f"{dated(there.date())}, {there:%H:%M} UTC"


def is_iso_day(text: str) -> bool:
    """Whether a browser's own date field would show what was typed, and not throw it away."""
    try:
        read_date(text)
    except ValueError:
        return False
    return True


def language_name(tag: str) -> str:
    """``Spanish`` for es; the tag itself where nobody knows it."""
    return _LANGUAGES.get(tag.partition("-")[0], tag)


def window_words(opens: date | None, closes: date | None) -> str:
    """``Sun 11 to Wed 14 Jan``, ``Mon 29 Jun to Sat 4 Jul``; ``only this day`` for a window of one."""
    if opens is None or closes is None:
        return "none"
    if opens == closes:
        return f"only {short_day(opens)}"
    first = f"{weekday(opens)[:3]} {opens.day}" if opens.month == closes.month else short_day(opens)
    return f"{first} to {short_day(closes)}"


def around_words(window: Window | DayRange) -> str:
    """A window around a day in words: ``up to 3 days before``, ``1 week before to 1 week after``."""
    if isinstance(window, DayRange):
        return str(window)
    weeks = bool(window.before and window.after) and window.before % 7 == window.after % 7 == 0
    before = f"{_length_words(window.before, weeks)} before" if window.before else ""
    after = f"{_length_words(window.after, weeks)} after" if window.after else ""
    if before and after:
        return f"{before} to {after}"
    return f"up to {before or after}" if before or after else "on the day"


def _length_words(days: int, weeks: bool) -> str:
    if not weeks:
        return days_words(days)
    return "1 week" if days == 7 else f"{days // 7} weeks"


def timing_words(item: VisitActivity, activities: Mapping[str, Activity]) -> str:
    """When, within the visit or around it, an activity is done; empty if at the visit itself."""
    parts = [around_words(item.window)] if item.window is not None else []
    if item.at:
        parts.append(timed_words(item, activities))
    if item.within is not None:
        parts.append(clock_words(item.within))
    return ", ".join(parts)


def days_in_runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days on end as spans, earliest first: what is taken daily is said in one go."""
    runs: list[tuple[date, date]] = []
    for day in sorted(days):
        if runs and day.toordinal() - runs[-1][1].toordinal() == 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def run_words(run: tuple[date, date]) -> str:
    """``Mon 5 Jan to Sun 1 Feb``, ``Mon 5 Jan``."""
    return short_day(run[0]) if run[0] == run[1] else f"{short_day(run[0])} to {short_day(run[1])}"


def sentence(text: str) -> str:
    """The text with a capital letter at its beginning and a full stop at its end."""
    closed = text if text.endswith((".", "?", "!")) else f"{text}."
    return closed[:1].upper() + closed[1:]

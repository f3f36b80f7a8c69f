"""Periods of a mailed report that move along with it: counted from the day on which it goes out, at its place."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

#: each with what people read; the day on which a report goes out is in none of them, as it is not over
PERIODS = {
    "last-7-days": "the seven days before it goes out",
    "last-month": "the calendar month before the one in which it goes out",
    "month-to-date": "the month in which it goes out, up to the day before; on a first day the month before",
}


class Days(NamedTuple):
    """The first and the last day of a period."""

    since: date
    until: date


def days_of(period: str, due_at: datetime, zone: str) -> Days:
    """The days of one of PERIODS for a report that is due at a moment."""
    today = due_at.astimezone(ZoneInfo(zone)).date()
    before = today - timedelta(days=1)
    if period == "last-7-days":
        return Days(today - timedelta(days=7), before)
    until = before if period == "month-to-date" else today.replace(day=1) - timedelta(days=1)
    return Days(until.replace(day=1), until)

"""Visits where clocks are hard to read: made-up ones whose true instants zoneinfo tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from notifications.calendars.ical_text import Calendar, CalendarEvent, calendar_text

PLACES = (
    "America/New_York",
    "Asia/Jerusalem",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Vancouver",
    "Australia/Sydney",
)
YEARS = (2026, 2027)
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_STAMP = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def clock_change_days(zone: ZoneInfo) -> list[date]:
    """The days of 2026 and 2027 at whose end the clock is further from UTC, or nearer, than at their beginning."""
    first, last = date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)
    days = (first + number * _DAY for number in range((last - first).days + 1))
    return [day for day in days if _midnight(day, zone).utcoffset() != _midnight(day + _DAY, zone).utcoffset()]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def visits(place: str, step: timedelta = _HOUR) -> list[datetime]:
    """The visits at a place, by its clock: mornings and afternoons in summer, in winter and around clock changes.

    On the days of clock changes one at every ``step``, from midnight to midnight.
    """
    zone = ZoneInfo(place)
    changes = clock_change_days(zone)
    seasons = [date(year, month, 15) for year in YEARS for month in (1, 7)]
    around = [day + step for day in changes for step in (-_DAY, _DAY)]
    by_day = (
        datetime(day.year, day.month, day.day, hour, 30, tzinfo=zone) for day in (*seasons, *around) for hour in (9, 14)
    )
    return [*by_day, *(at for day in changes for at in _all_day(day, zone, step))]


def _all_day(day: date, zone: ZoneInfo, step: timedelta) -> Iterator[datetime]:
    """As time passes, so for every hour 23, 24 or 25."""
    at, end = (_midnight(until, zone).astimezone(UTC) for until in (day, day + _DAY))
    while at < end:
        yield at.astimezone(zone)
        at += step


def some_instants(place: str, number: int, chance: Random) -> list[datetime]:
    """Instants of 2026 to 2028, whole minutes, by the clock of the place."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    minutes = (datetime(2029, 1, 1, tzinfo=UTC) - first) // timedelta(minutes=1)
    zone = ZoneInfo(place)
    return [(first + timedelta(minutes=chance.randrange(minutes))).astimezone(zone) for _ in range(number)]


def feed(starts: Iterable[datetime]) -> str:
    """A calendar of ours with an event at each of them; its UID tells which."""
    return calendar_text(Calendar("Visits", tuple(map(_event, starts)))).decode()


def truth(starts: Iterable[datetime]) -> dict[str, date]:
    """What every app has to show for them: the instant by UID."""
    return {_uid(at): at.astimezone(UTC) for at in starts}


def _uid(at: datetime) -> str:
    return f"{at.isoformat()}-{at.tzinfo}"


def _event(at: datetime) -> CalendarEvent:
    end = (at.astimezone(UTC) + _HOUR).astimezone(at.tzinfo)
    return CalendarEvent(uid=_uid(at), summary=f"Visit {at:%j}", start=at, end=end, stamp=_STAMP)

"""Time zones as iCalendar text, written from the same rules by which visits have their instants.

A feed carries the rules of its zones for the years of its events, so that every app shows the same instant, whatever
rules it has itself. Source: RFC 5545, 3.6.5.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from notifications import zone_data

#: goes into the ETag of a feed: newer rules may give other lines for the same events
TZDATA_VERSION = zone_data.version()

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_MARGIN = timedelta(days=2)  # no clock is further from UTC than that
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_EARLIEST, _LATEST = 1900, 9990


class _Clock(NamedTuple):
    """How a zone's clock stands: its offset from UTC, what that is called, and whether it is summer time."""

    offset: timedelta
    name: str
    saving: timedelta


class _Change(NamedTuple):
    """A clock change; ``wall`` is the hour that the clock showed before it."""

    wall: datetime
    before: _Clock
    after: _Clock

    @property
    def daylight(self) -> bool:
        """Whether summer time begins; Dublin has it the other way round: its winter time saves less than nothing."""
        return self.after.saving > timedelta() or (not self.after.saving and self.before.saving < timedelta())


def vtimezone(zone: str, first: date, last: date) -> tuple[str, ...]:
    """The content lines of a zone's VTIMEZONE, which holds from the first day's year to the last day's.

    A yearly RRULE with one BYDAY for each change where that gives the zone's own changes over these years; otherwise
    each change by itself. RDATE is not used: ical.js reads only the first of several values. Where clocks do not
    change there is one block. Dates before 1900 and after 9990 count as these years.

    Raises ValueError or KeyError (ZoneInfoNotFoundError) for a name that is no time zone, and ValueError for a last
    day before the first.
    """
    if last < first:
        raise ValueError(f"the last day, {last}, is before the first, {first}")
    return _lines(zone, *(min(max(day.year, _EARLIEST), _LATEST) for day in (first, last)))


@lru_cache(maxsize=2048)
def _lines(name: str, first: int, last: int) -> tuple[str, ...]:
    """The year before is looked at as well: what holds on 1 January has mostly begun in it."""
    zone = ZoneInfo(name)
    changes = tuple(_changes(zone, first - 1, last))
    blocks = _by_rules(changes, last - first + 2) or _one_by_one(zone, changes, first)
    return ("BEGIN:VTIMEZONE", f"TZID:{name}", *blocks, "END:VTIMEZONE")


def _changes(zone: ZoneInfo, first: int, last: int) -> Iterator[_Change]:
    """The changes of the offset in these years of the zone's own clock; a mere change of name moves nothing."""
    at, end = datetime(first, 1, 1, tzinfo=UTC) - _MARGIN, datetime(last + 1, 1, 1, tzinfo=UTC) + _MARGIN
    before = _clock(zone, at)
    while at < end:
        after = _clock(zone, at + _DAY)
        if after.offset != before.offset:
            instant = _instant_of_change(zone, at, before.offset)
            change = _Change((instant + before.offset).replace(tzinfo=None), before, _clock(zone, instant))
            if first <= change.wall.year <= last:
                yield change
        at, before = at + _DAY, after


def _clock(zone: ZoneInfo, instant: datetime) -> _Clock:
    local = instant.astimezone(zone)
    return _Clock(local.utcoffset() or timedelta(), local.tzname() or "", local.dst() or timedelta())


def _instant_of_change(zone: ZoneInfo, at: datetime, before: timedelta) -> datetime:
    """The first instant within a day of ``at`` that has another offset, by halving."""
    low, high = at, at + _DAY
    while high - low > _SECOND:
        middle = low + (high - low) // (2 * _SECOND) * _SECOND
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high


def _by_rules(changes: Sequence[_Change], years: int) -> tuple[str, ...]:
    """A block for each kind of change; nothing unless each comes once in every year, on a day that a rule names."""
    kinds: dict[object, list[_Change]] = defaultdict(list)
    for change in changes:
        kinds[change.before, change.after, change.wall.month, change.wall.time()].append(change)
    blocks: list[str] = []
    for found in kinds.values():
        walls = [change.wall for change in found]
        day = _rule_day(walls)
        if day is None or len({wall.year for wall in walls}) != years or len(walls) != years:
            return ()
        blocks += _block(found[0], f"RRULE:FREQ=YEARLY;BYMONTH={walls[0].month};BYDAY={day}")
    return tuple(blocks)


def _rule_day(walls: Sequence[datetime]) -> str | None:
    """The one BYDAY that all of them fall on: the last such day of the month, or the first, second, …; None if none."""
    days = {wall.weekday() for wall in walls}
    places = {(wall.day - 1) // 7 + 1 for wall in walls}
    if len(days) > 1:
        return None
    name = _DAYS[days.pop()]
    if all((wall + 7 * _DAY).month != wall.month for wall in walls):
        return f"-1{name}"
    return f"{places.pop()}{name}" if len(places) == 1 else None


def _one_by_one(zone: ZoneInfo, changes: Sequence[_Change], first: int) -> Iterator[str]:
    """A block for each change; before them how the clock stood, unless a change is early enough to say it."""
    begins = datetime(first, 1, 1)  # noqa: DTZ001 - on the zone's own clock
    if not changes or changes[0].wall >= begins:
        start = datetime(first - 1, 1, 1, tzinfo=UTC)
        clock = changes[0].before if changes else _clock(zone, start)
        yield from _block(_Change(start.replace(tzinfo=None), clock, clock))
    for change in changes:
        yield from _block(change)


def _block(change: _Change, *rule: str) -> Iterator[str]:
    kind = "DAYLIGHT" if change.daylight else "STANDARD"
    yield from (f"BEGIN:{kind}", f"DTSTART:{change.wall.year:04}{change.wall:%m%dT%H%M%S}")
    yield from (f"TZOFFSETFROM:{_offset(change.before.offset)}", f"TZOFFSETTO:{_offset(change.after.offset)}")
    yield from (f"TZNAME:{change.after.name}", *rule, f"END:{kind}")


def _offset(offset: timedelta) -> str:
    """``-0500``; with seconds only where a zone has them, as all had before there was standard time."""
    minutes, seconds = divmod(int(abs(offset).total_seconds()), 60)
    sign = "-" if offset < timedelta() else "+"
    return f"{sign}{minutes // 60:02}{minutes % 60:02}" + (f"{seconds:02}" if seconds else "")

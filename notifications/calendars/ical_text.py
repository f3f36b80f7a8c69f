"""Appointments as iCalendar text (RFC 5545, 7986), the way calendar apps take it.

Lines end in CRLF and are folded at 75 octets, never inside a character. Nothing here reads a clock: the
same events give the same bytes, as long as the rules of time zones (``TZDATA_VERSION``) and this file stay the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from zoneinfo import ZoneInfo

from notifications.calendars.time_zones import vtimezone

#: goes into the ETag of a feed: grows with every change here or in time_zones.py that makes other bytes
FORMATTER_VERSION = 2
PRODUCT = "-//Visit Planner//Visit Planner//EN"
LONGEST_LINE = 75
_LINE_BREAK = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff]")
_LONE_HALF = re.compile("[\ud800-\udfff]")
_ZONE = re.compile("[A-Za-z0-9_+/-]+")
_WEB = re.compile("https?://[!-~]+", re.IGNORECASE)
_UTC = frozenset({"UTC", "Etc/UTC"})
_NOTHING = timedelta()


class EventStatus(StrEnum):
    """How sure an event is. Source: RFC 5545, 3.8.1.11."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One appointment, all day (``start`` and ``end`` are dates) or at a time (both with a time zone).

    ``end`` is exclusive. Times of a ``ZoneInfo`` are written on that zone's clock, others in UTC; so are hours that
    the clock shows twice when it is set back: by the RFC the clock alone means the first of the two, but ical.js
    (Thunderbird) takes it for the second. ``uid`` stays the same for life and names no person and no machine.
    ``stamp`` is the instant of the last change that can be seen; ``sequence`` grows with each. ``transparent``: it
    does not make anybody busy. ``alarms`` ring that long before the start, whole seconds; those of a cancelled event
    are not written. ``url`` is a page about it.

    Raises ValueError for times without a zone, for times that the clock jumps over, for an end that is not after the
    start, for alarms after it, and for a ``url`` that is none.
    """

    uid: str
    summary: str
    start: date
    end: date
    stamp: datetime
    description: str = ""
    status: EventStatus = EventStatus.CONFIRMED
    transparent: bool = False
    categories: tuple[str, ...] = ()
    sequence: int = 0
    location: str = ""
    alarms: tuple[timedelta, ...] = ()
    url: str = ""
    #: the zones on whose clocks start and end are written
    clocks: tuple[str | None, str | None] = field(default=(None, None), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.stamp.utcoffset() is None:
            raise ValueError(f"the event {self.uid!r} has a stamp without a zone")
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            object.__setattr__(self, "clocks", (_clock(self, self.start), _clock(self, self.end)))
        if not _in_order(self.start, self.end):
            raise ValueError(f"the event {self.uid!r} does not end after it starts")
        if not clean(self.uid):
            raise ValueError("an event needs a uid")
        if self.url and not _WEB.fullmatch(self.url):
            raise ValueError(f"the event {self.uid!r} has an address that is none of the web")
        if any(before < _NOTHING or before.microseconds for before in self.alarms):
            raise ValueError(f"the event {self.uid!r} has an alarm after its start, or between seconds")


def _in_order(start: date, end: date) -> bool:
    if isinstance(start, datetime) and isinstance(end, datetime):
        # Two times of one zone are compared by what the clock shows, which misleads where it changes in between.
        return start < end if start.utcoffset() == end.utcoffset() else start.astimezone(UTC) < end.astimezone(UTC)
    return not isinstance(start, datetime) and not isinstance(end, datetime) and start < end


def _clock(event: CalendarEvent, at: datetime) -> str | None:
    """The zone on whose clock a time is written; None for UTC, and where that clock shows the hour twice."""
    offset, jump = at.utcoffset(), _jump(at)
    if offset is None or jump > _NOTHING:
        raise ValueError(f"the event {event.uid!r} is at {at}, which names no instant")
    return None if jump else _name_of(at.tzinfo)


@lru_cache(maxsize=1024)
def _name_of(zone: tzinfo | None) -> str | None:
    """What the zone is called, if others know it by that, and it is not UTC."""
    name = zone.key if isinstance(zone, ZoneInfo) else None
    return name if name and name not in _UTC and _ZONE.fullmatch(name) else None


def set_forward(at: datetime) -> bool:
    """Whether no clock shows this time, as it is set forward over it. An appointment cannot be there."""
    return _jump(at) > _NOTHING


def _jump(at: datetime) -> timedelta:
    """By how much the clock jumps here: more than nothing where it skips this time, less where it shows it twice."""
    offset, other = at.utcoffset(), at.replace(fold=1 - at.fold).utcoffset()
    if offset == other or offset is None or other is None:
        return _NOTHING
    return offset - other if at.fold else other - offset


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar as it is subscribed to: its name, its events, and how often apps should look again.

    ``zone`` is the IANA name of the zone it is about, ``color`` a CSS colour name.
    """

    name: str
    events: tuple[CalendarEvent, ...]
    zone: str | None = None
    color: str | None = None
    refresh_hours: int = 4


def calendar_text(calendar: Calendar) -> bytes:
    """The calendar as the bytes of an .ics file. It has no METHOD and no UID: both confuse subscribers."""
    return octets([*_heading(calendar), *lines_of(calendar.events), "END:VCALENDAR"])


def octets(lines: Iterable[str]) -> bytes:
    """Content lines as the bytes of a file, folded."""
    # Most lines are short, and found so without a call: feeds are written while somebody waits.
    short = [line if len(line) <= LONGEST_LINE and line.isascii() else folded(line) for line in lines]
    return "\r\n".join([*short, ""]).encode()


def lines_of(events: Iterable[CalendarEvent], *people: str) -> list[str]:
    """The content lines of events, ``people`` (organizer, attendees) in each, behind the VTIMEZONEs that they need.

    The zones stand there by name, for the years of these events.
    """
    writer = _Writer()
    lines: list[str] = []
    for event in events:
        lines += writer.event(event, people)
    zones = [
        vtimezone(zone, date(first, 1, 1), date(last, 12, 31)) for zone, (first, last) in sorted(writer.spans.items())
    ]
    return [*chain.from_iterable(zones), *lines]


def _heading(calendar: Calendar) -> Iterator[str]:
    name, again = escaped(calendar.name), f"PT{calendar.refresh_hours}H"
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN")
    yield from (f"NAME:{name}", f"X-WR-CALNAME:{name}")
    if calendar.zone is not None:
        yield f"X-WR-TIMEZONE:{escaped(calendar.zone)}"
    if calendar.color is not None:
        yield f"COLOR:{escaped(calendar.color)}"
    yield from (f"REFRESH-INTERVAL;VALUE=DURATION:{again}", f"X-PUBLISHED-TTL:{again}")


class _Writer:
    """Writes events, and remembers on the clocks of which zones they are, from which year to which."""

    def __init__(self) -> None:
        self.spans: dict[str, tuple[int, int]] = {}

    def event(self, event: CalendarEvent, people: Iterable[str]) -> list[str]:
        """The content lines of an event."""
        stamp = _instant(event.stamp)
        starts, ends = event.clocks
        lines = ["BEGIN:VEVENT", f"UID:{escaped(event.uid)}", f"DTSTAMP:{stamp}"]
        lines += (self._when("DTSTART", event.start, starts), self._when("DTEND", event.end, ends))
        lines.append(f"SUMMARY:{escaped(event.summary)}")
        if event.description:
            lines.append(f"DESCRIPTION:{escaped(event.description)}")
        if event.location:
            lines.append(f"LOCATION:{escaped(event.location)}")
        if event.url:
            lines.append(f"URL:{event.url}")
        if event.categories:
            lines.append(f"CATEGORIES:{','.join(map(escaped, event.categories))}")
        lines += people
        lines += (f"STATUS:{event.status}", "TRANSP:TRANSPARENT" if event.transparent else "TRANSP:OPAQUE")
        lines += (f"SEQUENCE:{event.sequence}", f"LAST-MODIFIED:{stamp}")
        if event.alarms and event.status is not EventStatus.CANCELLED:
            for before in event.alarms:
                lines += _alarm(event, before)
        lines.append("END:VEVENT")
        return lines

    def _when(self, name: str, at: date, zone: str | None) -> str:
        if not isinstance(at, datetime):
            return f"{name};VALUE=DATE:{_compact(at)}"
        if zone is None:
            return f"{name}:{_instant(at)}"
        first, last = self.spans.get(zone) or (at.year, at.year)
        if not first < at.year < last:
            self.spans[zone] = min(first, at.year), max(last, at.year)
        return f"{name};TZID={zone}:{_compact(at)}"


def _alarm(event: CalendarEvent, before: timedelta) -> Iterator[str]:
    yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{escaped(event.summary)}")
    yield from (f"TRIGGER:-{duration(before)}", "END:VALARM")


def duration(length: timedelta) -> str:
    """``P1DT2H30M``; a day is a day of the calendar, which lasts 23 or 25 hours when clocks change. From nothing up."""
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours}H"] if hours else []
    parts += [f"{minutes}M"] if minutes or (hours and seconds) else []  # RFC 5545: no seconds right after hours
    parts += [f"{seconds}S"] if seconds or not length else []
    return "P" + (f"{length.days}D" if length.days else "") + ("T" + "".join(parts) if parts else "")


def _compact(at: date) -> str:
    """``20260102`` or ``20260102T093000``. (With %Y some systems leave out leading zeros.)"""
    return at.isoformat()[:19].replace("-", "").replace(":", "")


def _instant(moment: datetime) -> str:
    return f"{_compact(moment.astimezone(UTC))}Z"


def escaped(text: str) -> str:
    """A text as the value of a property: its special characters escaped, what no text may hold left out."""
    text = clean(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\n", "\\n").replace("\t", " ")


def clean(text: str) -> str:
    """Every kind of line break becomes ``\\n``; controls go; half a character becomes the mark for one that is lost."""
    if text.isprintable() or text.replace("\n", "").isprintable():  # as nearly all are
        return text
    return _LONE_HALF.sub("\ufffd", _NOT_TEXT.sub("", _LINE_BREAK.sub("\n", text)))


def folded(line: str) -> str:
    """A content line; beyond 75 octets of UTF-8 it goes on in lines that begin with a space."""
    if not line.isascii():
        return b"\r\n ".join(_pieces(line.encode())).decode()
    more = LONGEST_LINE - 1
    return "\r\n ".join([line[:LONGEST_LINE], *(line[at : at + more] for at in range(LONGEST_LINE, len(line), more))])


def _pieces(octets: bytes) -> Iterator[bytes]:
    """Cut before a character's first octet; the space that begins a further line counts as well."""
    start, room = 0, LONGEST_LINE
    while start < len(octets):
        end = min(start + room, len(octets))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        yield octets[start:end]
        start, room = end, LONGEST_LINE - 1

"""Appointments as iCalendar text (RFC 5545, 7986), the way calendar apps take it.

Lines end in CRLF and are folded at 75 octets, never inside a character. Nothing here reads a clock: the
same events give the same bytes, as long as the rules of time zones (``TZDATA_VERSION``) and this file stay the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
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
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\t": " "})


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

    def __post_init__(self) -> None:
        if self.stamp.utcoffset() is None:
            raise ValueError(f"the event {self.uid!r} has a stamp without a zone")
        if not _in_order(self):
            raise ValueError(f"the event {self.uid!r} does not end after it starts")
        if not clean(self.uid):
            raise ValueError("an event needs a uid")
        if self.url and not _WEB.fullmatch(self.url):
            raise ValueError(f"the event {self.uid!r} has an address that is none of the web")
        if any(before < _NOTHING or before.microseconds for before in self.alarms):
            raise ValueError(f"the event {self.uid!r} has an alarm after its start, or between seconds")


def _in_order(event: CalendarEvent) -> bool:
    start, end = event.start, event.end
    if isinstance(start, datetime) and isinstance(end, datetime):
        for at in (start, end):
            if at.utcoffset() is None or set_forward(at):
                raise ValueError(f"the event {event.uid!r} is at {at}, which names no instant")
        # Two times of one zone would be compared by what the clock shows.
        return start.astimezone(UTC) < end.astimezone(UTC)
    return not isinstance(start, datetime) and not isinstance(end, datetime) and start < end


def set_forward(at: datetime) -> bool:
    """Whether no clock shows this time, as it is set forward over it. An appointment cannot be there."""
    return _jump(at) > _NOTHING


def _jump(at: datetime) -> timedelta:
    """By how much the clock jumps here: more than nothing where it skips this time, less where it shows it twice."""
    earlier, later = at.replace(fold=0).utcoffset(), at.replace(fold=1).utcoffset()
    return later - earlier if earlier is not None and later is not None else _NOTHING


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
    """The calendar as the bytes of an .ics file. It has no METHOD and no UID: both confuse subscribers.

    Raises OverflowError or KeyError for a time on the clock of a zone that there is none.
    """
    lines = [*_heading(calendar), *time_zone_lines(calendar.events)]
    for event in calendar.events:
        lines.extend(event_lines(event))
    lines.append("END:VCALENDAR")
    return octets(lines)


def octets(lines: Iterable[str]) -> bytes:
    """Content lines as the bytes of a file."""
    return b"".join(map(folded, lines))


def time_zone_lines(events: Iterable[CalendarEvent]) -> Iterator[str]:
    """The VTIMEZONE of each zone on whose clock an event is, by name, for the years of these events."""
    spans: dict[str, tuple[datetime, datetime]] = {}
    for event in events:
        for at in (event.start, event.end):
            if isinstance(at, datetime) and (zone := _clock(at)):
                first, last = spans.get(zone, (at, at))
                spans[zone] = min(first, at), max(last, at)
    for zone, (first, last) in sorted(spans.items()):
        yield from vtimezone(zone, first.date(), last.date())


def _heading(calendar: Calendar) -> Iterator[str]:
    name, again = escaped(calendar.name), f"PT{calendar.refresh_hours}H"
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN")
    yield from (f"NAME:{name}", f"X-WR-CALNAME:{name}")
    if calendar.zone is not None:
        yield f"X-WR-TIMEZONE:{escaped(calendar.zone)}"
    if calendar.color is not None:
        yield f"COLOR:{escaped(calendar.color)}"
    yield from (f"REFRESH-INTERVAL;VALUE=DURATION:{again}", f"X-PUBLISHED-TTL:{again}")


def event_lines(event: CalendarEvent, *people: str) -> Iterator[str]:
    """The content lines of an event; ``people`` are those that name an organizer and attendees."""
    stamp = _instant(event.stamp)
    yield from ("BEGIN:VEVENT", f"UID:{escaped(event.uid)}", f"DTSTAMP:{stamp}")
    yield from (_when("DTSTART", event.start), _when("DTEND", event.end))
    yield f"SUMMARY:{escaped(event.summary)}"
    if event.description:
        yield f"DESCRIPTION:{escaped(event.description)}"
    if event.location:
        yield f"LOCATION:{escaped(event.location)}"
    if event.url:
        yield f"URL:{event.url}"
    if event.categories:
        yield f"CATEGORIES:{','.join(map(escaped, event.categories))}"
    yield from people
    yield f"STATUS:{event.status}"
    yield f"TRANSP:{'TRANSPARENT' if event.transparent else 'OPAQUE'}"
    yield from (f"SEQUENCE:{event.sequence}", f"LAST-MODIFIED:{stamp}")
    if event.alarms and event.status is not EventStatus.CANCELLED:
        for before in event.alarms:
            yield from _alarm(event, before)
    yield "END:VEVENT"


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


def _when(name: str, at: date) -> str:
    if not isinstance(at, datetime):
        return f"{name};VALUE=DATE:{_day(at)}"
    if zone := _clock(at):
        return f"{name};TZID={zone}:{_day(at)}T{at.hour:02}{at.minute:02}{at.second:02}"
    return f"{name}:{_instant(at)}"


def _clock(at: datetime) -> str | None:
    """The zone on whose clock a time is written; None for UTC, and where that clock shows the hour twice."""
    zone = at.tzinfo
    if not isinstance(zone, ZoneInfo) or zone.key in _UTC or _jump(at):
        return None
    return zone.key if _ZONE.fullmatch(zone.key or "") else None


def _day(day: date) -> str:
    return f"{day.year:04}{day.month:02}{day.day:02}"  # %Y leaves out leading zeros on some systems


def _instant(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{_day(utc)}T{utc.hour:02}{utc.minute:02}{utc.second:02}Z"


def escaped(text: str) -> str:
    """A text as the value of a property: its special characters escaped, what no text may hold left out."""
    return clean(text).translate(_ESCAPES)


def clean(text: str) -> str:
    """Every kind of line break becomes ``\\n``; controls go; half a character becomes the mark for one that is lost."""
    return _LONE_HALF.sub("\ufffd", _NOT_TEXT.sub("", _LINE_BREAK.sub("\n", text)))


def folded(line: str) -> bytes:
    """A content line in UTF-8 with its CRLF; beyond 75 octets it goes on in lines that begin with a space."""
    octets = line.encode()
    if len(octets) <= LONGEST_LINE:
        return octets + b"\r\n"
    return b"\r\n ".join(_pieces(octets)) + b"\r\n"


def _pieces(octets: bytes) -> Iterator[bytes]:
    """Cut before a character's first octet; the space that begins a further line counts as well."""
    start, room = 0, LONGEST_LINE
    while start < len(octets):
        end = min(start + room, len(octets))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        yield octets[start:end]
        start, room = end, LONGEST_LINE - 1

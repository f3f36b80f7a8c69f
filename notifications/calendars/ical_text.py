"""Appointments as iCalendar text (RFC 5545, 7986), the way calendar apps take it.

Lines end in CRLF and are folded at 75 octets, never inside a character. Nothing here reads a clock: the
same events give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

PRODUCT = "-//Visit Planner//Visit Planner//EN"
LONGEST_LINE = 75
_LINE_BREAK = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff]")
_LONE_HALF = re.compile("[\ud800-\udfff]")
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\t": " "})


class EventStatus(StrEnum):
    """How sure an event is. Source: RFC 5545, 3.8.1.11."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One appointment, all day (``start`` and ``end`` are dates) or at a time (both with a time zone).

    ``end`` is exclusive. ``uid`` stays the same for life and names no person and no machine. ``stamp`` is the
    instant of the last change that can be seen; ``sequence`` grows with each. ``transparent``: it does not
    make anybody busy. Raises ValueError for times without a zone and for an end that is not after the start.
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

    def __post_init__(self) -> None:
        moments = [self.stamp, *(at for at in (self.start, self.end) if isinstance(at, datetime))]
        if any(moment.utcoffset() is None for moment in moments):
            raise ValueError(f"the event {self.uid!r} has a time without a zone")
        if isinstance(self.start, datetime) != isinstance(self.end, datetime) or self.start >= self.end:
            raise ValueError(f"the event {self.uid!r} does not end after it starts")
        if not _clean(self.uid):
            raise ValueError("an event needs a uid")


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
    lines = [*_heading(calendar)]
    for event in calendar.events:
        lines.extend(_event(event))
    lines.append("END:VCALENDAR")
    return b"".join(map(folded, lines))


def _heading(calendar: Calendar) -> Iterator[str]:
    name, again = escaped(calendar.name), f"PT{calendar.refresh_hours}H"
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN")
    yield from (f"NAME:{name}", f"X-WR-CALNAME:{name}")
    if calendar.zone is not None:
        yield f"X-WR-TIMEZONE:{escaped(calendar.zone)}"
    if calendar.color is not None:
        yield f"COLOR:{escaped(calendar.color)}"
    yield from (f"REFRESH-INTERVAL;VALUE=DURATION:{again}", f"X-PUBLISHED-TTL:{again}")


def _event(event: CalendarEvent) -> Iterator[str]:
    stamp = _instant(event.stamp)
    yield from ("BEGIN:VEVENT", f"UID:{escaped(event.uid)}", f"DTSTAMP:{stamp}")
    yield from (_when("DTSTART", event.start), _when("DTEND", event.end))
    yield f"SUMMARY:{escaped(event.summary)}"
    if event.description:
        yield f"DESCRIPTION:{escaped(event.description)}"
    if event.location:
        yield f"LOCATION:{escaped(event.location)}"
    if event.categories:
        yield f"CATEGORIES:{','.join(map(escaped, event.categories))}"
    yield f"STATUS:{event.status}"
    yield f"TRANSP:{'TRANSPARENT' if event.transparent else 'OPAQUE'}"
    yield from (f"SEQUENCE:{event.sequence}", f"LAST-MODIFIED:{stamp}", "END:VEVENT")


def _when(name: str, at: date) -> str:
    return f"{name}:{_instant(at)}" if isinstance(at, datetime) else f"{name};VALUE=DATE:{_day(at)}"


def _day(day: date) -> str:
    return f"{day.year:04}{day.month:02}{day.day:02}"  # %Y leaves out leading zeros on some systems


def _instant(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{_day(utc)}T{utc.hour:02}{utc.minute:02}{utc.second:02}Z"


def escaped(text: str) -> str:
    """A text as the value of a property: its special characters escaped, what no text may hold left out."""
    return _clean(text).translate(_ESCAPES)


def _clean(text: str) -> str:
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

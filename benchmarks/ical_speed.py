"""How fast a feed is rebuilt: ours beside the serialiser of the icalendar package, the same events, taking turns.

Both make their events from the same plain values and write them to bytes: half of them at a time in one of three zones,
half all day, each with the properties that a feed of ours has. Only ours writes the rules of the zones: icalendar's own
way to add them (`add_missing_timezones`) makes what Thunderbird misreads. What both wrote is read back and compared.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import icalendar

from notifications.calendars.ical_text import PRODUCT, Calendar, CalendarEvent, EventStatus, calendar_text

ZONES = tuple(ZoneInfo(name) for name in ("America/New_York", "Europe/Berlin", "Asia/Jerusalem"))
STAMP = datetime(2026, 1, 2, 9, 30, tzinfo=UTC)
TEXT = "Blood counts, liver tests; two infusions\nObservation: 60 minutes\nVisit: induction.c1.d8"


class Visit(NamedTuple):
    """The values of one event, as a service has them."""

    uid: str
    summary: str
    start: date
    end: date
    status: str
    transparent: bool


def visits(number: int) -> list[Visit]:
    """So many of them, over two years."""
    return [_timed(n) if n % 2 else _all_day(n) for n in range(number)]


def _timed(number: int) -> Visit:
    zone = ZONES[number % len(ZONES)]
    start = datetime(2026, 1, 5, 9, 15, tzinfo=zone) + timedelta(days=number % 700)
    return Visit(_uid(number), _summary(number), start, start + timedelta(minutes=90), "CONFIRMED", transparent=False)


def _all_day(number: int) -> Visit:
    start = date(2026, 1, 5) + timedelta(days=number % 700)
    return Visit(_uid(number), _summary(number), start, start + timedelta(days=1), "TENTATIVE", transparent=True)


def _uid(number: int) -> str:
    return f"{number:032x}"


def _summary(number: int) -> str:
    return f"C{number % 9 + 1}D{number % 28 + 1} (a study, {number % 500:03})"


def ours(found: list[Visit]) -> bytes:
    """With the formatter of the feeds."""
    events = [
        CalendarEvent(
            uid=visit.uid,
            summary=visit.summary,
            start=visit.start,
            end=visit.end,
            stamp=STAMP,
            description=TEXT,
            status=EventStatus(visit.status),
            transparent=visit.transparent,
            categories=("Induction",),
            sequence=3,
            location="Clinic, 2nd floor",
        )
        for visit in found
    ]
    return calendar_text(Calendar("A study", tuple(events)))


def theirs(found: list[Visit]) -> bytes:
    """With icalendar, as its documentation shows it."""
    calendar = icalendar.Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", PRODUCT)
    for visit in found:
        event = icalendar.Event()
        event.add("UID", visit.uid)
        event.add("DTSTAMP", STAMP)
        event.add("DTSTART", visit.start)
        event.add("DTEND", visit.end)
        event.add("SUMMARY", visit.summary)
        event.add("DESCRIPTION", TEXT)
        event.add("LOCATION", "Clinic, 2nd floor")
        event.add("CATEGORIES", ["Induction"])
        event.add("STATUS", visit.status)
        event.add("TRANSP", "TRANSPARENT" if visit.transparent else "OPAQUE")
        event.add("SEQUENCE", 3)
        event.add("LAST-MODIFIED", STAMP)
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def read_back(content: bytes) -> list[tuple[Any, ...]]:
    """What is in a calendar, as icalendar reads it."""
    events: Any = icalendar.Calendar.from_ical(content).walk("VEVENT")
    return [
        (str(event["UID"]), str(event["SUMMARY"]), event["DTSTART"].dt, event["DTEND"].dt, str(event["DESCRIPTION"]))
        for event in events
    ]


def seconds(write: Callable[[list[Visit]], bytes], found: list[Visit]) -> float:
    """How long one rebuilding takes, in a process that has made feeds before."""
    gc.collect()
    began = time.perf_counter()
    write(found)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    found = visits(options.events)
    first = seconds(ours, found)
    assert read_back(ours(found)) == read_back(theirs(found))
    pairs = [(seconds(ours, found), seconds(theirs, found)) for _ in range(options.rounds)]
    us, them = (median(side) for side in zip(*pairs, strict=True))
    ratios = sorted(theirs_took / we_took for we_took, theirs_took in pairs)
    print(f"{options.events:,} events, {len(ours(found)):,} octets, median of {options.rounds} by turns")
    print(f"ours       {us * 1000:8.1f} ms  {options.events / us:9,.0f} events/s  (the first: {first * 1000:.1f} ms)")
    print(f"icalendar  {them * 1000:8.1f} ms  {options.events / them:9,.0f} events/s")
    print(f"ratio {median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})")


if __name__ == "__main__":
    main()

"""Is a calendar feed what calendar apps take? Looks at its bytes, since parsers forgive what some app does not.

All eight parsers that were tried accept lines that end in LF alone, lines that are not folded, and events without a
DTSTAMP; what they show of such calendars differs. Whatever the bytes are: it takes linear time and raises nothing.
"""

from __future__ import annotations

from datetime import datetime
from itertools import chain

from notifications.calendars.lint_events import look_at_event
from notifications.calendars.lint_lines import Part, parts_of
from notifications.calendars.lint_rules import Finding, Report, Severity, shown
from notifications.calendars.lint_values import Moment, look_at_duration, look_at_text
from notifications.calendars.lint_zones import look_at_zones

__all__ = ["Finding", "Severity", "lint"]

MOST_EVENTS = 1_000
_OTHERS = {"VTIMEZONE", "VTODO", "VJOURNAL", "VFREEBUSY"}


def lint(octets: bytes, now: datetime | None = None) -> tuple[Finding, ...]:
    """What is wrong with a feed, by line; nothing is the answer for a good one.

    ``now`` (with a time zone) tells which stamps have not come yet; without it that is not looked at. Of each rule the
    first 20 findings are listed. Beyond 2 MB a file is not read.
    """
    report = Report()
    calendars = parts_of(octets, report)
    for calendar in calendars[:1]:
        _look_at_calendar(calendar, report, now)
    for further in calendars[1:]:
        report.add("second-calendar", further.number)
    return report.all()


def _look_at_calendar(calendar: Part, report: Report, now: datetime | None) -> None:
    _look_at_heading(calendar, report)
    events = [part for part in calendar.parts if part.name == "VEVENT"]
    for part in calendar.parts:
        # Parts of others' making are allowed; those of events and time zones have their places.
        if part.name != "VEVENT" and part.name not in _OTHERS and not part.name.startswith("X-"):
            report.add("misplaced-part", part.number, shown(part.name))
    if len(events) > MOST_EVENTS:
        report.add("too-many-events", calendar.number, f"{len(events):,}")
    _look_at_uids(events, report)
    times = chain.from_iterable([look_at_event(event, report, now) for event in events])
    moments: list[Moment] = [moment for moment in times if moment is not None]
    look_at_zones([part for part in calendar.parts if part.name == "VTIMEZONE"], moments, report)


def _look_at_heading(calendar: Part, report: Report) -> None:
    version = calendar.first("VERSION")
    if version is None:
        report.add("missing-version", calendar.number)
    elif version.value.strip() != "2.0":
        report.add("other-version", version.number, shown(version.value))
    if not calendar.value("PRODID"):
        report.add("missing-prodid", calendar.number)
    for name, rule in (("METHOD", "method"), ("UID", "calendar-uid")):
        if line := calendar.first(name):
            report.add(rule, line.number)
    _look_at_names(calendar, report)


def _look_at_names(calendar: Part, report: Report) -> None:
    if calendar.first("NAME", "X-WR-CALNAME") is None:
        report.add("missing-name", calendar.number)
    for name in ("NAME", "X-WR-CALNAME", "DESCRIPTION", "X-WR-CALDESC"):
        for line in calendar.lines.get(name, ()):
            look_at_text(line, report)
    again = calendar.first("REFRESH-INTERVAL")
    if again is None and calendar.first("X-PUBLISHED-TTL") is None:
        report.add("missing-refresh", calendar.number)
    if again is not None:
        look_at_duration(again, report)
        if again.parameters.get("VALUE", "").upper() != "DURATION":
            report.add("value-mismatch", again.number, shown(f"REFRESH-INTERVAL:{again.value}"))


def _look_at_uids(events: list[Part], report: Report) -> None:
    """Each event has its own; changed occurrences of a repeated one share it, and have a RECURRENCE-ID."""
    seen: dict[tuple[str, str], int] = {}
    for event in events:
        uid = event.first("UID")
        if uid is not None and uid.value:
            first = seen.setdefault((uid.value, event.value("RECURRENCE-ID")), uid.number)
            if first != uid.number:
                report.add("duplicate-uid", uid.number, str(first))

"""The lint's look at events and their alarms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from notifications.calendars.lint_lines import Line, Part
from notifications.calendars.lint_rules import Report, shown
from notifications.calendars.lint_values import (
    Moment,
    look_at_duration,
    look_at_stamp,
    look_at_text,
    look_at_zone,
    moment_of,
)

LONGEST_UID = 255
_ONCE = (
    "CLASS", "COLOR", "CREATED", "DESCRIPTION", "DTEND", "DTSTAMP", "DTSTART", "DURATION", "GEO", "LAST-MODIFIED",
    "LOCATION", "ORGANIZER", "PRIORITY", "RECURRENCE-ID", "SEQUENCE", "STATUS", "SUMMARY", "TRANSP", "UID", "URL",
)  # fmt: skip
_TEXTS = ("SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT")
_LISTS = ("CATEGORIES", "RESOURCES")
_STATUSES = {"TENTATIVE", "CONFIRMED", "CANCELLED"}
_HOST = re.compile(r"@|://|[a-z0-9]\.(?:[a-z]{2,})$", re.IGNORECASE)
_SHORTEST_NAME = 3
_ADDRESS = re.compile("https?://[!-~]+", re.IGNORECASE)


class Times(NamedTuple):
    """When an event starts and ends, as far as it says."""

    start: Moment | None
    end: Moment | None


def look_at_event(event: Part, report: Report, now: datetime | None) -> Times:
    """Note what is wrong with an event. ``now``: instants after it have not come yet; None if nobody knows."""
    for name in _ONCE:
        if len(event.lines.get(name, ())) > 1:
            report.add("repeated-property", event.lines[name][1].number, name)
    for name, rule in (("UID", "missing-uid"), ("DTSTAMP", "missing-stamp"), ("DTSTART", "missing-start")):
        if event.first(name) is None or not event.value(name):
            report.add(rule, event.number)
    if event.first("SUMMARY") is None:
        report.add("missing-summary", event.number)
    for name in ("DTSTAMP", "LAST-MODIFIED", "CREATED"):
        if line := event.first(name):
            look_at_stamp(line, report, now)
    _look_at_uid(event, report)
    _look_at_texts(event, report)
    _look_at_state(event, report)
    _look_at_company(event, report)
    _look_at_alarms(event, report)
    return _look_at_times(event, report)


def _look_at_uid(event: Part, report: Report) -> None:
    uid = event.first("UID")
    if uid is None:
        return
    if len(uid.value.encode()) > LONGEST_UID:
        report.add("long-uid", uid.number)
    elif _HOST.search(uid.value) or any(name in uid.value.lower() for name in _people(event)):
        report.add("telling-uid", uid.number, shown(uid.value))


def _people(event: Part) -> Iterator[str]:
    """How the people of an event are called: by their names and by their addresses."""
    for name in ("ORGANIZER", "ATTENDEE"):
        for line in event.lines.get(name, [])[:10]:
            called = line.parameters.get("CN", "").lower().split()
            address = line.value.lower().removeprefix("mailto:").partition("@")[0]
            yield from (word for word in (*called[:10], address) if len(word) >= _SHORTEST_NAME)


def _look_at_texts(event: Part, report: Report) -> None:
    for names, listed in ((_TEXTS, False), (_LISTS, True)):
        for name in names:
            for line in event.lines.get(name, ()):
                look_at_text(line, report, listed=listed)
    url = event.first("URL")
    if url and not _ADDRESS.fullmatch(url.value.strip()):
        report.add("bad-address", url.number, shown(url.value))


def _look_at_state(event: Part, report: Report) -> None:
    status, transparency, sequence = event.first("STATUS"), event.first("TRANSP"), event.first("SEQUENCE")
    if status and event.value("STATUS") not in _STATUSES:
        report.add("unknown-status", status.number, shown(status.value))
    if transparency and event.value("TRANSP") not in {"OPAQUE", "TRANSPARENT"}:
        report.add("unknown-transparency", transparency.number, shown(transparency.value))
    if sequence and not re.fullmatch("[0-9]{1,9}", sequence.value.strip()):
        report.add("bad-sequence", sequence.number, shown(sequence.value))
    if status and event.value("STATUS") == "CANCELLED" and event.value("TRANSP") != "TRANSPARENT":
        report.add("cancelled-but-busy", status.number)


def _look_at_company(event: Part, report: Report) -> None:
    for rule, names in (("recurrence", ("RRULE", "RDATE", "EXDATE")), ("people", ("ORGANIZER", "ATTENDEE"))):
        for name in names:
            if line := event.first(name):
                report.add(rule, line.number, name)


def _look_at_times(event: Part, report: Report) -> Times:
    found = [moment_of(line, report) if (line := event.first(name)) else None for name in ("DTSTART", "DTEND")]
    for moment in found:
        if moment:
            look_at_zone(moment, report)
    times = Times(*found)
    end, length = event.first("DTEND"), event.first("DURATION")
    if length:
        look_at_duration(length, report)
        if end:
            report.add("end-and-duration", length.number)
    if times.start and times.end:
        _look_at_order(times.start, times.end, report)
    return times


def _look_at_order(start: Moment, end: Moment, report: Report) -> None:
    line = end.line.number
    if start.is_day is not end.is_day:
        report.add("end-of-other-type", line)
    elif _same_clock(start, end):
        _compare(end.at >= start.at, end.at == start.at, line, report)
    elif (begins := start.instant()) and (ends := end.instant()):
        _compare(ends >= begins, ends == begins, line, report)


def _same_clock(start: Moment, end: Moment) -> bool:
    """Whether the two can be compared as they are: days, or times of one zone, or of none."""
    naive = [isinstance(moment.at, datetime) and moment.at.tzinfo is None for moment in (start, end)]
    return (start.is_day and end.is_day) or (all(naive) and start.zone == end.zone)


def _compare(later: bool, same: bool, line: int, report: Report) -> None:
    if not later:
        report.add("end-before-start", line)
    elif same:
        report.add("end-at-start", line)


def _look_at_alarms(event: Part, report: Report) -> None:
    for alarm in event.parts:
        if alarm.name != "VALARM":
            report.add("misplaced-part", alarm.number, shown(alarm.name))
            continue
        if event.value("STATUS") == "CANCELLED":
            report.add("alarm-of-cancelled", alarm.number)
        _look_at_alarm(alarm, report)


def _look_at_alarm(alarm: Part, report: Report) -> None:
    trigger: Line | None = alarm.first("TRIGGER")
    if not alarm.value("ACTION"):
        report.add("alarm-without-action", alarm.number)
    if alarm.value("ACTION") == "DISPLAY" and alarm.first("DESCRIPTION") is None:
        report.add("alarm-without-text", alarm.number)
    if trigger is None:
        report.add("alarm-without-trigger", alarm.number)
    elif trigger.parameters.get("VALUE", "").upper() == "DATE-TIME":
        look_at_stamp(trigger, report, None)
    else:
        look_at_duration(trigger, report)
    if text := alarm.first("DESCRIPTION"):
        look_at_text(text, report)

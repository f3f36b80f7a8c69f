"""The lint's look at time zones: whether each is there once, and says what the zone's own rules say.

A reader of VTIMEZONE of its own: what time_zones.py writes is not asked. It knows single changes and yearly rules with
one BYDAY; of zones written in another way it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from notifications.calendars.lint_lines import Line, Part
from notifications.calendars.lint_rules import Report, shown
from notifications.calendars.lint_values import Moment, known_zone, moment_of

#: so many changes of a zone and times of a calendar are compared
MOST_CHANGES, MOST_TIMES = 60, 3_000
_OFFSET = re.compile("([+-])([0-9]{2})([0-5][0-9])([0-5][0-9])?")
_RULE = re.compile("BYDAY=(-?[1-5])(MO|TU|WE|TH|FR|SA|SU);BYMONTH=(1[0-2]|0?[1-9]);FREQ=YEARLY(?:;UNTIL=([0-9TZ]+))?")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class _Yearly(NamedTuple):
    place: int
    weekday: int
    month: int
    until: datetime | None


class _Change(NamedTuple):
    """From when on which offset holds, once or every year; ``wall`` is by the clock as it was before."""

    wall: datetime
    before: timedelta
    after: timedelta
    yearly: _Yearly | None

    def latest(self, wall: datetime) -> datetime | None:
        """When it last came, at a time of the clock; None if it has not come by then."""
        if self.yearly is None or wall < self.wall:
            return self.wall if self.wall <= wall else None
        for year in (wall.year, wall.year - 1):
            found = _day_of(self.yearly, year)
            at = datetime.combine(found, self.wall.time()) if found else None
            if at and self.wall <= at <= wall and not (self.yearly.until and at - self.before > self.yearly.until):
                return at
        return self.wall


def _day_of(rule: _Yearly, year: int) -> date | None:
    if not date.min.year < year < date.max.year:
        return None
    first = date(year, rule.month, 1)
    days = [first + timedelta(days=(rule.weekday - first.weekday()) % 7 + 7 * week) for week in range(5)]
    days = [day for day in days if day.month == rule.month]
    index = rule.place - 1 if rule.place > 0 else rule.place
    return days[index] if -len(days) <= index < len(days) else None


def look_at_zones(zones: Sequence[Part], moments: Iterable[Moment], report: Report) -> None:
    """Compare the zones of a calendar with the times of its events."""
    times: dict[str, list[Moment]] = {}
    for moment in moments:
        if moment.zone is not None:
            times.setdefault(moment.zone, []).append(moment)
    defined: dict[str, tuple[_Change, ...]] = {}
    for zone in zones:
        _look_at_zone(zone, times, defined, report)
    for name, found in times.items():
        if name not in defined:
            report.add("missing-time-zone", found[0].line.number, shown(name))
        if known_zone(name) is None:
            report.add("unknown-zone", found[0].line.number, shown(name))
    _compare(times, defined, report)


def _look_at_zone(
    zone: Part, times: dict[str, list[Moment]], defined: dict[str, tuple[_Change, ...]], report: Report
) -> None:
    tzid = zone.first("TZID")
    if tzid is None or not tzid.value:
        report.add("nameless-zone", zone.number)
        return
    name = tzid.value
    if name in defined:
        report.add("doubled-time-zone", zone.number, shown(name))
    elif name not in times:
        report.add("unused-time-zone", zone.number, shown(name))
    defined[name] = _changes(zone, report)


def _changes(zone: Part, report: Report) -> tuple[_Change, ...]:
    """The changes of a zone; none where one of them cannot be read, be it wrong or only unknown here."""
    if not zone.parts:
        report.add("bad-time-zone", zone.number, "The VTIMEZONE says nothing.")
    found = [_change(part, report) for part in zone.parts]
    readable = tuple(change for change in found if change is not None)
    return readable if len(readable) == len(found) <= MOST_CHANGES else ()


def _change(part: Part, report: Report) -> _Change | None:
    if part.name not in {"STANDARD", "DAYLIGHT"}:
        report.add("misplaced-part", part.number, shown(part.name))
        return None
    start, before, after = (part.first(name) for name in ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"))
    if start is None or before is None or after is None:
        report.add("bad-time-zone", part.number, f"The {part.name} is not whole.")
        return None
    at = moment_of(start, report)
    offsets = [_offset(line, report) for line in (before, after)]
    for line in part.lines.get("RDATE", ()):
        if "," in line.value:
            report.add("multi-valued-rdate", line.number)
    if at is None or not isinstance(at.at, datetime) or at.at.tzinfo or offsets[0] is None or offsets[1] is None:
        return None
    return _with_rule(part, at.at, offsets[0], offsets[1])


def _offset(line: Line, report: Report) -> timedelta | None:
    found = _OFFSET.fullmatch(line.value.strip())
    if found is None:
        report.add("bad-time-zone", line.number, f"{shown(line.value)} is no offset.")
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -size if found[1] == "-" else size


def _with_rule(part: Part, at: datetime, before: timedelta, after: timedelta) -> _Change | None:
    rules = part.lines.get("RRULE", [])
    if "RDATE" in part.lines or len(rules) > 1:
        return None
    if not rules:
        return _Change(at, before, after, None)
    pieces = [piece for piece in rules[0].value.upper().split(";")[:9] if piece not in {"INTERVAL=1", "WKST=MO"}]
    found = _RULE.fullmatch(";".join(sorted(pieces)))
    if found is None:
        return None
    until = _until(found[4]) if found[4] else None
    if found[4] and until is None:
        return None
    return _Change(at, before, after, _Yearly(int(found[1]), _DAYS.index(found[2]), int(found[3]), until))


def _until(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ")  # noqa: DTZ007 - in UTC, as onsets are counted here
    except ValueError:
        return None


def _compare(times: dict[str, list[Moment]], defined: dict[str, tuple[_Change, ...]], report: Report) -> None:
    """Each time of the events, by the calendar's own VTIMEZONE and by the zone's rules."""
    left = MOST_TIMES
    for name, moments in times.items():
        changes = defined.get(name, ())
        if not changes or known_zone(name) is None:
            continue
        for moment in moments[:left]:
            _compare_one(moment, changes, report)
        left -= len(moments[:left])


def _compare_one(moment: Moment, changes: Sequence[_Change], report: Report) -> None:
    zone = known_zone(moment.zone or "")
    if zone is None or not isinstance(moment.at, datetime) or moment.at.tzinfo is not None:
        return
    either = {moment.at.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
    here = _offset_at(moment.at, changes)
    if here not in either:
        said = "has no time yet" if here is None else f"is {_hours(moment.at, here)}"
        truth = _hours(moment.at, max(offset for offset in either if offset is not None))
        report.add("wrong-time-zone", moment.line.number, f"{shown(f'{moment.at} {moment.zone}')} {said}, not {truth}")


def _hours(wall: datetime, offset: timedelta) -> str:
    try:
        return f"{(wall.replace(tzinfo=UTC) - offset):%Y-%m-%d %H:%M} UTC"
    except OverflowError:
        return "no time at all"


def _offset_at(wall: datetime, changes: Sequence[_Change]) -> timedelta | None:
    """The offset by the change that came last at that time of the clock."""
    came = [(at, change.after) for change in changes if (at := change.latest(wall))]
    return max(came, key=lambda found: found[0])[1] if came else None

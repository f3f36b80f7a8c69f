"""The values of properties, looked at one by one: days and times, texts, lengths of time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from notifications.calendars.ical_text import set_forward
from notifications.calendars.lint_lines import Line
from notifications.calendars.lint_rules import Report, shown

_DATE = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})")
_TIME = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})(Z?)")
_CLOCK = "T(?:[0-9]{1,9}H(?:[0-9]{1,9}M(?:[0-9]{1,9}S)?)?|[0-9]{1,9}M(?:[0-9]{1,9}S)?|[0-9]{1,9}S)"
_DURATION = re.compile(f"[+-]?P(?:[0-9]{{1,9}}W|[0-9]{{1,9}}D(?:{_CLOCK})?|{_CLOCK})")
_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)
_ZONE = re.compile("[A-Za-z0-9_+/-]{1,64}")


class Moment(NamedTuple):
    """A day, or a time with its TZID as written; ``at`` has a zone only for UTC."""

    line: Line
    at: date
    zone: str | None = None

    @property
    def is_day(self) -> bool:
        """Whether it has no time."""
        return not isinstance(self.at, datetime)

    def instant(self) -> datetime | None:
        """When it is, by the rules of its zone; None for days, floating times and zones that nobody knows."""
        if not isinstance(self.at, datetime):
            return None
        zone = UTC if self.at.tzinfo else known_zone(self.zone) if self.zone else None
        try:
            return self.at.replace(tzinfo=zone).astimezone(UTC) if zone else None
        except OverflowError:  # in the first or the last hours of all time
            return None


@lru_cache(maxsize=1024)
def known_zone(name: str) -> ZoneInfo | None:
    """The IANA zone of a name, or None."""
    try:
        return ZoneInfo(name) if _ZONE.fullmatch(name) else None
    except (KeyError, ValueError, OSError):
        return None


def moment_of(line: Line, report: Report) -> Moment | None:
    """The day or time that a property says; None where it says none, which is noted."""
    value, says = line.value.strip(), line.parameters.get("VALUE", "DATE-TIME").upper()
    try:
        at = _parsed(value)
    except ValueError:
        at = None
    if at is None:
        report.add("bad-date", line.number, shown(f"{line.name}:{line.value}"))
        return None
    if says != ("DATE-TIME" if isinstance(at, datetime) else "DATE"):
        report.add("value-mismatch", line.number, shown(f"{line.name}:{line.value}"))
    return Moment(line, at, line.parameters.get("TZID"))


def _parsed(value: str) -> date | None:
    if day := _DATE.fullmatch(value):
        return date(*map(int, day.groups()))
    if time := _TIME.fullmatch(value):
        numbers = [int(group) for group in time.groups()[:6]]
        return datetime(*numbers, tzinfo=UTC if time[7] else None)  # type: ignore[arg-type, misc]
    return None


def look_at_zone(moment: Moment, report: Report) -> None:
    """A time needs a zone, and one that its clock shows."""
    line = moment.line
    if not isinstance(moment.at, datetime):
        return
    if moment.at.tzinfo is not None:
        if moment.zone is not None:
            report.add("zone-on-utc", line.number, line.name)
    elif moment.zone is None:
        report.add("floating-time", line.number, line.name)
    elif (zone := known_zone(moment.zone)) and set_forward(moment.at.replace(tzinfo=zone)):
        report.add("skipped-time", line.number, shown(f"{moment.at} ({moment.zone})"))


def look_at_stamp(line: Line, report: Report, now: datetime | None) -> None:
    """The instant of a change: in UTC, and not to come."""
    moment = moment_of(line, report)
    if moment is None:
        return
    if not isinstance(moment.at, datetime) or moment.at.tzinfo is None or moment.zone:
        report.add("stamp-not-utc", line.number, line.name)
    elif now is not None and moment.at > now:
        report.add("stamp-in-future", line.number, f"{line.name} {moment.at:%Y-%m-%d %H:%M} UTC")


def look_at_text(line: Line, report: Report, *, listed: bool = False) -> None:
    """A text's commas (which part it where it is ``listed``), semicolons and backslashes are escaped."""
    if bad := next(
        (found for found in _ESCAPED.finditer(line.value) if found[1] not in {"\\", ";", ",", "n", "N"}), None
    ):
        report.add("bad-escape", line.number, shown(bad[0]))
    bare = _ESCAPED.sub("", line.value)
    if "," in bare and not listed:
        report.add("unescaped-comma", line.number, line.name)
    if ";" in bare:
        report.add("unescaped-semicolon", line.number, line.name)


def look_at_duration(line: Line, report: Report) -> None:
    """A length of time is one."""
    if not _DURATION.fullmatch(line.value.strip()):
        report.add("bad-duration", line.number, shown(f"{line.name}:{line.value}"))

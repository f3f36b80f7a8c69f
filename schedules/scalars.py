"""The small values that every input shares: dates, times, zones, identifiers and texts.

Files, request bodies and CSV rows read them through the same types, so that a date means the same
everywhere. pydantic's own types are too kind: they take ``0`` for 1 January 1970 and a date for midnight.
Every reader raises ValueError, as ``what is wrong; what would be right``.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, PlainSerializer, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from schedules.errors import DateOutOfRange
from schedules.invisible import INVISIBLE, code_point, unseen
from schedules.offsets import EARLIEST, LATEST
from schedules.wording import as_written, day_words

LONGEST_IDENTIFIER = 40
LONGEST_TEXT = 2000

_PARTIAL_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_INSTANT = re.compile(r"(.{10})T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?")
_WALL_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


def _as_written(value: object) -> str:
    return as_written(value, LONGEST_IDENTIFIER)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A day, a month or a year of the calendar, as much of it as is known: ``2026-01-05``, ``2026-01``, ``2026``.

    Raises ValueError if there is no such day, DateOutOfRange outside the years 1900 to 2200.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not EARLIEST.year <= self.year <= LATEST.year:
            raise DateOutOfRange(f"{self} is outside the years 1900 to 2200; write a date of the study")
        if self.month is None and self.day is not None:
            raise ValueError(f"day {self.day} of {self.year} has no month; give the month, or leave out the day")
        if self.month is not None and not 1 <= self.month <= 12:
            raise ValueError(f"{self} is not in the calendar; its months run from 01 to 12")
        if self.day is not None and not 1 <= self.day <= self._days_in_month():
            month = day_words(date(self.year, self.month or 1, 1)).removeprefix("1 ")
            raise ValueError(f"{self} is not a day of the calendar; {month} has {self._days_in_month()} days")

    def __str__(self) -> str:
        parts = [f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part is not None)]
        return "-".join(parts)

    def earliest(self) -> date:
        """The first day that it can be."""
        return date(self.year, self.month or 1, self.day or 1)

    def latest(self) -> date:
        """The last day that it can be."""
        return date(self.year, self.month or 12, self.day or self._days_in_month())

    def _days_in_month(self) -> int:
        return monthrange(self.year, self.month or 12)[1]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            read_partial_date, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "string", "pattern": r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"},
                {"type": "integer", "minimum": EARLIEST.year, "maximum": LATEST.year},
            ],
            "description": "a day, or only its month or year: YYYY-MM-DD, YYYY-MM or YYYY",
            "examples": ["2026-01-05", "2026-01", 2026],
        }


def read_partial_date(written: object) -> PartialDate:
    """Read ``2026-01-05``, ``2026-01`` or ``2026`` (which YAML reads as a number). Raises ValueError."""
    if isinstance(written, PartialDate):
        return written
    if isinstance(written, date) and not isinstance(written, datetime):
        return PartialDate(written.year, written.month, written.day)
    is_text = isinstance(written, str | int) and not isinstance(written, bool)
    parts = _PARTIAL_DATE.fullmatch(str(written)) if is_text else None
    if parts is None:
        raise ValueError(f"{_as_written(written)} is not a date; write e.g. 2026-01-05, 2026-01 or 2026")
    return PartialDate(*(int(part) if part else None for part in parts.groups()))  # type: ignore[arg-type]


def read_date(written: object) -> date:
    """Read ``YYYY-MM-DD``, or take a date as it is. Raises ValueError, DateOutOfRange outside 1900 to 2200."""
    is_known = isinstance(written, str) or (isinstance(written, date) and not isinstance(written, datetime))
    if not is_known or len(str(written)) != len("YYYY-MM-DD") or not _PARTIAL_DATE.fullmatch(str(written)):
        raise ValueError(f"{_as_written(written)} is not a date; write it as YYYY-MM-DD, e.g. 2026-01-05")
    return read_partial_date(written).earliest()


def read_instant(written: object) -> datetime:
    """Read an ISO 8601 date and time with an offset or Z, as UTC. Raises ValueError."""
    instant = written if isinstance(written, datetime) else _parsed_instant(written)
    if instant.tzinfo is None:
        right = "end it with Z or an offset, e.g. 2026-01-05T10:30:00Z or 2026-01-05T10:30:00+01:00"
        raise ValueError(f"{_as_written(written)} has no time zone; {right}")
    read_date(instant.date())  # first, because years 1 and 9999 do not survive a change of zone
    return instant.astimezone(UTC)


def _parsed_instant(written: object) -> datetime:
    right = "write e.g. 2026-01-05T10:30:00Z"
    parts = _INSTANT.fullmatch(written) if isinstance(written, str) else None
    if parts is None:
        raise ValueError(f"{_as_written(written)} is not a date with a time; {right}")
    read_date(parts[1])
    try:
        return datetime.fromisoformat(parts[0])
    except ValueError:
        raise ValueError(f"{_as_written(written)} has no such time of day or offset; {right}") from None


def read_wall_time(written: object) -> time:
    """Read ``HH:MM``, or take a time of whole minutes without a zone as it is. Raises ValueError."""
    if isinstance(written, time) and written == time(written.hour, written.minute):
        return written
    parts = _WALL_TIME.fullmatch(written) if isinstance(written, str) else None
    if parts is None:
        raise ValueError(f"{_as_written(written)} is not a time of day; write it as HH:MM, 00:00 to 23:59")
    return time(int(parts[1]), int(parts[2]))


def _identifier(written: str) -> str:
    if _IDENTIFIER.fullmatch(written) and len(written) <= LONGEST_IDENTIFIER:
        return written
    suggested = "-".join(re.findall("[a-z0-9]+", written.lower()))[:LONGEST_IDENTIFIER].strip("-")
    example = f", e.g. {suggested}" if _IDENTIFIER.fullmatch(suggested) else ""
    right = f"write up to {LONGEST_IDENTIFIER} lower-case letters, digits and hyphens, a letter first"
    raise ValueError(f"{_as_written(written)} is not an identifier; {right}{example}")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # slow: it looks at every file


def _zone(written: str) -> str:
    if written in _zones():
        return written
    near = get_close_matches(written[:LONGEST_IDENTIFIER], _zones(), n=1)
    raise ValueError(f"{_as_written(written)} is not a time zone; write e.g. {near[0] if near else 'Europe/Berlin'}")


def _text(written: str) -> str:
    text = written.replace("\r\n", "\n").strip()  # browsers send line breaks as \r\n
    if not text:
        raise ValueError("this text is empty; write at least one word")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"this text has {len(text):,} characters; write at most {LONGEST_TEXT:,}")
    if bad := INVISIBLE.search(text):
        raise ValueError(f"this text has the invisible character {code_point(bad[0])} in it; remove it")
    if only := unseen(text):
        raise ValueError(f"this text is nothing but {only}, which nobody can see; write at least one word")
    return text


def one_line(written: str) -> str:
    """Refuse a text with line breaks: it stands in tables, headings and sentences. Raises ValueError."""
    if "\n" in written:
        raise ValueError("this text has a line break in it; write it on one line")
    return written


IsoDate = Annotated[
    date,
    BeforeValidator(read_date),
    WithJsonSchema(
        {"type": "string", "format": "date", "description": "a day, YYYY-MM-DD", "examples": ["2026-01-05"]}
    ),
]
Instant = Annotated[
    datetime,
    BeforeValidator(read_instant),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "description": "a date and time with Z or an offset",
            "examples": ["2026-01-05T10:30:00Z"],
        }
    ),
]
WallTime = Annotated[
    time,
    BeforeValidator(read_wall_time),
    PlainSerializer(lambda at: f"{at:%H:%M}", return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
            "description": "the time on the site's clock, HH:MM",
            "examples": ["09:30"],
        }
    ),
]
Identifier = Annotated[
    str,
    AfterValidator(_identifier),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_IDENTIFIER.pattern}$",
            "maxLength": LONGEST_IDENTIFIER,
            "description": "lower-case letters, digits and hyphens, a letter first",
        }
    ),
]
Zone = Annotated[
    str,
    AfterValidator(_zone),
    WithJsonSchema({"type": "string", "description": "a time zone by its IANA name", "examples": ["Europe/Berlin"]}),
]
Text = Annotated[
    str,
    AfterValidator(_text),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, "description": "text"}),
]
Line = Annotated[
    str,
    AfterValidator(_text),
    AfterValidator(one_line),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, "description": "text on one line"}),
]

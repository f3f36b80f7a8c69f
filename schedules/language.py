"""The small words of the protocol language: windows, lengths of time, sets of days and of cycles.

Each is a frozen record with the reader of its written form, and an annotated type that the records of
``protocol.py`` use, so that reading, checking and the JSON Schema for editors have one source.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from schedules.offsets import Offset, parse_offset
from schedules.scalars import one_line
from schedules.windows import ClockWindow, DayRange, Window, parse_clock_window, parse_window
from schedules.wording import quoted

_SPAN = re.compile(r"(\d{1,4})(?:\s*(?:-|to)\s*(\d{1,4}))?")
_FROM = re.compile(r"from\s+(\d{1,4})")
_EVERY = re.compile(r"every\s+(\d{1,3})(?:\s+from\s+(\d{1,4}))?")


@dataclass(frozen=True, slots=True)
class Spans:
    """Numbers from 1 on, as spans with both ends included; an open span goes on for ever.

    ``every`` keeps only every so many, from the first number on: ``every 2`` is 2, 4, 6 and so on,
    ``every 3 from 1`` is 1, 4, 7.
    """

    spans: tuple[tuple[int, int | None], ...]
    every: int = 1

    def __contains__(self, number: int) -> bool:
        if (number - self.spans[0][0]) % self.every:
            return False
        return any(first <= number and (last is None or number <= last) for first, last in self.spans)

    def __str__(self) -> str:
        if self.every > 1:
            start = self.spans[0][0]
            return f"every {self.every}" if start == self.every else f"every {self.every} from {start}"
        return ", ".join(_span_text(first, last) for first, last in self.spans)


def _span_text(first: int, last: int | None) -> str:
    if last is None:
        return f"from {first}"
    return str(first) if first == last else f"{first}-{last}"


def parse_spans(written: object) -> Spans:
    """Read ``1``, ``2-6``, ``from 7``, ``1-4, 8-11``, ``every 2`` or a list of numbers. Raises ValueError."""
    if isinstance(written, Spans):
        return written
    if isinstance(written, list) and written:
        return _joined([parse_spans(item) for item in written], written)
    text = str(written).strip().lower()
    if isinstance(written, bool) or not isinstance(written, int | str):
        raise _not_spans(written)
    if every := _EVERY.fullmatch(text):
        return _every(int(every.group(1)), int(every.group(2) or every.group(1)))
    return Spans(tuple(_span(part.strip(), written) for part in text.split(",")))


def _joined(parts: list[Spans], written: object) -> Spans:
    if any(part.every > 1 for part in parts):
        raise ValueError(f"{quoted(written)} has an every within a list; write every 2 alone, or list the numbers")
    return Spans(tuple(span for part in parts for span in part.spans))


def _every(step: int, start: int) -> Spans:
    if step < 1 or start < 1:
        raise ValueError("every 0 is none at all; write every 2 for the second, fourth, sixth …")
    return Spans(((start, None),), step)


def _span(part: str, written: object) -> tuple[int, int | None]:
    if start := _FROM.fullmatch(part):
        return _ordered(int(start.group(1)), None, written)
    span = _SPAN.fullmatch(part)
    if span is None:
        raise _not_spans(written)
    return _ordered(int(span.group(1)), int(span.group(2) or span.group(1)), written)


def _ordered(first: int, last: int | None, written: object) -> tuple[int, int | None]:
    if first < 1 or (last is not None and last < first):
        raise _not_spans(written)
    return first, last


def _not_spans(written: object) -> ValueError:
    return ValueError(f"{quoted(written)} is no set of numbers from 1 on; write e.g. 1, 2-6, from 7, every 2 or [1, 3]")


def _reader(kind: type, parse: Callable[[str], object], example: str) -> BeforeValidator:
    def read(written: object) -> object:
        if isinstance(written, kind):
            return written
        if not isinstance(written, str):
            raise ValueError(f"{quoted(written)} is not written out; write e.g. {example}")
        return parse(written)

    return BeforeValidator(read)


def _days_only(text: str) -> Offset:
    offset = parse_offset(text)
    if offset.in_days is None:
        raise ValueError(f"{quoted(text)} is not a number of days; write e.g. 28 days or 4 weeks")
    return offset


def _clock_only(text: str) -> Offset:
    offset = parse_offset(text)
    if offset.in_minutes is None:
        raise ValueError(f"{quoted(text)} is not a length within a visit; write e.g. 2 hours or 30 minutes")
    return offset


def _calendar_only(text: str) -> Offset:
    offset = parse_offset(text)
    if offset.in_minutes is not None:
        raise ValueError(f"{quoted(text)} stays within one day; write days, weeks, months or years")
    return offset


def _text_schema(example: str, description: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": description, "examples": [example]})


Duration = Annotated[
    Offset,
    _reader(Offset, _calendar_only, "28 days"),
    _text_schema("3 months", "a length of time in days, weeks, calendar months or years"),
]
DaysLong = Annotated[
    Offset, _reader(Offset, _days_only, "28 days"), _text_schema("28 days", "a length of time in days or weeks")
]
_Hour = Annotated[
    Offset, _reader(Offset, _clock_only, "2 hours"), _text_schema("2 hours", "a length of time in minutes or hours")
]
VisitWindow = Annotated[
    Window | DayRange,
    _reader((Window, DayRange), parse_window, "-1/+2"),
    _text_schema("-1/+2", "days before/after the due day, or days of the cycle: -1/+2, -1/+1 weeks, days 21 to 28"),
]
Clock = Annotated[
    ClockWindow,
    _reader(ClockWindow, parse_clock_window, "-15/+15 minutes"),
    _text_schema("-15/+15 minutes", "minutes or hours by which something within a visit may be early or late"),
]
SpansText = Annotated[
    Spans,
    BeforeValidator(parse_spans),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "array", "items": {"type": "integer"}}],
            "description": "numbers from 1 on: 1, 2-6, from 7, every 2, [1, 3]",
        }
    ),
]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(one_line)]


@dataclass(frozen=True, slots=True)
class ShortForm:
    """A value that may also be written shorter: ``vsli`` for ``{activity: vsli}``, one length for a list of one.

    ``widen`` makes the long form of the short one, which is a text.
    """

    widen: Callable[[str], object]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(schema)]}

    def _read(self, written: object) -> object:
        return self.widen(written) if isinstance(written, str) else written


def by_id(key: str) -> ShortForm:
    """A record that may be written as its id alone: ``vsli`` for ``{activity: vsli}``."""
    return ShortForm(lambda written: {key: written})


Hours = Annotated[tuple[_Hour, ...], ShortForm(lambda written: [written])]

"""Hostile text comes back through the parsers of others unchanged but for controls, and no line comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import icalendar
import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from notifications.calendars.ical_text import Calendar, CalendarEvent, calendar_text
from notifications.calendars.lint import lint

STAMP = datetime(2026, 1, 2, tzinfo=UTC)
# libical drops a space at the end of a text; none of these has one.
HOSTILE = {
    "specials": "semi;colon, comma \\ backslash \\n no break \\\\, \\; \"quotes\" : = ^n",
    "line ends": "a\r\nb\rc\nd\x0be\x0cf\x85g\u2028h\u2029i",
    "a property": "x\r\nATTENDEE:mailto:a@example.org\nBEGIN:VALARM\r\n END:VEVENT",
    "controls": "a\x00b\x07c\x1bd\x7fe\x9ff\ufeffg",
    "emoji": "\U0001f489 \U0001f469\u200d\u2695\ufe0f \U0001f1e9\U0001f1ea " * 12 + ".",
    "half an emoji": "a \ud83d b \udc89 c",
    "right to left": "\u202e\u05d1\u05d3\u05d9\u05e7\u05d4\u202c, \u0641\u062d\u0635; " * 12 + "x",
    "5 kB": ("long, text; with \\ and é語\U0001f489 " * 200)[:4999] + ".",
    "a tab": "a\tb",
    "combining": "e\u0301" * 100,
    "only a break": "x\n\n\nx",
}  # fmt: skip


def expected(text: str) -> str:
    """What may come back: line breaks are one kind, tabs are spaces, what no text may hold is gone."""
    text = re.sub("\r\n|[\r\x0b\x0c\x85\u2028\u2029]", "\n", text).replace("\t", " ")
    text = "".join(letter for letter in text if letter == "\n" or not (ord(letter) < 32 or 127 <= ord(letter) < 160))
    return re.sub("[\ud800-\udfff]", "\ufffd", text.replace("\ufeff", ""))


def written(text: str) -> bytes:
    event = CalendarEvent(
        "visit-1",
        text,
        date(2026, 1, 12),
        date(2026, 1, 13),
        STAMP,
        description=text,
        location=text,
        categories=(text,),
    )
    return calendar_text(Calendar(text, (event,)))


def by_icalendar(content: bytes) -> list[str]:
    event = icalendar.Calendar.from_ical(content).walk("VEVENT")[0]
    return [str(event[name]) for name in ("SUMMARY", "DESCRIPTION", "LOCATION")]


def by_vobject(content: bytes) -> list[str]:
    event: Any = vobject.readOne(content.decode(), validate=True).vevent
    return [event.summary.value, event.description.value, event.location.value]


def property_names(content: bytes) -> list[str]:
    lines = content.replace(b"\r\n ", b"").decode().split("\r\n")
    return [re.split("[:;]", line)[0] for line in lines]


PARSERS: dict[str, Callable[[bytes], list[str]]] = {"icalendar": by_icalendar, "vobject": by_vobject}
PLAIN = property_names(written("plain"))


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_comes_back_as_it_was(kind: str, parser: str) -> None:
    text = HOSTILE[kind]
    assert PARSERS[parser](written(text)) == [expected(text)] * 3


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_makes_no_line_of_its_own_and_the_lint_finds_nothing(kind: str) -> None:
    assert property_names(written(HOSTILE[kind])) == PLAIN
    assert lint(written(HOSTILE[kind])) == ()


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=400).map(lambda text: f"({text})"))
def test_whatever_the_text_both_parsers_give_it_back(text: str) -> None:
    content = written(text)
    assert property_names(content) == PLAIN
    for read in PARSERS.values():
        assert read(content) == [expected(text)] * 3

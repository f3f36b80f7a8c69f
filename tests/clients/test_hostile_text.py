"""Hostile text as an event's name reaches people through the apps' own libraries as it was meant."""

from __future__ import annotations

import pytest

from notifications.calendars.ical_text import Calendar, CalendarEvent, calendar_text
from tests.clients.readers import Reader
from tests.notifications.test_hostile_text import HOSTILE, STAMP, expected
from tests.notifications.test_lint import TENTATIVE


@pytest.fixture
def texts() -> list[str]:
    """A calendar for each kind of text."""
    return [
        calendar_text(Calendar(text, (CalendarEvent("v", text, TENTATIVE.start, TENTATIVE.end, STAMP),))).decode()
        for text in HOSTILE.values()
    ]


def test_hostile_text_is_shown_as_it_was_written(zone_reader: Reader, texts: list[str]) -> None:
    read = zone_reader.read(texts)
    shown = {kind: calendar.events["v"].summary for kind, calendar in zip(HOSTILE, read, strict=True)}
    assert shown == {kind: expected(text) for kind, text in HOSTILE.items()}
    assert not [complaint for calendar in read for complaint in calendar.complaints]
    assert all(len(calendar.events) == 1 for calendar in read)

"""The bytes of a calendar, checked by rules of our own and read back by the icalendar package."""

import hashlib
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.calendars.ical_text import (
    FORMATTER_VERSION,
    Calendar,
    CalendarEvent,
    EventStatus,
    calendar_text,
    escaped,
    folded,
    octets,
)

STAMP = datetime(2026, 1, 2, tzinfo=UTC)
HOSTILE = "semi;colon, comma \\ backslash \\n not a break\r\nline\rreturn\nfeed\x00\x07\x1b \U0001f489\u2028end\x85"


def event(**changes: Any) -> CalendarEvent:
    usual = {
        "uid": "visit-1",
        "summary": "C1D8",
        "start": date(2026, 1, 12),
        "end": date(2026, 1, 13),
        "stamp": STAMP,
    }
    return CalendarEvent(**{**usual, **changes})


def text(*events: CalendarEvent, **calendar: Any) -> bytes:
    return calendar_text(Calendar("A study", events, **calendar))


def read_back(content: bytes) -> Any:
    """The one event of a calendar, as another implementation reads it."""
    return icalendar.Calendar.from_ical(content).walk("VEVENT")[0]


def property_lines(content: bytes) -> list[str]:
    return content.replace(b"\r\n ", b"").decode().split("\r\n")


def test_an_all_day_event_has_dates_without_times_and_an_exclusive_end() -> None:
    read = read_back(text(event()))
    assert read["DTSTART"].dt == date(2026, 1, 12)
    assert read["DTEND"].dt == date(2026, 1, 13)
    assert b"DTSTART;VALUE=DATE:20260112\r\n" in text(event())


def test_a_time_of_no_place_is_written_in_utc() -> None:
    start = datetime(2026, 6, 1, 9, 30, tzinfo=timezone(timedelta(hours=-4)))
    content = text(event(start=start, end=start + timedelta(hours=2)))
    assert b"DTSTART:20260601T133000Z\r\nDTEND:20260601T153000Z\r\n" in content
    assert read_back(content)["DTSTART"].dt == start


def test_the_calendar_says_how_it_is_called_and_when_to_look_again() -> None:
    lines = property_lines(text(zone="Europe/Berlin", color="teal"))
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert {"NAME:A study", "X-WR-CALNAME:A study", "X-WR-TIMEZONE:Europe/Berlin", "COLOR:teal"} < set(lines)
    assert {"REFRESH-INTERVAL;VALUE=DURATION:PT4H", "X-PUBLISHED-TTL:PT4H"} < set(lines)


def test_a_feed_has_no_method_and_its_calendar_no_uid() -> None:
    lines = property_lines(text(event()))
    assert not [line for line in lines if line.startswith("METHOD")]
    assert [line for line in lines if line.startswith("UID")] == ["UID:visit-1"]


def test_an_event_carries_its_status_sequence_and_the_instant_of_its_last_change() -> None:
    read = read_back(text(event(status=EventStatus.TENTATIVE, sequence=3, transparent=True, categories=("A, B", "C"))))
    assert (read["STATUS"], read["SEQUENCE"], read["TRANSP"]) == ("TENTATIVE", 3, "TRANSPARENT")
    assert read["DTSTAMP"].dt == read["LAST-MODIFIED"].dt == STAMP
    assert read["CATEGORIES"].cats == ["A, B", "C"]


def test_hostile_text_comes_back_as_it_was_without_what_no_text_may_hold() -> None:
    read = read_back(text(event(summary=HOSTILE, description=HOSTILE * 60, location=HOSTILE)))
    clean = "semi;colon, comma \\ backslash \\n not a break\nline\nreturn\nfeed \U0001f489\nend\n"
    assert read["SUMMARY"] == read["LOCATION"] == clean
    assert read["DESCRIPTION"] == clean * 60


def test_no_text_can_begin_a_property_of_its_own() -> None:
    content = text(event(summary="x\r\nATTENDEE:mailto:a@example.org\nBEGIN:VALARM", uid="u\r\nMETHOD:REQUEST"))
    names = {line.partition(":")[0].partition(";")[0] for line in property_lines(content)}
    assert not names & {"ATTENDEE", "METHOD"}
    assert read_back(content)["UID"] == "u\nMETHOD:REQUEST"


def test_half_an_emoji_becomes_the_mark_for_a_lost_character() -> None:
    assert escaped("a\ud83cb") == "a\ufffdb"


@given(st.text(max_size=300))
def test_whatever_the_text_lines_are_short_end_in_crlf_and_hold_no_controls(words: str) -> None:
    content = text(event(summary=words, description=words * 3, categories=(words,)))
    assert content.endswith(b"\r\n")
    for line in content[:-2].split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # no character is cut in two
        assert not [octet for octet in line if octet < 0x20 or octet == 0x7F]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff"), max_size=300))
def test_whatever_can_be_seen_is_read_back_as_it_was_written(words: str) -> None:
    assert read_back(text(event(description=f"({words})")))["DESCRIPTION"] == f"({words})"


@pytest.mark.parametrize("size", [74, 75, 76, 149, 150, 5000])
def test_a_line_is_folded_at_75_octets_and_unfolds_to_itself(size: int) -> None:
    for letter in ("a", "é", "語", "\U0001f489"):
        line = letter * size
        assert folded(line).replace("\r\n ", "") == line
        assert all(len(piece.encode()) <= 75 for piece in folded(line).split("\r\n"))


def test_a_line_of_75_octets_is_not_folded_and_one_of_76_is() -> None:
    assert octets(["a" * 75]) == b"a" * 75 + b"\r\n"
    assert octets(["a" * 76]) == b"a" * 75 + b"\r\n a\r\n"


def test_the_same_events_give_the_same_bytes_in_the_order_given() -> None:
    events = (event(uid="b"), event(uid="a"))
    assert text(*events) == text(*events)
    assert [line for line in property_lines(text(*events)) if line.startswith("UID")] == ["UID:b", "UID:a"]


@pytest.mark.parametrize(
    "changes",
    [
        {"stamp": datetime(2026, 1, 2)},  # noqa: DTZ001 - what is refused
        {"start": datetime(2026, 1, 2, 9), "end": datetime(2026, 1, 2, 10)},  # noqa: DTZ001
        {"start": datetime(2026, 1, 2, 9, tzinfo=UTC)},
        {"end": date(2026, 1, 12)},
        {"uid": "\x00"},
    ],
)
def test_floating_times_backward_events_and_nameless_ones_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="event"):
        event(**changes)


def test_bytes_that_change_for_the_same_events_take_a_new_version_of_the_formatter() -> None:
    """Apps are told by an ETag that nothing has changed: it names the version. Change both numbers here together."""
    start = datetime(2026, 6, 1, 9, 30, tzinfo=ZoneInfo("America/New_York"))
    timed = event(
        uid="visit-2", start=start, end=start + timedelta(hours=2), alarms=(timedelta(days=1),), url="https://a.example"
    )
    cancelled = event(uid="visit-3", status=EventStatus.CANCELLED, transparent=True, sequence=2)
    content = text(
        event(description=HOSTILE * 3, location=HOSTILE, categories=("a", "b")), timed, cancelled, zone="UTC"
    )
    assert (FORMATTER_VERSION, hashlib.sha256(content).hexdigest()[:16]) == (2, "ddea84f5eeebc839")

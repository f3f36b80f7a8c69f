"""Hours on the clock of a place, in a calendar's text: what is written on that clock, what in UTC, what is refused."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.calendars.ical_text import (
    Calendar,
    CalendarEvent,
    EventStatus,
    calendar_text,
    duration,
    set_forward,
)

NEW_YORK, BERLIN, LORD_HOWE = (ZoneInfo(name) for name in ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe"))
HOUR = timedelta(hours=1)


def event(start: datetime, length: timedelta = HOUR, **changes: Any) -> CalendarEvent:
    end = (start.astimezone(UTC) + length).astimezone(start.tzinfo)
    return CalendarEvent("visit-1", "C1D8", start, end, datetime(2026, 1, 2, tzinfo=UTC), **changes)


def lines(*events: CalendarEvent) -> list[str]:
    return calendar_text(Calendar("A study", events)).replace(b"\r\n ", b"").decode().split("\r\n")


def starting(found: list[str], name: str) -> list[str]:
    return [line for line in found if line.startswith(name)]


def test_a_time_in_a_place_is_written_on_its_clock_with_the_rules_of_its_zone() -> None:
    found = lines(event(datetime(2026, 6, 1, 9, 30, tzinfo=NEW_YORK)))
    assert "DTSTART;TZID=America/New_York:20260601T093000" in found
    assert "DTEND;TZID=America/New_York:20260601T103000" in found
    assert found.index("TZID:America/New_York") < found.index("BEGIN:VEVENT")


def test_each_zone_stands_there_once_by_name_and_only_if_an_event_is_on_its_clock() -> None:
    times = [datetime(year, 6, 1, 9, tzinfo=zone) for year in (2026, 2027) for zone in (NEW_YORK, BERLIN, UTC)]
    found = lines(*map(event, times))
    assert starting(found, "TZID:") == ["TZID:America/New_York", "TZID:Europe/Berlin"]
    assert not starting(lines(event(times[2])), "BEGIN:VTIMEZONE")


def test_the_zone_named_utc_is_utc() -> None:
    found = lines(event(datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("Etc/UTC"))))
    assert "DTSTART:20260601T090000Z" in found
    assert not starting(found, "BEGIN:VTIMEZONE")


def test_an_hour_that_the_clock_shows_twice_is_written_in_utc_be_it_the_first_or_the_second() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    assert starting(lines(event(first)), "DTSTART:2026") == ["DTSTART:20261101T053000Z"]
    assert starting(lines(event(first.replace(fold=1))), "DTSTART:2026") == ["DTSTART:20261101T063000Z"]


def test_from_the_first_to_the_second_of_two_equal_times_is_an_hour() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    found = lines(event(first))
    assert starting(found, "DTEND") == ["DTEND:20261101T063000Z"]
    with pytest.raises(ValueError, match="does not end after it starts"):
        event(first.replace(fold=1), -HOUR)


def test_a_fold_of_a_time_that_comes_once_means_nothing() -> None:
    found = lines(event(datetime(2026, 6, 1, 9, 30, fold=1, tzinfo=NEW_YORK)))
    assert "DTSTART;TZID=America/New_York:20260601T093000" in found


@pytest.mark.parametrize(
    ("wall", "zone"),
    [
        (datetime(2026, 3, 8, 2, 30), NEW_YORK),  # noqa: DTZ001
        (datetime(2026, 3, 29, 2, 0), BERLIN),  # noqa: DTZ001
        (datetime(2026, 10, 4, 2, 15), LORD_HOWE),  # noqa: DTZ001
    ],
)
def test_a_time_that_the_clock_jumps_over_is_refused(wall: datetime, zone: ZoneInfo) -> None:
    assert set_forward(wall.replace(tzinfo=zone))
    with pytest.raises(ValueError, match="names no instant"):
        event(wall.replace(tzinfo=zone))


@pytest.mark.parametrize("minutes", [-1, 60])
def test_the_minute_before_the_clock_jumps_and_the_first_after_it_are_times_like_others(minutes: int) -> None:
    start = datetime(2026, 3, 8, 2, 0, tzinfo=NEW_YORK) + timedelta(minutes=minutes)
    assert not set_forward(start)
    assert f"DTSTART;TZID=America/New_York:{start:%Y%m%dT%H%M%S}" in lines(event(start))


def test_a_day_on_which_the_clock_changes_is_a_day_of_23_or_25_hours() -> None:
    start = datetime(2026, 3, 8, tzinfo=NEW_YORK)
    assert starting(lines(event(start, 23 * HOUR)), "DTEND") == ["DTEND;TZID=America/New_York:20260309T000000"]


def test_alarms_ring_before_the_start_with_the_text_of_the_event() -> None:
    content = calendar_text(
        Calendar("A study", (event(datetime(2026, 6, 1, 9, tzinfo=BERLIN), alarms=(timedelta(days=1), HOUR)),))
    )
    alarms: Any = icalendar.Calendar.from_ical(content).walk("VALARM")
    assert [alarm["TRIGGER"].dt for alarm in alarms] == [timedelta(days=-1), -HOUR]
    assert {(str(alarm["ACTION"]), str(alarm["DESCRIPTION"])) for alarm in alarms} == {("DISPLAY", "C1D8")}


def test_what_is_cancelled_does_not_ring() -> None:
    start = datetime(2026, 6, 1, 9, tzinfo=BERLIN)
    assert "BEGIN:VALARM" not in lines(event(start, alarms=(HOUR,), status=EventStatus.CANCELLED))


@pytest.mark.parametrize("before", [timedelta(seconds=-1), timedelta(microseconds=1)])
def test_an_alarm_after_the_start_or_between_seconds_is_refused(before: timedelta) -> None:
    with pytest.raises(ValueError, match="alarm"):
        event(datetime(2026, 6, 1, 9, tzinfo=BERLIN), alarms=(before,))


@given(st.timedeltas(timedelta(), timedelta(days=400)))
def test_every_length_of_time_is_read_back_as_it_was(length: timedelta) -> None:
    length -= timedelta(microseconds=length.microseconds)
    read: Any = icalendar.vDuration
    assert read.from_ical(duration(length)) == length


def test_no_seconds_stand_right_behind_hours() -> None:
    assert duration(timedelta(hours=1, seconds=3)) == "PT1H0M3S"
    assert duration(timedelta()) == "PT0S"
    assert duration(timedelta(days=1, minutes=30)) == "P1DT30M"


def test_a_page_about_the_event_is_linked_as_it_is() -> None:
    start = datetime(2026, 6, 1, 9, tzinfo=BERLIN)
    assert "URL:https://planner.example/v;x,1" in lines(event(start, url="https://planner.example/v;x,1"))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a.example\r\nATTENDEE:x", "https://a.example/ü", "x"])
def test_what_is_no_address_of_a_page_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        event(datetime(2026, 6, 1, 9, tzinfo=BERLIN), url=url)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)), st.sampled_from([NEW_YORK, BERLIN, LORD_HOWE]))  # noqa: DTZ001
def test_whatever_the_time_it_is_read_back_as_the_same_instant(wall: datetime, zone: ZoneInfo) -> None:
    start = wall.replace(microsecond=0, tzinfo=UTC).astimezone(zone)
    content = calendar_text(Calendar("A study", (event(start),)))
    read: Any = icalendar.Calendar.from_ical(content).walk("VEVENT")[0]
    assert read["DTSTART"].dt.astimezone(UTC) == start.astimezone(UTC)
    assert read["DTEND"].dt.astimezone(UTC) == start.astimezone(UTC) + HOUR


def test_a_calendar_of_days_needs_no_zone() -> None:
    days = CalendarEvent("v", "C1D8", date(2026, 1, 1), date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC))
    assert not starting(lines(days), "BEGIN:VTIMEZONE")

"""Time zones as iCalendar text: every zone there is, against Python's own rules and dateutil's reader."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil import tz

from notifications.calendars.ical_text import Calendar, CalendarEvent, calendar_text, set_forward
from notifications.calendars.lint import lint
from notifications.calendars.time_zones import TZDATA_VERSION, vtimezone

FIRST, LAST = date(2026, 1, 1), date(2028, 12, 31)
#: clock changes that come and go, that no yearly rule gives, of half an hour, of two hours, backwards, none at all
ODD = (
    "America/Vancouver", "America/Edmonton", "America/Winnipeg", "Africa/Casablanca", "Africa/El_Aaiun", "Asia/Gaza",
    "Australia/Lord_Howe", "Antarctica/Troll", "Europe/Dublin", "Asia/Kolkata", "Africa/Cairo", "America/Nuuk",
    "America/Santiago", "Asia/Jerusalem", "Pacific/Chatham", "Asia/Kathmandu", "Etc/GMT+12", "Pacific/Kiritimati",
)  # fmt: skip
EVERY = sorted(available_timezones())


@cache
def lines(zone: str, first: date = FIRST, last: date = LAST) -> tuple[str, ...]:
    return vtimezone(zone, first, last)


def hours_of(zone: str, first: date, last: date, step: timedelta) -> list[datetime]:
    """Instants within the days of a zone, one every ``step``."""
    known, at = ZoneInfo(zone), datetime(first.year, 1, 1, 14, tzinfo=UTC)
    found = []
    while (local := at.astimezone(known)).date() <= last:
        found.append(local)
        at += step
    return [local for local in found if first <= local.date()]


def wrong_in_dateutil(zone: str, locals_: list[datetime], found: tuple[str, ...]) -> list[datetime]:
    """Local times that dateutil, with nothing but the lines, takes for another instant. Twice shown hours are left out:
    a calendar has them in UTC."""
    text = "\r\n".join(["BEGIN:VCALENDAR", *found, "END:VCALENDAR", ""])
    read = tz.tzical(io.StringIO(text)).get(zone)
    assert read is not None
    once = [at for at in locals_ if at.replace(fold=0).utcoffset() == at.replace(fold=1).utcoffset()]
    return [at for at in once if at.replace(tzinfo=read).utcoffset() != at.utcoffset()]


def test_new_york_has_two_yearly_rules() -> None:
    assert lines("America/New_York") == (
        "BEGIN:VTIMEZONE",
        "TZID:America/New_York",
        "BEGIN:DAYLIGHT",
        "DTSTART:20250309T020000",
        "TZOFFSETFROM:-0500",
        "TZOFFSETTO:-0400",
        "TZNAME:EDT",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:20251102T020000",
        "TZOFFSETFROM:-0400",
        "TZOFFSETTO:-0500",
        "TZNAME:EST",
        "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU",
        "END:STANDARD",
        "END:VTIMEZONE",
    )


@pytest.mark.skipif(TZDATA_VERSION < "2026b", reason="rules from before Vancouver stopped changing its clock")
def test_vancouver_stops_changing_its_clock_and_so_does_its_text() -> None:
    found = lines("America/Vancouver")
    assert [line for line in found if line.startswith("DTSTART")] == [
        "DTSTART:20250309T020000", "DTSTART:20251102T020000", "DTSTART:20260308T020000"
    ]  # fmt: skip
    assert not [line for line in found if line.startswith("RRULE")]


def test_a_zone_that_never_changes_has_one_block() -> None:
    assert lines("Asia/Kolkata")[2:-1] == (
        "BEGIN:STANDARD",
        "DTSTART:20250101T000000",
        "TZOFFSETFROM:+0530",
        "TZOFFSETTO:+0530",
        "TZNAME:IST",
        "END:STANDARD",
    )


def test_dublin_where_winter_time_is_the_odd_one_out_has_its_summer_as_daylight() -> None:
    found = lines("Europe/Dublin")
    assert found[found.index("BEGIN:DAYLIGHT") + 3] == "TZOFFSETTO:+0100"
    assert found[found.index("BEGIN:STANDARD") + 3] == "TZOFFSETTO:+0000"


def test_what_holds_on_1_january_has_begun_before_it() -> None:
    for zone in ODD:
        starts = [line.removeprefix("DTSTART:") for line in lines(zone) if line.startswith("DTSTART")]
        assert min(starts) <= "20260101T000000"


def test_offsets_before_there_was_standard_time_have_seconds() -> None:
    assert "TZOFFSETTO:-004430" in vtimezone("Africa/Monrovia", date(1971, 1, 1), date(1971, 1, 2))


@pytest.mark.parametrize("zone", ODD)
def test_in_odd_zones_every_half_hour_of_three_years_is_right(zone: str) -> None:
    every = hours_of(zone, FIRST, LAST, timedelta(minutes=30))
    assert len(every) > 50_000
    near = [at for at in every if _changes_near(at)] + every[::97]
    assert not wrong_in_dateutil(zone, near, lines(zone))


def _changes_near(at: datetime) -> bool:
    day = timedelta(days=1)
    instant = at.astimezone(UTC)
    return len({(instant + days * day).astimezone(at.tzinfo).utcoffset() for days in (-1, 0, 1)}) > 1


def random_hours(zone: str, chance: Random, number: int) -> list[datetime]:
    begins = datetime(2026, 1, 1, 14, tzinfo=UTC)
    minutes = 3 * 365 * 24 * 60 - 24 * 60
    return [(begins + timedelta(minutes=chance.randrange(minutes))).astimezone(ZoneInfo(zone)) for _ in range(number)]


def test_in_some_zones_20_instants_each_are_right() -> None:
    chance = Random(2026)
    for zone in chance.sample(EVERY, 60):
        assert not wrong_in_dateutil(zone, random_hours(zone, chance, 20), lines(zone)), zone


@pytest.mark.soak
def test_in_every_zone_instants_on_every_day_are_right() -> None:
    chance = Random()
    wrong = {}
    for zone in EVERY:
        times = random_hours(zone, chance, 400)
        if found := wrong_in_dateutil(zone, times, lines(zone)):
            wrong[zone] = found
    assert not wrong


def test_the_lint_which_reads_zones_by_itself_finds_odd_zones_right_all_through_three_years() -> None:
    """Its reader shares nothing with the writer, nor with dateutil."""
    stamp = datetime(2026, 1, 1, tzinfo=UTC)
    for zone in ODD:
        days = hours_of(zone, FIRST, LAST, timedelta(hours=53))
        events = [
            CalendarEvent(f"v{number}", "Visit", at, (at + timedelta(hours=1)), stamp)
            for number, at in enumerate(days)
            if not set_forward(at) and not set_forward(at + timedelta(hours=1)) and at.fold == 0
        ]
        found = lint(calendar_text(Calendar("Zones", tuple(events))))
        assert {finding.rule for finding in found} == set(), zone


def test_every_zone_has_text_without_a_date_of_several_values() -> None:
    for zone in EVERY:
        found = lines(zone)
        assert not [line for line in found if line.startswith("RDATE")]
        assert max(len(line.encode()) for line in found) <= 75
        assert found[1] == f"TZID:{zone}"


def test_the_same_years_have_the_same_text_whatever_their_days() -> None:
    assert vtimezone("Asia/Gaza", date(2026, 3, 3), date(2027, 5, 5)) is vtimezone(
        "Asia/Gaza", date(2026, 12, 31), date(2027, 1, 1)
    )


def test_a_name_that_is_no_zone_is_refused_and_so_are_days_out_of_order() -> None:
    for name in ("Nowhere/Town", "../../etc/passwd", ""):
        with pytest.raises((KeyError, ValueError)):
            vtimezone(name, FIRST, LAST)
    with pytest.raises(ValueError, match="before the first"):
        vtimezone("Europe/Berlin", LAST, FIRST)


@pytest.mark.parametrize("year", [1, 1899, 9999])
def test_the_ends_of_time_are_the_first_and_the_last_year_that_are_written(year: int) -> None:
    found = vtimezone("Europe/Berlin", date(year, 1, 1), date(year, 12, 31))
    assert found[0] == "BEGIN:VTIMEZONE"


def test_the_rules_say_which_version_they_are() -> None:
    assert TZDATA_VERSION
    assert TZDATA_VERSION[:2] == "20"

"""A plan as a calendar file, read back by the icalendar package. vsli-ino; Day 1 on Monday 5 January 2026."""

from datetime import UTC, date, datetime, time
from typing import Any

import icalendar
from click.testing import CliRunner

from notifications.calendars.lint import lint
from planner.cli import cli
from planner.presenting.plan_calendar import plan_calendar, visit_uid
from planner.presenting.study import Study
from schedules.closures import PLAIN_SITE, ClosedDay, Site
from schedules.design import Design
from schedules.history import Booked, Enrolled, Fact, Given, History, Transferred
from schedules.protocol_file import library_protocol

PROTOCOL = library_protocol("vsli-ino").protocol
NEW_YORK = Site(id="north", name="North", zone="America/New_York")
JERUSALEM = Site(id="south", name="South", zone="Asia/Jerusalem")
ENROLLED = Enrolled(date=date(2025, 12, 30), day_1=date(2026, 1, 5))


def content(
    *facts: Fact,
    sites: tuple[Site, ...] = (NEW_YORK,),
    as_of: date = date(2026, 1, 6),
    enrolled: Enrolled = ENROLLED,
    participant: str | None = None,
) -> bytes:
    study = Study(Design((PROTOCOL,), sites), History((enrolled, *facts)), (), as_of, None)
    return plan_calendar(study, study.plan(study.history), participant)


def events(*facts: Fact, **options: Any) -> dict[str, Any]:
    """The events by the key of their visit, which stands in the last line of the description."""
    found = icalendar.Calendar.from_ical(content(*facts, **options)).walk("VEVENT")
    return {str(event["DESCRIPTION"]).rpartition("Visit: ")[2]: event for event in found}


def booked(key: str, day: date, at: time | None, minutes: int | None = None) -> Booked:
    return Booked(date=day, visit=key, time=at, minutes=minutes)


def test_a_visit_without_an_appointment_is_a_tentative_day_that_makes_nobody_busy() -> None:
    event = events()["induction.c1.d8"]
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2026, 1, 12), date(2026, 1, 13))
    assert (event["TRANSP"], event["STATUS"]) == ("TRANSPARENT", "TENTATIVE")


def test_an_appointment_has_its_hour_on_the_clock_of_the_site() -> None:
    event = events(booked("induction.c1.d8", date(2026, 1, 12), time(9, 30), 90))["induction.c1.d8"]
    assert event["DTSTART"].dt == datetime(2026, 1, 12, 14, 30, tzinfo=UTC)
    assert event["DTEND"].dt == datetime(2026, 1, 12, 16, 0, tzinfo=UTC)
    assert (event["TRANSP"], event["STATUS"]) == ("OPAQUE", "CONFIRMED")


def test_only_what_is_booked_or_took_place_is_confirmed() -> None:
    dosed = Given(date=date(2026, 1, 5), visit="induction.c1.d1", activity="vsli")
    found = events(dosed, booked("induction.c1.d8", date(2026, 1, 12), time(9, 30)))
    confirmed = {key for key, event in found.items() if event["STATUS"] == "CONFIRMED"}
    assert confirmed == {"induction.c1.d1", "induction.c1.d8"}


def test_the_same_wall_time_is_another_instant_after_the_clock_change() -> None:
    first = booked("induction.c1.d8", date(2026, 1, 12), time(9, 30))
    second = booked("maintenance.c3.d1", date(2026, 3, 30), time(9, 30))
    found = events(first, second)
    starts = [found[key]["DTSTART"].dt for key in ("induction.c1.d8", "maintenance.c3.d1")]
    assert [start.hour for start in starts] == [9, 9]
    assert [start.astimezone(UTC).hour for start in starts] == [14, 13]


def test_the_rules_of_the_clock_are_in_the_file_and_its_lint_finds_nothing() -> None:
    written = content(booked("induction.c1.d8", date(2026, 1, 12), time(9, 30)))
    assert b"DTSTART;TZID=America/New_York:20260112T093000" in written
    assert written.count(b"BEGIN:VTIMEZONE") == 1
    assert lint(written) == ()
    assert lint(content()) == ()


def test_an_appointment_says_where_it_is_and_a_plan_without_sites_does_not() -> None:
    appointment = booked("induction.c1.d8", date(2026, 1, 12), time(9, 30))
    assert events(appointment)["induction.c1.d8"]["LOCATION"] == "North"
    assert "LOCATION" not in events(appointment, sites=(PLAIN_SITE,))["induction.c1.d8"]
    assert "LOCATION" not in events()["induction.c1.d8"]


def test_an_hour_that_the_clock_jumps_over_is_the_one_that_it_shows_instead() -> None:
    """Cairo's clock goes from 00:00 to 01:00 on Friday 24 April 2026."""
    event = events(
        booked("induction.c1.d8", date(2026, 4, 24), time(0, 30), 60),
        sites=(Site(id="east", name="East", zone="Africa/Cairo"),),
        enrolled=Enrolled(date=date(2026, 4, 10), day_1=date(2026, 4, 17)),
        as_of=date(2026, 4, 18),
    )["induction.c1.d8"]
    assert event["DTSTART"].to_ical() == b"20260424T013000"
    assert event["DTEND"].to_ical() == b"20260424T023000"


def test_after_a_transfer_the_clock_is_that_of_the_new_site() -> None:
    moved = Transferred(date=date(2026, 1, 11), site="south")
    appointment = Booked(date=date(2026, 1, 12), visit="induction.c1.d8", time=time(9, 30), site="south")
    event = events(moved, appointment, sites=(NEW_YORK, JERUSALEM))["induction.c1.d8"]
    assert event["DTSTART"].dt == datetime(2026, 1, 12, 7, 30, tzinfo=UTC)


def test_an_hour_on_the_clock_of_a_site_that_was_left_is_no_hour_of_the_calendar() -> None:
    moved = Transferred(date=date(2026, 1, 11), site="south")
    appointment = booked("induction.c1.d8", date(2026, 1, 12), time(9, 30))
    event = events(moved, appointment, sites=(NEW_YORK, JERUSALEM))["induction.c1.d8"]
    assert (event["DTSTART"].dt, event["STATUS"]) == (date(2026, 1, 12), "TENTATIVE")


def test_an_appointment_without_a_length_takes_as_long_as_its_activities() -> None:
    event = events(booked("induction.c1.d8", date(2026, 1, 12), time(9, 30)))["induction.c1.d8"]
    # bloods 15, neuropathy 10, VOD 10, two infusions of 60, an hour of observation
    assert (event["DTEND"].dt - event["DTSTART"].dt).seconds == (15 + 10 + 10 + 120 + 60) * 60


def test_an_appointment_without_an_hour_is_all_day() -> None:
    event = events(booked("induction.c1.d8", date(2026, 1, 13), None))["induction.c1.d8"]
    assert event["DTSTART"].dt == date(2026, 1, 13)


def test_an_appointment_that_no_longer_fits_is_tentative_on_the_day_where_it_should_be() -> None:
    event = events(booked("induction.c1.d8", date(2026, 1, 17), time(9, 30)))["induction.c1.d8"]
    assert (event["DTSTART"].dt, event["STATUS"]) == (date(2026, 1, 12), "TENTATIVE")


def test_what_lies_beyond_an_open_gate_is_tentative() -> None:
    assert events()["maintenance.c1.d1"]["STATUS"] == "TENTATIVE"


def test_a_visit_that_never_had_a_date_is_withdrawn_on_the_day_of_the_protocol() -> None:
    closed = Site(id="a", name="A", closed=(ClosedDay(date=date(2026, 1, 11), until=date(2026, 1, 14)),))
    found = events(sites=(closed,))
    event = found["induction.c1.d8"]
    assert (event["STATUS"], event["DTSTART"].dt, event["TRANSP"]) == ("CANCELLED", date(2026, 1, 12), "TRANSPARENT")
    assert event["SUMMARY"] == "NO DATE: C1D8 (vsli-ino)"
    assert found["induction.c1.d15"]["STATUS"] == "TENTATIVE"


def test_every_event_has_an_id_of_its_own_that_stays_when_dates_move() -> None:
    before = events()
    late = Given(date=date(2026, 1, 7), visit="induction.c1.d1", activity="vsli")
    after = events(late)
    assert len({str(event["UID"]) for event in before.values()}) == len(before)
    assert before["induction.c1.d8"]["DTSTART"].dt != after["induction.c1.d8"]["DTSTART"].dt
    assert {key: str(event["UID"]) for key, event in before.items()} == {
        key: str(event["UID"]) for key, event in after.items()
    }


def test_ids_differ_by_protocol_participant_and_visit_and_name_nothing() -> None:
    one = ("participant", "014")
    ids = [
        visit_uid("vsli-ino", one, "induction.c1.d8"),
        visit_uid("vsli-ino", ("participant", "015"), "induction.c1.d8"),
        visit_uid("vsli-ino", ("enrolled", "014"), "induction.c1.d8"),
        visit_uid("ven-ino", one, "induction.c1.d8"),
        visit_uid("vsli-ino", one, "induction.c1.d1"),
    ]
    assert len(set(ids)) == len(ids)
    assert not [uid for uid in ids if "@" in uid or "induction" in uid or "ino" in uid or "014" in uid]


def test_the_stamp_is_the_day_of_the_plan_and_never_now() -> None:
    stamps = {event["DTSTAMP"].dt for event in events(as_of=date(2026, 1, 8)).values()}
    assert stamps == {datetime(2026, 1, 8, tzinfo=UTC)}


def test_the_command_writes_the_file_with_crlf_and_short_lines() -> None:
    run = CliRunner().invoke(cli, ["plan", "vsli-ino", "--start", "2026-01-05", "--format", "ics"])
    assert run.exit_code == 0
    written = run.stdout_bytes
    assert written.startswith(b"BEGIN:VCALENDAR\r\n")
    assert written.count(b"\n") == written.count(b"\r\n")
    assert max(map(len, written.split(b"\r\n"))) <= 75
    assert b"METHOD" not in written

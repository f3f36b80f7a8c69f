"""The lint finds each defect that is put into a good feed of ours, and nothing in the good feed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.calendars.ical_text import Calendar, CalendarEvent, EventStatus, calendar_text
from notifications.calendars.lint import Finding, Severity, lint
from notifications.calendars.lint_rules import LISTED, RULES

STAMP = datetime(2026, 1, 2, tzinfo=UTC)
NOW = datetime(2026, 1, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEW_YORK = ZoneInfo("America/New_York")
BOOKED = CalendarEvent(
    uid="3f2a9c",
    summary="Visit; bring: card, list",
    start=datetime(2026, 6, 1, 9, 30, tzinfo=NEW_YORK),
    end=datetime(2026, 6, 1, 11, 0, tzinfo=NEW_YORK),
    stamp=STAMP,
    description="Day 8\nof cycle 1 \\ " + "\U0001f489 \u05d1\u05d3\u05d9\u05e7\u05d4 " * 20,
    categories=("Induction, first", "Visit"),
    location="Clinic, 2nd floor",
    alarms=(timedelta(days=1),),
    url="https://planner.example/visits/1",
)
TENTATIVE = CalendarEvent(
    uid="77b1e0",
    summary="Visit",
    start=date(2026, 7, 1),
    end=date(2026, 7, 2),
    stamp=STAMP,
    status=EventStatus.TENTATIVE,
    transparent=True,
)
CANCELLED = CalendarEvent(
    uid="c0ffee",
    summary="CANCELLED: Visit",
    start=datetime(2026, 12, 1, 9, tzinfo=ZoneInfo("America/Vancouver")),
    end=datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("America/Vancouver")),
    stamp=STAMP,
    status=EventStatus.CANCELLED,
    transparent=True,
    sequence=2,
)
GOOD = calendar_text(Calendar("A study", (BOOKED, TENTATIVE, CANCELLED), "America/New_York", "teal"))


def swapped(old: str, new: str) -> Callable[[bytes], bytes]:
    """A feed with the first place of a piece of text changed; ``|`` stands for the end of a line."""

    def change(feed: bytes) -> bytes:
        before, after = (text.replace("|", "\r\n").encode() for text in (old, new))
        assert before in feed, old
        return feed.replace(before, after, 1)

    return change


def without(part: str) -> Callable[[bytes], bytes]:
    return swapped(part, "")


def many_events(feed: bytes) -> bytes:
    body = feed[feed.index(b"BEGIN:VEVENT") : feed.index(b"BEGIN:VEVENT", feed.index(b"END:VEVENT"))]
    more = b"".join(body.replace(b"UID:3f2a9c", b"UID:%d" % number) for number in range(1, 1001))
    return feed.replace(b"END:VCALENDAR", more + b"END:VCALENDAR")


def zone_of(feed: bytes, number: int) -> str:
    zones: list[bytes] = re.findall(rb"BEGIN:VTIMEZONE.*?END:VTIMEZONE\r\n", feed, re.DOTALL)
    return zones[number].decode()


NEW_YORK_ZONE, VANCOUVER_ZONE = (zone_of(GOOD, number) for number in (0, 1))
#: each rule with what breaks it; where one defect breaks others as well, they are named
DEFECTS: dict[str, tuple[Callable[[bytes], bytes], set[str]]] = {
    "empty": (lambda feed: b"", set()),
    "too-large": (lambda feed: feed.replace(b"Day 8", b"Day 8" + b"\r\n  x" * 250_000, 1), set()),
    "byte-order-mark": (lambda feed: b"\xef\xbb\xbf" + feed, set()),
    "line-feed-only": (lambda feed: feed.replace(b"\r\n", b"\n"), set()),
    "lone-carriage-return": (swapped("VERSION:2.0", "VERSION:2.0\r"), set()),
    "no-last-line-end": (lambda feed: feed[:-2], set()),
    "empty-line": (swapped("BEGIN:VEVENT", "|BEGIN:VEVENT"), set()),
    "long-line": (lambda feed: feed.replace(b"\r\n ", b"", 1), set()),
    "split-character": (
        lambda feed: feed.replace("\U0001f489".encode(), b"\xf0\x9f\r\n \x92\x89", 1),
        set(),
    ),
    "not-utf-8": (lambda feed: feed.replace(b"NAME:A study", b"NAME:\xc4 study", 1), set()),
    "control-character": (swapped("NAME:A", "NAME:\x07A"), set()),
    "bad-line": (swapped("SUMMARY:", "two words|SUMMARY:"), set()),
    "not-a-calendar": (lambda feed: b"VERSION:2.0\r\n" + feed, {"outside"}),
    "second-calendar": (lambda feed: feed + GOOD, set()),
    "outside": (lambda feed: feed + b"NAME:x\r\n", set()),
    "missing-end": (without("END:VEVENT|"), {"misplaced-part", "unused-time-zone"}),
    "stray-end": (swapped("END:VEVENT|", "END:VEVENT|END:VEVENT|"), set()),
    "misplaced-part": (swapped("VCALENDAR|VERSION", "VCALENDAR|BEGIN:VALARM|END:VALARM|VERSION"), set()),
    "missing-version": (without("VERSION:2.0|"), set()),
    "other-version": (swapped("VERSION:2.0", "VERSION:1.0"), set()),
    "missing-prodid": (without("PRODID:-//Visit Planner//Visit Planner//EN|"), set()),
    "method": (swapped("VERSION:2.0", "VERSION:2.0|METHOD:PUBLISH"), set()),
    "calendar-uid": (swapped("VERSION:2.0", "VERSION:2.0|UID:9"), set()),
    "missing-name": (without("NAME:A study|X-WR-CALNAME:A study|"), set()),
    "missing-refresh": (without("REFRESH-INTERVAL;VALUE=DURATION:PT4H|X-PUBLISHED-TTL:PT4H|"), set()),
    "too-many-events": (many_events, set()),
    "missing-uid": (without("UID:3f2a9c|"), set()),
    "duplicate-uid": (swapped("UID:77b1e0", "UID:3f2a9c"), set()),
    "telling-uid": (swapped("UID:3f2a9c", "UID:3f2a9c@clinic.example"), set()),
    "long-uid": (swapped("UID:3f2a9c", "UID:" + "|  ".join(["a" * 70] * 4)), set()),
    "missing-stamp": (without("DTSTAMP:20260102T000000Z|"), set()),
    "stamp-not-utc": (swapped("DTSTAMP:20260102T000000Z", "DTSTAMP:20260102T000000"), set()),
    "stamp-in-future": (swapped("DTSTAMP:20260102T000000Z", "DTSTAMP:20260104T000000Z"), set()),
    "missing-start": (without("DTSTART;VALUE=DATE:20260701|"), set()),
    "missing-summary": (without("SUMMARY:Visit|"), set()),
    "end-before-start": (swapped("DTEND;TZID=America/New_York:20260601T11", "DTEND;TZID=America/New_York:20260601T08"),
                         set()),
    "end-at-start": (swapped("DTEND;VALUE=DATE:20260702", "DTEND;VALUE=DATE:20260701"), set()),
    "end-of-other-type": (swapped("DTEND;TZID=America/New_York:20260601T110000", "DTEND;VALUE=DATE:20260602"), set()),
    "end-and-duration": (swapped("SUMMARY:Visit|", "SUMMARY:Visit|DURATION:P1D|"), set()),
    "repeated-property": (swapped("SUMMARY:Visit|", "SUMMARY:Visit|SUMMARY:Visit|"), set()),
    "recurrence": (swapped("SUMMARY:Visit|", "SUMMARY:Visit|RRULE:FREQ=DAILY|"), set()),
    "people": (swapped("SUMMARY:Visit|", "SUMMARY:Visit|ATTENDEE;CN=Mock Person:mailto:m@example.org|"), set()),
    "unknown-status": (swapped("STATUS:CONFIRMED", "STATUS:BOOKED"), set()),
    "unknown-transparency": (swapped("TRANSP:OPAQUE", "TRANSP:BUSY"), set()),
    "cancelled-but-busy": (swapped("CANCELLED|TRANSP:TRANSPARENT", "CANCELLED|TRANSP:OPAQUE"), set()),
    "bad-sequence": (swapped("SEQUENCE:0", "SEQUENCE:-1"), set()),
    "bad-address": (swapped("URL:https", "URL:javascript"), set()),
    "unescaped-comma": (swapped("Clinic\\,", "Clinic,"), set()),
    "unescaped-semicolon": (swapped("Visit\\;", "Visit;"), set()),
    "bad-escape": (swapped("Clinic\\,", "Clinic\\x"), set()),
    "bad-date": (swapped("DTSTART;VALUE=DATE:20260701", "DTSTART;VALUE=DATE:20260631"), set()),
    "value-mismatch": (swapped("DTSTART;VALUE=DATE:20260701", "DTSTART:20260701"), set()),
    "floating-time": (swapped("DTSTART;TZID=America/New_York:", "DTSTART:"), set()),
    "zone-on-utc": (swapped("T093000|", "T093000Z|"), set()),
    "skipped-time": (swapped("20260601T093000", "20260308T023000"), set()),
    "missing-time-zone": (without(NEW_YORK_ZONE.replace("\r\n", "|")), set()),
    "unused-time-zone": (swapped("BEGIN:VTIMEZONE", VANCOUVER_ZONE.replace("Vancouver", "Boise") + "BEGIN:VTIMEZONE"),
                         set()),
    "doubled-time-zone": (swapped("BEGIN:VTIMEZONE", VANCOUVER_ZONE + "BEGIN:VTIMEZONE"), set()),
    "unknown-zone": (lambda feed: feed.replace(b"America/New_York", b"Eastern Standard Time"), set()),
    "nameless-zone": (without("TZID:America/New_York|"), {"missing-time-zone"}),
    "bad-time-zone": (swapped("TZOFFSETTO:-0400", "TZOFFSETTO:-4"), set()),
    "multi-valued-rdate": (
        swapped("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", "RDATE:20250309T020000,20260308T020000"),
        set(),
    ),
    "wrong-time-zone": (
        # As many have it by heart; the clock has not been set back since 2026.
        swapped(VANCOUVER_ZONE.replace("\r\n", "|"),
                NEW_YORK_ZONE.replace("New_York", "Vancouver").replace("0500", "0800").replace("0400", "0700")),
        set(),
    ),
    "alarm-without-action": (without("ACTION:DISPLAY|"), set()),
    "alarm-without-trigger": (without("TRIGGER:-P1D|"), set()),
    "alarm-without-text": (swapped("DISPLAY|DESCRIPTION:Visit\\; bring: card\\, list|", "DISPLAY|"), set()),
    "alarm-of-cancelled": (swapped("STATUS:CONFIRMED|TRANSP:OPAQUE", "STATUS:CANCELLED|TRANSP:TRANSPARENT"), set()),
    "bad-duration": (swapped("TRIGGER:-P1D", "TRIGGER:-PT1H3S"), set()),
}  # fmt: skip


def rules(feed: bytes) -> set[str]:
    return {finding.rule for finding in lint(feed, NOW)}


def test_nothing_is_found_in_a_feed_of_ours() -> None:
    assert lint(GOOD, NOW) == ()


def test_nothing_is_found_in_a_feed_without_events() -> None:
    assert lint(calendar_text(Calendar("A study", ()))) == ()


def test_every_rule_has_a_defect_and_there_are_many_more_than_25() -> None:
    assert DEFECTS.keys() == RULES.keys()
    assert len(RULES) > 25


@pytest.mark.parametrize("rule", DEFECTS)
def test_each_defect_is_found_and_nothing_else(rule: str) -> None:
    change, others = DEFECTS[rule]
    broken = change(GOOD)
    assert broken != GOOD
    assert rules(broken) == {rule} | others


def test_a_finding_says_where_what_and_what_to_do() -> None:
    feed = swapped("STATUS:CONFIRMED", "STATUS:BOOKED")(GOOD)
    line = feed.split(b"\r\n").index(b"STATUS:BOOKED") + 1
    assert lint(feed) == (
        Finding(
            line=line,
            rule="unknown-status",
            wrong="BOOKED is no status of an event.",
            remedy="CONFIRMED, TENTATIVE or CANCELLED.",
            severity=Severity.ERROR,
        ),
    )


def test_findings_come_in_the_order_of_their_lines_and_of_many_alike_only_the_first_are_listed() -> None:
    found = lint(GOOD.replace(b"\r\n", b"\n"))
    assert [finding.line for finding in found] == sorted(finding.line for finding in found)
    assert len(found) == LISTED + 1
    assert found[-1].wrong == f"… and {GOOD.count(bytes([10])) - LISTED} more of these."


def test_without_a_clock_no_stamp_is_said_to_be_in_the_future() -> None:
    feed = swapped("DTSTAMP:20260102T000000Z", "DTSTAMP:20990104T000000Z")(GOOD)
    assert lint(feed) == ()
    assert rules(feed) == {"stamp-in-future"}


def test_changed_occurrences_of_a_repeated_event_may_share_its_uid() -> None:
    feed = swapped("UID:77b1e0", "UID:3f2a9c|RECURRENCE-ID;VALUE=DATE:20260701")(GOOD)
    assert "duplicate-uid" not in rules(feed)


def test_the_day_that_a_clock_is_set_back_is_read_by_the_rfc_as_either_hour() -> None:
    assert rules(swapped("20260601T093000", "20251102T013000")(GOOD)) == set()


@pytest.mark.parametrize(
    "rule",
    [
        "RRULE:FREQ=YEARLY;UNTIL=20250310T000000Z;BYDAY=2SU;BYMONTH=3",
        "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=9",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=8",
    ],
)
def test_a_rule_that_ends_too_soon_or_comes_too_late_shows_at_the_event(rule: str) -> None:
    feed = swapped("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", rule)(GOOD)
    assert rules(feed) == {"wrong-time-zone"}
    assert (
        "2026-06-01 09:30:00 America/New_York is 2026-06-01 14:30 UTC, not 2026-06-01 13:30 UTC" in lint(feed)[0].wrong
    )


def test_a_zone_written_in_a_way_that_the_lint_does_not_know_is_no_defect() -> None:
    feed = swapped("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=SU;BYMONTHDAY=8,9,10,11")
    assert rules(feed(GOOD)) == set()


@given(st.text(max_size=400), st.text(max_size=400))
def test_whatever_the_words_nothing_is_found_in_what_we_write(summary: str, description: str) -> None:
    words = CalendarEvent("a1", f"v {summary}", BOOKED.start, BOOKED.end, STAMP, description=description,
                          location=summary, categories=(description,), alarms=(HOUR,))  # fmt: skip
    assert lint(calendar_text(Calendar(f"n {description}", (words,)))) == ()

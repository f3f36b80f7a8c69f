"""Whatever is given to the lint, it ends soon and raises nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.calendars.lint import Finding, lint
from notifications.calendars.lint_lines import READ_AT_MOST
from notifications.calendars.lint_rules import LISTED, RULES
from tests.notifications.test_lint import GOOD

PIECES = [
    b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b";", b",", b'"', b"=", b"\\", b"\x00", b"\xff", b"\xc3", b"\xa9",
    b"BEGIN:", b"END:", b"VCALENDAR", b"VEVENT", b"VTIMEZONE", b"STANDARD", b"VALARM", b"DTSTART", b"DTEND",
    b"DTSTART;TZID=Europe/Berlin:", b"TZID:Europe/Berlin", b"TZOFFSETFROM:+0100", b"TZOFFSETTO:-2359",
    b"00010101T000000", b"99991231T235959", b"20260329T023000", b"RRULE:FREQ=YEARLY;BYMONTH=12;BYDAY=5SU", b"UID:a",
    b"TRIGGER:P", b"Z",
    b"DTSTART:99991231T235959Z", b";VALUE=DATE", b"DTSTAMP:", b"2026", b"DURATION:P999999999W",
    b"TZID=../../etc/passwd",
]  # fmt: skip
ZONE = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n%b"
    b"END:VTIMEZONE\r\nBEGIN:VEVENT\r\nDTSTART;TZID=Europe/Berlin:%b\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
BLOCK = b"BEGIN:STANDARD\r\nDTSTART:%b\r\nTZOFFSETFROM:%b\r\nTZOFFSETTO:%b\r\n%bEND:STANDARD\r\n"
#: what makes a careless reader slow: the more of it, the slower for each
REPEATED: dict[str, Callable[[int], bytes]] = {
    "one line": lambda size: b"a" * size,
    "empty lines": lambda size: b"\n" * size,
    "continuations": lambda size: b"BEGIN:VCALENDAR\r\nNAME:x\r\n" + b" x\r\n" * (size // 4),
    "quotes": lambda size: b'A;B="' * (size // 5),
    "parameters": lambda size: b"A" + b";B=c" * (size // 4),
    "values of a parameter": lambda size: b"A;B=" + b"c," * (size // 2),
    "backslashes": lambda size: b"BEGIN:VCALENDAR\r\nNAME:" + b"\\" * size,
    "beginnings": lambda size: b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * (size // 14),
    "ends": lambda size: b"BEGIN:VCALENDAR\r\n" + b"END:VEVENT\r\n" * (size // 12),
    "events": lambda size: b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nUID:a\r\nEND:VEVENT\r\n" * (size // 33),
    "zones": lambda size: b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VTIMEZONE\r\nTZID:a\r\nEND:VTIMEZONE\r\n" * (size // 41),
    "people": lambda size: b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:b\r\n"
    + b"ATTENDEE;CN=aaa aaa:b\r\n" * (size // 23),
    "changes": lambda size: ZONE % (
        BLOCK % (b"20200101T000000", b"+0100", b"+0100", b"") * (size // 160),
        b"20260601T090000\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART;TZID=Europe/Berlin:20260601T090000" * (size // 160),
    ),
    "names of zones": lambda size: b"BEGIN:VCALENDAR\r\n" + b"".join(
        b"BEGIN:VEVENT\r\nDTSTART;TZID=Europe/%d:20260601T090000\r\nEND:VEVENT\r\n" % number
        for number in range(size // 70)
    ),
}  # fmt: skip


@given(st.binary(max_size=2000))
def test_any_bytes_are_answered_with_findings(content: bytes) -> None:
    assert all(isinstance(finding, Finding) for finding in lint(content))


@given(st.lists(st.sampled_from(PIECES), max_size=80))
def test_any_pieces_of_calendars_are_answered_with_findings(pieces: list[bytes]) -> None:
    assert lint(b"".join(pieces)) or not pieces


@given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.sampled_from(PIECES))
def test_a_feed_that_is_torn_anywhere_is_answered_with_findings(start: int, end: int, piece: bytes) -> None:
    found = lint(GOOD[:start] + piece + GOOD[end:])
    assert {finding.rule for finding in found} <= RULES.keys()


@pytest.mark.parametrize("at", [b"00010101T000000", b"99991231T235959", b"99990101T000000", b"00020101T000000"])
@pytest.mark.parametrize("offset", [b"+2359", b"-2359"])
@pytest.mark.parametrize(
    "rule", [b"", b"RRULE:FREQ=YEARLY;BYMONTH=12;BYDAY=-1SU\r\n", b"RRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=5SU\r\n"]
)
def test_the_first_and_the_last_days_of_all_time_are_no_trouble(at: bytes, offset: bytes, rule: bytes) -> None:
    for start in (at, b"00010101T000000"):
        assert lint(ZONE % (BLOCK % (start, offset, offset, rule), at))


@pytest.mark.parametrize("kind", REPEATED)
def test_ten_times_as_much_takes_no_more_than_ten_times_as_long(kind: str) -> None:
    """With a wide margin for the machine: what grows with the square would take a hundred times as long."""
    make = REPEATED[kind]
    seconds = [min(_seconds(make(size)) for _ in range(2)) for size in (30_000, 300_000)]
    assert all(later < 40 * earlier + 0.2 for earlier, later in pairwise(seconds)), seconds


def _seconds(content: bytes) -> float:
    began = time.process_time()
    assert lint(content)
    return time.process_time() - began


def test_of_50_megabytes_the_first_are_read_and_that_is_said() -> None:
    began = time.process_time()
    found = lint(b"BEGIN:VCALENDAR\r\n" + b"X:1\r\n" * 10_000_000)
    assert time.process_time() - began < 60
    assert found[0].rule == "missing-name"
    assert {"too-large", "missing-version"} <= {finding.rule for finding in found}
    assert len(found) <= LISTED * len(RULES)
    assert READ_AT_MOST < 50_000_000

"""What the lint looks for in calendars: each rule's words, and how bad it is where it is broken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

#: findings of one rule that are listed; of more, only their number
LISTED = 20
_SHOWN = 40


class Severity(StrEnum):
    """How bad a finding is."""

    #: apps refuse the calendar, leave events out, or show them at another time
    ERROR = "error"
    #: some apps, or some people, are led astray
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something wrong with a calendar: in which line of the file (from 1), by which rule, and what to do about it."""

    line: int
    rule: str
    wrong: str
    remedy: str
    severity: Severity


class Rule(NamedTuple):
    """What is wrong where a rule is broken (``{what}`` is what was found), and the remedy."""

    wrong: str
    remedy: str
    severity: Severity = Severity.ERROR


_W = Severity.WARNING

RULES = {
    # the file
    "empty": Rule("The file is empty.", "Send a calendar: BEGIN:VCALENDAR … END:VCALENDAR."),
    "too-large": Rule("The file has {what} octets.", "Keep feeds under 1,000,000: some apps refuse more."),
    "byte-order-mark": Rule("The file begins with a byte order mark.", "Begin with BEGIN:VCALENDAR."),
    "line-feed-only": Rule("The line ends without a carriage return.", "End lines in CR LF.", _W),
    "lone-carriage-return": Rule("A carriage return stands within a line.", "Write line breaks in texts as \\n."),
    "no-last-line-end": Rule("The last line does not end.", "End the last line in CR LF, too.", _W),
    "empty-line": Rule("The line is empty.", "Leave it out.", _W),
    "long-line": Rule("The line has {what} octets.", "Fold lines at 75 octets.", _W),
    "split-character": Rule(
        "The line is folded in the midst of a character.", "Fold before the first octet of a character."
    ),
    "not-utf-8": Rule("The line is not UTF-8.", "Write calendars in UTF-8."),
    "control-character": Rule("The line holds the control character {what}.", "Strip controls from texts."),
    "bad-line": Rule("{what} is no property.", "A line is NAME;PARAMETER=value:value; fold or escape longer texts."),
    # its parts
    "not-a-calendar": Rule("The file begins with {what}.", "Begin with BEGIN:VCALENDAR."),
    "second-calendar": Rule("A further calendar begins.", "One calendar a feed: apps read the first.", _W),
    "outside": Rule("{what} stands outside of any part.", "Put it between BEGIN:VCALENDAR and END:VCALENDAR."),
    "missing-end": Rule("{what} begins here and does not end.", "Write its END, before that of what it is in."),
    "stray-end": Rule("{what} ends here and never began.", "Leave the line out, or write its BEGIN."),
    "misplaced-part": Rule("{what} does not belong here.", "Events and time zones go right into VCALENDAR."),
    # the calendar
    "missing-version": Rule("The calendar has no VERSION.", "Write VERSION:2.0."),
    "other-version": Rule("The version is {what}.", "Write VERSION:2.0."),
    "missing-prodid": Rule("The calendar has no PRODID.", "Say which program made it."),
    "method": Rule("The feed has a METHOD.", "Leave it out: apps take the feed for an invitation."),
    "calendar-uid": Rule("The calendar has a UID.", "Leave it out: some clients then see one event instead of all."),
    "missing-name": Rule("The calendar has no name.", "Write NAME and X-WR-CALNAME.", _W),
    "missing-refresh": Rule("Nothing says when to look again.", "Write REFRESH-INTERVAL;VALUE=DURATION:PT4H.", _W),
    "too-many-events": Rule("The calendar has {what} events.", "Keep feeds under 1,000, by a window of time."),
    # events
    "missing-uid": Rule("The event has no UID.", "Give each event one that it keeps."),
    "duplicate-uid": Rule("The UID is that of the event in line {what}.", "Give each event a UID of its own."),
    "telling-uid": Rule("The UID {what} names a host or a person.", "Write one that tells nothing.", _W),
    "long-uid": Rule("The UID has more than 255 octets.", "Write a shorter one.", _W),
    "missing-stamp": Rule("The event has no DTSTAMP.", "Write the instant of its last change, in UTC."),
    "stamp-not-utc": Rule("{what} is not in UTC.", "Write it with a Z."),
    "stamp-in-future": Rule("{what} has not come yet.", "Write the instant of the last change."),
    "missing-start": Rule("The event has no DTSTART.", "Say when it begins."),
    "missing-summary": Rule("The event has no SUMMARY.", "Apps show it without a name: give it one.", _W),
    "end-before-start": Rule("The event ends before it starts.", "Let DTEND be after DTSTART."),
    "end-at-start": Rule("The event ends when it starts.", "DTEND is exclusive: the day, or the minute, after it."),
    "end-of-other-type": Rule("One of start and end is a day, the other a time.", "Let both be the same."),
    "end-and-duration": Rule("The event has a DTEND and a DURATION.", "Write DTEND alone."),
    "repeated-property": Rule("{what} stands in the same part already.", "Write it once."),
    "recurrence": Rule("{what} repeats the event.", "One event a visit: repeated ones cannot be moved singly.", _W),
    "people": Rule("{what} stands in a feed.", "Leave people out: apps take it for an invitation, and show them.", _W),
    "unknown-status": Rule("{what} is no status of an event.", "CONFIRMED, TENTATIVE or CANCELLED."),
    "unknown-transparency": Rule("{what} is no TRANSP.", "OPAQUE or TRANSPARENT."),
    "cancelled-but-busy": Rule("The event is cancelled and not TRANSPARENT.", "It keeps people busy: free them.", _W),
    "bad-sequence": Rule("{what} is no SEQUENCE.", "A whole number from 0 on, which grows with each change."),
    "bad-address": Rule("{what} is no address of a page.", "Write one that begins with https:// or http://.", _W),
    "unescaped-comma": Rule("A comma in {what} is not escaped.", "Write it as \\, in texts."),
    "unescaped-semicolon": Rule("A semicolon in {what} is not escaped.", "Write it as \\; in texts."),
    "bad-escape": Rule("{what} is no escape.", "Only \\\\ \\; \\, and \\n are."),
    # days and times
    "bad-date": Rule("{what} is no day or time.", "20261128 or 20261128T093000Z."),
    "value-mismatch": Rule("{what} is not of the type that its VALUE says.", "VALUE=DATE for days, none for times."),
    "floating-time": Rule("{what} has no time zone.", "Name the zone (TZID), or write UTC with a Z."),
    "zone-on-utc": Rule("{what} is in UTC and has a TZID.", "Leave out the Z, or the TZID."),
    "skipped-time": Rule("The clock jumps over {what}.", "There is no such time on that day: write another one."),
    # time zones
    "missing-time-zone": Rule("The zone {what} has no VTIMEZONE.", "Write one that holds for the events' years."),
    "unused-time-zone": Rule("No event is in the zone {what}.", "Leave its VTIMEZONE out.", _W),
    "doubled-time-zone": Rule("The zone {what} has a VTIMEZONE already.", "Write one for each zone."),
    "unknown-zone": Rule("{what} is no IANA time zone.", "Write a name such as Europe/Madrid.", _W),
    "nameless-zone": Rule("The VTIMEZONE has no TZID.", "Name it by its IANA zone."),
    "bad-time-zone": Rule("{what}", "Write STANDARD or DAYLIGHT with DTSTART, TZOFFSETFROM and TZOFFSETTO."),
    "multi-valued-rdate": Rule("The RDATE has several values.", "ical.js reads the first: write a block for each."),
    "wrong-time-zone": Rule(
        "By its VTIMEZONE {what}.", "The rules changed, or hold for other years: write the zone's own for these."
    ),
    # alarms and lengths of time
    "alarm-without-action": Rule("The alarm has no ACTION.", "Write ACTION:DISPLAY."),
    "alarm-without-trigger": Rule("The alarm has no TRIGGER.", "Write when it rings, such as TRIGGER:-PT1H."),
    "alarm-without-text": Rule("The alarm has no DESCRIPTION.", "DISPLAY needs one.", _W),
    "alarm-of-cancelled": Rule("The event is cancelled and rings.", "Leave its alarms out.", _W),
    "bad-duration": Rule("{what} is no length of time.", "Write PT4H, P1D, -PT30M."),
}


@dataclass(slots=True)
class Report:
    """The findings so far. Of each rule the first ones are kept, and how many there are."""

    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, rule: str, line: int, what: str = "") -> None:
        """Note a finding; ``what`` is shown as it is, so that it comes from ``shown`` where it is of the file."""
        self.counts[rule] += 1
        if self.counts[rule] <= LISTED:
            wrong, remedy, severity = RULES[rule]
            self.findings.append(Finding(line, rule, wrong.replace("{what}", what), remedy, severity))

    def all(self) -> tuple[Finding, ...]:
        """The findings by line; those of one rule end with how many more there are."""
        more = [
            Finding(max(found.line for found in self.findings if found.rule == rule), rule, *_more(rule, count))
            for rule, count in self.counts.items()
            if count > LISTED
        ]
        return (*sorted(self.findings, key=lambda found: (found.line, found.rule)), *more)


def _more(rule: str, count: int) -> tuple[str, str, Severity]:
    return f"… and {count - LISTED:,} more of these.", RULES[rule].remedy, RULES[rule].severity


def shown(text: str) -> str:
    """A piece of the file for a finding's words: short, and without anything that could not be printed."""
    short = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in short) or "nothing"

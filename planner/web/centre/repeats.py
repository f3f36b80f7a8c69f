"""Days that are closed again and again: chosen in words, kept as rules (RFC 5545), and told in words again."""

from __future__ import annotations

import re
from datetime import date

from planner.web.words import weekday
from schedules.closures import Weekday
from schedules.wording import day_words

#: how a closed day comes again: what the form offers
REPEATS = {
    "": "No, only these days",
    "weekly": "Every week, on the same weekday",
    "fortnightly": "Every other week, on the same weekday",
    "monthly": "Every month, on the same weekday of its week, such as the first Monday",
    "yearly": "Every year, on the same date",
}
_SHORT = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WHICH = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last"}


def rule_of(repeats: str, first: date, last: date | None) -> str | None:
    """The rule of a closed day that comes again, until a last day if there is one; None for one that does not."""
    if repeats not in REPEATS or not repeats:
        return None
    week = (first.day - 1) // 7 + 1
    rules = {
        "weekly": "FREQ=WEEKLY",
        "fortnightly": "FREQ=WEEKLY;INTERVAL=2",
        "monthly": f"FREQ=MONTHLY;BYDAY={week if week < 5 else -1}{_SHORT[first.weekday()]}",
        "yearly": "FREQ=YEARLY",
    }
    return rules[repeats] + (f";UNTIL={last:%Y%m%d}" if last is not None else "")


def rule_words(rule: str, first: date) -> str:
    """``Every Wednesday, from 7 January 2026 until 30 June 2026``; a rule that no form has made is told as it is."""
    plain, _, until = rule.partition(";UNTIL=")
    how = _how(plain, first)
    if how is None or ";" in until:
        return f"Again and again from {day_words(first)} ({rule})"
    end = f" until {day_words(date(int(until[:4]), int(until[4:6]), int(until[6:8])))}" if until else ""
    return f"{how}, from {day_words(first)}{end}"


def _how(plain: str, first: date) -> str | None:
    name = weekday(first)
    known = {
        "FREQ=WEEKLY": f"Every {name}",
        "FREQ=WEEKLY;INTERVAL=2": f"Every other {name}",
        "FREQ=YEARLY": f"Every year on {day_words(first).rpartition(' ')[0]}",
    }
    found = re.fullmatch(r"FREQ=MONTHLY;BYDAY=(1|2|3|4|5|-1)([A-Z]{2})", plain)
    if found is not None:
        day = list(Weekday)[_SHORT.index(found[2])].value.capitalize()
        return f"Every {_WHICH[found[1]]} {day} of a month"
    return known.get(plain)

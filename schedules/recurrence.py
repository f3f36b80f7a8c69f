"""Rules by which a site is closed again and again: RFC 5545 RRULEs of whole days.

dateutil follows a rule that never matches to the year 9999, and reads some that then fail; so a rule is
checked part by part when it is read, and asked for one year at a time, with an end.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from itertools import islice
from typing import Annotated, Any

from dateutil.rrule import rrulestr
from pydantic import AfterValidator, Field, WithJsonSchema

_START = datetime(2000, 1, 1)  # noqa: DTZ001 - rules are about local days, which have no zone
_EXAMPLE = 'write e.g. "FREQ=MONTHLY;BYDAY=1MO" for every first Monday'


def _list_of(item: str) -> str:
    return f"{item}(?:,{item})*"


_PARTS = {
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d{0,3}",
    "COUNT": r"[1-9]\d{0,3}",
    "UNTIL": r"(?:19|20|21)\d{6}",
    "BYDAY": _list_of(r"(?:[+-]?(?:[1-9]|[1-4]\d|5[0-3]))?(?:MO|TU|WE|TH|FR|SA|SU)"),
    "BYMONTH": _list_of(r"(?:[1-9]|1[0-2])"),
    "BYMONTHDAY": _list_of(r"[+-]?(?:[1-9]|[12]\d|3[01])"),
    "BYYEARDAY": _list_of(r"[+-]?(?:[1-9]|[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])"),
    "BYSETPOS": _list_of(r"[+-]?(?:[1-9]|[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])"),
    "WKST": "MO|TU|WE|TH|FR|SA|SU",
}


def check_rule(rule: str) -> str:
    """The rule in capitals, if it is one of whole days; ValueError says what would be right."""
    written = rule.strip().upper()
    parts = [part.partition("=")[::2] for part in written.split(";")]
    for name, value in parts:
        if name not in _PARTS:
            raise ValueError(f"{name or 'nothing'} is not a part of a rule of whole days; {_EXAMPLE}")
        if not re.fullmatch(_PARTS[name], value):
            raise ValueError(f"{name}={value} cannot be read; {_EXAMPLE}")
    names = [name for name, _ in parts]
    if "FREQ" not in names or len(set(names)) != len(names) or {"COUNT", "UNTIL"} <= set(names):
        raise ValueError(f"{rule!r} needs one FREQ, each part once, and COUNT or UNTIL, not both; {_EXAMPLE}")
    try:
        rrulestr(written, dtstart=_START)
    except (ValueError, TypeError, KeyError, IndexError):
        raise ValueError(f"{rule!r} is not an RFC 5545 recurrence rule; {_EXAMPLE}") from None
    return written


Rule = Annotated[
    str,
    Field(max_length=300),
    AfterValidator(check_rule),
    WithJsonSchema({"type": "string", "description": "an RFC 5545 RRULE of whole days: FREQ=MONTHLY;BYDAY=1MO"}),
]


def days_of_rule(rule: str, since: date, year: int) -> list[date]:
    """The days of one year on which a rule that begins on ``since`` falls, earliest first."""
    first, last = datetime(year, 1, 1), datetime(year, 12, 31)  # noqa: DTZ001
    begin = datetime.combine(since, datetime.min.time())
    if rule.startswith("FREQ=DAILY") and "INTERVAL" not in rule and "COUNT" not in rule:
        begin = max(begin, first)  # such a rule has no phase to keep: the years before do not matter
    found: Any = rrulestr(rule, dtstart=begin)
    end = min(found._until, last) if found._until else last
    days = islice(found.replace(count=None, until=end), found._count)
    return [moment.date() for moment in days if moment >= first]

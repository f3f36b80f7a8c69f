"""Dates, numbers, states and what was written in plain English words, whatever the machine's locale."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day_words(day: date | int) -> str:
    """``9 March 2026``; an ordinal or a date."""
    known = date.fromordinal(day) if isinstance(day, int) else day
    return f"{known.day} {_MONTHS[known.month - 1]} {known.year}"


def known_day_words(first: date, last: date) -> str:
    """``on 9 March 2026``, or as much as is known of a day between these: ``in March 2026``, ``in 2026``."""
    if first == last:
        return f"on {day_words(first)}"
    return f"in {_MONTHS[first.month - 1]} {first.year}" if first.month == last.month else f"in {first.year}"


def span_words(first: date | int, last: date | int) -> str:
    """``15 to 18 March 2026``, ``28 February to 3 March 2026``: both ends included."""
    start, end = (date.fromordinal(day) if isinstance(day, int) else day for day in (first, last))
    if start == end:
        return day_words(start)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {day_words(end)}"
    return f"{start.day} {_MONTHS[start.month - 1]} to {day_words(end)}" if start.year == end.year else (
        f"{day_words(start)} to {day_words(end)}"
    )  # fmt: skip


def days_words(count: int) -> str:
    """``1 day``, ``3 days``."""
    return f"{count} day" if abs(count) == 1 else f"{count} days"


def state_words(state: str) -> str:
    """How a status is said to people: ``to rebook``, ``needs a decision``."""
    return "needs a decision" if state == "needs-decision" else state.replace("-", " ")


def list_words(items: Iterable[str], last: str = "and") -> str:
    """``a, b and c``."""
    words = list(items)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


LONGEST_SHOWN = 60


def shown(text: str) -> str:
    """Put a text from a file in quotes for a message, on one line and not too long."""
    return f'"{_short(text)}"'


def quoted(value: object) -> str:
    """What was written, in a message: a text in single quotes and not too long, anything else by what it is."""
    return repr(_short(value)) if isinstance(value, str) else as_written(value)


def as_written(value: object, longest: int = LONGEST_SHOWN) -> str:
    """What was written, without quotes, on one line and not too long."""
    if isinstance(value, list | tuple | dict):
        return "a list" if not isinstance(value, dict) else "a block of keys"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    return _short(str(value), longest)


def _short(text: str, longest: int = LONGEST_SHOWN) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


def given_back_words(day: int) -> str:
    """What is to be done with the appointment, on that day, of a visit that is not made."""
    return f"its appointment on {day_words(day)} is to be given back"

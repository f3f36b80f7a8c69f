"""Reads what somebody typed into the question for a calendar; every problem at once, each with its field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import TypeVar

import holidays

from planner.problems import InputProblem, InvalidInput, shown, visible
from planner.services.calendars import ShowCalendar
from planner.services.library import Closures
from schedules.closures import ClosedDay, public_holidays
from schedules.protocol_file import ReadProtocol
from schedules.scalars import read_date

T = TypeVar("T")

#: The fields of the question: of the form, of the page's address and of the API.
FIELDS = ("start", "arm", "holidays", "closed", "as_of", "made_up")
MOST_CLOSED = 100
LONGEST_CLOSURE = 366
SOME_YEAR = 2026  # a region is known in every year or in none
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TO = re.compile(r"\s*(?:\bto\b|/|–|\.\.)\s*")
_SEPARATORS = re.compile(r"[\s,;]+")
_REGION = re.compile(r"([A-Za-z]{2})(?:-([A-Za-z0-9]{1,3}))?")


def read_calendar_query(read: ReadProtocol, fields: Mapping[str, Sequence[str]]) -> ShowCalendar:
    """The question for a calendar of this protocol. Raises InvalidInput with every problem of the fields."""
    query = _Query(fields)
    start = query.read("start", _day)
    arm = query.read("arm", lambda text: _arm(text, read))
    region = query.read("holidays", lambda text: _region(text, start))
    closed = query.read_each("closed", _written_days, _closed_day)
    as_of = query.read("as_of", _day)
    made_up = query.read("made_up", _yes_or_no)
    query.require(start, "start", "the start date is missing", "write the day of the first dose, e.g. 2026-01-05")
    if read.protocol.arms and "arm" not in query.given:
        query.require(arm, "arm", "the arm is missing", f"choose {' or '.join(read.protocol.arms)}")
    if query.problems or start is None:
        raise InvalidInput(query.problems)
    country, place = region or (None, None)
    closures = Closures(country, place, tuple(dict.fromkeys(closed)))
    return ShowCalendar(read.protocol.protocol, start, arm, closures, as_of, bool(made_up))


class _Query:
    """The fields as they were sent, and the problems found so far, in the order of the form."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self._problems: list[InputProblem] = []
        self._fields = {name: [text.strip() for text in texts] for name, texts in fields.items()}
        self.given = {name for name, texts in self._fields.items() if any(texts)}
        for name in self._fields:
            if name not in FIELDS:
                self._refuse_unknown(name)

    @property
    def problems(self) -> list[InputProblem]:
        """All problems, those of the first field first."""
        order = {name: place for place, name in enumerate(FIELDS)}
        return sorted(self._problems, key=lambda problem: order.get(problem.place, len(order)))

    def read(self, name: str, reader: Callable[[str], T]) -> T | None:
        """The value of a field that may be given once; None if it is not given, or wrong."""
        if len(self._fields.get(name, ())) > 1:
            self._add(name, f"{name} is given {len(self._fields[name])} times", "give it once")
            return None
        return self._tried(name, reader, self._fields[name][0]) if name in self.given else None

    def read_each(self, name: str, split: Callable[[str], list[str]], reader: Callable[[str], T]) -> list[T]:
        """The values of a field that may be given several times, and hold several values each time."""
        parts = self._tried(name, split, " ".join(self._fields.get(name, ()))) or []
        found = (self._tried(name, reader, part) for part in parts)
        return [value for value in found if value is not None]

    def require(self, value: object, name: str, wrong: str, remedy: str) -> None:
        """Note a problem if the field has no value and nothing else was wrong with it."""
        if value is None and all(problem.place != name for problem in self._problems):
            self._add(name, wrong, remedy)

    def _refuse_unknown(self, name: str) -> None:
        near = get_close_matches(name[:LONGEST_CLOSURE], FIELDS, n=1)
        right = f"did you mean {near[0]}?" if near else f"leave it out; there are {', '.join(FIELDS)}"
        self._add(shown(name), f'"{shown(name)}" is not a field of a calendar', right)

    def _tried(self, name: str, reader: Callable[[str], T], text: str) -> T | None:
        try:
            return reader(text)
        except ValueError as wrong:
            said, _, remedy = visible(str(wrong)).rpartition("; ")
            self._add(name, said, remedy)
            return None

    def _add(self, place: str, wrong: str, remedy: str) -> None:
        self._problems.append(InputProblem(place, wrong, remedy))


def _day(text: str) -> date:
    if not _ISO_DAY.fullmatch(text):
        raise ValueError(f'"{shown(text)}" is not a date; write year, month and day, e.g. 2026-01-05')
    return read_date(text)


def _arm(text: str, read: ReadProtocol) -> str:
    if text in read.protocol.arms:
        return text
    known = f"choose {' or '.join(read.protocol.arms)}" if read.protocol.arms else "leave it out"
    raise ValueError(f'the protocol has no arm "{shown(text)}"; {known}')


def _yes_or_no(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f'"{shown(text)}" is neither yes nor no; write made_up=yes to use example values')
    return text == "yes"


def _region(text: str, start: date | None) -> tuple[str, str | None]:
    """A country's and region's codes, once it is known that they have public holidays."""
    parts = _REGION.fullmatch(text)
    if parts is None:
        raise ValueError(f'"{shown(text)}" is no country or region; write its ISO 3166 code, e.g. US, US-NY or DE-BY')
    country, region = (part.upper() if part else None for part in parts.groups())
    try:
        public_holidays(country or "", region, [start.year if start else SOME_YEAR])
    except ValueError:
        raise ValueError(f'no public holidays are known for "{text.upper()}"; {_known_near(country or "")}') from None
    return country or "", region


def _known_near(country: str) -> str:
    regions = holidays.list_supported_countries().get(country)
    if regions is None:
        return "write a country's ISO 3166 code, e.g. US, or leave it empty"
    listed = [region for region in regions if _REGION.fullmatch(f"{country}-{region}")]
    return f"write {country} alone, or with one of {', '.join(listed)}" if listed else f"write {country} alone"


def _written_days(text: str) -> list[str]:
    """Days and spans of days, separated by commas or spaces: ``2026-01-19, 2026-12-24 to 2027-01-02``."""
    written = [part for part in _SEPARATORS.split(_TO.sub("/", text)) if part]
    if len(written) <= MOST_CLOSED:
        return written
    right = f"write at most {MOST_CLOSED}, spans such as 2026-12-24 to 2027-01-02 count once"
    raise ValueError(f"these are {len(written)} closed days; {right}")


def _closed_day(text: str) -> ClosedDay:
    first, span, last = text.partition("/")
    day, until = _day(first), _day(last) if span else None
    if until is not None and until < day:
        raise ValueError(f"{shown(text)} runs backwards; write the earlier day first")
    if until is not None and (until - day).days >= LONGEST_CLOSURE:
        raise ValueError(f"{shown(text)} is longer than a year; write at most {LONGEST_CLOSURE} days")
    return ClosedDay(date=day, until=until, reason="a closed day as entered")

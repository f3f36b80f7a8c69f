"""SV: one record for each visit of a participant that took place, or of which it is recorded that it did not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from planner.reports.evidence import OUTSIDE
from planner.reports.sdtm.book import Named, VisitBook
from planner.reports.sdtm.ends import Ends
from planner.reports.sdtm.known_visits import KnownVisit
from planner.reports.sdtm.schedule import Schedule
from planner.reports.sdtm.texts import fitted
from schedules.keys import parse_key
from schedules.study_day import date_of_day, study_day

Row = tuple[object, ...]
NOT_EXPECTED = "planned visits recorded as not made, after the participant's part in the study was over"


@dataclass(frozen=True, slots=True)
class Whose:
    """The participant whose records are written. ``day_1`` is None before the treatment began."""

    study: str
    name: str
    arm: str | None
    day_1: date | None
    ends: Ends


class _Planned(NamedTuple):
    visit: KnownVisit
    named: Named
    day: int | None


@dataclass(slots=True)
class SubjectVisits:
    """Writes the records of one participant after the other, and keeps what TV has to list for them.

    ``reached`` is the latest cycle in each entry of an epoch that any record is of; ``left_out`` counts by why.
    """

    book: VisitBook
    schedule: Schedule
    reached: dict[tuple[str, int], int]
    left_out: Counter[str]

    def records(self, whose: Whose, visits: Iterable[KnownVisit]) -> list[Row]:
        """The records of a participant, by VISITNUM."""
        planned, unplanned = self._sorted_out(whose, visits)
        rows = [_planned_row(whose, each) for each in planned]
        made = [each for each in planned if each.visit.start is not None]
        rows += _unplanned_rows(whose, made, unplanned)
        return sorted(rows, key=lambda row: row[3])  # type: ignore[arg-type, return-value]

    def _sorted_out(self, whose: Whose, visits: Iterable[KnownVisit]) -> tuple[list[_Planned], list[KnownVisit]]:
        planned, unplanned = list[_Planned](), list[KnownVisit]()
        for visit in visits:
            found = self._planned(whose, visit)
            if found is not None:
                planned.append(found)
                self._reach(visit.key)
            elif visit.start is not None:
                unplanned.append(visit._replace(says=self._says(whose, visit)))
        return planned, unplanned

    def _planned(self, whose: Whose, visit: KnownVisit) -> _Planned | None:
        """The visit as a planned one; None for one that the arm does not plan, is repeated, or comes after the end."""
        parts, named = parse_key(visit.key), self.book.named(visit.key)
        day = self.schedule.planned(whose.arm, visit.key) if parts and parts.again == 1 else None
        if named is None or day is None:
            return None
        if visit.start is not None:
            return _Planned(visit, named, day.day) if visit.start <= whose.ends.contacts else None
        if _is_expected(whose, visit, day.day):
            return _Planned(visit, named, day.day)
        self.left_out[NOT_EXPECTED] += 1
        return None

    def _reach(self, key: str) -> None:
        parts = parse_key(key)
        if parts is not None:
            place = (parts.stay.epoch, parts.stay.entry)
            self.reached[place] = max(self.reached.get(place, 0), parts.stay.cycle or 0)

    def _says(self, whose: Whose, visit: KnownVisit) -> str:
        """What an unplanned visit was."""
        if visit.key.startswith(OUTSIDE):
            return visit.says
        named, parts = self.book.named(visit.key), parse_key(visit.key)
        name = named.name if named else visit.says or "A VISIT OF NO VERSION OF THE PROTOCOL"
        if visit.start is not None and visit.start > whose.ends.contacts:
            return fitted(f"{name}, AFTER THE END OF PARTICIPATION")
        return fitted(f"REPEAT OF {name}" if parts and parts.again > 1 else f"{name}, NOT PLANNED")


def _is_expected(whose: Whose, visit: KnownVisit, day: int | None) -> bool:
    """Whether a visit that was not made was expected before the end, by the participant's day and the protocol's."""
    last = whose.ends.of(visit.remote)
    if last == date.max:
        return True
    by_protocol = date_of_day(day, whose.day_1) if day is not None and whose.day_1 is not None else None
    known = [each for each in (visit.due, by_protocol) if each is not None]
    return bool(known) and max(known) <= last


def _planned_row(whose: Whose, planned: _Planned) -> Row:
    visit, named, day = planned
    occurred = "Y" if visit.start is not None else "N"
    return (whose.study, "SV", whose.name, named.number, named.name, "Y", occurred, visit.reason, day,
            *_days(whose, visit), "")  # fmt: skip


def _days(whose: Whose, visit: KnownVisit) -> tuple[object, ...]:
    """Start, end, and the study days of both."""
    days = (visit.start, visit.end)
    numbers = (study_day(day, whose.day_1) if day is not None and whose.day_1 is not None else None for day in days)
    return (*(day.isoformat() if day is not None else None for day in days), *numbers)


def _unplanned_rows(whose: Whose, made: list[_Planned], unplanned: list[KnownVisit]) -> Iterator[Row]:
    """Each unplanned visit under the number of the planned one before it, with a decimal."""
    behind: dict[Named, list[KnownVisit]] = defaultdict(list)
    for visit in sorted(unplanned, key=lambda each: (each.start or date.min, each.key)):
        before = (each for each in made if (each.visit.start or date.max) <= (visit.start or date.min))
        last = max(before, key=lambda each: (each.visit.start or date.min, each.named.number), default=None)
        behind[last.named if last else Named(0, "")].append(visit)
    for named, visits in behind.items():
        digits = 2 if len(visits) < 100 else 4
        for place, visit in enumerate(visits, start=1):
            number = round(named.number + place / 10**digits, digits)
            name = f"{named.name}: " if named.name else ""
            yield (whose.study, "SV", whose.name, number, fitted(f"{name}UNSCHEDULED {place:0{digits}}"), "", "", "",
                   None, *_days(whose, visit), visit.says)  # fmt: skip

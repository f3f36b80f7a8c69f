"""What of each study drug was planned by now and what was given, and how long its cycles took."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from planner.reports.evidence import MISSED, OCCURRED, OMITTED, DrugTally, outcome_of
from schedules.course import Course
from schedules.history import Given
from schedules.keys import Stay
from schedules.scheduled import ScheduledVisit
from schedules.statuses import Status

_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([^\d\s.,][^\s(]*)\s*")


class Quantity(NamedTuple):
    """An amount with its unit, as 1.8 mg/m2."""

    amount: float
    unit: str


class _Amounts(NamedTuple):
    unit: str | None
    planned: float
    given: float
    without: int


def quantity(text: str | None) -> Quantity | None:
    """The amount that a line says; None if it says none, or anything besides."""
    parts = _QUANTITY.fullmatch(text or "")
    return Quantity(float(parts[1]), parts[2]) if parts else None


def drug_tallies(course: Course, visits: Iterable[ScheduledVisit], group: str) -> Iterator[DrugTally]:
    """What of each drug that staff give is planned at these visits, and was given."""
    planned: dict[str, list[ScheduledVisit]] = defaultdict(list)
    for visit in visits:
        for drug in visit.spec.doses:
            planned[drug].append(visit)
    for drug, theirs in planned.items():
        known = [visit for visit in theirs if _is_known(course, visit, drug)]
        unknown = sum(_is_due(visit) for visit in theirs) - len(known)
        if known or unknown:
            yield _tally(course, drug, known, unknown, group)


def _is_due(visit: ScheduledVisit) -> bool:
    outcome = outcome_of(visit.status.value, visit.actual is not None, outside=False)
    return outcome in (OCCURRED, MISSED, OMITTED)


def _is_known(course: Course, visit: ScheduledVisit, drug: str) -> bool:
    """Whether the dose was due, and something tells what became of it."""
    if not _is_due(visit) or visit.status is Status.UNRECORDED:
        return False
    if visit.actual is None or any(fact.activity == drug for fact in course.record.given.get(visit.key, ())):
        return True
    record, key = course.record, visit.key
    told = any(hold.activity in (None, drug) for hold in record.held.get(key, ()))
    told = told or bool(record.omitted.get(key, {}).keys() & {None, drug})
    return told or any(drug in fact.not_done for fact in record.attended.get(key, ()))


def _tally(course: Course, drug: str, known: list[ScheduledVisit], unknown: int, group: str) -> DrugTally:
    facts = {visit.key: _given(course, visit, drug) for visit in known}
    given = sum(bool(each) for each in facts.values())
    stays = {visit.spec.stay for visit in known if visit.actual is not None}
    begun = {visit.key: facts[visit.key] for visit in known if visit.spec.stay in stays}
    unit, planned_amount, given_amount, without = _amounts(course, drug, facts)
    return DrugTally(
        group, course.label(drug), len(known), given, unknown, unit, planned_amount, given_amount, without,
        len(begun), _amounts(course, drug, begun).planned, *_days(course, known),
    )  # fmt: skip


def _given(course: Course, visit: ScheduledVisit, drug: str) -> list[Given]:
    return [fact for fact in course.record.given.get(visit.key, ()) if fact.activity == drug]


def _amounts(course: Course, drug: str, facts: dict[str, list[Given]]) -> _Amounts:
    """Amounts by the participant's own level; a dose whose amount nobody can tell in that unit counts in neither."""
    level = quantity(course.dose_levels.get(drug))
    if level is None:
        return _Amounts(None, 0.0, 0.0, len(facts))
    planned = given = 0.0
    without = 0
    for each in facts.values():
        amounts = [amount_of(fact, level.unit) for fact in each]
        if None in amounts:
            without += 1
            continue
        planned += level.amount
        given += sum(amount for amount in amounts if amount is not None)
    return _Amounts(level.unit, planned, given, without)


def amount_of(fact: Given, unit: str) -> float | None:
    """How much was given in that unit: the amount as recorded, else the level of a whole dose; None if none is told."""
    said = [quantity(fact.amount), None if fact.partial else quantity(fact.level)]
    return next((each.amount for each in said if each is not None and each.unit == unit), None)


def _days(course: Course, known: list[ScheduledVisit]) -> tuple[int, int]:
    """How long the stays that began are planned, and how long they took: from the first Day 1 to the last one's end.

    Nothing where the protocol does not say how long one of them is.
    """
    begun: dict[Stay, date] = {}
    for visit in known:
        if visit.actual is not None:
            begun[visit.spec.stay] = min(visit.actual, begun.get(visit.spec.stay, visit.actual))
    lengths = {stay: course.compiled.stay(stay).length for stay in begun}
    days = {stay: length.in_days if length is not None else None for stay, length in lengths.items()}
    if not begun or any(each is None for each in days.values()):
        return 0, 0
    first, last = min(begun, key=begun.__getitem__), max(begun, key=begun.__getitem__)
    taken = (begun[last] - begun[first]).days + (days[last] or 0)
    return sum(each or 0 for each in days.values()), taken

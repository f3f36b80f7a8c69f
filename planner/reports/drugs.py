"""What of each study drug was planned by now and what was given, and how long its cycles took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from planner.reports.evidence import DrugTally
from planner.services.care_records import Care, Dose, VisitCare


class _Seen(NamedTuple):
    """A dose that was due, and the visit at which it was."""

    visit: VisitCare
    dose: Dose


class _Amounts(NamedTuple):
    unit: str | None
    planned: float
    given: float
    without: int


def drug_tallies(care: Care, visits: Iterable[VisitCare], group: str) -> Iterator[DrugTally]:
    """What of each drug that staff give was due at these visits, and was given."""
    due: dict[str, list[_Seen]] = defaultdict(list)
    for visit in visits:
        for dose in visit.doses:
            due[dose.drug].append(_Seen(visit, dose))
    for drug, theirs in due.items():
        known = [each for each in theirs if each.dose.known]
        yield _tally(care, drug, known, len(theirs) - len(known), group)


def _tally(care: Care, drug: str, known: list[_Seen], unknown: int, group: str) -> DrugTally:
    given = sum(each.dose.given for each in known)
    stays = {each.visit.stay for each in known if each.visit.actual is not None}
    begun = [each for each in known if each.visit.stay in stays]
    unit, planned_amount, given_amount, without = _amounts(care, drug, known)
    return DrugTally(
        group, care.drugs[drug].label, len(known), given, unknown, unit, planned_amount, given_amount, without,
        len(begun), _amounts(care, drug, begun).planned, *_days(care, known),
    )  # fmt: skip


def _amounts(care: Care, drug: str, seen: Sequence[_Seen]) -> _Amounts:
    """Amounts by the participant's own level; a dose whose amount nobody can tell in that unit counts in neither."""
    level = care.drugs[drug]
    if level.unit is None:
        return _Amounts(None, 0.0, 0.0, len(seen))
    amounts = [each.dose.amount for each in seen if each.dose.amount is not None]
    planned = sum(level.amount for _ in amounts)
    return _Amounts(level.unit, float(planned), float(sum(amounts)), len(seen) - len(amounts))


def _days(care: Care, known: list[_Seen]) -> tuple[int, int]:
    """How long the stays that began are planned, and how long they took: from the first Day 1 to the last one's end.

    Nothing where the protocol does not say how long one of them is.
    """
    begun: dict[str, date] = {}
    for visit, _ in known:
        if visit.actual is not None:
            begun[visit.stay] = min(visit.actual, begun.get(visit.stay, visit.actual))
    if not begun or not begun.keys() <= care.stays.keys():
        return 0, 0
    first, last = min(begun, key=begun.__getitem__), max(begun, key=begun.__getitem__)
    taken = (begun[last] - begun[first]).days + care.stays[last]
    return sum(care.stays[stay] for stay in begun), taken

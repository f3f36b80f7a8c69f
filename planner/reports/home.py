"""Drugs taken at home: days on which a dose was expected and recorded, and what counts of returned doses tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from planner.reports.choosing import Choice
from planner.reports.evidence import HomeTally
from planner.services.care_records import Care, HomeDrug


def home_tallies(care: Care, group: str, choice: Choice) -> Iterator[HomeTally]:
    """What each drug taken at home came to on the days that are asked for, up to the day before the plan's."""
    for drug in care.home:
        expected = [day for day in drug.expected if choice.has_day(day)]
        held, away = (sum(map(choice.has_day, days)) for days in (drug.held, drug.away))
        if not expected and not held:
            continue
        covered = len(set(drug.taken).intersection(expected)) if drug.told else None
        counts = tuple(_counts(drug, expected))
        yield HomeTally(group, drug.label, len(expected), covered, held, away, counts, drug.unreadable)


def _counts(drug: HomeDrug, expected: Iterable[date]) -> Iterator[tuple[int, int]]:
    """Each count of what came back, as doses taken and doses expected since the one before."""
    since = date.min
    for on, taken in drug.returns:
        days = sum(since <= day < on for day in expected)
        since = on
        if days:
            yield taken, days

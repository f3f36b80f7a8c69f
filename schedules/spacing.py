"""The least time between two doses of a drug, counted from the doses actually given.

The latest dose of a drug is the one that was given, else the one that is booked, else the one that is
planned. Days are ordinals.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from schedules.made import made
from schedules.specs import DoseRule


class How(StrEnum):
    """How firmly a dose's day is known."""

    GIVEN = "given"
    BOOKED = "booked"
    PLANNED = "planned"


_NOT_YET: tuple[int | None, How] = (None, How.PLANNED)


class Bound(NamedTuple):
    """What the doses around a visit leave it: not before ``earliest``, not after ``latest``.

    ``previous`` is the day of the dose before and ``how`` it is known; ``following`` that of a later dose that
    stands already, and ``how_following`` it is known. Either side is None where there is no such dose.
    """

    rule: DoseRule
    previous: int | None
    how: How
    following: int | None
    how_following: How = How.GIVEN

    @property
    def earliest(self) -> int | None:
        """The first day that keeps the spacing after the dose before."""
        return None if self.previous is None else self.previous + self.rule.days

    @property
    def latest(self) -> int | None:
        """The last day that keeps the spacing before a later dose that stands already."""
        return None if self.following is None else self.following - self.rule.days

    def allows(self, day: int) -> bool:
        """Whether a dose on ``day`` keeps the spacing on both sides."""
        if self.previous is not None and day < self.previous + self.rule.days:
            return False
        return self.following is None or day <= self.following - self.rule.days


@dataclass(slots=True)
class DoseLedger:
    """The doses of each drug as the plan goes along: ``given`` ones sorted, and the latest on the path."""

    given: Mapping[str, Sequence[int]]
    latest: dict[str, tuple[int, How]] = field(default_factory=dict)

    def note(self, drug: str, day: int, how: How) -> None:
        """The path has come to a dose of this drug on that day."""
        self.note_all((drug,), day, how)

    def note_all(self, drugs: tuple[str, ...], day: int, how: How) -> None:
        """The path has come to a dose of each of these drugs on that day."""
        latest, dose = self.latest, (day, how)
        for drug in drugs:
            if drug not in latest or day >= latest[drug][0]:
                latest[drug] = dose

    def bounds(self, rules: tuple[DoseRule, ...], due: int) -> tuple[Bound, ...]:
        """What the doses before and after leave a visit that is due on that day and has none of its own yet."""
        found = []
        for rule in rules:
            previous, how = self.latest.get(rule.drug, _NOT_YET)
            given = self.given.get(rule.drug)
            if given and (previous is None or previous <= given[-1]):
                found.append(_among(rule, given, due, previous, how))
            else:  # the path has passed all that were given
                found.append(made(Bound, (rule, previous, how, None, How.GIVEN)))
        return tuple(found)


def _among(rule: DoseRule, given: Sequence[int], due: int, previous: int | None, how: How) -> Bound:
    """A bound of a drug that was given already: the dose before counts if none on the path is later.

    A dose of a visit before this one comes before it also where it was given after the day this one is due.
    """
    place = bisect_right(given, due if previous is None else max(due, previous))
    if place and (previous is None or given[place - 1] >= previous):
        previous, how = given[place - 1], How.GIVEN
    return Bound(rule, previous, how, given[place] if place < len(given) else None)


def between(rule: DoseRule, doses: Mapping[int, How], due: int) -> Bound:
    """What doses leave a visit that is due among them, the one before it as well as the one after it."""
    previous = max((day for day in doses if day <= due), default=None)
    following = min((day for day in doses if day > due), default=None)
    how = How.PLANNED if previous is None else doses[previous]
    return Bound(rule, previous, how, following, How.PLANNED if following is None else doses[following])


def last_given(given: Mapping[str, Sequence[int]]) -> int | None:
    """The latest day on which any drug was given."""
    return max((days[-1] for days in given.values() if days), default=None)

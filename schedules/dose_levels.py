"""At which level a drug is given on a day: what decisions reduced it to, else that of the enrolment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class Reduction:
    """A decision that a drug is given at another level; ``since`` is the first day on which it counts."""

    decided: date
    since: date
    to: str
    reason: str = ""


def reduced_since(decided: date, nominal: date | None, actual: date | None) -> date:
    """From when on a reduction counts: from its visit, where that stands, and not before it was decided.

    ``nominal`` and ``actual`` are the days of its visit; none where nobody knows of it any more.
    """
    if nominal is None:
        return decided
    return actual or max(decided, nominal)


def reduction_on(day: date, reductions: Iterable[Reduction]) -> Reduction | None:
    """The reduction that holds for a drug on a day: of those that count by then the one decided last."""
    so_far = [each for each in reductions if each.since <= day]
    return max(so_far, key=attrgetter("decided", "since")) if so_far else None

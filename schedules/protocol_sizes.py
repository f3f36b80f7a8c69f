"""How much a protocol may hold. Every later check, and every plan, is quick because of these bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sized

from schedules.errors import Problem
from schedules.offsets import Unit
from schedules.protocol import Cycles, Epoch, PlannedVisit, Protocol
from schedules.yaml_text import Document, Path

MOST_CYCLES = 400
MOST_REPEATS = 400
MOST_PLANNED = 5_000
MOST_DAYS = 36_600
_MOST = {
    "parameters": 500, "arms": 100, "cohorts": 200, "events": 200, "activities": 1_000, "epochs": 100,
    "spacing": 200, "never_same_day": 100, "advisories": 200,
}  # fmt: skip
_MOST_IN_EPOCH = {"visits": 1_000, "gates": 100, "home": 100}
_MOST_IN_VISIT = {"activities": 200, "instead": 20}
_MOST_OUTCOMES = 50
_MOST_IN_GROUP = 100
_DAYS_OF = {Unit.DAYS: 1, Unit.WEEKS: 7, Unit.MONTHS: 28, Unit.YEARS: 365}


def check_sizes(protocol: Protocol, document: Document) -> Iterator[Problem]:
    """A problem for each part of a protocol that has more in it than any study needs."""
    yield from _too_many(protocol, document, (), _MOST)
    for place, group in enumerate(protocol.never_same_day):
        yield from _more_than(group, _MOST_IN_GROUP, document, ("never_same_day", place))
    for epoch_id, epoch in protocol.epochs.items():
        yield from _epoch(document, ("epochs", epoch_id), epoch)


def _epoch(document: Document, path: Path, epoch: Epoch) -> Iterator[Problem]:
    yield from _too_many(epoch, document, path, _MOST_IN_EPOCH)
    for visit_id, visit in epoch.visits.items():
        yield from _too_many(visit, document, (*path, "visits", visit_id), _MOST_IN_VISIT)
        for place, variation in enumerate(visit.instead):
            here = (*path, "visits", visit_id, "instead", place, "activities")
            yield from _more_than(variation.activities, _MOST_IN_VISIT["activities"], document, here)
    for gate_id, gate in epoch.gates.items():
        yield from _more_than(gate.outcomes, _MOST_OUTCOMES, document, (*path, "gates", gate_id, "outcomes"))


def _too_many(part: object, document: Document, path: Path, most: dict[str, int]) -> Iterator[Problem]:
    for key, bound in most.items():
        yield from _more_than(getattr(part, key), bound, document, (*path, key))


def _more_than(items: Sized, most: int, document: Document, path: Path) -> Iterator[Problem]:
    if len(items) > most:
        wrong = f"{len(items):,} entries are more than the {most} that are read here"
        yield document.problem(path, wrong, "remove what does not belong here", at_key=True)


# -- the plan that it would make ----------------------------------------------------------------


def check_extent(protocol: Protocol, document: Document) -> Iterator[Problem]:
    """A problem if the plan of a protocol whose parts are right would have too many visits, or take too long."""
    visits = days = 0
    for epoch_id, epoch in protocol.epochs.items():
        days += most_days(epoch)
        if days > MOST_DAYS:
            wrong = f"with this epoch the cycles run {days // 365} years after Day 1, longer than anybody is treated"
            right = "write fewer or shorter cycles"
            yield document.problem(("epochs", epoch_id), wrong, right, at_key=True)
            return
        visits += most_cycles(epoch.cycles) * sum(times_planned(visit) for visit in epoch.visits.values())
        if visits > MOST_PLANNED:
            wrong = f"with this epoch the plan has {visits:,} visits in all cycles, more than {MOST_PLANNED:,}"
            right = "write fewer visits, cycles or repeats"
            yield document.problem(("epochs", epoch_id), wrong, right, at_key=True)
            return


def most_cycles(cycles: Cycles | None) -> int:
    """How many cycles of an epoch a plan shows at the most."""
    if cycles is None:
        return 1
    if cycles.within is not None:
        by_time = cycles.within.amount * _DAYS_OF[cycles.within.unit] // (cycles.length.in_days or 1) + 2
        return min(by_time, cycles.at_most or MOST_CYCLES)
    return cycles.at_most or cycles.plan_ahead + 1


def most_days(epoch: Epoch) -> int:
    """How many days an epoch takes at the most, if it says so."""
    length = epoch.cycles.length if epoch.cycles else epoch.length
    return most_cycles(epoch.cycles) * length.amount * _DAYS_OF[length.unit] if length else 0


def times_planned(visit: PlannedVisit) -> int:
    """How often a visit comes in one stay; its repeat is right already."""
    if visit.repeat is None:
        return 1
    if visit.repeat.until is None:
        return visit.repeat.times or 1
    start = visit.after.by if visit.after else visit.at
    return (visit.repeat.until.amount - (start.amount if start else 0)) // visit.repeat.every.amount + 1

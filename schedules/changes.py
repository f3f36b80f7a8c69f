"""Plan against plan: which visits moved, appeared, fell away or changed, and what else with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from schedules.deviation import Deviation
from schedules.scheduled import GateState, HomeDoses, Plan, ScheduledVisit, TreatmentEnd
from schedules.statuses import Status

T = TypeVar("T")
Aspects = Mapping[str, Callable[[T], object]]


class What(StrEnum):
    """What became of something, from the one plan to the other."""

    MOVED = "moved"
    APPEARED = "appeared"
    FELL_AWAY = "fell-away"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, eq=False)
class Change(Generic[T]):
    """One thing that is not the same in both plans, as it was and as it is.

    ``old`` is None where it was not in the plan before, ``new`` where it is not in it any more. ``aspects``
    name what differs; something that appeared or fell away has none.
    """

    key: str
    label: str
    what: What
    old: T | None
    new: T | None
    aspects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Everything that differs between two plans; ``after`` is the one that people will have to be told of."""

    before: Plan
    after: Plan
    visits: tuple[Change[ScheduledVisit], ...]
    gates: tuple[Change[GateState], ...]
    home_doses: tuple[Change[HomeDoses], ...]
    treatment_end: Change[TreatmentEnd] | None
    new_deviations: tuple[Deviation, ...]
    gone_deviations: tuple[Deviation, ...]

    def __bool__(self) -> bool:
        parts = (self.visits, self.gates, self.home_doses, self.treatment_end)
        return any(parts) or bool(self.new_deviations or self.gone_deviations)

    def of(self, what: What) -> tuple[Change[ScheduledVisit], ...]:
        """The visits of which that became, in the order of their days."""
        return tuple(change for change in self.visits if change.what is what)


def compare(before: Plan, after: Plan) -> Changes:
    """What ``after`` has otherwise than ``before``.

    A visit that is cancelled counts as fallen away, one that is not cancelled any more as appeared. Reasons in
    words are not compared: the same date for another reason is the same date.
    """
    old, new = _deviations(before), _deviations(after)
    return Changes(
        before=before,
        after=after,
        visits=_compare(_visits(before), _visits(after), _VISIT, lambda visit: visit.spec.label),
        gates=_compare(_gates(before), _gates(after), _GATE, lambda gate: gate.label),
        home_doses=_compare(_home_doses(before), _home_doses(after), _DOSES, lambda doses: doses.activity),
        treatment_end=next(iter(_compare(_end(before), _end(after), _END, lambda end: end.reason)), None),
        new_deviations=tuple(found for name, found in new.items() if name not in old),
        gone_deviations=tuple(found for name, found in old.items() if name not in new),
    )


def moved_by(change: Change[ScheduledVisit]) -> int | None:
    """By how many days the visit's target moved, later positive; None unless it had and has one."""
    if change.old is None or change.new is None or change.old.target is None or change.new.target is None:
        return None
    return (change.new.target - change.old.target).days


# -- what is compared ---------------------------------------------------------------------------

_VISIT: Aspects[ScheduledVisit] = {
    "target": lambda visit: visit.target,
    "window": lambda visit: (visit.opens, visit.closes),
    "status": lambda visit: visit.status,
    "certainty": lambda visit: visit.tentative,
    "booking": lambda visit: visit.booking and (visit.booking.date, visit.booking.time, visit.booking.minutes),
    "label": lambda visit: visit.spec.label,
    "activities": lambda visit: visit.spec.activities,
    "setting": lambda visit: visit.setting,
    "conflicts": lambda visit: [(conflict.kind, conflict.earliest_safe) for conflict in visit.conflicts],
}
_GATE: Aspects[GateState] = {
    "due": lambda gate: gate.due,
    "status": lambda gate: gate.status,
    "outcome": lambda gate: gate.outcome,
    "certainty": lambda gate: gate.tentative,
}
_DOSES: Aspects[HomeDoses] = {
    "days": lambda doses: doses.days,
    "held": lambda doses: doses.held,
    "certainty": lambda doses: doses.tentative,
}
_END: Aspects[TreatmentEnd] = {
    "date": lambda end: end.day,
    "reason": lambda end: end.reason,
    "recorded": lambda end: end.recorded,
    "certainty": lambda end: end.tentative,
}
_MOVES = {"target", "window"}


def _visits(plan: Plan) -> dict[str, ScheduledVisit]:
    return {visit.key: visit for visit in plan.visits}


def _gates(plan: Plan) -> dict[str, GateState]:
    return {gate.key: gate for gate in plan.gates}


def _home_doses(plan: Plan) -> dict[str, HomeDoses]:
    return {f"{doses.stay}.{doses.activity}": doses for doses in plan.home_doses}


def _end(plan: Plan) -> dict[str, TreatmentEnd]:
    return {} if plan.treatment_end is None else {"treatment-end": plan.treatment_end}


def _deviations(plan: Plan) -> dict[tuple[str, str], Deviation]:
    return {(found.id, found.state): found for found in (*plan.deviations, *plan.queries)}


# -- how it is compared -------------------------------------------------------------------------


def _compare(
    before: Mapping[str, T], after: Mapping[str, T], aspects: Aspects[T], label: Callable[[T], str]
) -> tuple[Change[T], ...]:
    """The differences in the order of the newer plan; what only the older one has stands where it stood."""
    found = []
    for key in _in_order(list(before), list(after)):
        old, new = before.get(key), after.get(key)
        what, differing = _what(old, new, aspects)
        if what is not None:
            named = new if new is not None else old
            found.append(Change(key, label(named) if named is not None else key, what, old, new, differing))
    return tuple(found)


def _in_order(before: list[str], after: list[str]) -> list[str]:
    """The keys of ``after``, and each key that only ``before`` has right behind its neighbour there."""
    follows: dict[str | None, list[str]] = {}
    known, anchor = set(after), None
    for key in before:
        if key in known:
            anchor = key
        else:
            follows.setdefault(anchor, []).append(key)
    return [*follows.get(None, ()), *(each for key in after for each in (key, *follows.get(key, ())))]


def _what(old: T | None, new: T | None, aspects: Aspects[T]) -> tuple[What | None, tuple[str, ...]]:
    was, stays = _if_it_counts(old), _if_it_counts(new)
    if was is None or stays is None:
        return _came_or_went(was is not None, stays is not None), ()
    differing = tuple(name for name, of in aspects.items() if of(was) != of(stays))
    if not differing:
        return None, ()
    return What.MOVED if _MOVES.intersection(differing) else What.CHANGED, differing


def _came_or_went(was: bool, stays: bool) -> What | None:
    if was == stays:
        return None
    return What.APPEARED if stays else What.FELL_AWAY


def _if_it_counts(item: T | None) -> T | None:
    """What is cancelled is not in the calendar any more."""
    return None if getattr(item, "status", None) is Status.CANCELLED else item

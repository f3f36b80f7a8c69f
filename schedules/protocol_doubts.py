"""What a protocol file may say, but hardly means: told by `planner protocol check`, and refused by nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from schedules.errors import Problem
from schedules.offsets import Offset, Unit
from schedules.protocol import Epoch, PlannedVisit, Protocol, VisitActivity
from schedules.study_day import offset_of_day
from schedules.yaml_text import Document

_SOME_DAY_1 = date(2026, 1, 5)  # months are compared with years and days from a day that every month has


def doubts(protocol: Protocol, document: Document) -> Iterator[Problem]:
    """Everything doubtful in a protocol without problems, each with its place."""
    yield from _unused_activities(protocol, document)
    for epoch_id, epoch in protocol.epochs.items():
        yield from _visits_after_their_gate(epoch_id, epoch, document)


def _unused_activities(protocol: Protocol, document: Document) -> Iterator[Problem]:
    used = set(_used(protocol))
    for name, activity in protocol.activities.items():
        if name not in used and not activity.unscheduled:
            wrong = f"the activity {name} is at no visit, is not taken at home and is in no rule"
            right = "name it at a visit, remove it, or write unscheduled: true if it is only done when needed"
            yield document.problem(("activities", name), wrong, right, at_key=True)


def _used(protocol: Protocol) -> Iterator[str]:
    for epoch in protocol.epochs.values():
        yield from epoch.home
        for visit in epoch.visits.values():
            yield from (item.activity for item in _items(visit))
    yield from (rule.drug for rule in protocol.spacing)
    for group in protocol.never_same_day:
        yield from group


def _items(visit: PlannedVisit) -> Iterator[VisitActivity]:
    yield from visit.activities
    for variation in visit.instead:
        yield from variation.activities


def _visits_after_their_gate(epoch_id: str, epoch: Epoch, document: Document) -> Iterator[Problem]:
    """A gate is due before the next Day 1, so without what is done from then on; cycles end before it anyway."""
    gates = [gate.label for gate in epoch.gates.values() if gate.when in ("after-each-cycle", "at-end")]
    if epoch.length is None or not gates:
        return
    for visit_id, visit in epoch.visits.items():
        by = _from_day_1(visit)
        if by is not None and by.after(_SOME_DAY_1) >= epoch.length.after(_SOME_DAY_1):
            wrong = f'the gate "{gates[0]}" is due before this visit: the epoch is over after {epoch.length}'
            right = "if the gate rests on it, plan it earlier or make the epoch longer"
            yield document.problem(("epochs", epoch_id, "visits", visit_id), wrong, right, at_key=True)


def _from_day_1(visit: PlannedVisit) -> Offset | None:
    """How long after Day 1 a visit is due (the first one, where it repeats); None where it counts from another."""
    if visit.after is not None:
        return None
    return visit.at or Offset(offset_of_day(visit.day or 1), Unit.DAYS)

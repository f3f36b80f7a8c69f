"""Decisions on the path: when they are due, what was decided, and what the plan follows until then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from schedules.course import leads_to
from schedules.history import GateDecided
from schedules.made import DAYS, made
from schedules.protocol import Resource
from schedules.record import fact_id
from schedules.scheduled import GateState
from schedules.specs import GateSpec, StaySpec
from schedules.statuses import GateStatus
from schedules.walk import Walk

LONGEST_CLOSURE = 60
UNDECIDED = frozenset({GateStatus.OPEN, GateStatus.OVERDUE})
_CLINIC = frozenset({Resource.CLINIC})


class Answer(NamedTuple):
    """What a gate says about the way on: ``to`` is None where nothing is planned beyond it.

    ``asked``: the first visit beyond needs this decision before it has a date.
    """

    to: str | None
    stops: tuple[str, ...] = ()
    asked: GateState | None = None


class Place(NamedTuple):
    """Where the path stands at a gate: before which planned Day 1, and which gate led into the epoch."""

    next_day_1: int | None
    entered_by: GateState | None


def standing(stay: StaySpec, specs: tuple[GateSpec, ...], treatment_cycles: int) -> Iterable[GateSpec]:
    """Those of the gates before or after a stay that stand there also by the number of treatment cycles."""
    if not stay.counted:
        return specs
    return [s for s in specs if s.gate.treatment_cycles is None or treatment_cycles in s.gate.treatment_cycles]


def answer(walk: Walk, spec: GateSpec, place: Place) -> Answer:
    """How the gate stands and where it leads; it is noted on the walk, and what is beyond an open one is tentative."""
    decision = walk.record.decided.get(spec.key)
    decided = _as_decided(walk, spec, decision) if decision is not None else None
    if decided is not None and decision is not None:
        walk.gates.append(decided_state(walk, decided, place.next_day_1, decision))
        found = _follow(walk, decided, decision.outcome, place)
        if found.to == "end":
            _end_with_the_cycle(walk, decided, decision, place.next_day_1 or 0)
        return found
    gate = spec.gate
    if gate.answered_by is not None and _answered_on_entry(walk, spec, place):
        return _answered(walk, spec, place)
    state = _open(walk, spec, place)
    walk.gates.append(state)
    walk.doubt = walk.doubt or state
    if gate.default is None:
        return Answer(None, (), state if gate.asks else None)
    found = _follow(walk, spec, gate.default, place)
    return found._replace(asked=state) if gate.asks else found


def _end_with_the_cycle(walk: Walk, spec: GateSpec, decision: GateDecided, next_day_1: int) -> None:
    """What was decided before a cycle ends the treatment on the day on which that cycle would have begun.

    Nothing needs an answer any more at the gates that the path came by undecided.
    """
    if walk.course.ends_with_the_cycle(spec.key, spec.gate, spec.gate.outcomes[decision.outcome]):
        walk.end_treatment(walk.course.end_by(spec.gate, decision, next_day_1))
        walk.gates[:] = [
            gate._replace(status=GateStatus.NOT_NEEDED, tentative=False) if gate.status in UNDECIDED else gate
            for gate in walk.gates
        ]


def _as_decided(walk: Walk, spec: GateSpec, decision: GateDecided) -> GateSpec | None:
    """The gate that was decided: an older one if an amendment took the answer away, and the path can follow it."""
    if decision.outcome in spec.gate.outcomes:
        return spec
    older = walk.course.gate_with(spec.key, decision.outcome)
    if older is None:
        return None
    epochs = walk.course.compiled.protocol.epochs
    outcome = older.outcomes[decision.outcome]
    ways = {outcome.to, outcome.after_last_cycle or outcome.to} - {"proceed", "next-cycle", "end"}
    known = outcome.ask is None or outcome.ask in epochs[spec.stay.epoch].gates
    return GateSpec.of(spec.key, spec.stay, older) if known and ways <= epochs.keys() else None


def _follow(walk: Walk, spec: GateSpec, outcome_id: str, place: Place) -> Answer:
    outcome = spec.gate.outcomes[outcome_id]
    if outcome.ask is not None:
        return answer(walk, walk.course.compiled.stay(spec.stay).gates[outcome.ask], place)
    return Answer(leads_to(outcome, spec.key, walk.course.compiled), outcome.stops)


def _answered_on_entry(walk: Walk, spec: GateSpec, place: Place) -> bool:
    """Whether the decision that led into the epoch answers the gate: itself, or one that it asked for."""
    entered = place.entered_by
    if entered is None or entered.status is not GateStatus.DECIDED or spec.stay.cycle not in (None, 1):
        return False
    answers = entered.stay.key(walk.course.compiled.name_of(entered.stay.epoch, spec.gate.answered_by or ""))
    return any(gate.key == answers and gate.status is GateStatus.DECIDED for gate in reversed(walk.gates))


def _answered(walk: Walk, spec: GateSpec, place: Place) -> Answer:
    entered = place.entered_by
    assert entered is not None  # noqa: S101 - the caller has looked
    proceeds = next(name for name, outcome in spec.gate.outcomes.items() if outcome.to == "proceed")
    walk.gates.append(
        GateState(
            spec.key, spec.gate.label, spec.stay, gate_due(walk, place.next_day_1), GateStatus.DECIDED, proceeds,
            spec.gate.default, spec.options, entered.decided_on, entered.told_on, answered_by=entered.key,
        )
    )  # fmt: skip
    return Answer("proceed")


def decided_state(walk: Walk, spec: GateSpec, next_day_1: int | None, decision: GateDecided) -> GateState:
    """A gate as it was decided."""
    told = walk.record.told.get(fact_id(decision)) if walk.record.told else None
    return GateState(
        spec.key, spec.gate.label, spec.stay, gate_due(walk, next_day_1), GateStatus.DECIDED, decision.outcome,
        spec.gate.default, spec.options, decision.date, told.date if told else None,
    )  # fmt: skip


def _open(walk: Walk, spec: GateSpec, place: Place) -> GateState:
    due = gate_due(walk, place.next_day_1)
    status = GateStatus.OPEN
    if walk.course.end is not None:
        status = GateStatus.NOT_NEEDED
    elif walk.begun and due is not None and due.toordinal() < walk.course.as_of:
        status = GateStatus.OVERDUE
    gate = spec.gate
    return made(GateState, (
        spec.key, gate.label, spec.stay, due, status, None, gate.default, spec.options, None, None,
        walk.doubt is not None, None, None,
    ))  # fmt: skip


def gate_due(walk: Walk, next_day_1: int | None) -> date | None:
    """The last open day of the clinic before the next Day 1; None if that has no date."""
    if next_day_1 is None:
        return None
    closed = walk.course.closed_days(_CLINIC, True)
    for day in range(next_day_1 - 1, next_day_1 - LONGEST_CLOSURE, -1):
        if closed[day] is None:
            return DAYS[day]
    return DAYS[next_day_1 - 1]

"""Decisions on the path: when they are due, what was decided, and what the plan follows until then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from schedules.compiled import CompiledProtocol
from schedules.course import is_last_cycle, leads_to
from schedules.history import GateDecided
from schedules.keys import Stay
from schedules.protocol import Gate, Resource
from schedules.record import fact_id
from schedules.scheduled import GateState
from schedules.statuses import GateStatus
from schedules.walk import Walk

LONGEST_CLOSURE = 60
_CLINIC = frozenset({Resource.CLINIC})


class Answer(NamedTuple):
    """What a gate says about the way on: ``to`` is None where nothing is planned beyond it.

    ``asked``: the first visit beyond needs this decision before it has a date.
    """

    to: str | None
    stops: tuple[str, ...] = ()
    asked: GateState | None = None


class Place(NamedTuple):
    """Where a gate stands: of which epoch and cycle, and before which planned Day 1."""

    stay: Stay
    next_day_1: int | None
    entered_by: GateState | None


def after_gates(compiled: CompiledProtocol, stay: Stay, treatment_cycles: int) -> Iterator[tuple[str, Gate]]:
    """The gates that stand after a cycle (or at the end of an epoch without cycles)."""
    when = ("after-each-cycle", "at-end") if _is_last(compiled, stay) else ("after-each-cycle",)
    yield from _standing(compiled, stay, treatment_cycles, when)


def before_gates(compiled: CompiledProtocol, stay: Stay, treatment_cycles: int) -> Iterator[tuple[str, Gate]]:
    """The gates that stand before a cycle."""
    yield from _standing(compiled, stay, treatment_cycles, ("before-each-cycle",))


def _is_last(compiled: CompiledProtocol, stay: Stay) -> bool:
    return is_last_cycle(compiled.protocol.epochs[stay.epoch], stay)


def _standing(
    compiled: CompiledProtocol, stay: Stay, treatment_cycles: int, when: tuple[str, ...]
) -> Iterator[tuple[str, Gate]]:
    for name, gate in compiled.protocol.epochs[stay.epoch].gates.items():
        if gate.when not in when or (gate.cycles is not None and (stay.cycle or 1) not in gate.cycles):
            continue
        if gate.treatment_cycles is None or treatment_cycles in gate.treatment_cycles:
            yield name, gate


def answer(walk: Walk, name: str, gate: Gate, place: Place) -> Answer:
    """How the gate stands and where it leads; it is noted on the walk, and what is beyond an open one is tentative."""
    compiled = walk.course.compiled
    key = place.stay.key(compiled.name_of(place.stay.epoch, name))
    decision = walk.record.decided.get(key)
    decided = _as_decided(walk, key, gate, place, decision) if decision is not None else None
    if decided is not None and decision is not None:
        walk.gates.append(decided_state(walk, key, decided, place, decision))
        return _follow(walk, decided, decision.outcome, key, place)
    if _answered_on_entry(compiled, gate, place):
        return _answered(walk, key, gate, place)
    state = _open(walk, key, gate, place)
    walk.gates.append(state)
    walk.tentative = True
    if gate.default is None:
        return Answer(None, asked=state if gate.asks else None)
    found = _follow(walk, gate, gate.default, key, place)
    return found._replace(asked=state if gate.asks else None)


def _as_decided(walk: Walk, key: str, gate: Gate, place: Place, decision: GateDecided) -> Gate | None:
    """The gate that was decided: an older one if an amendment took the answer away, and the path can follow it."""
    if decision.outcome in gate.outcomes:
        return gate
    older = walk.course.gate_with(key, decision.outcome)
    if older is None:
        return None
    epochs = walk.course.compiled.protocol.epochs
    outcome = older.outcomes[decision.outcome]
    ways = {outcome.to, outcome.after_last_cycle or outcome.to} - {"proceed", "next-cycle", "end"}
    known = outcome.ask is None or outcome.ask in epochs[place.stay.epoch].gates
    return older if known and ways <= epochs.keys() else None


def _follow(walk: Walk, gate: Gate, outcome_id: str, key: str, place: Place) -> Answer:
    outcome = gate.outcomes[outcome_id]
    if outcome.ask is not None:
        asked = walk.course.compiled.protocol.epochs[place.stay.epoch].gates[outcome.ask]
        return answer(walk, outcome.ask, asked, place)
    return Answer(leads_to(outcome, key, walk.course.compiled), outcome.stops)


def _answered_on_entry(compiled: CompiledProtocol, gate: Gate, place: Place) -> bool:
    entered = place.entered_by
    if gate.answered_by is None or entered is None or place.stay.cycle not in (None, 1):
        return False
    answers = entered.stay.key(compiled.name_of(entered.stay.epoch, gate.answered_by))
    return entered.status is GateStatus.DECIDED and entered.key == answers


def _answered(walk: Walk, key: str, gate: Gate, place: Place) -> Answer:
    entered = place.entered_by
    assert entered is not None  # noqa: S101 - the caller has looked
    proceeds = next(name for name, outcome in gate.outcomes.items() if outcome.to == "proceed")
    due = gate_due(walk, place.next_day_1)
    walk.gates.append(
        GateState(
            key,
            gate.label,
            place.stay,
            due,
            GateStatus.DECIDED,
            proceeds,
            gate.default,
            options(gate),
            decided_on=entered.decided_on,
            told_on=entered.told_on,
            answered_by=entered.key,
        )
    )
    return Answer("proceed")


def options(gate: Gate) -> tuple[tuple[str, str], ...]:
    """The possible answers, id and label."""
    return tuple([(name, outcome.label) for name, outcome in gate.outcomes.items()])


def decided_state(walk: Walk, key: str, gate: Gate, place: Place, decision: GateDecided) -> GateState:
    """A gate as it was decided."""
    told = walk.record.told.get(fact_id(decision))
    return GateState(
        key, gate.label, place.stay, gate_due(walk, place.next_day_1), GateStatus.DECIDED, decision.outcome,
        gate.default, options(gate), decided_on=decision.date, told_on=told.date if told else None,
    )  # fmt: skip


def _open(walk: Walk, key: str, gate: Gate, place: Place) -> GateState:
    due = gate_due(walk, place.next_day_1)
    overdue = due is not None and walk.begun and due.toordinal() < walk.course.as_of
    status = GateStatus.OVERDUE if overdue else GateStatus.OPEN
    if walk.course.end is not None:
        status = GateStatus.NOT_NEEDED
    return GateState(
        key, gate.label, place.stay, due, status, None, gate.default, options(gate), tentative=walk.tentative
    )


def gate_due(walk: Walk, next_day_1: int | None) -> date | None:
    """The last open day of the clinic before the next Day 1; None if that has no date."""
    if next_day_1 is None:
        return None
    closed = walk.course.closed_days(_CLINIC, remote=True)
    for day in range(next_day_1 - 1, next_day_1 - LONGEST_CLOSURE, -1):
        if closed[day] is None:
            return date.fromordinal(day)
    return date.fromordinal(next_day_1 - 1)

"""What took place, as the version in force on its day had planned it; days are ordinals.

An amendment changes what is still to come. Nothing here costs anything where there is only one version.
"""

from __future__ import annotations

from schedules.compiled import CompiledProtocol
from schedules.happened import occurred_on, waits
from schedules.keys import Stay, parse_key
from schedules.scheduled import GateState
from schedules.specs import StaySpec, VisitSpec
from schedules.walk import Walk


def visits_of(walk: Walk, stay: StaySpec) -> tuple[VisitSpec, ...]:
    """The visits of a stay, those that took place as the version in force on their day has them."""
    if len(walk.course.versions) == 1:
        return stay.visits
    return tuple(as_it_was(walk, spec) for spec in stay.visits)


def as_it_was(walk: Walk, spec: VisitSpec) -> VisitSpec:
    """The same visit by the version in force on the day on which it took place; ``spec`` if it did not."""
    if len(walk.course.versions) == 1 or spec.key not in walk.course.touched or waits(walk, spec):
        return spec
    day = occurred_on(walk, spec, None)
    if day is None or walk.course.compiled_on(day) is walk.course.compiled:
        return spec
    return spec_on(walk, spec, day)


def spec_on(walk: Walk, spec: VisitSpec, day: int) -> VisitSpec:
    """The same visit as the version in force on that day plans it; ``spec`` if that has none.

    ``spec`` may itself be one of an earlier version: a visit that took place under it, a dose of which waited.
    """
    if len(walk.course.versions) == 1:
        return spec
    return spec_in(walk, walk.course.compiled_on(day), spec) or spec


def spec_in(walk: Walk, compiled: CompiledProtocol, spec: VisitSpec) -> VisitSpec | None:
    """The same visit as that version plans it; None if it has none."""
    parts = parse_key(spec.key) if spec.stay.epoch in compiled.protocol.epochs else None
    if parts is None:
        return None
    first = spec.stay.key(parts.name)
    stopped = walk.stopped_in.get(spec.stay, walk.stopped)
    found = next((other for other in compiled.stay(spec.stay, stopped).visits if other.key == first), None)
    return found if found is None or found.key == spec.key else found.again(spec.key)


def before(walk: Walk, following: Stay | None, dosed: dict[Stay, int], stay: Stay) -> CompiledProtocol:
    """The version by which the way from a stay to the one that really followed is judged; else the one in force."""
    if following is None or len(walk.course.versions) == 1:
        return walk.course.compiled
    compiled = walk.course.compiled_on(dosed[following])
    return compiled if stay.epoch in compiled.protocol.epochs else walk.course.compiled


def gate_stood(walk: Walk, gate: GateState, day: int) -> bool:
    """Whether the version in force on that day had the gate at all."""
    compiled = walk.course.compiled_on(day)
    if compiled is walk.course.compiled:
        return True
    known = gate.stay.epoch in compiled.protocol.epochs
    return known and any(spec.key == gate.key for spec in compiled.stay(gate.stay).gates.values())

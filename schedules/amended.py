"""What an amendment leaves as it was though nothing is recorded: what was due, and over, under an older version.

A visit whose window closed before the amendment stays without a record: the new version neither takes it away
nor opens it again. Days are ordinals; nothing here costs anything where there is only one version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from schedules.bases import anchor_base, base_of, stay_start
from schedules.compiled import CompiledProtocol
from schedules.happened import occurred_on
from schedules.in_force import spec_in
from schedules.order import in_order_of_placing
from schedules.protocol import Stage
from schedules.scheduled import Basis
from schedules.slots import late_cause, slot_of
from schedules.specs import StaySpec, VisitSpec
from schedules.walk import Base, Walk

_ANY = Basis("", None, "")


def asked_for(walk: Walk, stay: StaySpec, visits: Sequence[VisitSpec]) -> Iterable[VisitSpec]:
    """These visits of a stay, and those that an amendment dropped too late, each by the version that asks for it."""
    return visits if walk.course.amended is None else _asked_for(walk, stay, visits)


def _asked_for(walk: Walk, stay: StaySpec, visits: Sequence[VisitSpec]) -> Iterator[VisitSpec]:
    """One by one, since a visit may be counted from one that is placed only when it was asked for."""
    dropped = _dropped(walk, stay)
    every = in_order_of_placing(stay.stay.epoch, [*visits, *dropped.values()]) if dropped else visits
    for spec in every:
        closed = _as_it_closed(walk, spec)
        if closed is not None:
            yield closed
        elif spec.key not in dropped:
            yield spec


def _dropped(walk: Walk, stay: StaySpec) -> dict[str, VisitSpec]:
    """The visits of a stay that only older versions have and of which nothing is recorded, by their keys."""
    known = {spec.key for spec in stay.visits} | walk.record.keys()
    found: dict[str, VisitSpec] = {}
    for _, _, compiled in _older(walk):
        if stay.stay.epoch in compiled.protocol.epochs:
            visits = compiled.stay(stay.stay, walk.stopped_in.get(stay.stay, walk.stopped)).visits
            found.update((spec.key, spec) for spec in visits if spec.key not in known and not spec.is_day_1)
    return found


def _older(walk: Walk) -> Iterator[tuple[int, int, CompiledProtocol]]:
    """The versions that are in force no more: from which day, and to before which."""
    known = [(since, compiled) for since, compiled in walk.course.versions if since <= walk.course.as_of]
    for (since, compiled), (until, _) in pairwise(known):
        yield since, until, compiled


def day_1_as_due(walk: Walk, spec: VisitSpec, nominal: int | None) -> VisitSpec:
    """A Day 1 that is due on that day, as the version has it under which its window closed; else as it is."""
    return _as_it_closed(walk, spec, Base("", nominal, "", 0)) or spec


def _as_it_closed(walk: Walk, spec: VisitSpec, start: Base | None = None) -> VisitSpec | None:
    """The visit as that version has it under which its window closed without a record; None if none closed."""
    if _is_settled(walk, spec):
        return None
    for since, until, compiled in _older(walk):
        old = spec_in(walk, compiled, spec)
        closes = _closes(walk, old, start or _start(walk, old)) if old is not None else None
        if closes is not None and since <= closes < until:
            return old
    return None


def _is_settled(walk: Walk, spec: VisitSpec) -> bool:
    """Whether something tells what became of the visit, or moves its window."""
    record, key = walk.record, spec.key
    if key not in walk.course.touched:
        return False
    return key in record.missed or key in record.omitted or key in record.held or (
        occurred_on(walk, spec, None) is not None
    )  # fmt: skip


def _start(walk: Walk, spec: VisitSpec) -> Base | None:
    """What the visit is counted from, as that version has it; None where that has no day."""
    if spec.base is not None:
        return base_of(walk, spec.base, spec.stay)
    if spec.stage is Stage.SCREENING:
        return Base("", walk.study_day_1, "", 0)
    if spec.stage is Stage.FOLLOW_UP:
        return stay_start(walk, spec.stay)
    anchor = walk.anchors.get(spec.stay)
    return anchor_base(anchor) if anchor is not None and anchor.day is not None else None


def _closes(walk: Walk, spec: VisitSpec, start: Base | None) -> int | None:
    """The last day on which the visit might be made, by that version."""
    if start is None or start.day is None or start.gone:
        return None
    nominal = spec.by.after_day(start.day)
    wait = late_cause(walk, spec, nominal, start) if start.known else None
    return slot_of(walk, spec, nominal, _ANY, wait, None).last


def required(walk: Walk, spec: VisitSpec, nominal: int) -> bool:
    """Whether a visit that an amendment added is still to be asked for: not if its window closed before.

    Where the amendment needs consent again, not if it closed before that either.
    """
    course = walk.course
    since, asked = course.amended, course.asked_since
    if since is None or asked is None or nominal + spec.after >= asked or spec.key in course.touched:
        return True
    before = course.compiled_on(min(since - 1, nominal + spec.after))
    if spec.stay.epoch not in before.protocol.epochs:
        return False
    return any(other.key == spec.key for other in before.stay(spec.stay, walk.stopped).visits)

"""What can be known of a stay, a visit or a gate before any participant: made once, by compiled.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from schedules.keys import Stay
from schedules.offsets import Offset
from schedules.protocol import Epoch, Gate, PlannedVisit, Reference, Resource, Stage, Variation, VisitActivity


@dataclass(frozen=True, slots=True)
class DoseRule:
    """How far apart the doses of one drug are kept, in whole days."""

    drug: str
    days: int
    blocks: bool


@dataclass(frozen=True, slots=True, eq=False)
class VisitSpec:
    """One visit of one stay, as far as it does not depend on the participant.

    ``offset`` is the number of days after Day 1 of the stay, where that is fixed; otherwise ``base`` and
    ``by`` say what it is counted from. ``before`` and ``after`` are its window in whole days; ``narrowed``:
    something besides them shortens it. ``guarded`` are those of its activities that must not share a day
    with any of ``never_with``.
    """

    key: str
    name: str
    stay: Stay
    stage: Stage
    label: str
    day: int | None
    planned: PlannedVisit
    base: Reference | None
    by: Offset
    offset: int | None
    before: int
    after: int
    activities: tuple[str, ...]
    details: tuple[VisitActivity, ...]
    doses: tuple[str, ...]
    needs: frozenset[Resource]
    rules: tuple[DoseRule, ...]
    never_with: frozenset[str]
    guarded: tuple[str, ...]
    remote: bool
    is_day_1: bool
    by_words: str
    ends_before: str | None
    narrowed: bool
    variations: tuple[tuple[Variation, VisitSpec], ...] = field(default=(), repr=False)

    def again(self, key: str) -> VisitSpec:
        """The same visit come another time, under that key."""
        return replace(self, key=key, variations=())


class GateSpec(NamedTuple):
    """One gate of one stay, as far as it does not depend on the participant."""

    key: str
    stay: Stay
    gate: Gate
    options: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, key: str, stay: Stay, gate: Gate) -> GateSpec:
        """A gate, with its possible answers, id and label."""
        return cls(key, stay, gate, tuple((name, outcome.label) for name, outcome in gate.outcomes.items()))


@dataclass(frozen=True, slots=True, eq=False)
class StaySpec:
    """All visits of one stay, in the order in which they are placed; the gates before and after it.

    ``gates`` are all of the epoch's by their id, also those that stand at other cycles or only when asked.
    ``counted``: some stand only at some number of treatment cycles. ``length``: how long the stay takes; None if to
    the day of its last visit.
    """

    stay: Stay
    name: str
    epoch: Epoch
    visits: tuple[VisitSpec, ...]
    gates: Mapping[str, GateSpec]
    before: tuple[GateSpec, ...]
    after: tuple[GateSpec, ...]
    counted: bool
    length: Offset | None
    length_words: str

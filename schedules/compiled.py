"""A protocol made ready for planning: once per version and arm, then used for every participant.

Whatever does not depend on a participant is worked out here: keys, labels, the order of visits, windows
in whole days, what each visit needs open, which spacing its doses obey.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from schedules.keys import Stay
from schedules.offsets import Offset, Unit
from schedules.order import in_order_of_placing
from schedules.protocol import (
    Activity,
    ActivityKind,
    Epoch,
    Gate,
    PlannedVisit,
    Protocol,
    Resource,
    Stage,
    Variation,
    VisitActivity,
)
from schedules.specs import DoseRule, GateSpec, StaySpec, VisitSpec
from schedules.study_day import offset_of_day
from schedules.windows import DayRange, Window

MOST_REPEATS = 400
_NEEDS = {
    ActivityKind.DOSE: frozenset({Resource.INFUSION, Resource.PHARMACY}),
    ActivityKind.HOME_DOSE: frozenset({Resource.PHARMACY}),
    ActivityKind.SAMPLE: frozenset({Resource.LABORATORY}),
}
_CLINIC = frozenset({Resource.CLINIC})


class CompiledProtocol:
    """A protocol version for the participants of one arm.

    ``old_names`` maps ``(epoch, name)`` to the name it had in the version under which a participant began:
    a visit's key never changes.
    """

    def __init__(self, protocol: Protocol, arm: str | None, old_names: Mapping[tuple[str, str], str]) -> None:
        self.protocol = protocol
        self.arm = arm
        self.old_names = old_names
        self.sequence = treatment_sequence(protocol, arm)
        self.within_reach = _within_reach(protocol, self.sequence)
        self.screening = epochs_of(protocol, arm, Stage.SCREENING)
        self.follow_up = epochs_of(protocol, arm, Stage.FOLLOW_UP)
        self.longest_hold = protocol.longest_hold.in_days if protocol.longest_hold else None
        self._rules = {
            rule.drug: DoseRule(rule.drug, rule.at_least.in_days or 0, rule.blocks) for rule in protocol.spacing
        }
        self.drugless = frozenset(name for name in protocol.epochs if not self._has_drugs(name))
        self.warns = any(not rule.blocks for rule in self._rules.values())
        self._stays: dict[tuple[Stay, frozenset[str]], StaySpec] = {}

    def stay(self, stay: Stay, stopped: frozenset[str] = frozenset()) -> StaySpec:
        """The visits of one stay, without the drugs that were stopped before it."""
        spec = self._stays.get((stay, stopped))
        if spec is None:
            spec = self._stays[stay, stopped] = self._compile(stay, stopped)
        return spec

    def _has_drugs(self, epoch_id: str) -> bool:
        known = self.protocol.activities
        visits = self.protocol.epochs[epoch_id].visits.values()
        return any(known[item.activity].is_dose for visit in visits for item in visit.activities)

    def name_of(self, epoch: str, name: str) -> str:
        """The name that keys use for a visit or a gate: the first one it ever had."""
        return self.old_names.get((epoch, name), name)

    def _compile(self, stay: Stay, stopped: frozenset[str]) -> StaySpec:
        epoch = self.protocol.epochs[stay.epoch]
        visits = [
            spec
            for name, planned in epoch.visits.items()
            if self._is_planned(epoch, planned, stay, stopped)
            for spec in self._specs(stay, epoch, name, planned, stopped)
        ]
        length = epoch.cycles.length if epoch.cycles else epoch.length
        gates = {name: self._gate(stay, name, gate) for name, gate in epoch.gates.items()}
        cycle = stay.cycle or 1
        standing = [spec for spec in gates.values() if spec.gate.cycles is None or cycle in spec.gate.cycles]
        after = ("after-each-cycle", "at-end") if is_last_cycle(epoch, stay) else ("after-each-cycle",)
        return StaySpec(
            stay, str(stay), epoch, in_order_of_placing(stay.epoch, visits), gates,
            before=tuple(spec for spec in standing if spec.gate.when == "before-each-cycle"),
            after=tuple(spec for spec in standing if spec.gate.when in after),
            counted=any(spec.gate.treatment_cycles is not None for spec in standing),
            length=length, length_words=length_words(length) if length else "",
        )  # fmt: skip

    def _gate(self, stay: Stay, name: str, gate: Gate) -> GateSpec:
        return GateSpec.of(stay.key(self.name_of(stay.epoch, name)), stay, gate)

    def _is_planned(self, epoch: Epoch, planned: PlannedVisit, stay: Stay, stopped: frozenset[str]) -> bool:
        """Whether the stay has the visit, and whatever visit of the same stay it is counted from."""
        for _ in range(len(epoch.visits)):
            if not self._applies(planned, stay, stopped):
                return False
            base = epoch.visits.get(planned.after.visit) if planned.after and planned.after.visit else None
            if base is None:
                return True
            planned = base
        return True

    def _applies(self, planned: PlannedVisit, stay: Stay, stopped: frozenset[str]) -> bool:
        if planned.arms and self.arm not in planned.arms:
            return False
        if planned.cycles is not None and (stay.cycle or 1) not in planned.cycles:
            return False
        return not (planned.only_with and stopped.issuperset(planned.only_with))

    def _specs(
        self, stay: Stay, epoch: Epoch, name: str, planned: PlannedVisit, stopped: frozenset[str]
    ) -> Iterator[VisitSpec]:
        for by, count in repeats_of(planned):
            yield self._spec(stay, epoch, name, planned, stopped, by, count)

    def _spec(
        self,
        stay: Stay,
        epoch: Epoch,
        name: str,
        planned: PlannedVisit,
        stopped: frozenset[str],
        by: Offset,
        count: int | None,
    ) -> VisitSpec:
        window = _window(planned)
        details = self._details(planned.activities, stay, stopped)
        named = self.name_of(stay.epoch, name)
        spec = VisitSpec(
            key=stay.key(named if count is None else f"{named}-{count}"),
            name=name,
            stay=stay,
            stage=epoch.stage,
            label=visit_label(epoch, stay, planned, count),
            day=planned.day,
            planned=planned,
            base=planned.after,
            by=by,
            offset=None if planned.after else by.in_days,
            before=window.before,
            after=window.after,
            is_day_1=planned.after is None and by.in_days == 0 and epoch.stage is Stage.TREATMENT,
            by_words=_by_words(planned, by, epoch.stage),
            ends_before=planned.ends_before,
            narrowed=planned.ends_before is not None or planned.valid_for is not None or _is_counted_back(planned, by),
            **self._content(details, planned.remote),
        )
        variations = tuple((variation, self._variant(spec, variation, count, stopped)) for variation in planned.instead)
        return replace(spec, variations=variations) if variations else spec

    def _variant(self, spec: VisitSpec, variation: Variation, count: int | None, stopped: frozenset[str]) -> VisitSpec:
        details = self._details(variation.activities, spec.stay, stopped)
        label = _numbered(variation.label, count)
        return replace(spec, label=label, **self._content(details, variation.remote))

    def _details(
        self, activities: tuple[VisitActivity, ...], stay: Stay, stopped: frozenset[str]
    ) -> tuple[VisitActivity, ...]:
        return tuple(
            item
            for item in activities
            if item.activity not in stopped
            and (not item.arms or self.arm in item.arms)
            and (item.cycles is None or (stay.cycle or 1) in item.cycles)
        )

    def _content(self, details: tuple[VisitActivity, ...], remote: bool) -> dict[str, Any]:
        known = self.protocol.activities
        names = tuple(dict.fromkeys(item.activity for item in details))
        doses = tuple(name for name in names if known[name].is_dose)
        never = self.protocol.never_same_day
        return {
            "activities": names,
            "details": details,
            "doses": doses,
            "needs": _CLINIC if remote else _needs(details, known),
            "rules": tuple(self._rules[drug] for drug in doses if drug in self._rules),
            "never_with": self._never_with(names),
            "guarded": tuple(name for name in names if any(name in group for group in never)),
            "remote": remote,
        }

    def _never_with(self, names: tuple[str, ...]) -> frozenset[str]:
        groups = [set(group) for group in self.protocol.never_same_day]
        return frozenset(other for group in groups for name in names if name in group for other in group - {name})


def _is_counted_back(planned: PlannedVisit, by: Offset) -> bool:
    """Whether what the visit is counted from comes after it."""
    return planned.after is not None and by.amount < 0


def is_last_cycle(epoch: Epoch, stay: Stay) -> bool:
    """Whether the epoch allows no further cycle after this stay."""
    most = epoch.cycles.at_most if epoch.cycles else 1
    return most is not None and (stay.cycle or 1) >= most


def treatment_sequence(protocol: Protocol, arm: str | None) -> tuple[str, ...]:
    """The treatment epochs of an arm, in the order in which a participant goes through them."""
    named = protocol.arms.get(arm or "")
    if named is not None and named.sequence:
        return named.sequence
    return epochs_of(protocol, arm, Stage.TREATMENT)


def _within_reach(protocol: Protocol, sequence: tuple[str, ...]) -> frozenset[str]:
    """The treatment epochs that a participant may come to: those of the sequence, and where gates lead from them."""
    found, todo = set[str](), list(sequence)
    while todo:
        name = todo.pop()
        epoch = protocol.epochs.get(name)
        if epoch is not None and name not in found:
            found.add(name)
            outcomes = [outcome for gate in epoch.gates.values() for outcome in gate.outcomes.values()]
            todo += [way for outcome in outcomes for way in (outcome.to, outcome.after_last_cycle) if way]
    return frozenset(found)


def epochs_of(protocol: Protocol, arm: str | None, stage: Stage) -> tuple[str, ...]:
    """The epochs of a stage that an arm goes through, in the order of the file."""
    return tuple(
        name
        for name, epoch in protocol.epochs.items()
        if epoch.stage is stage and not epoch.only_by_gate and (not epoch.arms or arm in epoch.arms)
    )


def needs_of(activity: Activity) -> frozenset[Resource]:
    """What an activity needs open: its own resource, else what its kind usually needs."""
    return frozenset({activity.resource}) if activity.resource else _NEEDS.get(activity.kind, _CLINIC)


def _needs(details: tuple[VisitActivity, ...], known: Mapping[str, Activity]) -> frozenset[Resource]:
    """An activity with a window of its own can be done on another day, so it does not bind the visit's."""
    needed = [needs_of(known[item.activity]) for item in details if item.window is None]
    return frozenset().union(*needed) or _CLINIC


def window_of(planned: PlannedVisit) -> Window:
    """A visit's window as days before and after its due day."""
    return _window(planned)


def _window(planned: PlannedVisit) -> Window:
    if isinstance(planned.window, DayRange):
        return planned.window.around_day(planned.day or 1)
    return planned.window


def repeats_of(planned: PlannedVisit) -> Iterator[tuple[Offset, int | None]]:
    """Each time the visit is planned: how long after its base, and the number its key ends in."""
    start = _start(planned)
    if planned.repeat is None:
        yield start, None
        return
    every, until = planned.repeat.every, planned.repeat.until
    for count in range(planned.repeat.times or MOST_REPEATS):
        amount = start.amount + count * every.amount
        if until is not None and amount > until.amount:
            return
        yield Offset(amount, every.unit), amount


def _start(planned: PlannedVisit) -> Offset:
    if planned.after is not None:
        return planned.after.by
    if planned.at is not None:
        return planned.at
    return Offset(offset_of_day(planned.day or 1), Unit.DAYS)


def _by_words(planned: PlannedVisit, by: Offset, stage: Stage) -> str:
    """How sentences say how long after its base a visit is; nothing for the base's own day."""
    in_stay = planned.day is not None and stage is Stage.TREATMENT
    return length_words(by) if by.amount or in_stay else ""


def length_words(length: Offset) -> str:
    """A length as sentences say it: ``7 days``, ``1 month``; a length of none is ``0 days``."""
    return str(length)


def visit_label(epoch: Epoch, stay: Stay, planned: PlannedVisit, count: int | None) -> str:
    """``C2D8``; with the visit's own name where that says more: ``C2D24 Marrow``, ``C2 Skin check``."""
    label = _numbered(planned.label, count)
    if not stay.cycle:
        return label
    if planned.day is None:
        return f"{epoch.prefix}{stay.cycle} {label}"
    short = f"{epoch.prefix}{stay.cycle}D{planned.day}"
    return short if label.lower() == f"day {planned.day}" else f"{short} {label}"


def _numbered(label: str, count: int | None) -> str:
    return label if count is None else label.replace("{n}", str(count))

"""A protocol's decisions, rules and parameters in sentences, for its page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from planner.presenting.protocol_table import cycles_words
from schedules.protocol import Epoch, Gate, Observation, Protocol
from schedules.protocol_file import ReadProtocol
from schedules.wording import list_words

_WHEN = {
    "after-each-cycle": "after each cycle",
    "before-each-cycle": "before each cycle",
    "at-end": "at the end",
    "when-asked": "when another decision asks for it",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """A gate: where it stands, in words, and its outcomes, each with whether the plan follows it by default."""

    label: str
    when: str
    outcomes: tuple[tuple[str, bool], ...]

    @property
    def has_default(self) -> bool:
        """Whether the plan follows an outcome while nobody has decided."""
        return any(default for _, default in self.outcomes)


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter: whether it has a value, what needs it, and a made-up example."""

    name: str
    label: str
    supplied: bool
    needed_for: str
    example: str


def decisions(protocol: Protocol) -> list[Decision]:
    """Every gate, in the order of the file."""
    return [
        Decision(gate.label, _when(epoch, gate), tuple(_outcomes(gate)))
        for epoch in protocol.epochs.values()
        for gate in epoch.gates.values()
    ]


def _outcomes(gate: Gate) -> Iterator[tuple[str, bool]]:
    for name, outcome in gate.outcomes.items():
        yield outcome.label, name == gate.default


def _when(epoch: Epoch, gate: Gate) -> str:
    words = f"{epoch.label}: {_WHEN[gate.when]}"
    if gate.cycles is not None:
        words += f", {cycles_words(gate.cycles)}"
    if gate.treatment_cycles is not None:
        words += f", {cycles_words(gate.treatment_cycles)} of all treatment"
    return words


def rules(protocol: Protocol) -> list[str]:
    """What binds the dates, and what only advises, in sentences."""
    return [*_spacing(protocol), *_together(protocol), *_holds(protocol), *_watched(protocol), *_advice(protocol)]


def _spacing(protocol: Protocol) -> Iterator[str]:
    for rule in protocol.spacing:
        binding = "" if rule.blocks else " (only a warning)"
        yield f"{protocol.activities[rule.drug].label}: doses at least {rule.at_least} apart{binding}."


def _together(protocol: Protocol) -> Iterator[str]:
    for group in protocol.never_same_day:
        yield f"Never on the same day: {list_words(protocol.activities[name].label for name in group)}."


def _holds(protocol: Protocol) -> Iterator[str]:
    if protocol.longest_hold is not None:
        yield f"A cycle held for more than {protocol.longest_hold} asks for a decision."
    for activity in protocol.activities.values():
        if activity.hold_for:
            yield f"{activity.label} may be held for {_reasons(activity.hold_for)}{_omitted(activity.omit_for)}."


def _omitted(reasons: tuple[str, ...]) -> str:
    return f", and left out for {_reasons(reasons)}" if reasons else ""


def _reasons(names: tuple[str, ...]) -> str:
    return list_words((name.replace("-", " ") for name in names), "or")


def _watched(protocol: Protocol) -> Iterator[str]:
    seen: Observation | None = protocol.observation
    if seen is None:
        return
    cohorts = list_words(protocol.cohorts[name].label for name in seen.cohorts)
    who = f" in {cohorts}" if cohorts else ""
    where = f"cycle {seen.cycle} of {protocol.epochs[seen.epoch].label}"
    yield f"Dose-limiting toxicity is observed{who} for {seen.length} from the first dose of {where}."
    if seen.rule:
        yield seen.rule


def _advice(protocol: Protocol) -> Iterator[str]:
    yield from (advisory.text for advisory in protocol.advisories)
    for activity in protocol.activities.values():
        if activity.premedication:
            yield f"Premedication for {activity.label}: {activity.premedication}"
        if activity.advice:
            yield f"{activity.label}: {activity.advice}"


def parameters(read: ReadProtocol) -> list[Value]:
    """Every parameter, with a value or without."""
    return [
        Value(name, item.label, name not in read.missing, item.needed_for, plain(item.example))
        for name, item in read.protocol.parameters.items()
    ]


def plain(value: object) -> str:
    """A parameter's value in words."""
    return ", ".join(map(plain, value)) if isinstance(value, list | tuple) else str(value)

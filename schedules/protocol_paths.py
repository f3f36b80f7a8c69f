"""Follows a protocol's paths: every epoch can be reached, every path ends, nothing comes before its cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from schedules.compiled import treatment_sequence
from schedules.errors import Problem
from schedules.protocol import Epoch, Gate, Outcome, PlannedVisit, Protocol, Stage
from schedules.protocol_gates import answers
from schedules.protocol_references import check_chains, check_order
from schedules.yaml_text import Document

Sequences = dict[str | None, tuple[str, ...]]


def check_paths(protocol: Protocol, document: Document) -> Iterator[Problem]:
    """Every problem of the paths through a protocol whose names are all known."""
    arms: tuple[str | None, ...] = tuple(protocol.arms) or (None,)
    sequences = {arm: treatment_sequence(protocol, arm) for arm in arms}
    yield from _without_treatment(document, sequences)
    sequences = {arm: sequence for arm, sequence in sequences.items() if sequence}
    network = _Network(protocol, sequences)
    for arm, sequence in sequences.items():
        yield from _first_visit(protocol, document, sequence[0], arm)
        yield from _endless_defaults(protocol, document, sequence)
        yield from _of_other_arms(protocol, document, network.reached[arm], arm)
    for name in network.unreached:
        right = "let a gate lead to it, or put it into an arm's sequence"
        yield document.problem(("epochs", name), f"no path leads to the epoch {name}", right, at_key=True)
    yield from _never_answered(protocol, document, network)
    yield from check_chains(protocol, document)
    yield from check_order(protocol, document, network.later, network.unreached)


def _without_treatment(document: Document, sequences: Sequences) -> Iterator[Problem]:
    for arm, sequence in sequences.items():
        if arm is not None and not sequence:
            right = "give it a sequence"
            yield document.problem(("arms", arm), f"the arm {arm} has no treatment epoch", right, at_key=True)
        elif not sequence:
            wrong = "only gates lead to the treatment epochs, so none of them is the first"
            yield document.problem(("epochs",), wrong, "leave only_by_gate out at the first one", at_key=True)


# -- reaching -----------------------------------------------------------------------------------


class _Network:
    """Which treatment epoch may come after which, and which epochs each arm may come to."""

    def __init__(self, protocol: Protocol, sequences: Sequences) -> None:
        treatment = {name: epoch for name, epoch in protocol.epochs.items() if epoch.stage is Stage.TREATMENT}
        self._ways = {name: _ways_out(epoch) for name, epoch in treatment.items()}
        self._different = set(sequences.values())
        of_sequence = {sequence: self._of_arm(sequence) for sequence in self._different}
        self.reached = {arm: of_sequence[sequence] for arm, sequence in sequences.items()}
        self.unreached = [name for name in treatment if not any(name in found for found in of_sequence.values())]
        next_ones = {name: self.onward(name, found) for name, found in self._ways.items()}
        self.later = {name: _beyond(name, next_ones) for name in treatment}

    def onward(self, name: str, found: set[str]) -> set[str]:
        """The epochs that these ways out of an epoch lead to, in any arm."""
        return {late for sequence in self._different for late in self._onward(sequence, name, found)}

    def _onward(self, sequence: tuple[str, ...], name: str, found: set[str]) -> set[str]:
        onward = found & self._ways.keys()
        if found & {"proceed", "next-cycle"} and name in sequence:
            place = sequence.index(name) + 1
            onward |= set(sequence[place : place + 1])
        return onward

    def _of_arm(self, sequence: tuple[str, ...]) -> set[str]:
        next_ones = {name: self._onward(sequence, name, found) for name, found in self._ways.items()}
        return {sequence[0], *_beyond(sequence[0], next_ones)}


def _ways_out(epoch: Epoch) -> set[str]:
    """Where an epoch may lead: by its gates after a cycle, or simply on where none of them stands."""
    after = [gate for gate in epoch.gates.values() if _stands_after(gate)]
    found = {way for gate in after for answer in answers(gate, epoch.gates) for way in _beyond_the_cycles(answer)}
    return found | {"proceed"} if all(gate.cycles or gate.treatment_cycles for gate in after) else found


def _beyond_the_cycles(outcome: Outcome) -> set[str]:
    """Where an outcome leads out of its epoch: what it says of the last cycle, and what leads away at once."""
    if outcome.after_last_cycle is None:
        return {outcome.to}
    return {outcome.after_last_cycle, *({outcome.to} - {"proceed", "next-cycle"})}


def _stands_after(gate: Gate) -> bool:
    return gate.when in ("after-each-cycle", "at-end")


def _beyond(start: str, next_ones: Mapping[str, set[str]]) -> set[str]:
    """All that may come after an epoch; that one itself only if a path comes back to it."""
    reached, todo = set[str](), [start]
    while todo:
        following = next_ones[todo.pop()] - reached
        todo.extend(following)
        reached |= following
    return reached


def _of_other_arms(protocol: Protocol, document: Document, reached: set[str], arm: str | None) -> Iterator[Problem]:
    """Gates that would lead a participant of this arm into an epoch of other arms."""
    others = {name for name, epoch in protocol.epochs.items() if epoch.arms and arm not in epoch.arms}
    for name in reached if others else ():
        for gate_id, gate in protocol.epochs[name].gates.items():
            for outcome_id, outcome in gate.outcomes.items():
                for key, way in (("to", outcome.to), ("after_last_cycle", outcome.after_last_cycle)):
                    if way in others:
                        wrong = f"{way} is not an epoch of the arm {arm}, which comes past here"
                        right = f"lead somewhere else, or add {arm} to the arms of {way}"
                        path = ("epochs", name, "gates", gate_id, "outcomes", outcome_id, key)
                        yield document.problem(path, wrong, right)


def _never_answered(protocol: Protocol, document: Document, network: _Network) -> Iterator[Problem]:
    for name, epoch in protocol.epochs.items():
        for gate_id, gate in epoch.gates.items():
            if gate.answered_by is not None and not _leads_to(protocol, network, gate.answered_by, name):
                wrong = f"no outcome of {gate.answered_by} leads to {name}"
                right = "name the gate whose decision leads there, or leave answered_by out"
                yield document.problem(("epochs", name, "gates", gate_id, "answered_by"), wrong, right)


def _leads_to(protocol: Protocol, network: _Network, gate_id: str, name: str) -> bool:
    """Whether a gate of that name, in any epoch, may itself lead to the epoch."""
    for other, epoch in protocol.epochs.items():
        gate = epoch.gates.get(gate_id)
        if gate is not None and _stands_after(gate):
            own = [outcome for outcome in gate.outcomes.values() if outcome.ask is None]
            found = {way for outcome in own for way in _beyond_the_cycles(outcome)}
            if name in network.onward(other, found):
                return True
    return False


# -- the default path ---------------------------------------------------------------------------


def _first_visit(protocol: Protocol, document: Document, name: str, arm: str | None) -> Iterator[Problem]:
    visits = [visit for visit in protocol.epochs[name].visits.values() if not visit.arms or arm in visit.arms]
    if not any(_is_day_1(visit) for visit in visits):
        wrong = f"the first treatment epoch, {name}, has no visit on Day 1"
        right = "add one with day: 1; everything is counted from it"
        yield document.problem(("epochs", name), wrong, right, at_key=True)


def _is_day_1(visit: PlannedVisit) -> bool:
    first = visit.day == 1 or (visit.at is not None and visit.at.amount == 0)
    return first and (visit.cycles is None or 1 in visit.cycles)


def _endless_defaults(protocol: Protocol, document: Document, sequence: tuple[str, ...]) -> Iterator[Problem]:
    """A default path that comes back to an epoch would be planned for ever."""
    seen: list[str] = []
    name: str | None = sequence[0]
    while name is not None and name not in seen:
        seen.append(name)
        name = _by_default(protocol, sequence, name)
    if name is not None:
        wrong = f"the defaults lead from {' to '.join([*seen, name])} and so on without end"
        right = "let one default lead on, or give none"
        yield document.problem(("epochs", seen[-1], "gates"), wrong, right, at_key=True)


def _by_default(protocol: Protocol, sequence: tuple[str, ...], name: str) -> str | None:
    """The epoch that the plan goes on to while nobody decides anything; None where it stops."""
    epoch = protocol.epochs[name]
    for gate in epoch.gates.values():
        way = _default_way(gate, epoch) if _stands_after(gate) else "proceed"
        if way is None or way == "end":
            return None
        if way in protocol.epochs:
            return way
    place = sequence.index(name) + 1 if name in sequence else len(sequence)
    return sequence[place] if place < len(sequence) else None


def _default_way(gate: Gate, epoch: Epoch) -> str | None:
    """Where a gate's default leads after the last cycle, through the gates that it asks."""
    while gate.default is not None:
        outcome = gate.outcomes[gate.default]
        if outcome.ask is None:
            return outcome.after_last_cycle or outcome.to
        gate = epoch.gates[outcome.ask]
    return None

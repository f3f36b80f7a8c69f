"""Follows a protocol's paths: every epoch can be reached, every path ends, nothing comes before its cause."""

from __future__ import annotations

from collections.abc import Iterator

from schedules.compiled import treatment_sequence
from schedules.errors import Problem
from schedules.protocol import Epoch, Gate, PlannedVisit, Protocol, Stage
from schedules.protocol_gates import ways
from schedules.protocol_references import check_order
from schedules.yaml_text import Document

Sequences = dict[str | None, tuple[str, ...]]


def check_paths(protocol: Protocol, document: Document) -> Iterator[Problem]:
    """Every problem of the paths through a protocol whose names are all known."""
    arms: tuple[str | None, ...] = tuple(protocol.arms) or (None,)
    sequences = {arm: treatment_sequence(protocol, arm) for arm in arms}
    yield from _without_treatment(document, sequences)
    sequences = {arm: sequence for arm, sequence in sequences.items() if sequence}
    later = _later(protocol, sequences)
    for arm, sequence in sequences.items():
        yield from _first_visit(protocol, document, sequence[0], arm)
        yield from _endless_defaults(protocol, document, sequence)
        yield from _of_other_arms(protocol, document, sequence, arm)
    yield from _unreached(protocol, document, sequences)
    yield from _never_answered(protocol, document, sequences)
    yield from check_order(protocol, document, later)


def _without_treatment(document: Document, sequences: Sequences) -> Iterator[Problem]:
    for arm, sequence in sequences.items():
        if arm is not None and not sequence:
            right = "give it a sequence"
            yield document.problem(("arms", arm), f"the arm {arm} has no treatment epoch", right, at_key=True)
        elif not sequence:
            wrong = "only gates lead to the treatment epochs, so none of them is the first"
            yield document.problem(("epochs",), wrong, "leave only_by_gate out at the first one", at_key=True)


# -- reaching -----------------------------------------------------------------------------------


def _onward(protocol: Protocol, sequence: tuple[str, ...], name: str, found: set[str]) -> set[str]:
    """The epochs that these ways out of an epoch lead to."""
    onward = {way for way in found if way in protocol.epochs}
    if found & {"proceed", "next-cycle"} and name in sequence:
        place = sequence.index(name) + 1
        onward |= set(sequence[place : place + 1])
    return onward


def _following(protocol: Protocol, sequence: tuple[str, ...], name: str) -> set[str]:
    """The epochs that may come right after an epoch."""
    gates = protocol.epochs[name].gates
    after = [gate for gate in gates.values() if _stands_after(gate)]
    found = {way for gate in after for way in ways(gate, gates)}
    if all(gate.cycles or gate.treatment_cycles for gate in after):
        found.add("proceed")
    return _onward(protocol, sequence, name, found)


def _stands_after(gate: Gate) -> bool:
    return gate.when in ("after-each-cycle", "at-end")


def _reachable(protocol: Protocol, sequence: tuple[str, ...], start: str) -> set[str]:
    """The epochs that a path may come to from an epoch on; that one itself only if the path comes back to it."""
    reached, todo = set[str](), [start]
    while todo:
        following = _following(protocol, sequence, todo.pop()) - reached
        todo.extend(following)
        reached |= following
    return reached


def _later(protocol: Protocol, sequences: Sequences) -> dict[str, set[str]]:
    """The epochs that a path of any arm may come to after each treatment epoch."""
    treatment = [name for name, epoch in protocol.epochs.items() if epoch.stage is Stage.TREATMENT]
    different = set(sequences.values())
    return {name: {late for each in different for late in _reachable(protocol, each, name)} for name in treatment}


def _of_arm(protocol: Protocol, sequence: tuple[str, ...]) -> set[str]:
    return {sequence[0], *_reachable(protocol, sequence, sequence[0])}


def _unreached(protocol: Protocol, document: Document, sequences: Sequences) -> Iterator[Problem]:
    reached = {name for sequence in set(sequences.values()) for name in _of_arm(protocol, sequence)}
    for name, epoch in protocol.epochs.items():
        if epoch.stage is Stage.TREATMENT and name not in reached:
            right = "let a gate lead to it, or put it into an arm's sequence"
            yield document.problem(("epochs", name), f"no path leads to the epoch {name}", right, at_key=True)


def _of_other_arms(
    protocol: Protocol, document: Document, sequence: tuple[str, ...], arm: str | None
) -> Iterator[Problem]:
    """Gates that would lead a participant of this arm into an epoch of other arms."""
    for name in sorted(_of_arm(protocol, sequence)):
        for gate_id, gate in protocol.epochs[name].gates.items():
            for outcome_id, outcome in gate.outcomes.items():
                for key, way in (("to", outcome.to), ("after_last_cycle", outcome.after_last_cycle)):
                    epoch = protocol.epochs.get(way or "")
                    if epoch is not None and epoch.arms and arm not in epoch.arms:
                        wrong = f"{way} is not an epoch of the arm {arm}, which comes past here"
                        right = f"lead somewhere else, or add {arm} to the arms of {way}"
                        path = ("epochs", name, "gates", gate_id, "outcomes", outcome_id, key)
                        yield document.problem(path, wrong, right)


def _never_answered(protocol: Protocol, document: Document, sequences: Sequences) -> Iterator[Problem]:
    for name, epoch in protocol.epochs.items():
        for gate_id, gate in epoch.gates.items():
            if gate.answered_by is not None and not _leads_to(protocol, sequences, gate.answered_by, name):
                wrong = f"no outcome of {gate.answered_by} leads to {name}"
                right = "name the gate whose decision leads there, or leave answered_by out"
                yield document.problem(("epochs", name, "gates", gate_id, "answered_by"), wrong, right)


def _leads_to(protocol: Protocol, sequences: Sequences, gate_id: str, name: str) -> bool:
    """Whether a gate of that name, in any epoch, may lead to the epoch."""
    for other, epoch in protocol.epochs.items():
        gate = epoch.gates.get(gate_id)
        if gate is not None and _stands_after(gate):
            found = {way for o in gate.outcomes.values() if o.ask is None for way in (o.to, o.after_last_cycle) if way}
            if any(name in _onward(protocol, sequence, other, found) for sequence in set(sequences.values())):
                return True
    return False


# -- the default path ---------------------------------------------------------------------------


def _first_visit(protocol: Protocol, document: Document, name: str, arm: str | None) -> Iterator[Problem]:
    visits = [visit for visit in protocol.epochs[name].visits.values() if not visit.arms or arm in visit.arms]
    if not any(_is_day_1(visit) for visit in visits):
        wrong = f"the first treatment epoch, {name}, has no visit on day 1"
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

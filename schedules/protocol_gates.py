"""Checks the gates of a protocol: where they stand, what they ask, and where their answers lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from schedules.errors import Problem
from schedules.language import Spans
from schedules.protocol import Epoch, Gate, Outcome, Stage
from schedules.protocol_names import Names
from schedules.yaml_text import Path

ON_THE_SPOT = ("proceed", "end")
_ADD_AT_MOST = "give the epoch's cycles at_most"


def check_gates(names: Names, path: Path, epoch: Epoch) -> Iterator[Problem]:
    """Every problem of an epoch's gates; ``path`` is that of the epoch."""
    if epoch.gates and epoch.stage is not Stage.TREATMENT:
        wrong = f"gates stand in treatment epochs; this one has the stage {epoch.stage}"
        yield names.problem((*path, "gates"), wrong, "move them to the treatment epoch before", at_key=True)
    for gate_id, gate in epoch.gates.items():
        yield from _check_gate(names, (*path, "gates", gate_id), gate_id, gate, epoch)
    yield from _no_rings(names, (*path, "gates"), epoch.gates)
    yield from _asked(names, (*path, "gates"), epoch.gates)


def answers(gate: Gate, gates: Mapping[str, Gate]) -> list[Outcome]:
    """The outcomes that lead somewhere: the gate's own and those of the gates that it asks."""
    found: list[Outcome] = []
    todo, seen = [gate], set[str]()
    while todo:
        for outcome in todo.pop().outcomes.values():
            if outcome.ask is None:
                found.append(outcome)
            elif outcome.ask in gates and outcome.ask not in seen:
                seen.add(outcome.ask)
                todo.append(gates[outcome.ask])
    return found


def ways(gate: Gate, gates: Mapping[str, Gate]) -> set[str]:
    """Where a gate's answers may lead."""
    return {way for outcome in answers(gate, gates) for way in (outcome.to, outcome.after_last_cycle) if way}


# -- one gate -----------------------------------------------------------------------------------


def _check_gate(names: Names, path: Path, gate_id: str, gate: Gate, epoch: Epoch) -> Iterator[Problem]:
    if gate_id in epoch.visits:
        wrong = f"{gate_id} is a visit of this epoch too"
        yield names.problem(path, wrong, "give the gate a name of its own", at_key=True)
    if gate.default is not None:
        yield from names.known((*path, "default"), "outcome", gate.default, gate.outcomes)
    if not gate.outcomes:
        yield names.problem((*path, "outcomes"), "a gate without outcomes decides nothing", "add at least one")
    yield from _check_place(names, path, gate, epoch)
    for outcome_id, outcome in gate.outcomes.items():
        yield from _check_outcome(names, (*path, "outcomes", outcome_id), outcome, epoch)
    if gate.answered_by is not None:
        yield from _check_answered_by(names, (*path, "answered_by"), gate, gate.answered_by)
    if gate.when == "before-each-cycle":
        yield from _check_before(names, path, gate, epoch)


def _check_place(names: Names, path: Path, gate: Gate, epoch: Epoch) -> Iterator[Problem]:
    if gate.asks and gate.when != "before-each-cycle":
        right = "write when: before-each-cycle, or leave asks out"
        yield names.problem((*path, "asks"), f"a gate that stands {gate.when} does not hold a visit", right)
    if gate.when == "at-end" and not _has_last_cycle(epoch):
        yield names.problem((*path, "when"), "the epoch has no last cycle, so its end never comes", _ADD_AT_MOST)
    yield from check_cycles_of(names, (*path, "cycles"), gate.cycles, epoch)
    for key, spans in (("cycles", gate.cycles), ("treatment_cycles", gate.treatment_cycles)):
        if spans is not None and gate.when == "when-asked":
            yield names.problem((*path, key), "whether this gate is asked is up to another one", f"leave {key} out")


def _has_last_cycle(epoch: Epoch) -> bool:
    return epoch.cycles is None or epoch.cycles.at_most is not None


def check_cycles_of(names: Names, path: Path, spans: Spans | None, epoch: Epoch) -> Iterator[Problem]:
    """A problem if something stands at cycles that its epoch has not."""
    most = epoch.cycles.at_most if epoch.cycles else 1
    if spans is None or most is None or most < 1:
        return
    beyond = [first for first, _ in spans.spans if first > most]
    if beyond:
        right = f"write cycles from 1 to {most}" if epoch.cycles else "leave it out: the epoch has no cycles"
        yield names.problem(path, f"there is no cycle {beyond[0]} of this epoch", right)


def _check_outcome(names: Names, path: Path, outcome: Outcome, epoch: Epoch) -> Iterator[Problem]:
    yield from names.each((*path, "stops"), "drug", outcome.stops, names.drugs)
    for key, way in (("to", outcome.to), ("after_last_cycle", outcome.after_last_cycle)):
        if way is not None:
            yield from names.known((*path, key), "way", way, names.ways)
        if way == "next-cycle" and epoch.cycles is None:
            yield names.problem((*path, key), "the epoch has no cycles, so there is no next one", "write proceed")
    if outcome.after_last_cycle is not None and not _has_last_cycle(epoch):
        yield names.problem((*path, "after_last_cycle"), "the epoch has no last cycle", _ADD_AT_MOST)
    if outcome.ask is not None:
        yield from _check_ask(names, path, outcome, outcome.ask, epoch)


def _check_ask(names: Names, path: Path, outcome: Outcome, ask: str, epoch: Epoch) -> Iterator[Problem]:
    """What the other gate decides cannot be settled here as well."""
    yield from names.known((*path, "ask"), "gate of this epoch", ask, epoch.gates)
    if ask in epoch.gates and epoch.gates[ask].when != "when-asked":
        yield names.problem((*path, "ask"), f"{ask} is asked anyway", f"give {ask} when: when-asked")
    both = {"to": outcome.to != "proceed", "after_last_cycle": outcome.after_last_cycle, "stops": outcome.stops}
    for key in (key for key, written in both.items() if written):
        wrong = f"{ask} decides what follows, so {key} is never heard here"
        yield names.problem((*path, key), wrong, f"write {key} at the outcomes of {ask}")


# -- before a cycle -----------------------------------------------------------------------------


def _check_before(names: Names, path: Path, gate: Gate, epoch: Epoch) -> Iterator[Problem]:
    """Before a cycle there are two ways: into it, or to the end."""
    for outcome_id, outcome in gate.outcomes.items():
        for key, way in _elsewhere(outcome, epoch.gates):
            wrong = f"before a cycle a gate leads into it or to the end, not to {way}"
            right = "write proceed or end, or ask after the cycle before"
            yield names.problem((*path, "outcomes", outcome_id, key), wrong, right)
    found = ways(gate, epoch.gates)
    if found and "proceed" not in found:
        wrong = "no answer to this gate leads into the cycle"
        yield names.problem((*path, "outcomes"), wrong, "give one of them to: proceed", at_key=True)


def _elsewhere(outcome: Outcome, gates: Mapping[str, Gate]) -> Iterator[tuple[str, str]]:
    """Where an outcome leads that cannot be gone before a cycle, with the key that says so."""
    if outcome.ask is None:
        found = {"to": outcome.to, "after_last_cycle": outcome.after_last_cycle}
        yield from ((key, way) for key, way in found.items() if way is not None and way not in ON_THE_SPOT)
    elif outcome.ask in gates:
        yield from (("ask", way) for way in sorted(ways(gates[outcome.ask], gates).difference(ON_THE_SPOT)))


def _check_answered_by(names: Names, path: Path, gate: Gate, answered_by: str) -> Iterator[Problem]:
    yield from names.known(path, "gate", answered_by, names.gates)
    if gate.when != "before-each-cycle":
        wrong = "only a gate before a cycle is answered by the decision to enter the epoch"
        yield names.problem(path, wrong, "write when: before-each-cycle, or leave answered_by out")
    elif not any(outcome.to == "proceed" and outcome.ask is None for outcome in gate.outcomes.values()):
        wrong = f"no outcome of this gate is what {answered_by} would answer"
        yield names.problem(path, wrong, "give one of its outcomes to: proceed")


# -- asking -------------------------------------------------------------------------------------


def _asked(names: Names, path: Path, gates: Mapping[str, Gate]) -> Iterator[Problem]:
    asked = {outcome.ask for gate in gates.values() for outcome in gate.outcomes.values()}
    for gate_id, gate in gates.items():
        if gate.when == "when-asked" and gate_id not in asked:
            right = f"write ask: {gate_id} at an outcome"
            yield names.problem((*path, gate_id, "when"), f"nothing asks {gate_id}", right)


def _no_rings(names: Names, path: Path, gates: Mapping[str, Gate]) -> Iterator[Problem]:
    """A gate that asks a gate that asks the first one would never be answered."""
    asked = {gate_id: _asks(gate) for gate_id, gate in gates.items()}
    for gate_id in gates:
        reached, todo = set[str](), [gate_id]
        while todo:
            following = asked.get(todo.pop(), set()) - reached
            reached |= following
            todo.extend(following)
        if gate_id in reached:
            wrong = f"{gate_id} asks itself in a ring"
            yield names.problem((*path, gate_id), wrong, "let one of the outcomes lead somewhere", at_key=True)


def _asks(gate: Gate) -> set[str]:
    return {outcome.ask for outcome in gate.outcomes.values() if outcome.ask is not None}

"""Follows a protocol's paths: every epoch can be reached, every path ends, nothing is counted in a ring."""

from __future__ import annotations

from collections.abc import Iterator

from schedules.compiled import treatment_sequence
from schedules.errors import Problem
from schedules.protocol import Epoch, Gate, PlannedVisit, Protocol, Stage
from schedules.yaml_text import Document


def check_paths(protocol: Protocol, document: Document) -> Iterator[Problem]:
    """Every problem of the paths through a protocol whose names are all known."""
    arms = tuple(protocol.arms) or (None,)
    reached: set[str] = set()
    for arm in arms:
        sequence = treatment_sequence(protocol, arm)
        if not sequence:
            yield document.problem(("arms", arm or ""), f"the arm {arm} has no treatment epoch", "give it a sequence")
            continue
        reached |= _reachable(protocol, sequence)
        yield from _first_visit(protocol, document, sequence[0], arm)
        yield from _endless_defaults(protocol, document, sequence)
    for name, epoch in protocol.epochs.items():
        if epoch.stage is Stage.TREATMENT and name not in reached:
            right = "let a gate lead to it, or put it into an arm's sequence"
            yield document.problem(("epochs", name), f"no path leads to the epoch {name}", right, at_key=True)
        yield from _rings(document, name, epoch)


def _onward(protocol: Protocol, sequence: tuple[str, ...], name: str, ways: set[str]) -> set[str]:
    """The epochs that these ways out of an epoch lead to."""
    found = {way for way in ways if way in protocol.epochs}
    if ways & {"proceed", "next-cycle"} and name in sequence:
        place = sequence.index(name) + 1
        found |= set(sequence[place : place + 1])
    return found


def _ways(gate: Gate, gates: dict[str, Gate], depth: int = 0) -> set[str]:
    ways: set[str] = set()
    for outcome in gate.outcomes.values():
        if outcome.ask is not None and depth < len(gates):
            ways |= _ways(gates[outcome.ask], gates, depth + 1)
        else:
            ways |= {outcome.to, outcome.after_last_cycle or outcome.to}
    return ways


def _reachable(protocol: Protocol, sequence: tuple[str, ...]) -> set[str]:
    reached, todo = {sequence[0]}, [sequence[0]]
    while todo:
        name = todo.pop()
        following = _following(protocol, sequence, name)
        todo.extend(following - reached)
        reached |= following
    return reached


def _following(protocol: Protocol, sequence: tuple[str, ...], name: str) -> set[str]:
    gates = protocol.epochs[name].gates
    after = [gate for gate in gates.values() if gate.when in ("after-each-cycle", "at-end")]
    if not after:
        return _onward(protocol, sequence, name, {"proceed"})
    found: set[str] = set()
    for gate in after:
        found |= _onward(protocol, sequence, name, _ways(gate, gates))
    always = all(gate.cycles is None and gate.treatment_cycles is None for gate in after)
    return found if always else found | _onward(protocol, sequence, name, {"proceed"})


def _first_visit(protocol: Protocol, document: Document, name: str, arm: str | None) -> Iterator[Problem]:
    visits = [visit for visit in protocol.epochs[name].visits.values() if not visit.arms or arm in visit.arms]
    if not any(_is_day_1(visit) for visit in visits):
        wrong = f"the first treatment epoch, {name}, has no visit on day 1"
        yield document.problem(("epochs", name), wrong, "add one with day: 1; everything is counted from it")


def _is_day_1(visit: PlannedVisit) -> bool:
    return visit.day == 1 or (visit.at is not None and visit.at.amount == 0)


def _endless_defaults(protocol: Protocol, document: Document, sequence: tuple[str, ...]) -> Iterator[Problem]:
    """A default path that comes back to an epoch would be planned for ever."""
    seen: list[str] = []
    name: str | None = sequence[0]
    while name is not None and name not in seen:
        seen.append(name)
        name = _by_default(protocol, sequence, name)
    if name is not None:
        wrong = f"the defaults lead from {' to '.join([*seen, name])} and so on without end"
        yield document.problem(("epochs", seen[-1], "gates"), wrong, "let one default lead on, or give none")


def _by_default(protocol: Protocol, sequence: tuple[str, ...], name: str) -> str | None:
    epoch = protocol.epochs[name]
    for gate in epoch.gates.values():
        if gate.when not in ("after-each-cycle", "at-end"):
            continue
        if gate.default is None:
            return None
        way = gate.outcomes[gate.default].after_last_cycle or gate.outcomes[gate.default].to
        if way in protocol.epochs:
            return way
        if way == "end":
            return None
    place = sequence.index(name) + 1 if name in sequence else len(sequence)
    return sequence[place] if place < len(sequence) else None


def _rings(document: Document, name: str, epoch: Epoch) -> Iterator[Problem]:
    """Visits that are counted from each other have no day."""
    for start in epoch.visits:
        seen, current = [start], epoch.visits[start]
        while current.after is not None and current.after.visit in epoch.visits and len(seen) <= len(epoch.visits):
            seen.append(current.after.visit or "")
            current = epoch.visits[seen[-1]]
        if len(seen) > len(epoch.visits):
            wrong = f"{start} is counted from {seen[1]}, and that in the end from {start} again"
            yield document.problem(("epochs", name, "visits", start), wrong, "count one of them from something else")

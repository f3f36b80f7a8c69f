"""Checks what visits and epochs are counted from: that it exists, that it comes before, and that no ring is made."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from schedules.errors import Problem
from schedules.protocol import Epoch, PlannedVisit, Protocol, Reference, Stage
from schedules.protocol_names import Names
from schedules.protocol_sizes import MOST_CYCLES, most_cycles
from schedules.yaml_text import Document, Path

LONGEST_CHAIN = 20


def check_reference(names: Names, path: Path, reference: Reference, epoch: Epoch) -> Iterator[Problem]:
    """Every problem of what a visit, or an epoch, of this epoch is counted from."""
    given = [key for key in ("visit", "activity", "event") if getattr(reference, key) is not None]
    if len(given) != 1:
        wrong = f"{' and '.join(given) or 'nothing'} to count from"
        yield names.problem(path, wrong, "name one visit, activity or event")
    if reference.visit is not None:
        yield from names.visit((*path, "visit"), reference.visit, epoch)
        yield from _check_stage(names, (*path, "visit"), reference.visit, epoch)
    if reference.activity is not None:
        yield from names.known((*path, "activity"), "activity", reference.activity, names.protocol.activities)
        if reference.activity in names.protocol.activities and reference.activity not in names.planned:
            wrong = f"no visit plans {reference.activity}, so there is nothing to count from"
            yield names.problem((*path, "activity"), wrong, "name an activity of a visit")
    if reference.event is not None:
        yield from names.known((*path, "event"), "event", reference.event, names.events)
        if reference.event == "end-of-treatment" and epoch.stage is not Stage.FOLLOW_UP:
            wrong = "the end of treatment comes after this epoch"
            yield names.problem((*path, "event"), wrong, "move it to an epoch of the stage follow-up")
        if reference.event == "last-dose" and epoch.stage is Stage.SCREENING:
            wrong = "the last dose comes after this epoch"
            yield names.problem((*path, "event"), wrong, "count it from day-1, or as a day: -7")


def check_base(names: Names, path: Path, visit: PlannedVisit, epoch: Epoch) -> Iterator[Problem]:
    """A problem if a visit is planned in a cycle or an arm that has not got the visit it is counted from."""
    name = visit.after.visit if visit.after else None
    base = epoch.visits.get(name or "")
    if visit.after is not None and visit.after.event not in (None, "last-dose", "end-of-treatment"):
        yield from _check_set_off(names, path[:-1], visit, epoch)
    if base is None:
        return
    for cycle in _cycles(epoch) if base.cycles else ():
        if base.cycles and cycle not in base.cycles and (visit.cycles is None or cycle in visit.cycles):
            wrong = f"in cycle {cycle} there is no {name} to count from"
            yield names.problem(path, wrong, f"give the two the same cycles: write cycles: {base.cycles}")
            break
    for arm in visit.arms or epoch.arms or names.protocol.arms if base.arms else ():
        if arm not in base.arms:
            wrong = f"in the arm {arm} there is no {name} to count from"
            yield names.problem(path, wrong, f"give the two the same arms: write arms: [{', '.join(base.arms)}]")
            break


def _cycles(epoch: Epoch) -> range:
    """The cycles that an epoch may have."""
    bound = epoch.cycles is None or epoch.cycles.at_most or epoch.cycles.within
    return range(1, (most_cycles(epoch.cycles) if bound else MOST_CYCLES) + 1)


def _check_set_off(names: Names, path: Path, visit: PlannedVisit, epoch: Epoch) -> Iterator[Problem]:
    """A day that does not move from cycle to cycle would bring the same visit in each of them."""
    cycles = [cycle for cycle in _cycles(epoch) if visit.cycles is None or cycle in visit.cycles]
    if epoch.cycles is not None and len(cycles) > 1:
        wrong = "the visit would come on the same day in each cycle"
        yield names.problem(path, wrong, "move it to an epoch of the stage follow-up, or name one cycle: cycles: 1")


_ORDER = {stage: place for place, stage in enumerate((Stage.SCREENING, Stage.TREATMENT, Stage.FOLLOW_UP))}


def _check_stage(names: Names, path: Path, name: str, epoch: Epoch) -> Iterator[Problem]:
    other = names.protocol.epochs.get(name.rpartition(".")[0])
    if other is not None and name in names.visits and _ORDER[other.stage] > _ORDER[epoch.stage]:
        wrong = f"{name} comes after this epoch, which has the stage {epoch.stage}"
        yield names.problem(path, wrong, "count it from something that comes before")


# -- what hangs on what, once all names are right -----------------------------------------------


def check_chains(protocol: Protocol, document: Document) -> Iterator[Problem]:
    """A problem for visits that are counted from one another in a ring, or in too long a row."""
    for epoch_id, epoch in protocol.epochs.items():
        yield from _chains(document, ("epochs", epoch_id, "visits"), epoch_id, epoch)


def check_order(
    protocol: Protocol, document: Document, later: Mapping[str, set[str]], unreached: Collection[str]
) -> Iterator[Problem]:
    """A problem for whatever is counted from a visit that has not come about by then.

    ``later`` has the treatment epochs that a path may come to after each of them.
    """
    for epoch_id, epoch in protocol.epochs.items():
        if epoch_id in unreached:
            continue
        path: Path = ("epochs", epoch_id)
        references = [((*path, "visits", name, "after"), visit.after) for name, visit in epoch.visits.items()]
        for where, reference in [((*path, "starts"), epoch.starts), *references]:
            other = (reference.visit or "").rpartition(".")[0] if reference else ""
            if other and other != epoch_id and not _comes_before(protocol, other, epoch_id, later):
                wrong = f"{other} does not come before {epoch_id}"
                yield document.problem((*where, "visit"), wrong, "count it from something that comes before")


def _comes_before(protocol: Protocol, other: str, epoch_id: str, later: Mapping[str, set[str]]) -> bool:
    stage = protocol.epochs[epoch_id].stage
    if protocol.epochs[other].stage is not stage:
        return True
    if stage is Stage.TREATMENT:
        return epoch_id in later[other]
    order = list(protocol.epochs)
    return order.index(other) < order.index(epoch_id)


def _chains(document: Document, path: Path, epoch_id: str, epoch: Epoch) -> Iterator[Problem]:
    """Visits that are counted from each other have no day; a long chain of them is a slip of the pen."""
    bases = {name: _local(epoch_id, visit) for name, visit in epoch.visits.items()}
    settled: set[str] = set()
    for start in bases:
        chain = _chain(start, bases)
        if chain[-1] in bases and bases[chain[-1]] in chain and not settled.intersection(chain):
            ring = chain[chain.index(bases[chain[-1]] or "") :]
            settled.update(chain)
            wrong = f"{ring[0]} is counted from {[*ring, ring[0]][1]}, and that in the end from {ring[0]} again"
            yield document.problem((*path, ring[0]), wrong, "count one of them from something else", at_key=True)
        elif len(chain) > LONGEST_CHAIN and not settled.intersection(chain):
            settled.update(chain)
            wrong = f"{start} stands at the end of more than {LONGEST_CHAIN} visits, each counted from the one before"
            yield document.problem((*path, start), wrong, "count some of them from Day 1", at_key=True)


def _local(epoch_id: str, visit: PlannedVisit) -> str | None:
    """The visit of the same epoch that a visit is counted from, by its id."""
    name = visit.after.visit if visit.after else None
    return name.removeprefix(f"{epoch_id}.") if name is not None else None


def _chain(start: str, bases: Mapping[str, str | None]) -> list[str]:
    """The visit, what it is counted from, and so on: up to something else, a ring, or too many."""
    chain = [start]
    while (base := bases.get(chain[-1])) in bases and base not in chain and len(chain) <= LONGEST_CHAIN:
        chain.append(base or "")
    return chain

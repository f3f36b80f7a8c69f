"""What a protocol file must say beyond its form: that names exist, paths lead somewhere and end, days fit."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain

from schedules.errors import Problem
from schedules.protocol import Advisory, Epoch, Observation, Protocol
from schedules.protocol_doses import check_doses
from schedules.protocol_names import BUILT_IN_EVENTS, KEYWORDS, Names, numbered
from schedules.protocol_paths import check_paths
from schedules.protocol_sizes import check_extent, check_sizes
from schedules.protocol_visits import check_epochs
from schedules.yaml_text import Document, Path

LONGEST_MINUTES = 24 * 60
MOST_CYCLES_NAMED = 999

__all__ = ["BUILT_IN_EVENTS", "KEYWORDS", "check_protocol"]


def check_protocol(protocol: Protocol, document: Document) -> Iterator[Problem]:
    """Every problem of a protocol whose form is right; paths are followed only once the names are right."""
    too_large = list(check_sizes(protocol, document))
    if too_large:
        yield from too_large
        return
    names = Names(protocol, document)
    problems = [*_check_lists(names), *check_epochs(names)] or list(check_extent(protocol, document))
    yield from problems
    if not problems:
        found = [*check_paths(protocol, document), *_check_keys(names)]
        yield from found or check_doses(names)


def unknown_names(protocol: Protocol, document: Document) -> list[Problem]:
    """Only the names that nothing is called by; for a protocol that is only what could be read of one."""
    if any(check_sizes(protocol, document)):
        return []
    names = Names(protocol, document)
    deque(chain(_check_lists(names), check_epochs(names)), maxlen=0)
    return names.unknown


def _check_lists(names: Names) -> Iterator[Problem]:
    protocol = names.protocol
    yield from _check_activities(names)
    yield from _check_spacing(names)
    yield from _check_never_same_day(names)
    yield from _check_arms(names)
    for cohort_id, cohort in protocol.cohorts.items():
        for drug in cohort.dose_levels:
            path: Path = ("cohorts", cohort_id, "dose_levels", drug)
            yield from names.known(path, "drug", drug, names.drugs, at_key=True)
    if protocol.observation is not None:
        yield from _check_observation(names, protocol.observation)
    for place, advisory in enumerate(protocol.advisories):
        yield from _check_advisory(names, ("advisories", place), advisory)
    for name in protocol.events:
        if name in BUILT_IN_EVENTS:
            wrong = f"the event {name} is built in"
            yield names.problem(("events", name), wrong, "use it without declaring it", at_key=True)
    if protocol.longest_hold is not None and protocol.longest_hold.amount < 1:
        wrong = f"a hold of {protocol.longest_hold} is none"
        yield names.problem(("longest_hold",), wrong, "write at least 1 day")


def _check_activities(names: Names) -> Iterator[Problem]:
    for name, activity in names.protocol.activities.items():
        for key in ("minutes", "observe_minutes", "prepare_minutes"):
            minutes = getattr(activity, key)
            if not 0 <= minutes <= LONGEST_MINUTES:
                wrong = f"{minutes} minutes is not a length within a day"
                yield names.problem(("activities", name, key), wrong, f"write 0 to {LONGEST_MINUTES}")


def _check_spacing(names: Names) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, rule in enumerate(names.protocol.spacing):
        path: Path = ("spacing", place)
        yield from names.known((*path, "drug"), "dose", rule.drug, names.doses)
        if (rule.at_least.in_days or 0) < 1:
            yield names.problem((*path, "at_least"), f"{rule.at_least} keeps nothing apart", "write at least 1 day")
        if rule.drug in seen:
            yield names.problem(path, f"{rule.drug} has two spacings", "keep the longer one")
        seen.add(rule.drug)


def _check_never_same_day(names: Names) -> Iterator[Problem]:
    for place, group in enumerate(names.protocol.never_same_day):
        path: Path = ("never_same_day", place)
        yield from names.each(path, "activity", group, names.protocol.activities)
        if len(set(group)) < 2:
            yield names.problem(path, "one activity alone shares a day with nobody", "name two")


def _check_arms(names: Names) -> Iterator[Problem]:
    protocol = names.protocol
    for arm_id, arm in protocol.arms.items():
        for place, name in enumerate(arm.sequence):
            path: Path = ("arms", arm_id, "sequence", place)
            yield from names.known(path, "treatment epoch", name, names.treatment)
            if name in arm.sequence[:place]:
                right = "give the second time an epoch of its own, or let a gate lead back"
                yield names.problem(path, f"{name} stands in the sequence twice", right)
            elif name in protocol.epochs:
                yield from _check_place_in_sequence(names, path, name, protocol.epochs[name], arm_id)


def _check_place_in_sequence(names: Names, path: Path, name: str, epoch: Epoch, arm_id: str) -> Iterator[Problem]:
    if epoch.arms and arm_id not in epoch.arms:
        yield names.problem(path, f"{name} is not an epoch of this arm", f"add {arm_id} to its arms, or leave it out")
    if epoch.only_by_gate:
        yield names.problem(path, f"only a gate leads to {name}", "leave it out here, or leave out only_by_gate")


def _check_observation(names: Names, rule: Observation) -> Iterator[Problem]:
    yield from names.known(("observation", "epoch"), "treatment epoch", rule.epoch, names.treatment)
    yield from names.each(("observation", "cohorts"), "cohort", rule.cohorts, names.protocol.cohorts)
    epoch = names.protocol.epochs.get(rule.epoch)
    most = epoch.cycles.at_most or MOST_CYCLES_NAMED if epoch and epoch.cycles else 1
    if not 1 <= rule.cycle <= most:
        right = "cycles count from 1" if rule.cycle < 1 else f"write 1 to {most}"
        yield names.problem(("observation", "cycle"), f"there is no cycle {rule.cycle}", right)
    if rule.length.amount < 1:
        yield names.problem(("observation", "length"), f"{rule.length} observes nothing", "write at least 1 day")


def _check_advisory(names: Names, path: Path, advisory: Advisory) -> Iterator[Problem]:
    """Each kind has keys without which it would always be shown, or never."""
    needed = {"response-within": ("treatment_cycles", "activity", "results"), "note": ()}
    for key in needed.get(advisory.kind, ("treatment_cycles",)):
        if getattr(advisory, key) in (None, ()):
            yield names.problem(path, f"{advisory.kind} says nothing without {key}", f"add {key}")
    if advisory.activity is not None:
        yield from names.known((*path, "activity"), "activity", advisory.activity, names.protocol.activities)
    if advisory.treatment_cycles is not None and not 1 <= advisory.treatment_cycles <= MOST_CYCLES_NAMED:
        wrong = f"{advisory.treatment_cycles} is no number of cycles"
        yield names.problem((*path, "treatment_cycles"), wrong, f"write 1 to {MOST_CYCLES_NAMED}")


def _check_keys(names: Names) -> Iterator[Problem]:
    """No two visits or gates of an epoch may have the same key (month-3 and a repeated month, say)."""
    for epoch_id, epoch in names.protocol.epochs.items():
        yield from _check_names(names, ("epochs", epoch_id), epoch, old=False)
        if any(visit.was for visit in epoch.visits.values()):
            yield from _check_names(names, ("epochs", epoch_id), epoch, old=True)


def _check_names(names: Names, path: Path, epoch: Epoch, old: bool) -> Iterator[Problem]:
    gates = ((gate.was or name) if old else name for name, gate in epoch.gates.items())
    taken = dict.fromkeys(gates, "the gate")
    for name, visit in epoch.visits.items():
        called = (visit.was or name) if old else name
        for key in numbered(called, visit):
            if key in taken:
                wrong = f"{'a visit and a gate' if taken[key] == 'the gate' else 'two visits'} are called {key}"
                yield names.problem((*path, "visits", name), wrong, "rename one", at_key=True)
                break
            taken[key] = name

"""What a protocol file must say beyond its form: that names exist, paths lead somewhere and end, days fit."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from schedules.compiled import CompiledProtocol
from schedules.errors import OffsetError, Problem, WindowError
from schedules.keys import Stay
from schedules.protocol import (
    ActivityKind,
    Cycles,
    Epoch,
    Gate,
    Outcome,
    PlannedVisit,
    Protocol,
    Reference,
    Repeat,
    Stage,
    VisitActivity,
)
from schedules.protocol_paths import check_paths
from schedules.windows import DayRange
from schedules.yaml_text import Document, Path

BUILT_IN_EVENTS = (
    "end-of-treatment", "last-dose", "day-1", "enrolment", "progression", "new-therapy", "transplant", "conditioning",
)  # fmt: skip
KEYWORDS = ("proceed", "next-cycle", "end")
MOST_CYCLES = 400
MOST_REPEATS = 400
LONGEST_MINUTES = 24 * 60


class Names:
    """The protocol's names, and how to complain about one that it has not."""

    def __init__(self, protocol: Protocol, document: Document) -> None:
        self.protocol = protocol
        self.document = document
        self.doses = {name for name, activity in protocol.activities.items() if activity.is_dose}
        home = {name for name, a in protocol.activities.items() if a.kind is ActivityKind.HOME_DOSE}
        self.drugs = self.doses | home

    def problem(self, path: Path, wrong: str, right: str) -> Problem:
        """A problem at a place of the file."""
        return self.document.problem(path, wrong, right)

    def known(self, path: Path, what: str, name: str, names: Iterable[str]) -> Iterator[Problem]:
        """A problem if ``name`` is none of the names."""
        have = list(names)
        if name not in have:
            near = difflib.get_close_matches(name, have, n=1, cutoff=0.6)
            hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(have) or 'none'}"
            yield self.problem(path, f"there is no {what} {name!r}", hint)

    def each(self, path: Path, what: str, found: Iterable[str], names: Iterable[str]) -> Iterator[Problem]:
        """A problem for each of ``found`` that is none of the names."""
        for place, name in enumerate(found):
            yield from self.known((*path, place), what, name, names)


def check_protocol(protocol: Protocol, document: Document) -> Iterator[Problem]:
    """Every problem of a protocol whose form is right; paths are followed only once the names are right."""
    names = Names(protocol, document)
    problems = [*_check_lists(names), *_check_epochs(names)]
    yield from problems
    if not problems:
        yield from check_paths(protocol, document)
        yield from _check_keys(names)


def _check_lists(names: Names) -> Iterator[Problem]:
    protocol = names.protocol
    yield from _check_activities(names)
    yield from _check_spacing(names)
    for place, group in enumerate(protocol.never_same_day):
        yield from names.each(("never_same_day", place), "activity", group, protocol.activities)
        if len(set(group)) < 2:
            yield names.problem(("never_same_day", place), "one activity alone shares a day with nobody", "name two")
    for arm_id, arm in protocol.arms.items():
        treatment = [name for name, epoch in protocol.epochs.items() if epoch.stage is Stage.TREATMENT]
        yield from names.each(("arms", arm_id, "sequence"), "treatment epoch", arm.sequence, treatment)
    for cohort_id, cohort in protocol.cohorts.items():
        for drug in cohort.dose_levels:
            yield from names.known(("cohorts", cohort_id, "dose_levels", drug), "drug", drug, sorted(names.drugs))
    yield from _check_observation(names)
    for place, advisory in enumerate(protocol.advisories):
        if advisory.activity is not None:
            yield from names.known(("advisories", place), "activity", advisory.activity, protocol.activities)
    for name in set(protocol.events) & set(BUILT_IN_EVENTS):
        yield names.problem(("events", name), f"the event {name} is built in", "use it without declaring it")


def _check_activities(names: Names) -> Iterator[Problem]:
    for name, activity in names.protocol.activities.items():
        for key, minutes in (("minutes", activity.minutes), ("observe_minutes", activity.observe_minutes)):
            if not 0 <= minutes <= LONGEST_MINUTES:
                wrong = f"{minutes} minutes is not a length within a day"
                yield names.problem(("activities", name, key), wrong, f"write 0 to {LONGEST_MINUTES}")


def _check_spacing(names: Names) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, rule in enumerate(names.protocol.spacing):
        path: Path = ("spacing", place)
        yield from names.known((*path, "drug"), "dose", rule.drug, sorted(names.doses))
        if (rule.at_least.in_days or 0) < 1:
            yield names.problem((*path, "at_least"), f"{rule.at_least} keeps nothing apart", "write at least 1 day")
        if rule.drug in seen:
            yield names.problem(path, f"{rule.drug} has two spacings", "keep the longer one")
        seen.add(rule.drug)


def _check_observation(names: Names) -> Iterator[Problem]:
    rule = names.protocol.observation
    if rule is None:
        return
    yield from names.known(("observation", "epoch"), "epoch", rule.epoch, names.protocol.epochs)
    yield from names.each(("observation", "cohorts"), "cohort", rule.cohorts, names.protocol.cohorts)
    if rule.cycle < 1:
        yield names.problem(("observation", "cycle"), f"there is no cycle {rule.cycle}", "cycles count from 1")


# -- epochs and visits --------------------------------------------------------------------------


def _check_epochs(names: Names) -> Iterator[Problem]:
    protocol = names.protocol
    if not any(epoch.stage is Stage.TREATMENT for epoch in protocol.epochs.values()):
        yield names.problem(("epochs",), "no epoch has the stage treatment, so there is no Day 1", "add one")
    for epoch_id, epoch in protocol.epochs.items():
        path: Path = ("epochs", epoch_id)
        yield from names.each((*path, "arms"), "arm", epoch.arms, protocol.arms)
        yield from _check_cycles(names, path, epoch)
        if epoch.starts is not None:
            yield from _check_reference(names, (*path, "starts"), epoch.starts, epoch)
        for visit_id, visit in epoch.visits.items():
            yield from _check_visit(names, (*path, "visits", visit_id), visit_id, visit, epoch)
        for gate_id, gate in epoch.gates.items():
            yield from _check_gate(names, (*path, "gates", gate_id), gate_id, gate, epoch)
        for drug, home in epoch.home.items():
            homely = [name for name, a in protocol.activities.items() if a.kind is ActivityKind.HOME_DOSE]
            yield from names.known((*path, "home", drug), "home-dose", drug, homely)
            yield from names.each((*path, "home", drug, "arms"), "arm", home.arms, protocol.arms)


def _check_cycles(names: Names, path: Path, epoch: Epoch) -> Iterator[Problem]:
    cycles = epoch.cycles
    if cycles is None:
        if epoch.length is not None and (epoch.length.in_days or 0) < 1:
            yield names.problem((*path, "length"), f"a length of {epoch.length} is none", "write at least 1 day")
        return
    if epoch.stage is not Stage.TREATMENT:
        wrong = f"an epoch of the stage {epoch.stage} does not come in cycles"
        yield names.problem((*path, "cycles"), wrong, "repeat its visits (repeat: …) instead")
    if epoch.length is not None:
        yield names.problem((*path, "length"), "length and cycles exclude each other", "leave length out")
    yield from _check_bounds(names, (*path, "cycles"), cycles, epoch)


def _check_bounds(names: Names, path: Path, cycles: Cycles, epoch: Epoch) -> Iterator[Problem]:
    if (cycles.length.in_days or 0) < 1:
        yield names.problem((*path, "length"), f"a cycle of {cycles.length} is none", "write at least 1 day")
    if cycles.at_most is not None and not 1 <= cycles.at_most <= MOST_CYCLES:
        yield names.problem((*path, "at_most"), f"{cycles.at_most} cycles", f"write 1 to {MOST_CYCLES}")
    if cycles.within is not None and cycles.within.amount < 1:
        yield names.problem((*path, "within"), f"{cycles.within} is no duration", "write e.g. 9 months")
    if not 1 <= cycles.plan_ahead <= 50:
        yield names.problem((*path, "plan_ahead"), f"{cycles.plan_ahead} cycles ahead", "write 1 to 50")
    ends = any(outcome.to != "proceed" for gate in epoch.gates.values() for outcome in gate.outcomes.values())
    if cycles.at_most is None and cycles.within is None and not ends:
        wrong = "the cycles never end: no at_most, no within, and no gate leads out of them"
        yield names.problem(path, wrong, "add at_most, within or a gate with an outcome that leads to end")


def _check_visit(names: Names, path: Path, visit_id: str, visit: PlannedVisit, epoch: Epoch) -> Iterator[Problem]:
    protocol = names.protocol
    yield from _check_timing(names, path, visit, epoch)
    yield from names.each((*path, "arms"), "arm", visit.arms, protocol.arms)
    yield from names.each((*path, "only_with"), "drug", visit.only_with, sorted(names.drugs))
    yield from _check_items(names, (*path, "activities"), visit.activities)
    for place, variation in enumerate(visit.instead):
        yield from _check_items(names, (*path, "instead", place, "activities"), variation.activities)
    if visit.valid_for is not None and epoch.stage is not Stage.SCREENING:
        wrong = "valid_for is about visits before Day 1"
        yield names.problem((*path, "valid_for"), wrong, "leave it out, or give the epoch the stage screening")
    if visit.was is not None and visit.was in epoch.visits and visit.was != visit_id:
        wrong = f"{visit.was} is still the id of another visit"
        yield names.problem((*path, "was"), wrong, "write the id that this very visit had before")
    yield from _check_never_together(names, path, visit)


def _check_timing(names: Names, path: Path, visit: PlannedVisit, epoch: Epoch) -> Iterator[Problem]:
    given = [key for key in ("day", "at", "after") if getattr(visit, key) is not None]
    if len(given) != 1 and epoch.stage is not Stage.FOLLOW_UP:
        wrong = (
            f"a visit stands on a day, at a time or after something; here {' and '.join(given) or 'nothing'} is given"
        )
        yield names.problem(path, wrong, "write exactly one of day, at and after")
    if visit.after is not None:
        yield from _check_reference(names, (*path, "after"), visit.after, epoch)
    if visit.day is not None:
        yield from _check_day(names, path, visit, visit.day, epoch)
    elif isinstance(visit.window, DayRange):
        yield names.problem((*path, "window"), "a window in days of the cycle needs a day", "write e.g. -3/+3")
    if visit.repeat is not None:
        yield from _check_repeat(names, (*path, "repeat"), visit, visit.repeat)


def _check_day(names: Names, path: Path, visit: PlannedVisit, day: int, epoch: Epoch) -> Iterator[Problem]:
    where = (*path, "day")
    if day == 0:
        yield names.problem(where, "there is no day 0", "the day before day 1 is day -1")
    if abs(day) > 36_500:
        yield names.problem(where, f"day {day} is a hundred years away", "write the day of the cycle or epoch")
    if epoch.stage is Stage.SCREENING and day > 0:
        yield names.problem(where, f"day {day} does not lie before Day 1", "count screening backwards: day -7")
    if epoch.stage is Stage.TREATMENT and day < 0:
        yield names.problem(where, f"day {day} lies before the epoch", "move it to an epoch of the stage screening")
    length = epoch.cycles.length.in_days if epoch.cycles else None
    if length is not None and day > length:
        yield names.problem(where, f"day {day} lies beyond its cycle of {length} days", f"write day 1 to {length}")
    if isinstance(visit.window, DayRange) and day:
        try:
            visit.window.around_day(day)
        except WindowError as error:
            wrong, _, right = str(error).rpartition("; ")
            yield names.problem((*path, "window"), wrong, right)


def _check_repeat(names: Names, path: Path, visit: PlannedVisit, repeat: Repeat) -> Iterator[Problem]:
    if (repeat.until is None) == (repeat.times is None):
        yield names.problem(path, "a repeat ends by until or by times", "write exactly one of them")
    if repeat.every.amount < 1:
        yield names.problem((*path, "every"), f"every {repeat.every} never ends", "write at least every 1 day")
        return
    if repeat.times is not None and not 1 <= repeat.times <= MOST_REPEATS:
        yield names.problem((*path, "times"), f"{repeat.times} times", f"write 1 to {MOST_REPEATS}")
    start = visit.after.by if visit.after else visit.at
    units = {length.unit for length in (start, repeat.every, repeat.until) if length is not None and length.amount}
    if visit.day is not None or len(units) > 1:
        wrong = "a repeat counts in one unit from its start"
        yield names.problem(path, wrong, "write start, every and until in the same unit, e.g. months")
    elif repeat.until is not None and repeat.until.amount // repeat.every.amount > MOST_REPEATS:
        yield names.problem((*path, "until"), f"more than {MOST_REPEATS} visits", "write a nearer end")
    elif repeat.until is not None and start is not None and repeat.until.amount < start.amount:
        yield names.problem((*path, "until"), f"until {repeat.until} is before its start, {start}", "write a later end")


def _check_reference(names: Names, path: Path, reference: Reference, epoch: Epoch) -> Iterator[Problem]:
    given = [key for key in ("visit", "activity", "event") if getattr(reference, key) is not None]
    if len(given) != 1:
        yield names.problem(
            path, f"{' and '.join(given) or 'nothing'} to count from", "name one visit, activity or event"
        )
    if reference.visit is not None:
        yield from names.known((*path, "visit"), "visit", reference.visit, _visit_names(names.protocol, epoch))
    if reference.activity is not None:
        yield from names.known((*path, "activity"), "activity", reference.activity, names.protocol.activities)
    if reference.event is not None:
        events = (*BUILT_IN_EVENTS, *names.protocol.events)
        yield from names.known((*path, "event"), "event", reference.event, events)


def _visit_names(protocol: Protocol, epoch: Epoch) -> list[str]:
    elsewhere = [f"{name}.{visit}" for name, other in protocol.epochs.items() for visit in other.visits]
    return [*epoch.visits, *elsewhere]


def _check_items(names: Names, path: Path, items: tuple[VisitActivity, ...]) -> Iterator[Problem]:
    planned = [item.activity for item in items]
    for place, item in enumerate(items):
        here = (*path, place)
        yield from names.known((*here, "activity"), "activity", item.activity, names.protocol.activities)
        yield from names.each((*here, "arms"), "arm", item.arms, names.protocol.arms)
        if item.timed_from is not None:
            yield from names.known((*here, "timed_from"), "activity of this visit", item.timed_from, planned)
        if isinstance(item.window, DayRange):
            wrong = "an activity's own window counts around its visit's day"
            yield names.problem((*here, "window"), wrong, "write e.g. -3/0")


def _check_never_together(names: Names, path: Path, visit: PlannedVisit) -> Iterator[Problem]:
    planned = {item.activity for item in visit.activities}
    for group in names.protocol.never_same_day:
        shared = sorted(planned.intersection(group))
        if len(shared) > 1:
            wrong = f"{' and '.join(shared)} must never share a day, and share this visit"
            yield names.problem((*path, "activities"), wrong, "plan them in two visits")


# -- gates --------------------------------------------------------------------------------------


def _check_gate(names: Names, path: Path, gate_id: str, gate: Gate, epoch: Epoch) -> Iterator[Problem]:
    if gate_id in epoch.visits:
        yield names.problem(path, f"{gate_id} is a visit of this epoch too", "give the gate a name of its own")
    if gate.default is not None:
        yield from names.known((*path, "default"), "outcome", gate.default, gate.outcomes)
    if not gate.outcomes:
        yield names.problem((*path, "outcomes"), "a gate without outcomes decides nothing", "add at least one")
    gates = [name for other in names.protocol.epochs.values() for name in other.gates]
    if gate.answered_by is not None:
        yield from names.known((*path, "answered_by"), "gate", gate.answered_by, gates)
    asked = {outcome.ask for other in epoch.gates.values() for outcome in other.outcomes.values()}
    if gate.when == "when-asked" and gate_id not in asked:
        yield names.problem((*path, "when"), f"nothing asks {gate_id}", f"write ask: {gate_id} at an outcome")
    for outcome_id, outcome in gate.outcomes.items():
        yield from _check_outcome(names, (*path, "outcomes", outcome_id), outcome, epoch)
    yield from _check_no_ring(names, path, gate_id, epoch.gates)


def _check_outcome(names: Names, path: Path, outcome: Outcome, epoch: Epoch) -> Iterator[Problem]:
    treatment = [name for name, other in names.protocol.epochs.items() if other.stage is Stage.TREATMENT]
    yield from names.known((*path, "to"), "way", outcome.to, (*KEYWORDS, *treatment))
    if outcome.after_last_cycle is not None:
        yield from names.known((*path, "after_last_cycle"), "way", outcome.after_last_cycle, (*KEYWORDS, *treatment))
    if outcome.ask is not None:
        yield from names.known((*path, "ask"), "gate of this epoch", outcome.ask, epoch.gates)
    yield from names.each((*path, "stops"), "drug", outcome.stops, sorted(names.drugs))


def _check_no_ring(names: Names, path: Path, gate_id: str, gates: Mapping[str, Gate]) -> Iterator[Problem]:
    """A gate that asks a gate that asks the first one would never be answered."""
    reached, todo = set[str](), [gate_id]
    while todo:
        gate = gates.get(todo.pop())
        asked = {outcome.ask for outcome in gate.outcomes.values() if outcome.ask} if gate else set()
        if gate_id in asked:
            yield names.problem(path, f"{gate_id} asks itself in a ring", "let one of the outcomes lead somewhere")
            return
        todo.extend(asked - reached)
        reached |= asked


def _check_keys(names: Names) -> Iterator[Problem]:
    """No two visits of an epoch may end up with the same key (month-3 and a repeated month, say)."""
    for arm in (None, *names.protocol.arms):
        compiled = CompiledProtocol(names.protocol, arm, {})
        for epoch_id, epoch in names.protocol.epochs.items():
            try:
                stay = compiled.stay(Stay(epoch_id, 1, 1 if epoch.cycles else None))
            except (OffsetError, WindowError) as error:
                yield names.problem(("epochs", epoch_id, "visits"), str(error), "write shorter lengths")
                continue
            keys = [visit.key for visit in stay.visits]
            for key in sorted({key for key in keys if keys.count(key) > 1}):
                yield names.problem(("epochs", epoch_id, "visits"), f"two visits are called {key}", "rename one")

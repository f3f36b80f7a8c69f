"""Facts that cannot be true, or not both: refused until one of them is voided.

What happened is never refused because it should not have happened; refused is what cannot be: a visit that
no path of any version has, an unknown drug, two outcomes of one gate, anything after death.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator

from schedules.compiled import CompiledProtocol
from schedules.course import find_gate
from schedules.design import Design
from schedules.errors import HistoryError, Problem
from schedules.fact_kinds import content
from schedules.history import (
    AmendmentApplied,
    Assessed,
    Attended,
    Away,
    Booked,
    BookingCancelled,
    Consented,
    CycleDelayed,
    CycleHeld,
    Died,
    Enrolled,
    EventOccurred,
    Fact,
    GateDecided,
    Given,
    Held,
    History,
    Omitted,
    Rebooked,
    Told,
    Transferred,
    VisitMissed,
    Void,
)
from schedules.keys import Stay, parse_key, parse_stay
from schedules.protocol import ActivityKind, Stage
from schedules.record import fact_id, live_facts
from schedules.scheduled import Plan
from schedules.wording import day_words

_VISIT_FACTS = (Attended, Given, Omitted, Assessed, VisitMissed, Booked, Rebooked, BookingCancelled, Held)


class Checker:
    """What a design knows by name, and how to complain about a fact."""

    def __init__(self, design: Design, facts: Iterable[Fact]) -> None:
        self.design = design
        self.facts = list(facts)
        self.live = live_facts(self.facts)
        arms: list[str | None] = [None, *design.versions[0].arms]
        self.versions = [design.compiled(version, arm, 0) for version in range(len(design.versions)) for arm in arms]
        self.activities = {name: a for p in design.versions for name, a in p.activities.items()}
        self.outside = {_stay_of(fact) for fact in self.live if getattr(fact, "outside_plan", False)}

    def problem(self, fact: Fact, wrong: str, right: str) -> Problem:
        """A problem at the place of a fact."""
        if fact.origin is None:
            return Problem("history", 1, 1, f"{fact_id(fact)}: {wrong}", right)
        return Problem(fact.origin.file, fact.origin.line, fact.origin.column, wrong, right)

    def known(self, fact: Fact, what: str, name: str, names: Iterable[str]) -> Iterator[Problem]:
        """A problem if the name is none of the names."""
        have = list(names)
        if name not in have:
            near = difflib.get_close_matches(name, have, n=1, cutoff=0.6)
            hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(have[:20]) or 'none'}"
            yield self.problem(fact, f"there is no {what} {name!r}", hint)


def _stay_of(fact: Fact) -> Stay | None:
    parts = parse_key(getattr(fact, "visit", None) or "")
    return parts.stay if parts else None


def check_history(design: Design, history: History) -> None:
    """Raises HistoryError with every fact that cannot be, or that contradicts another one."""
    checker = Checker(design, history.facts)
    problems = [*_identities(checker)]
    for fact in checker.live:
        problems.extend(_names(checker, fact))
    problems.extend(_contradictions(checker))
    problems.extend(_after_death(checker))
    problems.extend(_bookings(checker))
    if problems:
        raise HistoryError(problems)


def check_path(history: History, plan: Plan) -> None:
    """Raises HistoryError where a stay was begun that the path does not lead to and no fact says so."""
    checker_facts = live_facts(history.facts)
    marked = {_stay_of(fact) for fact in checker_facts if getattr(fact, "outside_plan", False)}
    problems = []
    for stay in plan.off_path:
        if stay not in marked:
            fact = next(fact for fact in checker_facts if isinstance(fact, Given | Attended) and _stay_of(fact) == stay)
            place = fact.origin
            wrong = f"the path does not lead to {stay}"
            right = "if it really happened mark it outside_plan: true; otherwise void it or mend the visit"
            problems.append(Problem(place.file if place else "history", place.line if place else 1,
                                    place.column if place else 1, wrong, right))  # fmt: skip
    if problems:
        raise HistoryError(problems)


# -- identities ---------------------------------------------------------------------------------


def _identities(checker: Checker) -> Iterator[Problem]:
    seen: dict[str, Fact] = {}
    for fact in checker.facts:
        name = fact_id(fact)
        if name in seen and fact.id is not None and content(fact) != content(seen[name]):
            yield checker.problem(fact, f"two facts have the id {name}", "give each an id of its own")
        elif name in seen:
            yield checker.problem(fact, "the same fact twice", "leave one out, or give each an id if both happened")
        seen[name] = fact
    for fact in checker.facts:
        if isinstance(fact, Void | Told):
            about = fact.of if isinstance(fact, Void) else fact.about
            yield from checker.known(fact, "fact with the id", about, seen)
            if about == fact_id(fact):
                yield checker.problem(fact, "a fact cannot be about itself", "name the id of another fact")


# -- names --------------------------------------------------------------------------------------


def _names(checker: Checker, fact: Fact) -> Iterator[Problem]:
    visit = getattr(fact, "visit", None)
    if visit is not None:
        yield from _visit_key(checker, fact, visit)
    if isinstance(fact, GateDecided):
        yield from _gate_key(checker, fact)
    if isinstance(fact, CycleHeld | CycleDelayed):
        yield from _cycle_key(checker, fact)
    yield from _activity_names(checker, fact)
    yield from _design_names(checker, fact)
    yield from _days_in_order(checker, fact)


def _visit_key(checker: Checker, fact: Fact, key: str) -> Iterator[Problem]:
    parts = parse_key(key)
    if parts is None:
        yield checker.problem(fact, f"{key!r} is not a visit", "write epoch.visit or epoch.cN.visit: induction.c1.d8")
        return
    epochs = {name for compiled in checker.versions for name in compiled.protocol.epochs}
    if parts.stay.epoch not in epochs:
        yield from checker.known(fact, "epoch", parts.stay.epoch, sorted(epochs))
        return
    yield from _cycle_in_range(checker, fact, parts.stay)
    plain = parts.stay.key(parts.name)
    known = {key for compiled in checker.versions for key in _keys(compiled, parts.stay)}
    if plain not in known:
        yield from checker.known(fact, "visit", plain, sorted(known))


def _keys(compiled: CompiledProtocol, stay: Stay) -> Iterator[str]:
    epoch = compiled.protocol.epochs.get(stay.epoch)
    if epoch is None or (stay.cycle is None) != (epoch.cycles is None):
        return
    for spec in compiled.stay(stay).visits:
        yield spec.key
        if spec.planned.was is not None:
            yield stay.key(spec.planned.was)


def _cycle_in_range(checker: Checker, fact: Fact, stay: Stay) -> Iterator[Problem]:
    epochs = [compiled.protocol.epochs.get(stay.epoch) for compiled in checker.versions]
    most = [epoch.cycles.at_most for epoch in epochs if epoch and epoch.cycles]
    bounds = [count for count in most if count is not None]
    if stay.cycle and bounds and len(bounds) == len(most) and stay.cycle > max(bounds) and stay not in checker.outside:
        right = "mark the doses outside_plan: true if a further cycle was really given"
        yield checker.problem(fact, f"{stay} is beyond the most cycles, {max(bounds)}", right)


def _gate_key(checker: Checker, fact: GateDecided) -> Iterator[Problem]:
    parts = parse_key(fact.gate)
    gates = {}
    names: set[str] = set()
    for compiled in checker.versions:
        for epoch_id, epoch in compiled.protocol.epochs.items():
            names |= {f"{epoch_id}{'.cN' if epoch.cycles else ''}.{gate}" for gate in epoch.gates}
            if parts is not None and epoch_id == parts.stay.epoch:
                gate = find_gate(compiled, epoch, epoch_id, parts.name)
                right_form = (parts.stay.cycle is None) == (epoch.cycles is None)
                if gate is not None and right_form:
                    gates.update(gate.outcomes)
    if not gates:
        yield checker.problem(
            fact, f"there is no gate {fact.gate!r}", f"the gates are {', '.join(sorted(names)) or 'none'}"
        )
    else:
        yield from checker.known(fact, "outcome", fact.outcome, gates)


def _cycle_key(checker: Checker, fact: CycleHeld | CycleDelayed) -> Iterator[Problem]:
    stay = parse_stay(fact.cycle)
    treatment = {
        name: epoch
        for compiled in checker.versions
        for name, epoch in compiled.protocol.epochs.items()
        if epoch.stage is Stage.TREATMENT
    }
    if stay is None or stay.epoch not in treatment or (stay.cycle is None) != (treatment[stay.epoch].cycles is None):
        forms = [f"{name}{'.c1' if epoch.cycles else ''}" for name, epoch in treatment.items()]
        yield checker.problem(fact, f"{fact.cycle!r} is not a cycle", f"write e.g. {' or '.join(forms)}")
    else:
        yield from _cycle_in_range(checker, fact, stay)


def _activity_names(checker: Checker, fact: Fact) -> Iterator[Problem]:
    named = [getattr(fact, "activity", None), *getattr(fact, "activities", ()), *getattr(fact, "not_done", ())]
    for name in named:
        if name is not None:
            yield from checker.known(fact, "activity", name, checker.activities)
    activity = checker.activities.get(getattr(fact, "activity", None) or "")
    drug_kinds = (ActivityKind.DOSE, ActivityKind.HOME_DOSE)
    if isinstance(fact, Given) and activity is not None and activity.kind not in drug_kinds:
        yield checker.problem(
            fact, f"{fact.activity} is no drug of the study", "write assessed for what is done or measured"
        )
    if isinstance(fact, Held) and fact.visit is None and fact.activity is None:
        yield checker.problem(fact, "nothing is said to be held", "name a visit, or an activity taken at home")


def _design_names(checker: Checker, fact: Fact) -> Iterator[Problem]:
    design = checker.design
    first = design.versions[0]
    if isinstance(fact, Enrolled):
        yield from checker.known(fact, "arm", fact.arm, first.arms) if fact.arm else ()
        yield from checker.known(fact, "cohort", fact.cohort, first.cohorts) if fact.cohort else ()
    site = fact.site if isinstance(fact, Enrolled | Transferred) else None
    if site is not None:
        yield from checker.known(fact, "site", site, [known.id for known in design.sites])
    version = fact.version if isinstance(fact, Enrolled | AmendmentApplied | Consented | Attended | Given) else None
    if version is not None:
        yield from checker.known(fact, "protocol version", version, [known.version for known in design.versions])
    if isinstance(fact, EventOccurred):
        events = {name for protocol in design.versions for name in protocol.events}
        yield from checker.known(fact, "event", fact.event, sorted(events))


def _days_in_order(checker: Checker, fact: Fact) -> Iterator[Problem]:
    for name in ("resume", "recheck", "until"):
        day = getattr(fact, name, None)
        if day is not None and day < fact.day:
            yield checker.problem(
                fact, f"{name} {day.isoformat()} is before {fact.day.isoformat()}", "write a later day"
            )


# -- contradictions -----------------------------------------------------------------------------


def _contradictions(checker: Checker) -> Iterator[Problem]:
    once: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
    for fact in checker.live:
        for slot in _slots(fact):
            once[slot].append(fact)
    for slot, facts in once.items():
        for fact in facts[1:]:
            first = f"{fact_id(facts[0])} of {day_words(facts[0].day)}"
            wrong = f"{_said(slot)} is recorded twice, here and by {first}"
            yield checker.problem(fact, wrong, "void the one that is wrong")
    yield from _both_ways(checker)


def _slots(fact: Fact) -> Iterator[tuple[str, ...]]:
    """What a fact settles, and only one live fact may."""
    if isinstance(fact, GateDecided):
        yield ("the outcome of", fact.gate)
    if isinstance(fact, Enrolled | Died):
        yield ({Enrolled: "the enrolment", Died: "the death"}[type(fact)],)
    if isinstance(fact, VisitMissed):
        yield ("the miss of", fact.visit)
    if isinstance(fact, Given) and fact.visit is not None and not fact.again:
        yield ("the dose of", fact.activity, "at", fact.visit)
    if isinstance(fact, AmendmentApplied):
        yield ("the amendment to", fact.version)
    if isinstance(fact, Transferred):
        yield ("the transfer of", fact.date.isoformat())


def _said(slot: tuple[str, ...]) -> str:
    return " ".join(slot)


def _both_ways(checker: Checker) -> Iterator[Problem]:
    happened = defaultdict(list)
    given = set()
    for fact in checker.live:
        if isinstance(fact, Attended | Given) and fact.visit is not None:
            happened[fact.visit].append(fact)
        if isinstance(fact, Given):
            given.add((fact.visit, fact.activity))
    for fact in checker.live:
        if isinstance(fact, VisitMissed) and happened[fact.visit]:
            wrong = f"{fact.visit} is recorded as missed and as attended"
            yield checker.problem(fact, wrong, "void the one that is wrong")
        if isinstance(fact, Omitted) and (fact.visit, fact.activity) in given:
            wrong = f"{fact.activity} at {fact.visit} is recorded as left out and as given"
            yield checker.problem(fact, wrong, "void the one that is wrong")


def _after_death(checker: Checker) -> Iterator[Problem]:
    for death in [fact for fact in checker.live if isinstance(fact, Died)]:
        for fact in checker.live:
            if fact.day > death.last_day and not isinstance(fact, Told | Away | Booked | Rebooked | BookingCancelled):
                wrong = f"this is about {day_words(fact.day)}, after the death on {day_words(death.day)}"
                yield checker.problem(fact, wrong, "mend the date, or void the death if it was a mistake")


def _bookings(checker: Checker) -> Iterator[Problem]:
    """An appointment can be moved or given back only where there is one, and a visit has one at a time."""
    booked: dict[str, list[tuple[Fact, int]]] = defaultdict(list)
    for fact in checker.live:
        if isinstance(fact, Booked | Rebooked):
            booked[fact.visit].append((fact, fact.date.toordinal()))
    given_up: dict[str, list[tuple[Fact, int]]] = defaultdict(list)
    for fact in checker.live:
        if isinstance(fact, Rebooked):
            given_up[fact.visit].append((fact, fact.instead_of.toordinal()))
        if isinstance(fact, BookingCancelled):
            given_up[fact.visit].append((fact, fact.date.toordinal()))
    for visit in sorted({*booked, *given_up}):
        yield from _booking_of(checker, visit, booked[visit], given_up[visit])


def _booking_of(
    checker: Checker, visit: str, booked: list[tuple[Fact, int]], given_up: list[tuple[Fact, int]]
) -> Iterator[Problem]:
    open_days = list(booked)
    for fact, day in given_up:
        match = next((found for found in open_days if found[1] == day), None)
        if match is None:
            yield checker.problem(
                fact, f"{visit} has no appointment on {day_words(day)}", "name the day that was booked"
            )
        else:
            open_days.remove(match)
    for fact, _ in open_days[1:]:
        wrong = f"{visit} has two appointments"
        yield checker.problem(fact, wrong, "write rebooked with instead_of, or cancel the other one")

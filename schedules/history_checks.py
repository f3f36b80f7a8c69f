"""Facts that cannot be true, or not both: refused until one of them is voided.

What happened is never refused because it should not have happened; refused is what cannot be: a visit that
no path of any version has, an unknown drug, two outcomes of one gate, anything after death.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from schedules.bounded import bounded
from schedules.design import Design
from schedules.errors import HistoryError, Problem
from schedules.fact_kinds import content, in_order
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
    Reduced,
    Told,
    Transferred,
    Transplanted,
    TreatmentEnded,
    UnscheduledVisit,
    VisitMissed,
    Void,
    Withdrew,
)
from schedules.history_names import Complaint, KnownNames, stay_of
from schedules.protocol import ActivityKind
from schedules.record import fact_id, live_facts
from schedules.scheduled import Plan
from schedules.wording import day_words

_WHICH = "void the one that is wrong"


class Checker:
    """A history in the order in which it was written down, and how to complain about one of its facts.

    ``live`` are the facts that were not voided. ``rename`` turns a visit's or a gate's key into its first one.
    """

    def __init__(self, design: Design, facts: Iterable[Fact]) -> None:
        self.facts = _as_written(list(facts))
        self.live = self.facts
        if any(isinstance(fact, Void) for fact in self.facts):
            counts = {id(fact) for fact in live_facts(self.facts)}
            self.live = [fact for fact in self.facts if id(fact) in counts]
        self.place = {id(fact): place for place, fact in enumerate(self.facts)}
        self.names = KnownNames(design, self.live)
        self.rename = renamer_of(design, self.live)

    def problem(self, fact: Fact, wrong: str, right: str) -> Problem:
        """A problem at the place of a fact."""
        if fact.origin is None:
            return Problem("history", 1, 1, f"{fact_id(fact)}: {wrong}", right)
        return Problem(fact.origin.file, fact.origin.line, fact.origin.column, wrong, right)

    def contradiction(self, wrong: str, one: Fact, other: Fact) -> Problem:
        """Two facts that cannot both be true, at the place of the later one."""
        first, second = sorted((one, other), key=lambda fact: self.place[id(fact)])
        return self.problem(second, f"{wrong}, here and by {_named(first)}", _WHICH)


def _named(fact: Fact) -> str:
    return f"{fact_id(fact)} of {day_words(fact.day)}"


def _as_written(facts: list[Fact]) -> list[Fact]:
    """File by file and line by line; facts that stand in no file by their day, kind and content."""
    files: dict[str, int] = {}
    for fact in facts:
        if fact.origin is not None:
            files.setdefault(fact.origin.file, len(files))
    loose = in_order(fact for fact in facts if fact.origin is None)
    placed = [(files[o.file], o.line, o.column, n) for n, fact in enumerate(facts) if (o := fact.origin) is not None]
    return [*(facts[place[-1]] for place in sorted(placed)), *loose]


def renamer_of(design: Design, live: Iterable[Fact]) -> Callable[[str], str]:
    """By the version under which the participant enrolled; by the first one where that is unknown."""
    versions = [protocol.version for protocol in design.versions]
    named = [fact.version for fact in live if isinstance(fact, Enrolled) and fact.version in versions]
    return design.renamer(versions.index(named[0]) if named and named[0] else 0)


def check_history(design: Design, history: History) -> None:
    """Raises HistoryError with every fact that cannot be, or that contradicts another one."""
    checker = Checker(design, history.facts)
    problems = bounded(_problems(checker))
    if problems:
        raise HistoryError(problems)


def check_names(design: Design, history: History) -> None:
    """Raises HistoryError with every fact that alone cannot be; for those that are left of a history with problems."""
    problems = bounded(_one_by_one(Checker(design, history.facts)))
    if problems:
        raise HistoryError(problems)


def _one_by_one(checker: Checker) -> Iterator[Problem]:
    for fact in checker.live:
        for wrong, right in _complaints(checker.names, fact):
            yield checker.problem(fact, wrong, right)


def _problems(checker: Checker) -> Iterator[Problem]:
    yield from _identities(checker)
    yield from _one_by_one(checker)
    yield from _twice(checker)
    yield from _both_ways(checker)
    yield from _after_death(checker)
    yield from _bookings(checker)


def check_path(history: History, plan: Plan) -> None:
    """Raises HistoryError where a stay was begun that the path does not lead to and no fact says so."""
    if not plan.off_path:
        return
    live = _as_written(live_facts(history.facts))
    marked = {stay_of(fact) for fact in live if getattr(fact, "outside_plan", False)}
    begun = [fact for fact in live if isinstance(fact, Given | Attended) and stay_of(fact) in plan.off_path]
    problems = []
    for stay in plan.off_path:
        fact = next((fact for fact in begun if stay_of(fact) == stay), None)
        if fact is not None and stay not in marked:
            right = "if it really happened mark it outside_plan: true; otherwise void it or mend the visit"
            place = fact.origin
            where = (place.file, place.line, place.column) if place else ("history", 1, 1)
            problems.append(Problem(*where, f"the path does not lead to {stay}", right))
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
        seen.setdefault(name, fact)
    for fact in checker.facts:
        if isinstance(fact, Void | Told):
            about = fact.of if isinstance(fact, Void) else fact.about
            if about == fact_id(fact):
                yield checker.problem(fact, "a fact cannot be about itself", "name the id of another fact")
            for wrong, right in checker.names.known("fact with the id", about, seen):
                yield checker.problem(fact, wrong, right)


# -- one fact -----------------------------------------------------------------------------------


def _complaints(names: KnownNames, fact: Fact) -> Iterator[Complaint]:
    visit = getattr(fact, "visit", None)
    if visit is not None:
        yield from names.visit(visit)
    if isinstance(fact, GateDecided):
        yield from names.gate(fact)
    if isinstance(fact, CycleHeld | CycleDelayed):
        yield from names.cycle(fact)
    yield from _activities(names, fact)
    yield from _of_the_design(names, fact)
    yield from _days_in_order(fact)


def _activities(names: KnownNames, fact: Fact) -> Iterator[Complaint]:
    named = [getattr(fact, "activity", None), *getattr(fact, "activities", ()), *getattr(fact, "not_done", ())]
    for name in named:
        if name is not None:
            yield from names.known("activity", name, names.activities)
    if isinstance(fact, Given | Reduced):
        yield from names.drug(fact.activity)
    measured = fact.activities if isinstance(fact, UnscheduledVisit) else ()
    for name in (fact.activity,) if isinstance(fact, Assessed) else measured:
        if _is_dose(names, name):
            yield f"{name} is a drug", "write given for a dose of it"
    if isinstance(fact, Held | Omitted) and fact.visit is None:
        yield from _at_home(names, fact)


def _is_dose(names: KnownNames, name: str) -> bool:
    activity = names.activities.get(name)
    return activity is not None and activity.is_dose


def _at_home(names: KnownNames, fact: Held | Omitted) -> Iterator[Complaint]:
    activity = names.activities.get(fact.activity or "")
    held = isinstance(fact, Held)
    if fact.activity is None:
        what = "held" if held else "left out"
        yield f"nothing is said to be {what}", "name a visit, or an activity taken at home"
    elif activity is not None and activity.kind is not ActivityKind.HOME_DOSE:
        how = "waits" if held else "is left out"
        yield f"{fact.activity} is not taken at home", f"name the visit at which it {how}"


def _of_the_design(names: KnownNames, fact: Fact) -> Iterator[Complaint]:
    design = names.design
    if isinstance(fact, Enrolled):
        yield from _enrolment(names, fact)
    site = fact.site if isinstance(fact, Enrolled | Transferred | Booked | Rebooked) else None
    if site is not None:
        yield from names.known("site", site, [known.id for known in design.sites])
    version = fact.version if isinstance(fact, Enrolled | AmendmentApplied | Consented | Attended | Given) else None
    if version is not None:
        yield from names.known("protocol version", version, [known.version for known in design.versions])
    if isinstance(fact, EventOccurred):
        yield from names.known("event", fact.event, names.events)
    if isinstance(fact, Withdrew) and fact.scope in fact.remains:
        yield f"{fact.scope} cannot remain after a withdrawal from it", "leave it out of remains, or mend the scope"


def _enrolment(names: KnownNames, fact: Enrolled) -> Iterator[Complaint]:
    if fact.arm is not None:
        yield from names.known("arm", fact.arm, names.arms(fact.version))
    if fact.cohort is not None:
        yield from names.known("cohort", fact.cohort, names.cohorts)
    for drug in fact.dose_levels:
        yield from names.known("activity", drug, names.activities)
        yield from names.drug(drug)


def _days_in_order(fact: Fact) -> Iterator[Complaint]:
    for name in ("resume", "recheck", "until"):
        day = getattr(fact, name, None)
        if day is not None and day < fact.day:
            yield f"{name} {day.isoformat()} is before {fact.day.isoformat()}", "write a later day"
    if isinstance(fact, Transplanted) and fact.conditioning is not None and fact.conditioning > fact.date:
        wrong = f"conditioning {fact.conditioning.isoformat()} is after the transplant on {fact.date.isoformat()}"
        yield wrong, "write an earlier day"


# -- contradictions -----------------------------------------------------------------------------


def _twice(checker: Checker) -> Iterator[Problem]:
    once: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
    for fact in checker.live:
        for slot in _slots(fact, checker.rename):
            once[slot].append(fact)
    for slot, facts in once.items():
        for fact in facts[1:]:
            same = fact_id(fact) == fact_id(facts[0])  # the same fact twice is told already
            if not same and not _are_parts(facts[0], fact):
                yield checker.contradiction(f"{' '.join(slot)} is recorded twice", facts[0], fact)


def _are_parts(*facts: Fact) -> bool:
    """Whether these are parts of one dose: an infusion that was interrupted, and its rest."""
    return all(isinstance(fact, Given) and fact.partial for fact in facts)


def _slots(fact: Fact, rename: Callable[[str], str]) -> Iterator[tuple[str, ...]]:
    """What a fact settles, and only one live fact may."""
    if isinstance(fact, GateDecided):
        yield "the outcome of", rename(fact.gate)
    if isinstance(fact, Enrolled | Died | TreatmentEnded):
        yield ({Enrolled: "the enrolment", Died: "the death"}.get(type(fact), "the end of treatment"),)
    if isinstance(fact, VisitMissed):
        yield "the miss of", rename(fact.visit)
    if isinstance(fact, Given) and fact.visit is not None and not fact.again:
        yield "the dose of", fact.activity, "at", rename(fact.visit)
    if isinstance(fact, AmendmentApplied):
        yield "the amendment to", fact.version
    if isinstance(fact, Transferred):
        yield "the transfer of", fact.date.isoformat()


def _both_ways(checker: Checker) -> Iterator[Problem]:
    happened: dict[tuple[str, str | None], list[Fact]] = defaultdict(list)
    for fact in checker.live:
        if isinstance(fact, Attended | Given) and fact.visit is not None:
            happened[checker.rename(fact.visit), "came"].append(fact)
        if isinstance(fact, Given) and fact.visit is not None:
            happened[checker.rename(fact.visit), None].append(fact)
            happened[checker.rename(fact.visit), f"given {fact.activity}"].append(fact)
    for fact in checker.live:
        if isinstance(fact, VisitMissed):
            for other in happened[checker.rename(fact.visit), "came"]:
                yield checker.contradiction(f"{fact.visit} is recorded as missed and as attended", fact, other)
        if isinstance(fact, Omitted) and fact.visit is not None:
            what = f"given {fact.activity}" if fact.activity else None
            for other in happened[checker.rename(fact.visit), what]:
                wrong = f"{fact.activity or 'all'} at {fact.visit} is recorded as left out and as given"
                yield checker.contradiction(wrong, fact, other)


def _after_death(checker: Checker) -> Iterator[Problem]:
    death = next((fact for fact in checker.live if isinstance(fact, Died)), None)
    for fact in checker.live if death else ():
        later = death is not None and fact.day > death.last_day
        if death and later and not isinstance(fact, _OUTLASTS_DEATH) and not _was_planned(fact):
            wrong = f"this is about {day_words(fact.day)}, after the death on {day_words(death.day)}"
            yield checker.problem(fact, wrong, "mend the date, or void the death if it was a mistake")


_OUTLASTS_DEATH = (Died, Told, Away, Booked, Rebooked, BookingCancelled)


def _was_planned(fact: Fact) -> bool:
    """Whether a fact may have said what was to come: nobody recorded it on its day or later."""
    planned = fact.recorded is None or fact.recorded.date() < fact.day
    return planned and isinstance(fact, UnscheduledVisit | Transplanted)


# -- appointments -------------------------------------------------------------------------------


def _bookings(checker: Checker) -> Iterator[Problem]:
    """An appointment can be moved or given back only where there is one, and a visit has one at a time."""
    of_visit: dict[str, list[Booked | Rebooked | BookingCancelled]] = defaultdict(list)
    for fact in checker.live:
        if isinstance(fact, Booked | Rebooked | BookingCancelled):
            of_visit[checker.rename(fact.visit)].append(fact)
    for visit, facts in of_visit.items():
        yield from _bookings_of(checker, visit, facts)


def _bookings_of(checker: Checker, visit: str, facts: list[Booked | Rebooked | BookingCancelled]) -> Iterator[Problem]:
    made: dict[int, list[Fact]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, Booked | Rebooked):
            made[fact.date.toordinal()].append(fact)
    known = _booked_days(facts)
    for fact in facts:
        given_up = _given_up(fact)
        if given_up is not None and given_up in known and made[given_up]:
            made[given_up].pop(0)
        elif given_up is not None:
            wrong = f"{visit} has no appointment on {day_words(given_up)}"
            yield checker.problem(fact, wrong, "name the day that was booked")
    open_ones = {id(fact) for others in made.values() for fact in others}
    for fact in [fact for fact in facts if id(fact) in open_ones][1:]:
        yield checker.problem(fact, f"{visit} has two appointments", "write rebooked with instead_of, or cancel one")


def _given_up(fact: Fact) -> int | None:
    """The day of the appointment that a fact ends."""
    if isinstance(fact, Rebooked):
        return fact.instead_of.toordinal()
    return fact.date.toordinal() if isinstance(fact, BookingCancelled) else None


def _booked_days(facts: Iterable[Fact]) -> set[int]:
    """The days on which the visit ever had an appointment: booked, or moved to from such a day."""
    moves: dict[int, list[int]] = defaultdict(list)
    todo = [fact.date.toordinal() for fact in facts if isinstance(fact, Booked)]
    for fact in facts:
        if isinstance(fact, Rebooked):
            moves[fact.instead_of.toordinal()].append(fact.date.toordinal())
    known: set[int] = set()
    while todo:
        day = todo.pop()
        if day not in known:
            known.add(day)
            todo.extend(moves[day])
    return known

"""A history taken in hand: mistakes left out, the rest sorted and found by what they are about."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from schedules.fact_kinds import content, in_order
from schedules.history import (
    Assessed,
    Attended,
    Booked,
    BookingCancelled,
    CycleDelayed,
    CycleHeld,
    Fact,
    GateDecided,
    Given,
    Held,
    Omitted,
    Rebooked,
    Reduced,
    Told,
    VisitMissed,
    Void,
)

F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, slots=True)
class Booking:
    """The appointment that a visit has now; ``day`` as an ordinal."""

    day: int
    fact: Booked | Rebooked


def fact_id(fact: Fact) -> str:
    """The fact's id, or one made from its content: the same on every machine, in any order of entry."""
    if fact.id is not None:
        return fact.id
    words = repr((type(fact).__name__, content(fact))).encode()
    return "f" + hashlib.sha256(words).hexdigest()[:10]


def known_by(facts: Iterable[Fact], instant: datetime | None) -> list[Fact]:
    """The facts that had been recorded by that instant; one without an instant counts from its day on, UTC."""
    if instant is None:
        return list(facts)
    until = instant.astimezone(UTC)
    return [fact for fact in facts if entered_at(fact) <= until]


def entered_at(fact: Fact) -> datetime:
    """When a fact was recorded; where that is not said, at the start of its day, UTC."""
    return fact.recorded or datetime.combine(fact.day, datetime.min.time(), UTC)


def live_facts(facts: Iterable[Fact]) -> list[Fact]:
    """The facts that still count, in order; a voided void lets its fact count again."""
    ordered = in_order(facts)
    voids = [fact for fact in ordered if isinstance(fact, Void)]
    if not voids:
        return ordered
    voided = _voided(voids)
    return [fact for fact in ordered if not isinstance(fact, Void) and fact_id(fact) not in voided]


def _voided(voids: list[Void]) -> set[str]:
    """The ids that are voided by a void which counts itself; of voids in a ring the first seen counts."""
    against: dict[str, list[str]] = defaultdict(list)
    for void in voids:
        against[void.of].append(fact_id(void))
    counts: dict[str, bool] = {}
    for void in voids:
        stack = [fact_id(void)]
        while stack:
            name = stack[-1]
            open_ones = [other for other in against.get(name, ()) if other not in counts and other not in stack]
            if open_ones:
                stack += open_ones[:1]
            else:
                counts[stack.pop()] = not any(counts.get(other, False) for other in against.get(name, ()))
    return {name for name, others in against.items() if any(counts[other] for other in others)}


def _by_entry(fact: Fact) -> tuple[datetime, int, str]:
    """What was recorded later comes later, f10 after f9; where nothing is known of that, the order stays."""
    name = (fact.id or "") if fact.recorded is not None else ""
    return entered_at(fact), len(name), name


class Record:
    """The live facts of one participant, by what they are about. Days are ordinals.

    ``facts`` are live ones, in order (``live_facts``). ``rename`` turns a visit's or gate's key into the one
    it has had from the beginning.
    """

    def __init__(self, facts: Iterable[Fact], rename: Callable[[str], str] = str) -> None:
        self.facts = list(facts)
        self.rename = rename
        self.given: dict[str, list[Given]] = defaultdict(list)
        self.attended: dict[str, list[Attended]] = defaultdict(list)
        self.assessed: dict[str, list[Assessed]] = defaultdict(list)
        self.omitted: dict[str, dict[str | None, Omitted]] = defaultdict(dict)
        self.reduced: dict[str, list[Reduced]] = defaultdict(list)
        self.missed: dict[str, VisitMissed] = {}
        self.held: dict[str, list[Held]] = defaultdict(list)
        self.home_holds: dict[str, list[Held]] = defaultdict(list)
        self.cycle_held: dict[str, list[CycleHeld]] = defaultdict(list)
        self.cycle_delayed: dict[str, CycleDelayed] = {}
        self.decided: dict[str, GateDecided] = {}
        self.dose_days: dict[str, list[int]] = defaultdict(list)
        self.told: dict[str, Told] = {}
        self._by_kind: dict[type[Fact], list[Fact]] = defaultdict(list)
        for fact in self.facts:
            self._by_kind[type(fact)].append(fact)
            self._file(fact)
        self.bookings = self._current_bookings()

    def all(self, kind: type[F]) -> list[F]:
        """Every live fact of one kind, earliest first."""
        return self._by_kind.get(kind, [])  # type: ignore[return-value]

    def has(self, *kinds: type[Fact]) -> bool:
        """Whether there is a live fact of any of these kinds."""
        return not self._by_kind.keys().isdisjoint(kinds)

    def first(self, kind: type[F]) -> F | None:
        """The earliest live fact of a kind."""
        facts = self.all(kind)
        return facts[0] if facts else None

    def keys(self) -> set[str]:
        """The keys of all visits about which something happened."""
        return {*self.given, *self.attended, *self.assessed, *self.missed, *self.omitted}

    def cycle_holds(self, stay: str) -> list[CycleHeld]:
        """The holds of a cycle, earliest first."""
        return self.cycle_held.get(stay, [])

    def _file(self, fact: Fact) -> None:
        match fact:
            case Given():
                self._file_given(fact)
            case Held():
                self._file_held(fact)
            case Assessed(visit=str(visit)):
                self.assessed[self.rename(visit)].append(fact)
            case Attended():
                self.attended[self.rename(fact.visit)].append(fact)
            case Omitted(visit=str(visit)):
                self.omitted[self.rename(visit)][fact.activity] = fact
            case Reduced():
                self.reduced[self.rename(fact.visit)].append(fact)
            case VisitMissed():
                self.missed[self.rename(fact.visit)] = fact
            case _:
                self._file_course(fact)

    def _file_course(self, fact: Fact) -> None:
        match fact:
            case CycleHeld():
                self.cycle_held[fact.cycle].append(fact)
            case CycleDelayed():
                self.cycle_delayed[fact.cycle] = fact
            case GateDecided():
                self.decided[self.rename(fact.gate)] = fact
            case Told():
                self.told[fact.about] = fact

    def _file_given(self, fact: Given) -> None:
        self.dose_days[fact.activity].append(fact.date.toordinal())
        if fact.visit is not None:
            self.given[self.rename(fact.visit)].append(fact)

    def _file_held(self, fact: Held) -> None:
        if fact.visit is not None:
            self.held[self.rename(fact.visit)].append(fact)
        elif fact.activity is not None:
            self.home_holds[fact.activity].append(fact)

    def _current_bookings(self) -> dict[str, Booking]:
        """Each appointment counted up, each one given up counted down: what is left is the current one."""
        if not self.has(Booked, Rebooked):
            return {}
        latest: dict[tuple[str, int], Booked | Rebooked] = {}
        open_days: Counter[tuple[str, int]] = Counter()
        booked: list[Booked | Rebooked] = [*self.all(Booked), *self.all(Rebooked)]
        for fact in sorted(booked, key=_by_entry):  # of two on one day, which differ in their hour, the newer counts
            slot = (self.rename(fact.visit), fact.date.toordinal())
            latest[slot] = fact
            open_days[slot] += 1
            if isinstance(fact, Rebooked):
                open_days[slot[0], fact.instead_of.toordinal()] -= 1
        for given_back in self.all(BookingCancelled):
            open_days[self.rename(given_back.visit), given_back.date.toordinal()] -= 1
        return {key: Booking(day, latest[key, day]) for (key, day), count in open_days.items() if count > 0}

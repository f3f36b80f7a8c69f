"""The kinds of facts by name, and the order of facts: by day, kind and content, never by entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime, time
from functools import cmp_to_key
from itertools import groupby

from schedules.history import (
    Admitted,
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
    Discharged,
    Enrolled,
    EventOccurred,
    Fact,
    FoundAgain,
    GateDecided,
    Given,
    Held,
    LostToFollowUp,
    NewTherapy,
    Omitted,
    Progressed,
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

#: Every kind of fact by the name that files use, in the order in which facts of one day are taken.
KINDS: dict[str, type[Fact]] = {
    "consented": Consented, "enrolled": Enrolled, "transferred": Transferred,
    "amendment_applied": AmendmentApplied, "event_occurred": EventOccurred, "admitted": Admitted,
    "discharged": Discharged, "away": Away, "gate_decided": GateDecided, "cycle_delayed": CycleDelayed,
    "cycle_held": CycleHeld, "held": Held, "booked": Booked, "rebooked": Rebooked,
    "booking_cancelled": BookingCancelled, "attended": Attended, "assessed": Assessed,
    "reduced": Reduced, "omitted": Omitted, "given": Given, "visit_missed": VisitMissed,
    "unscheduled_visit": UnscheduledVisit, "progressed": Progressed, "new_therapy": NewTherapy,
    "transplanted": Transplanted, "treatment_ended": TreatmentEnded, "withdrew": Withdrew,
    "lost_to_follow_up": LostToFollowUp, "found_again": FoundAgain, "told": Told, "died": Died,
    "void": Void,
}  # fmt: skip
NAMES: dict[type[Fact], str] = {kind: name for name, kind in KINDS.items()}
_FIELDS: dict[type[Fact], tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind) if field.name != "origin") for kind in KINDS.values()
}
#: every field that any kind of fact has, for tables with a column each; what has keys of its own is left out
FIELD_NAMES = frozenset(name for names in _FIELDS.values() for name in names) - {"recorded", "by", "dose_levels"}
_RANKS: dict[type[Fact], int] = {kind: rank for rank, kind in enumerate(KINDS.values())}


def content(fact: Fact) -> tuple[tuple[str, str], ...]:
    """A fact's fields in words, without its place in a file: equal content is the same fact."""
    pairs = [(name, getattr(fact, name)) for name in _FIELDS[type(fact)]]
    return tuple([(name, _word(value)) for name, value in pairs if value not in (None, (), {}, False)])


def _word(value: object) -> str:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, dict):
        return repr(sorted(value.items()))
    return str(value)


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """The facts by day, then by kind, then by content; never by when they were entered."""
    ordered = sorted(facts, key=_day_and_rank)
    if len(set(map(_day_and_rank, ordered))) == len(ordered):
        return ordered
    return [fact for _, alike in groupby(ordered, key=_day_and_rank) for fact in _by_content(list(alike))]


def _by_content(alike: list[Fact]) -> list[Fact]:
    """Facts of one kind and day, in order."""
    return sorted(alike, key=cmp_to_key(_compare)) if len(alike) > 1 else alike


def _compare(one: Fact, other: Fact) -> int:
    """The order of two facts of one kind and day: the first field in which they differ, nothing before something."""
    for name in _FIELDS[type(one)]:
        left, right = getattr(one, name), getattr(other, name)
        if left != right:
            left, right = _word(left) if left else "", _word(right) if right else ""
            if left != right:
                return -1 if left < right else 1
    return 0 if content(one) == content(other) else -1 if content(one) < content(other) else 1


def _day_and_rank(fact: Fact) -> tuple[date, int]:
    return fact.day, _RANKS[type(fact)]

"""How a visit stands in the calendars of staff: where, how long, with which study drugs. Kept with the visit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from schedules.arms import dose_levels_of
from schedules.history import AmendmentApplied, Enrolled, Fact
from schedules.protocol import Protocol
from schedules.statuses import Status

#: what an appointment takes at least that does not say how long it is
DEFAULT_MINUTES = 60
#: an appointment does not fit any more, or not until somebody decides: its chair is held all the same
UNSETTLED = frozenset({Status.TO_REBOOK, Status.NEEDS_DECISION, Status.HELD})
_ON_ITS_DAY = frozenset({Status.PLANNED, Status.DUE, Status.UNRECORDED})
_BOOKED = frozenset({Status.BOOKED, Status.UNRECORDED, *UNSETTLED})
_TOOK_PLACE = frozenset({Status.DONE, Status.EXPIRED})


class Care(NamedTuple):
    """What a visit's activities come to: study drugs with their dose levels, minutes in all, minutes of observation."""

    doses: tuple[tuple[str, str], ...]
    minutes: int
    observes: int


def stands(status: str, target: date | None, actual: date | None, booked: str) -> str:
    """Where a visit stands in calendars: 2026-01-12T09:30/180, a day alone, or nowhere.

    One whose appointment no longer fits stands there until somebody makes another: the chair is still taken.
    """
    if booked and status in _BOOKED:
        return booked
    if status in _TOOK_PLACE and actual is not None:
        return booked if booked.startswith(f"{actual}T") else str(actual)
    return str(target) if status in _ON_ITS_DAY and target is not None else ""


class Carer:
    """Says what visits come to, by the versions of the protocol that a participant has been under, the newest first."""

    def __init__(self, versions: Iterable[Protocol], levels: dict[str, str]) -> None:
        self._versions = tuple(versions)
        self._levels = levels
        self._known: dict[tuple[str, ...], Care] = {}

    def of(self, activities: tuple[str, ...]) -> Care:
        """What these activities come to, one after the other."""
        known = self._known.get(activities)
        if known is None:
            known = self._known[activities] = self._worked_out(activities)
        return known

    def _worked_out(self, activities: tuple[str, ...]) -> Care:
        doses, minutes, observes = [], 0, 0
        for name in activities:
            found = next((v.activities[name] for v in self._versions if name in v.activities), None)
            if found is None:
                continue
            minutes += found.minutes + found.observe_minutes
            if found.is_dose:
                doses.append((found.label, self._levels.get(name, "")))
                observes += found.observe_minutes
        return Care(tuple(doses), max(DEFAULT_MINUTES, minutes), observes)


#: carers by the versions that a participant has been under, and the dose levels of their drugs
Carers = dict[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], Carer]


def carer_of(versions: dict[str, Protocol], live: Iterable[Fact], known: Carers) -> Carer:
    """The carer of a participant with these facts; ``versions`` are the study's by their names, the oldest first.

    ``known`` are those of the same versions that were there before: whoever has been under the same versions and has
    the same dose levels shares one.
    """
    facts = list(live)
    enrolled = next((fact for fact in facts if isinstance(fact, Enrolled)), None)
    names = [fact.version for fact in facts if isinstance(fact, AmendmentApplied) and fact.version in versions]
    first = enrolled.version if enrolled is not None and enrolled.version in versions else next(iter(versions))
    passed = tuple(dict.fromkeys((first, *names)))
    under = [versions[name] for name in passed]
    levels = dose_levels_of(enrolled, under)
    kind = passed, tuple(levels.items())
    if kind not in known:
        others = [protocol for name, protocol in reversed(versions.items()) if name not in passed]
        known[kind] = Carer([*reversed(under), *others], levels)
    return known[kind]

"""In which order the visits of a stay are placed: each after whatever it is counted from, else by its day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from heapq import heappop, heappush

from schedules.offsets import Offset, Unit
from schedules.specs import VisitSpec

_DAYS_OF = {Unit.MINUTES: 0.0, Unit.HOURS: 0.0, Unit.DAYS: 1.0, Unit.WEEKS: 7.0, Unit.MONTHS: 30.4, Unit.YEARS: 365.2}
_JUST_AFTER = 0.001


def in_order_of_placing(epoch_id: str, visits: Sequence[VisitSpec]) -> tuple[VisitSpec, ...]:
    """The visits of one stay, its Day 1 first: by their day, but none before what it is counted from.

    The sign of a length does not matter: two days before Day 8 can be said only once Day 8 stands. Where
    activities make a ring, the earliest visit of it comes first.
    """
    bases = _bases(epoch_id, visits)
    if not any(bases.values()):
        return tuple(sorted(visits, key=lambda spec: (not spec.is_day_1, rough_days(spec.by))))
    return tuple(_Releasing(visits, bases).order())


def rough_days(length: Offset) -> float:
    """A length in days, calendar months as their mean: enough to say which of two comes first."""
    return length.amount * _DAYS_OF[length.unit]


def _bases(epoch_id: str, visits: Sequence[VisitSpec]) -> dict[str, set[str]]:
    """For each name of a visit the others of the same stay that it is counted from."""
    doing: dict[str, set[str]] = defaultdict(set)
    for spec in visits:
        for each in (spec, *(becomes for _, becomes in spec.variations)):
            for activity in each.activities:
                doing[activity].add(spec.name)
    names = {spec.name for spec in visits}
    found: dict[str, set[str]] = {}
    for spec in visits:
        base = spec.base
        of_visit = {base.visit.removeprefix(f"{epoch_id}.")} & names if base and base.visit else set()
        of_activity = doing[base.activity] if base and base.activity else set()
        found[spec.name] = (of_visit | of_activity) - {spec.name}
    return found


class _Releasing:
    """Visits are released once all that they are counted from stands; of those released the earliest is next."""

    def __init__(self, visits: Sequence[VisitSpec], bases: dict[str, set[str]]) -> None:
        self._of_name: dict[str, list[VisitSpec]] = defaultdict(list)
        for spec in visits:
            self._of_name[spec.name].append(spec)
        self._place = {spec.key: place for place, spec in enumerate(visits)}
        self._behind: dict[str, list[str]] = defaultdict(list)
        for name in self._of_name:
            for base in bases[name]:
                self._behind[base].append(name)
        self._waits_for = {name: len(bases[name]) for name in self._of_name}
        self._start = dict.fromkeys(self._of_name, 0.0)
        self._ready: list[tuple[bool, float, int, VisitSpec]] = []

    def order(self) -> list[VisitSpec]:
        """All of them, each once."""
        ring = sorted(self._of_name, key=lambda name: -rough_days(self._of_name[name][0].by))
        left = Counter({name: len(specs) for name, specs in self._of_name.items()})
        for name, count in self._waits_for.items():
            self._release(name) if not count else None
        found: list[VisitSpec] = []
        while len(found) < len(self._place):
            if not self._ready:
                self._break(ring)
            spec = heappop(self._ready)[-1]
            found.append(spec)
            left[spec.name] -= 1
            if not left[spec.name]:
                self._stands(spec.name)
        return found

    def _release(self, name: str) -> None:
        self._waits_for[name] = -1
        for spec in self._of_name[name]:
            rough = self._start[name] + rough_days(spec.by)
            heappush(self._ready, (not spec.is_day_1, rough, self._place[spec.key], spec))

    def _break(self, ring: list[str]) -> None:
        """Everything left waits for something else that is left: the earliest of it does not."""
        while self._waits_for[ring[-1]] < 0:
            ring.pop()
        self._release(ring.pop())

    def _stands(self, name: str) -> None:
        day = self._start[name] + rough_days(self._of_name[name][0].by) + _JUST_AFTER
        for later in self._behind[name]:
            self._start[later] = max(self._start[later], day)
            self._waits_for[later] -= 1
            if self._waits_for[later] == 0:
                self._release(later)

"""Checks that a protocol does not plan what its own rules forbid: doses too close, two things never on one day.

Only what is certain is a problem: days that count from the Day 1 of one epoch, in cycles that follow each
other, for one arm. Everything else shows in a plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import count, pairwise
from typing import NamedTuple

from schedules.errors import Problem
from schedules.protocol import Epoch, PlannedVisit, Spacing, VisitActivity
from schedules.protocol_names import Names
from schedules.protocol_sizes import most_cycles, times_planned
from schedules.study_day import day_number, offset_of_day
from schedules.windows import DayRange
from schedules.wording import days_words
from schedules.yaml_text import Path

MOST_LOOKED_AT = 100_000  # days of activities in all arms, many more than a study has; then it is left to the plan


class _Planned(NamedTuple):
    """An activity on a day: how many days after the Day 1 of the epoch's first cycle, and of its own cycle."""

    day: int
    offset: int
    cycle: int
    visit: str
    place: int
    activity: str
    last: int  # the last day of its window, counted like ``day``

    @property
    def visit_on_day(self) -> tuple[str, int]:
        """What may have the activity several times, by the clock."""
        return self.visit, self.day

    @property
    def where(self) -> str:
        """``Day 8``."""
        return f"Day {day_number(self.offset)}"


class _Item(NamedTuple):
    """An activity as a visit plans it."""

    name: str
    place: int
    visit: PlannedVisit
    planned: VisitActivity


def check_doses(names: Names) -> Iterator[Problem]:
    """A problem for days that break the protocol's own spacing, or its rule of what never shares a day."""
    ruled = {rule.drug for rule in names.protocol.spacing}.union(*names.protocol.never_same_day)
    looks = count(1)
    try:
        for epoch_id in names.treatment if ruled else ():
            yield from _of_epoch(names, _EpochDays(names, epoch_id, ruled, looks))
    except _Enough:
        return


def _of_epoch(names: Names, days: _EpochDays) -> Iterator[Problem]:
    for rule in names.protocol.spacing:
        if rule.blocks:
            yield from _too_close(names, days, rule)
    for group in names.protocol.never_same_day:
        yield from _together(names, days, group)


def _too_close(names: Names, days: _EpochDays, rule: Spacing) -> Iterator[Problem]:
    """Doses of which the later one is too near even on the last day of its window, if the one before is on its day.

    Each pair of visits is told of once, however many cycles and arms have it.
    """
    told: set[tuple[str, str]] = set()
    least = rule.at_least.in_days or 0
    for arm in days.arms:
        for one, other in pairwise(days.of([rule.drug], arm)):
            pair = (one.visit, other.visit)
            if other.last - one.day < least and pair not in told and one.visit_on_day != other.visit_on_day:
                told.add(pair)
                wrong = f"{rule.drug} is planned {_apart(one, other)}, and its spacing is at least {days_words(least)}"
                yield names.problem(days.path(other), wrong, "move one of the two, or mend the spacing")


def _together(names: Names, days: _EpochDays, group: tuple[str, ...]) -> Iterator[Problem]:
    """Visits that may be on one and the same day only, and do what must not be done on one day."""
    told: set[tuple[str, str]] = set()
    for arm in days.arms:
        for one, other in pairwise(days.of(group, arm, only_fixed=True)):
            pair = (one.visit, other.visit)
            if one.day == other.day and one.activity != other.activity and len(set(pair)) > 1 and pair not in told:
                told.add(pair)
                both = f"{one.activity} and {other.activity} are never done on one day"
                wrong = f"{both}, and stand on {other.where}, at {one.visit} and {other.visit}"
                yield names.problem(days.path(other), wrong, "move one of the two, or give its visit a window")


class _Enough(Exception):
    """Looking on would take too long."""


class _EpochDays:
    """On which days an epoch plans each of these activities, looked up quickly."""

    def __init__(self, names: Names, epoch_id: str, activities: Iterable[str], looks: Iterator[int]) -> None:
        self._id = epoch_id
        self._epoch = names.protocol.epochs[epoch_id]
        self._items = _items(self._epoch, activities)
        self._looks = looks
        items = [item for found in self._items.values() for item in found]
        some = {arm for item in items for arm in (*item.visit.arms, *item.planned.arms)}
        every = self._epoch.arms or tuple(names.protocol.arms)
        others = [arm for arm in every if arm not in some][:1]  # one of those that nothing tells apart
        self.arms: list[str | None] = [*(arm for arm in every if arm in some), *others] or [None]

    def path(self, planned: _Planned) -> Path:
        """Where it stands in the file."""
        return ("epochs", self._id, "visits", planned.visit, "activities", planned.place)

    def of(self, activities: Iterable[str], arm: str | None, only_fixed: bool = False) -> list[_Planned]:
        """All days of the activities in that arm, earliest first; ``only_fixed``: where no window lets them move."""
        items = (item for activity in activities for item in self._items.get(activity, ()))
        fixed = (item for item in items if not only_fixed or _is_fixed(item))
        return sorted(planned for item in fixed for planned in self._planned(item, arm))

    def _look(self) -> None:
        if next(self._looks) > MOST_LOOKED_AT:
            raise _Enough

    def _planned(self, item: _Item, arm: str | None) -> Iterator[_Planned]:
        self._look()
        if not all(not arms or arm in arms for arms in (item.visit.arms, item.planned.arms)):
            return
        limits = [spans for spans in (item.visit.cycles, item.planned.cycles) if spans is not None]
        length = (self._epoch.cycles.length.in_days or 0) if self._epoch.cycles else 0
        after = _after(item.visit)
        cycles = (n for n in range(1, most_cycles(self._epoch.cycles) + 1) if all(n in spans for spans in limits))
        for cycle in cycles:
            for offset in _offsets(self._id, self._epoch, item.visit):
                self._look()
                day = (cycle - 1) * length + offset
                yield _Planned(day, offset, cycle, item.name, item.place, item.planned.activity, day + after)


def _items(epoch: Epoch, activities: Iterable[str]) -> dict[str, list[_Item]]:
    found: dict[str, list[_Item]] = defaultdict(list)
    wanted = set(activities)
    for name, visit in epoch.visits.items():
        for place, planned in enumerate(visit.activities):
            if planned.activity in wanted:
                found[planned.activity].append(_Item(name, place, visit, planned))
    return found


def _is_fixed(item: _Item) -> bool:
    window = item.visit.window
    alone = window.first == window.last if isinstance(window, DayRange) else not (window.before or window.after)
    return alone and item.planned.window is None


def _after(visit: PlannedVisit) -> int:
    """How many days after its own day the visit may still be."""
    if not isinstance(visit.window, DayRange):
        return visit.window.after
    return offset_of_day(visit.window.last) - offset_of_day(visit.day) if visit.day else 0


# -- days ---------------------------------------------------------------------------------------


def _offsets(epoch_id: str, epoch: Epoch, visit: PlannedVisit) -> Iterator[int]:
    """How many days after Day 1 the visit stands; none where that is not certain, as with calendar months."""
    start = _start(epoch_id, epoch, visit)
    step = visit.repeat.every.in_days if visit.repeat else 0
    if start is not None and step is not None:
        yield from (start + count * step for count in range(times_planned(visit)))


def _start(epoch_id: str, epoch: Epoch, visit: PlannedVisit) -> int | None:
    """Along the visits that it is counted from, up to Day 1; there is no ring of them."""
    days = 0
    while visit.after is not None:
        base = epoch.visits.get((visit.after.visit or "").removeprefix(f"{epoch_id}."))
        if base is None or visit.after.by.in_days is None or base.repeat is not None:
            return None
        days, visit = days + visit.after.by.in_days, base
    if visit.day is not None:
        return days + offset_of_day(visit.day)
    return None if visit.at is None or visit.at.in_days is None else days + visit.at.in_days


def _apart(one: _Planned, other: _Planned) -> str:
    if one.day == other.day:
        return f"twice on {one.where}, at {one.visit} and {other.visit}"
    later = {0: "", 1: " of the next cycle"}.get(other.cycle - one.cycle, f" {other.cycle - one.cycle} cycles later")
    return f"on {one.where} and {other.where}{later}, {days_words(other.day - one.day)} apart"

"""Checks that no visit plans what must never share a day for one participant in one cycle."""

from __future__ import annotations

from collections.abc import Iterator

from schedules.errors import Problem
from schedules.protocol import Epoch, VisitActivity
from schedules.protocol_names import Names
from schedules.protocol_sizes import MOST_CYCLES
from schedules.yaml_text import Path


def check_never_together(names: Names, path: Path, items: tuple[VisitActivity, ...], epoch: Epoch) -> Iterator[Problem]:
    """A problem for each group of which some participant would have two at this visit."""
    planned = {item.activity for item in items}
    groups = [shared for group in names.protocol.never_same_day if len(shared := planned.intersection(group)) > 1]
    if not groups:
        return
    cells: dict[str, int] = dict.fromkeys(planned, 0)
    for item in items:
        cells[item.activity] |= _cells(item, list(names.protocol.arms), epoch)
    for group in groups:
        pair = _meeting(sorted(group), cells)
        if pair is not None:
            wrong = f"{' and '.join(pair)} must never share a day, and share this visit"
            yield names.problem(path, wrong, "plan them in two visits, or in other arms or cycles")


def _cells(item: VisitActivity, arms: list[str], epoch: Epoch) -> int:
    """In which cycles of which arms an activity is done at the visit, as one bit for each of them."""
    most = (epoch.cycles.at_most or MOST_CYCLES) if epoch.cycles else 1
    every = (1 << most) - 1
    cycles = every if item.cycles is None else sum(1 << n for n in range(most) if n + 1 in item.cycles)
    places = [arms.index(arm) for arm in item.arms if arm in arms] if item.arms else range(max(len(arms), 1))
    return sum(cycles << (place * most) for place in set(places))


def _meeting(group: list[str], cells: dict[str, int]) -> tuple[str, str] | None:
    """The first two of the group that some participant has both."""
    seen = 0
    for place, name in enumerate(group):
        if cells[name] & seen:
            return next(other for other in group[:place] if cells[other] & cells[name]), name
        seen |= cells[name]
    return None

"""TV: one record for each visit that the protocol plans, in each arm where arms differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.reports.sdtm.book import Named, VisitBook
from planner.reports.sdtm.schedule import PlannedDay, Reached, Schedule
from planner.reports.sdtm.texts import capitals
from schedules.design import Design

_LONGEST_CODE = 20
Row = tuple[object, ...]


def trial_visits(study: str, design: Design, book: VisitBook, schedule: Schedule, reached: Reached) -> list[Row]:
    """All planned visits, by arm and VISITNUM; the arm is empty where all arms plan the same."""
    of_arms = {arm: dict(_of_arm(arm, book, schedule, reached)) for arm in schedule.arms}
    first = next(iter(of_arms.values()))
    if all(visits == first for visits in of_arms.values()):
        return list(_rows(study, first, "", ""))
    labels = {name: arm.label for protocol in design.versions for name, arm in protocol.arms.items()}
    coded = sorted((_code(arm, place), arm) for place, arm in enumerate(of_arms, start=1) if arm is not None)
    return [row for code, arm in coded for row in _rows(study, of_arms[arm], code, labels[arm])]


def _code(arm: str, place: int) -> str:
    """ARMCD: what the protocol calls the arm for short, where that is short enough."""
    code = capitals(arm)
    return code if len(code) <= _LONGEST_CODE else f"ARM {place}"


def _of_arm(
    arm: str | None, book: VisitBook, schedule: Schedule, reached: Reached
) -> Iterator[tuple[Named, PlannedDay]]:
    for key in schedule.keys(arm, reached):
        named, planned = book.named(key), schedule.planned(arm, key)
        if named is not None and planned is not None:
            yield named, planned


def _rows(study: str, visits: Mapping[Named, PlannedDay], code: str, arm: str) -> Iterator[Row]:
    for named, planned in sorted(visits.items()):
        day, starts, ends = planned
        yield (study, "TV", named.number, named.name, day, code, arm, starts, ends)

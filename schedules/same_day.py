"""Activities that must never share a day (given together by the wrong route, some kill). Days are ordinals."""

from __future__ import annotations

from collections.abc import Mapping

from schedules.compiled import VisitSpec
from schedules.history import Assessed, Given, UnscheduledVisit
from schedules.walk import Walk


def never_days(walk: Walk, spec: VisitSpec) -> Mapping[int, str]:
    """The days on which something happens that must not share a day with this visit, and what."""
    noted = [activity for activity in spec.never_with if activity in walk.activity_days]
    days: dict[int, str] = {}
    for activity in sorted(noted) if len(noted) > 1 else noted:
        days.update(walk.activity_days[activity])
    return days


def note_activities(walk: Walk, spec: VisitSpec, day: int) -> None:
    """Note on which day this visit's activities stand."""
    for activity in spec.guarded:
        walk.activity_days[activity].setdefault(day, activity)


def activity_days(walk: Walk, groups: tuple[tuple[str, ...], ...]) -> None:
    """Note the recorded days of all activities that must not share a day with another."""
    wanted = {activity for group in groups for activity in group}
    for fact in walk.record.facts:
        if isinstance(fact, Given | Assessed) and fact.activity in wanted:
            walk.activity_days[fact.activity][fact.date.toordinal()] = fact.activity
        if isinstance(fact, UnscheduledVisit):
            for activity in wanted.intersection(fact.activities):
                walk.activity_days[activity][fact.date.toordinal()] = activity

"""Activities that must never share a day (given together by the wrong route, some kill). Days are ordinals."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from schedules.happened import active_doses
from schedules.history import Assessed, Given, UnscheduledVisit
from schedules.holds import waiting_doses
from schedules.specs import VisitSpec
from schedules.walk import Walk

_NO_DAYS: Mapping[int, str] = {}


def never_days(walk: Walk, spec: VisitSpec, due: int = 0) -> Mapping[int, str]:
    """The days on which something happens that must not share a day with this visit, and what."""
    return days_of(walk, _never_with(walk, spec, due))


def days_of(walk: Walk, activities: Collection[str]) -> Mapping[int, str]:
    """The days on which any of these activities stands, and which."""
    noted = [activity for activity in activities if activity in walk.activity_days]
    if not noted:
        return _NO_DAYS
    days: dict[int, str] = {}
    for activity in sorted(noted):
        days.update(walk.activity_days[activity])
    return days


def note_activities(walk: Walk, spec: VisitSpec, day: int, due: int = 0) -> None:
    """Note on which day this visit's activities stand."""
    note_days(walk, _still_there(walk, spec, due), day)


def note_days(walk: Walk, activities: Collection[str], day: int) -> None:
    """Note that these activities stand on that day."""
    for activity in activities:
        walk.activity_days[activity].setdefault(day, activity)


def _still_there(walk: Walk, spec: VisitSpec, due: int) -> Collection[str]:
    """Its activities that must not share a day with another; those that were left out, or wait, bind nothing."""
    if spec.key not in walk.course.touched:
        return spec.guarded
    omitted, doses = walk.record.omitted.get(spec.key, ()), active_doses(walk, spec)
    gone = {*omitted, *waiting_doses(walk, spec, due), *(drug for drug in spec.doses if drug not in doses)}
    return [activity for activity in spec.guarded if activity not in gone]


def _never_with(walk: Walk, spec: VisitSpec, due: int) -> Collection[str]:
    there = _still_there(walk, spec, due)
    if len(there) == len(spec.guarded):
        return spec.never_with
    groups = walk.course.compiled.protocol.never_same_day
    return {
        other for group in groups for activity in there if activity in group for other in group if other != activity
    }


def activity_days(walk: Walk, groups: tuple[tuple[str, ...], ...]) -> None:
    """Note the recorded days of all activities that must not share a day with another."""
    wanted = {activity for group in groups for activity in group}
    for fact in walk.record.facts:
        if isinstance(fact, Given | Assessed) and fact.activity in wanted:
            walk.activity_days[fact.activity][fact.date.toordinal()] = fact.activity
        if isinstance(fact, UnscheduledVisit):
            for activity in wanted.intersection(fact.activities):
                walk.activity_days[activity][fact.date.toordinal()] = activity

"""Where what happened differs from what the protocol asks: candidates, until a person has looked.

Each has an identity that stays: finding it twice is finding it once. What the protocol allows (a hold, a
reduction, an omission by its rules) is none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from schedules.consent_deviations import consent, reconsent, versions
from schedules.deviation import Deviation
from schedules.dose_deviations import after_end, outside_visits, same_day, too_close
from schedules.path_deviations import at_gates, cycle_holds, expired_at_day_1, held_too_long, off_path
from schedules.scheduled import ScheduledVisit
from schedules.statuses import Status
from schedules.visit_deviations import of_visit
from schedules.walk import Walk

_WITHOUT_RECORD = frozenset({Status.UNRECORDED, Status.NEEDS_DECISION})


def find_deviations(walk: Walk, visits: tuple[ScheduledVisit, ...]) -> tuple[Deviation, ...]:
    """Every candidate and every query, in the order of their days."""
    if not walk.begun:
        return ()
    touched = walk.course.touched
    told_of = [visit for visit in visits if visit.status in _WITHOUT_RECORD or (touched and visit.key in touched)]
    found = [deviation for visit in told_of for deviation in of_visit(walk, visit)]
    for search in _SEARCHES:
        found.extend(search(walk))
    unique: dict[str, Deviation] = {}
    for deviation in sorted(found, key=_by_day):
        first = unique.setdefault(deviation.id, deviation)
        if first.date != deviation.date:
            name = f"{deviation.id}:{deviation.date}"  # the same again on a later day is another one
            unique.setdefault(name, replace(deviation, id=name))
    return tuple(sorted(unique.values(), key=_by_day))


def _by_day(deviation: Deviation) -> tuple[date, str, str]:
    """In the order of their days; what is certain comes before a query about the same."""
    return deviation.date or date.max, deviation.id, deviation.state


_SEARCHES = (
    expired_at_day_1,
    too_close,
    same_day,
    held_too_long,
    cycle_holds,
    at_gates,
    off_path,
    after_end,
    outside_visits,
    consent,
    reconsent,
    versions,
)

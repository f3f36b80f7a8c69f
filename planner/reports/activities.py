"""Whether what a visit plans was done at it."""

from __future__ import annotations

from collections.abc import Iterable

from planner.reports.evidence import OUTSIDE, Evidence
from schedules.course import Course
from schedules.scheduled import ScheduledVisit


def count_activities(evidence: Evidence, course: Course, chosen: Iterable[tuple[ScheduledVisit, str]]) -> None:
    """Add the activities of the visits that took place within the schedule."""
    for visit, group in chosen:
        if visit.actual is None or visit.key.startswith(OUTSIDE):
            continue
        left_out = not_done(course, visit)
        for activity in visit.spec.activities:
            counted = evidence.activities.setdefault((group, course.label(activity)), [0, 0])
            counted[0] += activity not in left_out
            counted[1] += 1


def not_done(course: Course, visit: ScheduledVisit) -> set[str]:
    """The planned activities of a visit that took place that were not done.

    Those said to be left out and not done later all the same, and the drugs that staff give of which no dose is
    recorded.
    """
    record, key = course.record, visit.key
    omitted = record.omitted.get(key, {})
    given = {fact.activity for fact in record.given.get(key, ())}
    done = {(fact.activity, fact.date) for fact in (*record.given.get(key, ()), *record.assessed.get(key, ()))}
    missing = {drug for drug in visit.spec.doses if drug not in given}
    missing |= set(visit.spec.activities) if None in omitted else {name for name in omitted if name is not None}
    for fact in record.attended.get(key, ()):
        missing |= {name for name in fact.not_done if not any(n == name and day >= fact.date for n, day in done)}
    return missing - given

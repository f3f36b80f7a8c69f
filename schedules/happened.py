"""What really took place at a visit, and what is missing of it. Days are ordinals."""

from __future__ import annotations

from collections.abc import Collection

from schedules.compiled import VisitSpec
from schedules.course import FOREVER
from schedules.history import Assessed
from schedules.labels import labels_of
from schedules.waits import Wait
from schedules.walk import Walk


def occurred_on(walk: Walk, spec: VisitSpec, wait: Wait | None) -> int | None:
    """The day on which the visit took place, or None.

    A visit with doses took place when the first was given; one that was attended without a dose while
    the dose waits did not, and leaves its key to the dose.
    """
    record = walk.record
    doses = [fact.date.toordinal() for fact in record.given.get(spec.key, ())]
    if doses:
        return min(doses)
    days = [fact.date.toordinal() for fact in record.attended.get(spec.key, ())]
    days += [fact.date.toordinal() for fact in record.assessed.get(spec.key, ()) if _is_the_visit(spec, fact)]
    if not days or (wait is not None and spec.doses and min(days) < (wait.over or FOREVER)):
        return None
    return min(days)


def _is_the_visit(spec: VisitSpec, fact: Assessed) -> bool:
    """An activity with a window of its own, or one of a dosing visit, does not show when the visit was."""
    own_day = [item.activity for item in spec.details if item.window is None]
    return fact.activity in own_day and not spec.doses


def doses_missing(walk: Walk, spec: VisitSpec, waiting: Collection[str]) -> tuple[str, ...]:
    """A note on the doses of a visit that took place and of which nothing is recorded, not even that they wait."""
    given = {fact.activity for fact in walk.record.given.get(spec.key, ())}
    missing = [drug for drug in active_doses(walk, spec) if drug not in given and drug not in waiting]
    return (f"no dose of {labels_of(walk.course.compiled, missing)} is recorded",) if missing else ()


def active_doses(walk: Walk, spec: VisitSpec) -> tuple[str, ...]:
    """The drugs of the visit that were not left out."""
    omitted = walk.record.omitted.get(spec.key)
    return tuple(drug for drug in spec.doses if drug not in omitted) if omitted else spec.doses

"""What really took place at a visit, and what is missing of it. Days are ordinals."""

from __future__ import annotations

from collections.abc import Collection

from schedules.course import FOREVER
from schedules.history import Assessed
from schedules.labels import labels_of
from schedules.specs import VisitSpec
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
    if spec.key not in walk.record.omitted and spec.key not in walk.record.attended:
        return spec.doses
    left_out = _left_out(walk, spec)
    return tuple(drug for drug in spec.doses if drug not in left_out) if left_out else spec.doses


def _left_out(walk: Walk, spec: VisitSpec) -> set[str | None]:
    """What was omitted, or not done when the participant came: for later doses it makes no difference."""
    record = walk.record
    left_out: set[str | None] = set(record.omitted.get(spec.key, ()))
    attended = record.attended.get(spec.key, ())
    if attended and not waits(walk, spec):
        came = occurred_on(walk, spec, None) or 0
        not_done = [activity for fact in attended if fact.date.toordinal() >= came for activity in fact.not_done]
        left_out.update(_not_waiting(walk, spec, not_done) if spec.key in record.held else not_done)
    return left_out


def _not_waiting(walk: Walk, spec: VisitSpec, not_done: list[str]) -> list[str]:
    """Of what was not done that day, what no hold keeps for later."""
    held = {fact.activity for fact in walk.record.held[spec.key]}
    return [] if None in held else [activity for activity in not_done if activity not in held]


def waits(walk: Walk, spec: VisitSpec) -> bool:
    """Whether its doses wait: then it did not take place, even if the participant came."""
    if not spec.doses or spec.key in walk.record.given:
        return False
    return spec.key in walk.record.held or (spec.is_day_1 and bool(walk.record.cycle_holds(str(spec.stay))))

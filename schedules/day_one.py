"""Where Day 1 of the study stands: everything else is counted from it. Days are ordinals."""

from __future__ import annotations

from schedules.errors import DesignError
from schedules.holds import visit_hold
from schedules.in_force import visits_of
from schedules.keys import Stay
from schedules.specs import VisitSpec
from schedules.waits import cycle_wait
from schedules.walk import Walk


def study_day_1(walk: Walk, stay: Stay, dosed: dict[Stay, int]) -> tuple[int, str]:
    """Day 1 of the study: the first dose, else where it is booked or moved to, else where it is planned."""
    specs = visits_of(walk, walk.course.compiled.stay(stay))
    first = specs[0]  # there is one: a protocol is refused whose first treatment epoch has no visit on Day 1
    came = _first_dose(walk, first)
    if came is not None:
        return came, "given" if first.doses else "attended"
    planned, moved = walk.course.planned_day_1, _moved_day_1(walk, stay, first)
    booking = walk.record.bookings.get(first.key)
    if booking is not None and (moved is None or booking.day >= moved):
        return booking.day, "booked"
    if moved is not None:
        return max(moved, planned or moved), "planned"
    if planned is None and stay in dosed:
        return _counted_back(walk, specs, dosed[stay]), "planned"
    if planned is None:
        raise DesignError("there is no Day 1 to plan from; give a start date, or an enrolment with day_1")
    return planned, "planned"


def _first_dose(walk: Walk, spec: VisitSpec) -> int | None:
    """The day on which the visit on Day 1 was dosed (or, without a drug, took place)."""
    facts = walk.record.given.get(spec.key, ()) if spec.doses else walk.record.attended.get(spec.key, ())
    return min((fact.date.toordinal() for fact in facts), default=None)


def _counted_back(walk: Walk, specs: tuple[VisitSpec, ...], came: int) -> int:
    """Day 1 by the first visit that took place, where nothing is known of Day 1 itself."""
    for spec in specs:
        days = [fact.date for facts in (walk.record.given, walk.record.attended) for fact in facts.get(spec.key, ())]
        if days and spec.offset is not None:
            return min(days).toordinal() - spec.offset
    return came


def _moved_day_1(walk: Walk, stay: Stay, spec: VisitSpec) -> int | None:
    """Where recorded holds and delays have moved the first Day 1 to: an appointment before that does not fit."""
    waits = (cycle_wait(walk.record, str(stay)), visit_hold(walk, spec))
    ends = [wait.over for wait in waits if wait is not None and wait.over is not None]
    return max(ends, default=None)

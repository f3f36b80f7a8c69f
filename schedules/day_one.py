"""Where Day 1 of the study stands: everything else is counted from it. Days are ordinals."""

from __future__ import annotations

from schedules.errors import DesignError
from schedules.holds import visit_hold
from schedules.in_force import visits_of
from schedules.keys import Stay
from schedules.path import first_step
from schedules.scheduled import Basis
from schedules.specs import VisitSpec
from schedules.waits import cycle_wait
from schedules.walk import Walk


def study_day_1(walk: Walk, dosed: dict[Stay, int]) -> tuple[int, str]:
    """Day 1 of the study: the first dose, else where it is booked or moved to, else where it is planned."""
    stay = first_step(walk, 1, Basis("", None, "")).stay
    specs = visits_of(walk, walk.course.compiled.stay(stay))
    came = _first_dose(walk, specs[0]) if specs else None
    if came is not None:
        return came, "given" if specs[0].doses else "attended"
    planned, moved = walk.course.planned_day_1, _moved_day_1(walk, stay, specs)
    booking = walk.record.bookings.get(specs[0].key) if specs else None
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


def _moved_day_1(walk: Walk, stay: Stay, specs: tuple[VisitSpec, ...]) -> int | None:
    """Where recorded holds and delays have moved the first Day 1 to: an appointment before that does not fit."""
    wait = cycle_wait(walk.record, str(stay))
    at_visit = visit_hold(walk, specs[0]) if specs and specs[0].key in walk.course.touched else None
    ends = [each.over for each in (wait, at_visit) if each is not None and each.over is not None]
    return max(ends, default=None)

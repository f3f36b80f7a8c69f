"""Visits before Day 1, and the ones that are too old by the time Day 1 comes."""

from __future__ import annotations

from datetime import date

from schedules.amended import asked_for
from schedules.follow_up import place_counted
from schedules.in_force import as_it_was, spec_on
from schedules.keys import Stay
from schedules.offsets import days_after
from schedules.placing import place
from schedules.scheduled import Basis, Conflict, ScheduledVisit
from schedules.specs import VisitSpec
from schedules.statuses import Status
from schedules.walk import Walk
from schedules.wording import day_words, days_words, span_words


def place_screening(walk: Walk, day_1: int, label: str, how: str, started: bool) -> tuple[Conflict, ...]:
    """Place the visits before Day 1; what is too old by then is due again, and its conflict holds Day 1.

    ``started``: the first dose was given, so that nothing can be made up any more.
    """
    holding: list[Conflict] = []
    for epoch_id in walk.course.compiled.screening:
        stay = walk.course.compiled.stay(Stay(epoch_id, 1, None))
        for planned in asked_for(walk, stay, stay.visits):
            spec = as_it_was(walk, planned)
            if spec.base is not None and spec.base.event != "day-1":
                place_counted(walk, spec)
                continue
            basis = Basis(label, day_1, how, spec.by_words)
            nominal = spec.by.after_day(day_1)
            visit = place(walk, spec, nominal, basis)
            binding = spec_on(walk, planned, day_1) if started else planned
            if visit.actual is not None and _too_old(binding, visit.actual, day_1):
                holding.extend(_again(walk, binding, visit, day_1, basis, started))
    return tuple(holding)


def _too_old(spec: VisitSpec, done: date, day_1: int) -> bool:
    valid = spec.planned.valid_for
    return valid is not None and (valid.in_days or 0) < day_1 - done.toordinal()


def _again(
    walk: Walk, spec: VisitSpec, visit: ScheduledVisit, day_1: int, basis: Basis, started: bool
) -> list[Conflict]:
    """Mark a visit as expired and place its repeat; nothing holds Day 1 once a repeat is valid."""
    place_of = walk.visits.index(visit)
    walk.visits[place_of] = visit._replace(status=Status.EXPIRED, notes=(*visit.notes, _expired(spec, visit, day_1)))
    if started and f"{spec.key}#2" not in walk.course.touched:
        return []
    for count in range(2, 100):
        repeat_spec = as_it_was(walk, spec.again(f"{spec.key}#{count}"))
        nominal = (visit.nominal or date.fromordinal(day_1)).toordinal()
        repeat = place(walk, repeat_spec, nominal, basis)
        if repeat.actual is None or not _too_old(spec, repeat.actual, day_1):
            break
        walk.visits[-1] = repeat._replace(status=Status.EXPIRED)
    if repeat.actual is not None or started:
        return []
    first = days_after(date.fromordinal(day_1), -(spec.planned.valid_for.in_days or 0) if spec.planned.valid_for else 0)
    span = span_words(first, day_1 - 1)
    text = f"{visit.spec.label} is too old for a first dose on {day_words(day_1)}: it is due again within {span}"
    return [Conflict("expired", text, overdue_from=date.fromordinal(day_1))]


def _expired(spec: VisitSpec, visit: ScheduledVisit, day_1: int) -> str:
    assert visit.actual is not None  # noqa: S101 - only what took place can be too old
    age = day_1 - visit.actual.toordinal()
    return f"it is {days_words(age)} old on {day_words(day_1)}, and valid for {spec.planned.valid_for}"

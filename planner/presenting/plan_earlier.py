"""What earlier calendar files of the same participant may have held: theirs stay in a calendar until withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, time

from planner.presenting.study import Study
from schedules.errors import ScheduleError
from schedules.history import Enrolled, Fact
from schedules.plan import plan
from schedules.record import fact_id, known_by
from schedules.scheduled import Plan, ScheduledVisit

Earlier = tuple[ScheduledVisit, Plan]


def known_facts(study: Study) -> list[Fact]:
    """The facts that the plan rests on, what-ifs and mistakes among them, in the order in which they were recorded."""
    return sorted(known_by(study.imagined.facts, study.known_at), key=_recorded)


def whose(study: Study, participant: str | None) -> tuple[str, ...]:
    """What tells one participant's events from another's, and stays the same while Day 1 and the facts change.

    It is the study code that was given; else the first enrolment on record, voided or not; else the planned start.
    """
    if participant is not None:
        return ("participant", participant)
    enrolled = next((fact for fact in known_facts(study) if isinstance(fact, Enrolled)), None)
    if enrolled is not None:
        return ("enrolled", fact_id(enrolled))
    start = study.history.planned_start
    return ("start", start.isoformat() if start else "")


def is_told_apart(study: Study) -> bool:
    """Whether no other participant can have the same events: two enrolments on one day can read the same."""
    enrolled = [fact for fact in known_facts(study) if isinstance(fact, Enrolled)]
    return not study.history.facts or any(fact.id is not None for fact in enrolled[:1])


def earlier_visits(study: Study) -> dict[str, Earlier]:
    """Every visit that had a date at some moment of the record, as it stood last, by its key."""
    found: dict[str, Earlier] = {}
    for planned in _earlier_plans(study):
        found.update({visit.key: (visit, planned) for visit in planned.visits if visit.target is not None})
    return found


def _earlier_plans(study: Study) -> Iterator[Plan]:
    """The plan after each moment at which something was recorded; a record that made no sense then has none."""
    for instant in sorted({_recorded(fact) for fact in known_facts(study)}):
        with suppress(ScheduleError):
            yield plan(study.design, study.imagined, min(instant.date(), study.as_of), instant)


def _recorded(fact: Fact) -> datetime:
    return fact.recorded or datetime.combine(fact.day, time(), UTC)

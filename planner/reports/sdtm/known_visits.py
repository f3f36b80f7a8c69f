"""What is known of each visit of one participant: whether it took place, on which days, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from planner.reports.evidence import OUTSIDE
from planner.reports.sdtm.texts import capitals, fitted
from planner.services.histories import Life
from schedules.history import Enrolled, UnscheduledVisit
from schedules.record import Record, fact_id
from schedules.scheduled import Plan, ScheduledVisit
from schedules.statuses import Status


class KnownVisit(NamedTuple):
    """One visit that took place (``start`` to ``end``), or of which it is recorded that it did not (no ``start``).

    ``due`` is the participant's own day for it, ``says`` what it was where it stands outside the schedule, ``reason``
    why it did not take place.
    """

    key: str
    start: date | None
    end: date | None
    due: date | None = None
    remote: bool = False
    says: str = ""
    reason: str = ""


def record_of(life: Life) -> Record:
    """The facts that count, by the keys that the plan uses."""
    enrolled = next((fact for fact in life.live if isinstance(fact, Enrolled)), None)
    design = life.study.design
    first = design.version_index(enrolled.version) if enrolled is not None and enrolled.version else 0
    return Record(life.live, design.renamer(first))


def known_visits(life: Life, plan: Plan | None) -> Iterator[KnownVisit]:
    """Every visit that took place or is recorded as not made; without a plan, as the facts alone tell it."""
    record = record_of(life)
    if plan is None:
        yield from _without_plan(record)
        return
    for visit in plan.visits:
        if visit.actual is not None:
            yield _made(life, plan, record, visit, visit.actual)
        elif visit.status in (Status.MISSED, Status.OMITTED):
            due, reason = visit.due or visit.nominal, _reason(record, visit.key)
            yield KnownVisit(visit.key, None, None, due, visit.spec.remote, reason=reason)


def _made(life: Life, plan: Plan, record: Record, visit: ScheduledVisit, actual: date) -> KnownVisit:
    if visit.key.startswith(OUTSIDE):
        return KnownVisit(visit.key, actual, actual, says=_outside(life, plan, visit))
    end = max([actual, *_days_of(record, visit.key)])
    return KnownVisit(visit.key, actual, end, visit.due or visit.nominal, visit.spec.remote, visit.spec.label.upper())


def _days_of(record: Record, key: str) -> Iterator[date]:
    """The days on which something was done for a visit; coming without what it is for makes no part of it."""
    yield from (fact.date for fact in record.given.get(key, ()))
    yield from (fact.date for fact in record.assessed.get(key, ()))


def _reason(record: Record, key: str) -> str:
    missed, left_out = record.missed.get(key), record.omitted.get(key, {}).get(None)
    said = missed.reason if missed is not None else left_out.reason if left_out is not None else None
    return capitals(said or "")


def _outside(life: Life, plan: Plan, visit: ScheduledVisit) -> str:
    """What a visit outside the schedule was for: what was done and why, else how it came about."""
    protocol = next(each for each in life.study.design.versions if each.version == plan.version)
    labels = [
        protocol.activities[name].label if name in protocol.activities else name for name in visit.spec.activities
    ]
    fact = visit.key.removeprefix(OUTSIDE)
    asked = (each for each in life.live if isinstance(each, UnscheduledVisit) and fact_id(each) == fact)
    reasons = [f"reason: {each.reason.replace('-', ' ')}" for each in asked if each.reason]
    return fitted("; ".join([*labels, *reasons] or visit.notes).upper())


def _without_plan(record: Record) -> Iterator[KnownVisit]:
    """The visits of somebody who has no Day 1, such as one who failed screening."""
    for key in sorted({*record.given, *record.attended, *record.assessed}):
        days = [*_days_of(record, key), *(fact.date for fact in record.attended.get(key, ()))]
        yield KnownVisit(key, min(days), max(days), min(days))
    for key, fact in sorted(record.missed.items()):
        if key not in record.attended and key not in record.given and key not in record.assessed:
            yield KnownVisit(key, None, None, fact.date, reason=_reason(record, key))
    loose: Iterable[UnscheduledVisit] = record.all(UnscheduledVisit)
    for each in loose:
        yield KnownVisit(f"{OUTSIDE}{fact_id(each)}", each.date, each.date, says=capitals(each.reason or "unscheduled"))

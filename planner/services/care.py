"""What a participant's facts say of what was planned and done: activities, doses that staff gave, drugs at home."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from planner.services.care_records import Care, Dose, DrugLevel, HomeDrug, VisitCare
from planner.services.histories import Life, site_on
from planner.services.tallies import OUTSIDE
from schedules.course import Course
from schedules.history import Assessed, Given, Omitted
from schedules.protocol import ActivityKind
from schedules.scheduled import Plan, ScheduledVisit
from schedules.statuses import Status

_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([^\d\s.,][^\s(]*)\s*")
_COUNTED = (
    re.compile(r"(?:(?P<drug>[^:]+):\s*)?dispensed (?P<out>\d+)[,;]? returned (?P<back>\d+)"),
    re.compile(r"(?:(?P<drug>[^:]+):\s*)?returned (?P<back>\d+) of (?P<out>\d+)"),
)
#: of a visit that has not taken place, its doses were due all the same
_WERE_DUE = frozenset({Status.UNRECORDED, Status.MISSED, Status.OMITTED})


class Quantity(NamedTuple):
    """An amount with its unit, as 1.8 mg/m2."""

    amount: float
    unit: str


def care_of(life: Life, plan: Plan) -> Care:
    """What their facts say as of the plan's day. Raises Refused for facts that cannot be."""
    course = life.course_as_of(plan.as_of)
    moves = life.moves()
    visits = tuple(_visit(course, moves, visit) for visit in plan.visits if _counts(visit))
    drugs = dict.fromkeys(dose.drug for visit in visits for dose in visit.doses)
    stays = {visit.spec.stay for visit in plan.visits if visit.spec.doses and _counts(visit)}
    lengths = {str(stay): course.compiled.stay(stay).length for stay in sorted(stays, key=str)}
    days = {stay: length.in_days for stay, length in lengths.items() if length is not None}
    return Care(
        visits,
        {name: course.label(name) for visit in visits for name, _ in visit.activities},
        {name: _level(course, name) for name in drugs},
        {stay: each for stay, each in days.items() if each is not None},
        tuple(_home(course, plan)),
    )


# -- visits -------------------------------------------------------------------------------------


def site_of_visit(moves: list[tuple[date, str]], visit: ScheduledVisit) -> str:
    """The site that sees somebody with these moves at a visit."""
    known = visit.target or visit.due or visit.nominal
    return site_on(moves, known) if known is not None else moves[-1][1]


def _counts(visit: ScheduledVisit) -> bool:
    return visit.actual is not None or (bool(visit.spec.doses) and _was_due(visit))


def _was_due(visit: ScheduledVisit) -> bool:
    return visit.actual is not None or visit.status in _WERE_DUE


def _visit(course: Course, moves: list[tuple[date, str]], visit: ScheduledVisit) -> VisitCare:
    left_out = not_done(course, visit)
    planned = () if visit.actual is None or visit.key.startswith(OUTSIDE) else visit.spec.activities
    return VisitCare(
        site_of_visit(moves, visit), visit.nominal or visit.target, visit.actual, str(visit.spec.stay),
        tuple((name, name not in left_out) for name in planned),
        tuple(_dose(course, visit, drug) for drug in visit.spec.doses),
    )  # fmt: skip


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


# -- doses --------------------------------------------------------------------------------------


def quantity(text: str | None) -> Quantity | None:
    """The amount that a line says; None if it says none, or anything besides."""
    parts = _QUANTITY.fullmatch(text or "")
    return Quantity(float(parts[1]), parts[2]) if parts else None


def amount_of(fact: Given, unit: str) -> float | None:
    """How much was given in that unit: the amount as recorded, else the level of a whole dose; None if none is told."""
    said = [quantity(fact.amount), None if fact.partial else quantity(fact.level)]
    return next((each.amount for each in said if each is not None and each.unit == unit), None)


def _level(course: Course, drug: str) -> DrugLevel:
    level = quantity(course.dose_levels.get(drug))
    return DrugLevel(course.label(drug), level.unit if level else None, level.amount if level else 0.0)


def _dose(course: Course, visit: ScheduledVisit, drug: str) -> Dose:
    facts = [fact for fact in course.record.given.get(visit.key, ()) if fact.activity == drug]
    level = quantity(course.dose_levels.get(drug))
    amounts = [amount_of(fact, level.unit) for fact in facts] if level is not None else [None]
    amount = None if None in amounts else sum(each for each in amounts if each is not None)
    return Dose(drug, _is_known(course, visit, drug, bool(facts)), bool(facts), amount)


def _is_known(course: Course, visit: ScheduledVisit, drug: str, given: bool) -> bool:
    """Whether something tells what became of a dose that was due."""
    if visit.status is Status.UNRECORDED:
        return False
    if visit.actual is None or given:
        return True
    record, key = course.record, visit.key
    told = any(hold.activity in (None, drug) for hold in record.held.get(key, ()))
    told = told or bool(record.omitted.get(key, {}).keys() & {None, drug})
    return told or any(drug in fact.not_done for fact in record.attended.get(key, ()))


# -- at home ------------------------------------------------------------------------------------


def _home(course: Course, plan: Plan) -> Iterator[HomeDrug]:
    drugs = [name for name in dict.fromkeys(each.activity for each in plan.home_doses) if _is_drug(course, name)]
    for drug in drugs:
        doses = [each for each in plan.home_doses if each.activity == drug and not each.tentative]
        before = [day for each in doses for day in each.days if day < plan.as_of]
        held = tuple(day for each in doses for day in each.held if day < plan.as_of)
        away = tuple(day for day in before if course.is_in_hospital(day.toordinal()))
        expected = tuple(sorted(set(before).difference(away)))
        taken = {fact.date for fact in course.record.all(Given) if fact.activity == drug}
        not_taken = any(fact.activity == drug and fact.visit is None for fact in course.record.all(Omitted))
        returns, unreadable = pill_counts(course, drug, alone=len(drugs) == 1)
        yield HomeDrug(
            course.label(drug), expected, away, held, tuple(sorted(taken.intersection(expected))),
            bool(taken) or not_taken, tuple(returns), unreadable,
        )  # fmt: skip


def _is_drug(course: Course, name: str) -> bool:
    activity = course.activity(name)
    return activity is not None and activity.kind is ActivityKind.HOME_DOSE


def pill_counts(course: Course, drug: str, alone: bool) -> tuple[list[tuple[date, int]], int]:
    """Each count of what came back, as its day and the doses taken by it; and how many say nothing.

    A count is an assessment whose result says ``dispensed 28, returned 3`` or ``returned 3 of 28``; where several drugs
    are taken at home the drug stands before it: ``venetoclax: returned 3 of 28``.
    """
    found, unreadable = [], 0
    for fact in sorted(course.record.all(Assessed), key=lambda fact: fact.date):
        if fact.result is None or "return" not in fact.result.lower():
            continue
        read = next((match for form in _COUNTED if (match := form.fullmatch(fact.result.strip().lower()))), None)
        if read is None or (read["drug"] is None and not alone):
            unreadable += 1
        elif read["drug"] is None or read["drug"].strip() in (drug.lower(), course.label(drug).lower()):
            found.append((fact.date, int(read["out"]) - int(read["back"])))
    return found, unreadable

"""Drugs taken at home: days on which a dose was expected and recorded, and what counts of returned doses tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from planner.reports.choosing import Choice
from planner.reports.evidence import HomeTally
from schedules.course import Course
from schedules.history import Assessed, Given, Omitted
from schedules.protocol import ActivityKind
from schedules.scheduled import Plan

_COUNTED = (
    re.compile(r"(?:(?P<drug>[^:]+):\s*)?dispensed (?P<out>\d+)[,;]? returned (?P<back>\d+)"),
    re.compile(r"(?:(?P<drug>[^:]+):\s*)?returned (?P<back>\d+) of (?P<out>\d+)"),
)


def home_tallies(course: Course, plan: Plan, group: str, choice: Choice) -> Iterator[HomeTally]:
    """What each drug taken at home came to, up to the day before the plan's."""
    drugs = [name for name in dict.fromkeys(each.activity for each in plan.home_doses) if _is_drug(course, name)]
    for drug in drugs:
        doses = [each for each in plan.home_doses if each.activity == drug and not each.tentative]
        before = [day for each in doses for day in each.days if day < plan.as_of and choice.has_day(day)]
        held = sum(day < plan.as_of and choice.has_day(day) for each in doses for day in each.held)
        away = [day for day in before if course.is_in_hospital(day.toordinal())]
        expected = sorted(set(before) - set(away))
        if not expected and not held:
            continue
        taken = {fact.date for fact in course.record.all(Given) if fact.activity == drug}
        counts, unreadable = pill_counts(course, drug, expected, alone=len(drugs) == 1)
        not_taken = any(fact.activity == drug and fact.visit is None for fact in course.record.all(Omitted))
        covered = len(taken.intersection(expected)) if taken or not_taken else None
        yield HomeTally(group, course.label(drug), len(expected), covered, held, len(away), tuple(counts), unreadable)


def _is_drug(course: Course, name: str) -> bool:
    activity = course.activity(name)
    return activity is not None and activity.kind is ActivityKind.HOME_DOSE


def pill_counts(course: Course, drug: str, expected: list[date], alone: bool) -> tuple[list[tuple[int, int]], int]:
    """Each count of what came back, as doses taken and doses expected since the one before; and how many say nothing.

    A count is an assessment whose result says ``dispensed 28, returned 3`` or ``returned 3 of 28``; where several drugs
    are taken at home the drug stands before it: ``venetoclax: returned 3 of 28``.
    """
    found, unreadable, since = [], 0, date.min
    for fact in sorted(course.record.all(Assessed), key=lambda fact: fact.date):
        if fact.result is None or "return" not in fact.result.lower():
            continue
        read = next((match for form in _COUNTED if (match := form.fullmatch(fact.result.strip().lower()))), None)
        if read is None or (read["drug"] is None and not alone):
            unreadable += 1
            continue
        if read["drug"] is not None and read["drug"].strip() not in (drug.lower(), course.label(drug).lower()):
            continue
        days = sum(since <= day < fact.date for day in expected)
        since = fact.date
        if days:
            found.append((int(read["out"]) - int(read["back"]), days))
    return found, unreadable

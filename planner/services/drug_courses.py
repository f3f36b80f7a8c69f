"""What each drug's treatment really was: from which dose to which, how many, how often reduced, and why it stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy.orm import Session

from planner.services.access import Scope, find_participant, find_study
from planner.services.designs import Designs
from planner.services.histories import life_of
from schedules.course import Course
from schedules.history import Given, Omitted, Reduced
from schedules.protocol import ActivityKind
from schedules.scheduled import Plan

_DRUGS = frozenset({ActivityKind.DOSE, ActivityKind.HOME_DOSE})


@dataclass(frozen=True, slots=True)
class Reduction:
    """From this visit on the drug was given at a lower dose."""

    day: date
    visit: str
    to: str
    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Since when a drug is not given any more, why, and what says so.

    ``omitted``: every dose after the last one was left out, the first on that day; ``gate``: a decision stopped the
    drug; ``treatment-ended``: all treatment ended.
    """

    day: date
    reason: str
    said_by: Literal["omitted", "gate", "treatment-ended"]


@dataclass(frozen=True, slots=True)
class DrugCourse:
    """One drug as one participant really had it. ``stop`` is None while it goes on, or was never begun."""

    drug: str
    label: str
    first_dose: date | None
    last_dose: date | None
    doses: int
    partial: int
    omitted: int
    reductions: tuple[Reduction, ...]
    stop: Stop | None


def drug_courses(
    session: Session, designs: Designs, scope: Scope, study_code: str, number: str, now: datetime
) -> list[DrugCourse]:
    """What a participant had of each drug, in the protocol's order. Raises NotFound."""
    study = find_study(session, scope, study_code)
    participant = find_participant(session, scope, study, number)
    life = life_of(session, designs.of(session, study), participant)
    course, plan = life.course(now), life.plan(now)
    return [_drug(course, plan, drug) for drug in _drugs(course)]


def _drugs(course: Course) -> Iterable[str]:
    """The drugs of every version that the participant has been under, and any other that was given."""
    found = {
        name: None
        for _, compiled in course.versions
        for name, activity in compiled.protocol.activities.items()
        if activity.kind in _DRUGS
    }
    return [*found, *dict.fromkeys(fact.activity for fact in course.record.all(Given) if fact.activity not in found)]


def _drug(course: Course, plan: Plan | None, drug: str) -> DrugCourse:
    given = [fact for fact in course.record.all(Given) if fact.activity == drug]
    reduced = [fact for fact in course.record.all(Reduced) if fact.activity == drug]
    omitted = list(_omitted(course, plan, drug))
    last = given[-1].date if given else None
    return DrugCourse(
        drug, course.label(drug), given[0].date if given else None, last, len(given),
        sum(fact.partial for fact in given), len(omitted),
        tuple(Reduction(fact.date, course.record.rename(fact.visit), fact.to, fact.reason) for fact in reduced),
        _stop(course, plan, drug, last, omitted) if last is not None else None,
    )  # fmt: skip


def _omitted(course: Course, plan: Plan | None, drug: str) -> Iterator[Omitted]:
    """What was left out of the drug, alone, with all of a visit that had it, or at home, earliest first."""
    planned = {visit.key for visit in plan.visits if drug in visit.spec.doses} if plan else set()
    for fact in course.record.all(Omitted):
        whole = fact.activity is None and fact.visit is not None and course.record.rename(fact.visit) in planned
        if whole or fact.activity == drug:
            yield fact


def _stop(course: Course, plan: Plan | None, drug: str, last: date, omitted: list[Omitted]) -> Stop | None:
    ends = sorted(_ends(course, plan, drug), key=lambda stop: stop.day)
    if not ends:
        return None
    since = next((fact for fact in omitted if last < fact.date <= ends[0].day), None)
    return Stop(since.date, since.reason, "omitted") if since is not None else ends[0]


def _ends(course: Course, plan: Plan | None, drug: str) -> Iterator[Stop]:
    """What put an end to the drug: the end of all treatment by its recorded day, or a decision to stop it."""
    if plan is None:
        return
    if plan.treatment_end is not None and plan.treatment_end.recorded:
        yield Stop(plan.treatment_end.day, plan.treatment_end.reason, "treatment-ended")
    for gate in plan.gates:
        outcome = course.outcome(gate.key, gate.outcome) if gate.decided_on and gate.outcome else None
        if gate.decided_on is not None and outcome is not None and drug in outcome.stops:
            yield Stop(gate.decided_on, gate.outcome or "", "gate")

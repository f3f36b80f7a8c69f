"""Evidence from the facts: everybody planned again from what had been recorded by a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from planner.persistence.participants import Participant
from planner.problems import Refused
from planner.reports.caring import count_care
from planner.reports.choosing import Choice, month_of
from planner.reports.evidence import (
    OUTSIDE,
    DeviationCell,
    Evidence,
    Person,
    VisitCell,
    outcome_of,
    standing_of,
)
from planner.reports.judged import Judged, judged_by, said_of
from planner.reports.known import rows_by
from planner.services.care import care_of, site_of_visit
from planner.services.designs import StudyDesign
from planner.services.histories import Life, life_of_rows
from planner.services.tallies import Dated, days_late, days_off
from schedules.scheduled import Plan, ScheduledVisit
from schedules.statuses import Status


@dataclass(frozen=True, slots=True)
class Planned:
    """One participant with the plan that follows from what was known."""

    person: Person
    life: Life
    plan: Plan
    choice: Choice

    def place(self, visit: ScheduledVisit) -> tuple[str, str]:
        """The site of a visit, and the version in force at it."""
        return site_of_visit(self.life.moves(), visit), self.person.version_on(
            visit.actual or visit.nominal or visit.target
        )

    def chosen(self) -> Iterator[tuple[ScheduledVisit, str]]:
        """The visits that are asked for, each with its group."""
        wanted = self.choice.filters.version
        for visit in self.plan.visits:
            site, version = self.place(visit)
            day = visit.nominal or visit.target
            if wanted in (None, version) and self.choice.has_site(site) and self.choice.has_day(day):
                yield visit, self.choice.group(self.person, site, day, version)


def plans_of(
    session: Session,
    design: StudyDesign,
    participants: list[Participant],
    people: dict[int, Person],
    moment: datetime,
    choice: Choice,
    failed: list[str],
) -> Iterator[Planned]:
    """Everybody whom the choice has and of whom a plan can be made; the others' numbers go to ``failed``."""
    for participant, rows in rows_by(session, participants, moment):
        person = people[participant.id]
        if not choice.has_person(person):
            continue
        life = life_of_rows(design, participant, rows)
        try:
            plan = life.plan_as_of(person.today)
        except Refused:
            failed.append(participant.number)
            continue
        if plan is not None:
            yield Planned(person, life, plan, choice)


def count_visits(evidence: Evidence, planned: Planned) -> None:
    """Add the visits of one participant."""
    for visit, group in planned.chosen():
        evidence.visits[visit_cell(group, visit)] += 1


def visit_cell(group: str, visit: ScheduledVisit) -> VisitCell:
    """What a visit counts as."""
    outcome = outcome_of(visit.status.value, visit.actual is not None, visit.key.startswith(OUTSIDE))
    dated = Dated(visit.nominal, visit.opens, visit.closes, visit.actual)
    if visit.status is Status.EXPIRED or visit.key.startswith(OUTSIDE):
        return VisitCell(group, outcome)
    return VisitCell(group, outcome, days_off(dated), days_late(dated))


def count_deviations(evidence: Evidence, planned: Planned, judged: dict[str, Judged]) -> None:
    """Add the deviations of one participant, with what people had said of them by then."""
    visits = {visit.key: visit for visit in planned.plan.visits}
    for found in (*planned.plan.deviations, *planned.plan.queries):
        said = said_of(judged, planned.person.number, found.id)
        visit = visits.get(found.visit or "")
        site = planned.place(visit)[0] if visit is not None else planned.person.site
        version = planned.person.version_on(found.date)
        choice = planned.choice
        if choice.filters.version not in (None, version) or not choice.has_site(site) or not choice.has_day(found.date):
            continue
        state, important = (said.state, said.important) if said else (found.state, found.important)
        group = choice.group(planned.person, site, found.date, version)
        cell = (group, found.kind.value, important, site, month_of(found.date), standing_of(state))
        evidence.deviations[DeviationCell(*cell)] += 1


def gather(
    session: Session,
    design: StudyDesign,
    participants: list[Participant],
    people: list[Person],
    moment: datetime,
    choice: Choice,
    wanted: frozenset[str],
) -> tuple[Evidence, list[str]]:
    """All evidence that is wanted, and the numbers of those of whom no plan can be made.

    Wanted are any of ``visits``, ``deviations``, ``care``, ``observation`` and ``reminders``.
    """
    evidence, failed = Evidence(), list[str]()
    known = {person.id: person for person in people}
    judged = judged_by(session, design.study_id, moment) if "deviations" in wanted else {}
    for planned in plans_of(session, design, participants, known, moment, choice, failed):
        if "visits" in wanted:
            count_visits(evidence, planned)
        if "deviations" in wanted:
            count_deviations(evidence, planned, judged)
        if "care" in wanted:
            count_care(evidence, planned.person, care_of(planned.life, planned.plan), choice)
        if "reminders" in wanted:
            visits = planned.plan.visits
            evidence.actual |= {(planned.person.id, visit.key): visit.actual for visit in visits if visit.actual}
        state = planned.plan.observation
        known[planned.person.id] = replace(planned.person, observation=state.state if state else None)
    evidence.people = list(known.values())
    return evidence, failed

"""The datasets of a study at a moment, made from the facts that were known at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from operator import attrgetter

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.audit import AuditEntry
from planner.persistence.screening import outcomes_of
from planner.problems import Refused
from planner.reports.evidence import Person
from planner.reports.judged import judged_by
from planner.reports.known import chain_head, participants_by, rows_by
from planner.reports.making import Asked, Wanted, understood
from planner.reports.people import people_of
from planner.reports.sdtm.datasets import NO_PLAN, Datasets, Domains, Heading
from planner.services.access import Scope
from planner.services.designs import Designs
from planner.services.histories import Life, life_of_rows


def domains_of(session: Session, designs: Designs, scope: Scope, wanted: Wanted, now: datetime) -> Domains:
    """The datasets of a study within somebody's scope, of the site, arm and cohort that are wanted.

    Participants are taken whole, by the site that sees them. Raises NotFound for a study that the scope does not see,
    InvalidInput for what cannot be asked, and Refused for a protocol whose visits cannot be numbered.
    """
    asked = understood(session, designs, scope, wanted, now)
    heading, judged = _heading(session, asked), judged_by(session, asked.design.study_id, asked.moment)
    outcomes = [each for each in outcomes_of(session, asked.design.study_id) if each.recorded_at <= asked.moment]
    failed = {each.participant_id: each.decided_on for each in outcomes}
    datasets = Datasets(heading.study, asked.design.design)
    for person, life in _everybody(session, asked):
        try:
            plan = life.plan_as_of(person.today)
        except Refused:
            datasets.leave_out(NO_PLAN)
        else:
            datasets.add(person, life, plan, judged, failed.get(person.id))
    return datasets.finished(heading)


def _heading(session: Session, asked: Asked) -> Heading:
    study, head = asked.study, chain_head(session, asked.study.id, asked.moment)
    query = select(AuditEntry.at).where(AuditEntry.chain == study.id, AuditEntry.seq == head.seq)
    return Heading(study.code, study.id, study.title, asked.moment, session.scalar(query), head)


def _everybody(session: Session, asked: Asked) -> Iterator[tuple[Person, Life]]:
    """Whoever is asked for, by number, with what had been recorded of them by then."""
    participants = participants_by(session, asked.design.study_id, asked.moment)
    people = {each.id: each for each in people_of(session, asked.design, participants, asked.moment)}
    wanted = [each for each in participants if asked.choice.has_now(people[each.id])]
    for participant, rows in rows_by(session, sorted(wanted, key=attrgetter("number")), asked.moment):
        yield people[participant.id], life_of_rows(asked.design, participant, rows)

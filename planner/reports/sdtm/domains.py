"""The datasets of a study at a moment: SV, TV and DV, made from the facts that were known at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.audit import AuditEntry
from planner.persistence.participants import Participant
from planner.persistence.screening import outcomes_of
from planner.problems import Refused
from planner.reports.evidence import Person
from planner.reports.judged import judged_by
from planner.reports.known import chain_head, participants_by, rows_by
from planner.reports.making import Understood, Wanted, understood
from planner.reports.people import people_of
from planner.reports.replanned import Planned
from planner.reports.report import ChainHead, LeftOut
from planner.reports.sdtm.book import VisitBook
from planner.reports.sdtm.columns import COLUMNS, LABELS, Column
from planner.reports.sdtm.ends import ends_of
from planner.reports.sdtm.known_visits import known_visits
from planner.reports.sdtm.protocol_deviations import protocol_deviations
from planner.reports.sdtm.schedule import Schedule
from planner.reports.sdtm.subject_visits import Row, SubjectVisits, Whose
from planner.reports.sdtm.trial_visits import trial_visits
from planner.services.access import Scope
from planner.services.designs import Designs
from planner.services.histories import Life, life_of_rows
from schedules.plan import ENGINE
from schedules.protocol import Stage
from schedules.scheduled import Plan
from schedules.statuses import Status

NAMES = ("SV", "TV", "DV")
UNRECORDED = "planned visits of which nothing is recorded: nobody knows whether they took place"
NO_PLAN = "participants of whose facts no plan can be made"


@dataclass(frozen=True, slots=True)
class Domain:
    """One dataset: its variables, and its records in the order of its key. Days are in ISO 8601."""

    name: str
    label: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Domains:
    """The datasets of a study at a moment, and what they leave out. The same moment and facts give the same.

    ``changed`` is when something of the study was recorded last by then.
    """

    study: str
    study_id: int
    title: str
    as_of: datetime
    changed: datetime | None
    chain: ChainHead
    engine: str
    participants: int
    sv: Domain
    tv: Domain
    dv: Domain
    left_out: tuple[LeftOut, ...]

    def domain(self, name: str) -> Domain:
        """SV, TV or DV, in capitals or not. Raises KeyError for another name."""
        return {"SV": self.sv, "TV": self.tv, "DV": self.dv}[name.upper()]


def domains_of(session: Session, designs: Designs, scope: Scope, wanted: Wanted, now: datetime) -> Domains:
    """The datasets of a study within somebody's scope, of the site, arm and cohort that are wanted.

    Participants are taken whole, by the site that sees them. Raises NotFound for a study that the scope does not see,
    InvalidInput for what cannot be asked, and Refused for a protocol whose visits cannot be numbered.
    """
    asked = understood(session, designs, scope, wanted, now)
    writer = _Writer(session, asked)
    for participant, life, person in _everybody(session, asked):
        writer.add(participant, life, person)
    return writer.finished()


def _everybody(session: Session, asked: Understood) -> Iterator[tuple[Participant, Life, Person]]:
    """Whoever is asked for, by number, with what had been recorded of them by then."""
    participants = participants_by(session, asked.study.id, asked.moment)
    people = {each.id: each for each in people_of(session, asked.design, participants, asked.moment)}
    wanted = [each for each in participants if asked.choice.has_now(people[each.id])]
    for participant, rows in rows_by(session, sorted(wanted, key=attrgetter("number")), asked.moment):
        yield participant, life_of_rows(asked.design, participant, rows), people[participant.id]


class _Writer:
    """Takes one participant after the other; their facts and plans are forgotten again."""

    def __init__(self, session: Session, asked: Understood) -> None:
        self._asked, self._count = asked, 0
        self._study, self._design = asked.study.code, asked.design.design
        self._title = asked.study.title
        self._chain = chain_head(session, asked.study.id, asked.moment)
        self._changed = _changed(session, asked.study.id, self._chain)
        self._failed = {
            each.participant_id: each.decided_on
            for each in outcomes_of(session, asked.study.id)
            if each.recorded_at <= asked.moment
        }
        self._judged = judged_by(session, asked.study.id, asked.moment)
        self._left_out = Counter[str]()
        book = VisitBook(self._design)
        self._visits = SubjectVisits(book, Schedule(self._design, book), {}, self._left_out)
        self._sv, self._dv = list[Row](), list[Row]()

    def add(self, participant: Participant, life: Life, person: Person) -> None:
        """Add somebody's records; who fits no plan is counted and left out."""
        self._count += 1
        try:
            plan = life.plan_as_of(person.today)
        except Refused:
            self._left_out[NO_PLAN] += 1
            return
        ends = ends_of(life.live, self._failed.get(participant.id))
        arm = plan.arm if plan is not None else person.arm
        whose = Whose(self._study, f"{self._study}-{person.number}", arm, _day_1(plan), ends)
        self._sv += self._visits.records(whose, known_visits(life, plan))
        if plan is not None:
            self._left_out[UNRECORDED] += sum(visit.status is Status.UNRECORDED for visit in plan.visits)
            planned = Planned(person, life, plan, self._asked.choice)
            self._dv += protocol_deviations(whose, planned, self._judged, self._visits.book)

    def finished(self) -> Domains:
        """Everything that was added."""
        visits = self._visits
        tv = trial_visits(self._study, self._design, visits.book, visits.schedule, visits.reached)
        rows = {"SV": self._sv, "TV": tv, "DV": self._dv}
        sv, tv_, dv = (Domain(name, LABELS[name], COLUMNS[name], tuple(rows[name])) for name in NAMES)
        return Domains(
            study=self._study, study_id=self._asked.design.study_id, title=self._title, as_of=self._asked.moment,
            changed=self._changed, chain=self._chain, engine=ENGINE, participants=self._count, sv=sv, tv=tv_, dv=dv,
            left_out=tuple(LeftOut(why, count) for why, count in sorted(self._left_out.items()) if count),
        )  # fmt: skip


def _changed(session: Session, study_id: int, head: ChainHead) -> datetime | None:
    return session.scalar(select(AuditEntry.at).where(AuditEntry.chain == study_id, AuditEntry.seq == head.seq))


def _day_1(plan: Plan | None) -> date | None:
    """The reference start, from which study days count: Day 1, once the treatment has begun."""
    began = plan is not None and any(
        visit.actual is not None and visit.spec.stage is Stage.TREATMENT and visit.spec.stay.epoch != "unscheduled"
        for visit in plan.visits
    )
    return plan.day_1 if plan is not None and began else None

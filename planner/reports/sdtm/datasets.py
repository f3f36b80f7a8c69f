"""SV, TV and DV, written participant by participant. Pure: it knows no database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from planner.reports.evidence import OUTSIDE, Person
from planner.reports.judged import Judged
from planner.reports.report import ChainHead, LeftOut
from planner.reports.sdtm.book import VisitBook
from planner.reports.sdtm.columns import COLUMNS, LABELS, Column
from planner.reports.sdtm.ends import ends_of
from planner.reports.sdtm.known_visits import known_visits
from planner.reports.sdtm.protocol_deviations import protocol_deviations
from planner.reports.sdtm.schedule import Schedule
from planner.reports.sdtm.subject_visits import Row, SubjectVisits, Whose
from planner.reports.sdtm.trial_visits import trial_visits
from planner.services.histories import Life
from schedules.design import Design
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


@dataclass(frozen=True, slots=True)
class Heading:
    """Of which study and moment datasets are; ``changed`` is when something of it was recorded last by then."""

    study: str
    study_id: int
    title: str
    as_of: datetime
    changed: datetime | None
    chain: ChainHead
    engine: str = ENGINE


@dataclass(frozen=True, slots=True)
class Domains:
    """The datasets of a study at a moment, and what they leave out. The same moment and facts give the same."""

    heading: Heading
    participants: int
    sv: Domain
    tv: Domain
    dv: Domain
    left_out: tuple[LeftOut, ...]

    def domain(self, name: str) -> Domain:
        """SV, TV or DV, in capitals or not. Raises KeyError for another name."""
        return {"SV": self.sv, "TV": self.tv, "DV": self.dv}[name.upper()]


class Datasets:
    """Takes one participant after the other; their facts and plans may be forgotten then."""

    def __init__(self, study: str, design: Design) -> None:
        self._study, self._design, self._count = study, design, 0
        self._left_out = Counter[str]()
        book = VisitBook(design)
        self._visits = SubjectVisits(book, Schedule(design, book), {}, self._left_out)
        self._sv, self._dv = list[Row](), list[Row]()

    def leave_out(self, why: str) -> None:
        """Count a participant who is in none of the datasets."""
        self._count += 1
        self._left_out[why] += 1

    def add(
        self,
        person: Person,
        life: Life,
        plan: Plan | None,
        judged: dict[str, Judged],
        screen_failed: date | None = None,
    ) -> None:
        """Add somebody's records, after those of lesser numbers. Without a plan there are visits alone."""
        self._count += 1
        arm = plan.arm if plan is not None else person.arm
        ends = ends_of(life.live, screen_failed)
        whose = Whose(self._study, f"{self._study}-{person.number}", arm, _day_1(plan), ends)
        self._sv += self._visits.records(whose, known_visits(life, plan))
        if plan is not None:
            self._left_out[UNRECORDED] += sum(visit.status is Status.UNRECORDED for visit in plan.visits)
            self._dv += protocol_deviations(whose, person.number, plan, judged, self._visits.book)

    def finished(self, heading: Heading) -> Domains:
        """Everything that was added."""
        visits = self._visits
        tv = trial_visits(self._study, self._design, visits.book, visits.schedule, visits.reached)
        left_out = tuple(LeftOut(why, count) for why, count in sorted(self._left_out.items()) if count)
        sv, tv_, dv = (_domain(name, rows) for name, rows in zip(NAMES, (self._sv, tv, self._dv), strict=True))
        return Domains(heading, self._count, sv, tv_, dv, left_out)


def _domain(name: str, rows: list[Row]) -> Domain:
    return Domain(name, LABELS[name], COLUMNS[name], tuple(rows))


def _day_1(plan: Plan | None) -> date | None:
    """The reference start, from which study days count: Day 1, once the treatment has begun."""
    began = plan is not None and any(
        visit.actual is not None and visit.spec.stage is Stage.TREATMENT and not visit.key.startswith(OUTSIDE)
        for visit in plan.visits
    )
    return plan.day_1 if plan is not None and began else None

"""People who are new in a table, checked and planned like anybody else: the rows and audit entries that they will be.

Nothing here asks the database: some can be planned while others are being written, and in another process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Table

from planner.persistence.audit import Note
from planner.persistence.base import Base
from planner.persistence.bulk import Bulk, Kept
from planner.persistence.deviations import DeviationRow
from planner.persistence.facts import FactRow
from planner.persistence.feeds import Place
from planner.persistence.participants import Participant
from planner.persistence.types import json_text
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.visits import GateRow, VisitRow
from planner.problems import InputProblem, PlannerError
from planner.services.cohort_levels import KnownCohort, at_known_levels
from planner.services.designs import StudyDesign, require_values
from planner.services.enrolment import Screen, note_screening
from planner.services.fact_records import data_of
from planner.services.facts import VersionOn, fact_values, first_facts, note_facts, placed_in_request
from planner.services.histories import Life
from planner.services.projection import (
    VISIT_COLUMNS,
    conflicts_of,
    deviation_values,
    gate_values,
    standing_of,
    summary_values,
    visit_row,
)
from schedules.history import Enrolled, Fact, History
from schedules.scheduled import Plan

_SITE = VISIT_COLUMNS.index("site_id")
#: a participant of whom nobody can have a calendar
NOBODY_YET = 0
_VISIT_COLUMNS = (*VISIT_COLUMNS, "activities", "conflicts", "doses", "stood", "key", "revision", "changed_at")


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody new: the first line of the table about them, their number, their site and its row, and their facts."""

    line: int
    number: str
    site: str
    site_id: int
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """What some of them become, in their order: rows, audit entries, whose calendars show more, what is wrong by line.

    In place of a participant's id stands which of those they are who have rows.
    """

    people: int
    rows: tuple[Kept, ...]
    notes: list[Note]
    places: set[Place]
    refused: list[tuple[int, InputProblem]]

    def write(self, bulk: Bulk) -> None:
        """Add the rows to their tables."""
        ids = bulk.reserve_ids(_table(Participant), self.people)
        for rows in self.rows:
            bulk.insert_kept(rows, {"id" if rows.table == Participant.__tablename__ else "participant_id": ids})


@dataclass(slots=True)
class _Pile:
    """Rows of one table, which are to be written together."""

    kind: type[Base]
    columns: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, values: dict[str, Any]) -> None:
        """Put a row on the pile; every row has the same columns in the same order."""
        if not self.rows:
            self.columns = tuple(values)
        self.rows.append(tuple(values.values()))


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who has no row yet. ``id`` is which of those they are who are written together."""

    id: int
    number: str
    revision: int = 1
    screen_failed: bool = False
    planned_on: date | None = None


@dataclass(frozen=True, slots=True)
class Planning:
    """What planning newcomers needs besides themselves: the study, who takes them in when and why, its versions."""

    uow: UnitOfWork
    design: StudyDesign
    version_on: VersionOn
    cohorts: tuple[KnownCohort, ...]
    why: str
    bulk: Bulk

    def plan(self, arrivals: Sequence[Arrival]) -> Planned:
        """Check and plan some; what is wrong with one is what taking them in, and recording the facts, would raise."""
        told = UnitOfWork(self.uow.session, self.uow.actor, self.uow.now, self.uow.request_id)
        made = _Rows(told, self.design, self.why)
        refused: list[tuple[int, InputProblem]] = []
        for arrival in arrivals:
            try:
                made.add(arrival, *self._planned(arrival, made.count))
            except PlannerError as error:
                refused += [(arrival.line, problem) for problem in error.problems]
        return Planned(made.count, made.kept(self.bulk), told.noted(), told.shown(), refused)

    def _planned(self, arrival: Arrival, place: int) -> tuple[Life, Plan | None]:
        nobody = Newcomer(place, arrival.number)
        unknown = Life(self.design, nobody, (), History(planned_site=arrival.site), arrival.site)
        facts = first_facts(unknown, arrival.facts, self.uow.now, self.version_on)
        facts = at_known_levels(self.cohorts, self.design, facts)
        life = unknown.with_facts(facts)
        with placed_in_request(facts):
            plan = life.plan(self.uow.now)
        if any(isinstance(fact, Enrolled) for fact in life.history.facts):
            require_values(self.design.versions, "enrolment")
        return life, plan


class _Rows:
    """All rows of some participants, and what the audit says of them."""

    def __init__(self, uow: UnitOfWork, design: StudyDesign, why: str) -> None:
        self._uow, self._design, self._why = uow, design, why
        self._people, self._facts, self._visits = _Pile(Participant), _Pile(FactRow), _Pile(VisitRow)
        self._gates, self._deviations = _Pile(GateRow), _Pile(DeviationRow)

    @property
    def count(self) -> int:
        """How many participants there are so far."""
        return len(self._people.rows)

    def kept(self, bulk: Bulk) -> tuple[Kept, ...]:
        """The rows as the database is handed them, in the order in which they are to be written."""
        piles = (self._people, self._facts, self._visits, self._gates, self._deviations)
        return tuple(bulk.kept(_table(pile.kind), pile.columns, pile.rows) for pile in piles if pile.rows)

    def add(self, arrival: Arrival, life: Life, plan: Plan | None) -> None:
        """Add the rows of one participant."""
        self._people.add(
            {
                "id": life.participant.id,
                "study_id": self._design.study_id,
                "number": life.participant.number,
                "home_site_id": arrival.site_id,
                "revision": life.participant.revision,
                "screen_failed": life.participant.screen_failed,
                "created_at": self._uow.now,
                **summary_values(life, plan, life.today(self._uow.now)),
            }
        )
        self._add_facts(life)
        if plan is not None:
            self._add_plan(life, plan)

    def _add_facts(self, life: Life) -> None:
        """The facts, and who took the participant in and recorded them."""
        said = []
        for fact in life.history.facts:
            values = fact_values(self._uow, life, fact)
            said.append(data_of(values["fact_id"], values["kind"], values["content"], self._uow.now))
            values["content"] = json_text(values["content"])
            self._facts.add(values)
        screening = Screen(study=self._design.code, site=life.home, number=life.participant.number)
        note_screening(self._uow, self._design.study_id, life.home, screening)
        note_facts(self._uow, life, said, self._why)

    def _add_plan(self, life: Life, plan: Plan) -> None:
        moves, now = life.moves(), self._uow.now
        self._visits.columns = _VISIT_COLUMNS
        began = len(self._visits.rows)
        for visit in plan.visits:
            conflicts = json_text(conflicts_of(visit)) if visit.conflicts else "[]"
            row = visit_row(life, moves, visit)
            activities = visit.spec.activities
            doses = _pairs(life.carer.of(activities).doses)
            besides = (_activities(activities), conflicts, doses, standing_of(row), visit.key, 0, now)
            self._visits.rows.append(row + besides)
        for site_id in {row[_SITE] for row in self._visits.rows[began:]}:
            self._uow.shows(self._design.study_id, site_id, NOBODY_YET)
        for gate in plan.gates:
            self._gates.add({**gate_values(life, gate), "key": gate.key})
        for deviation in (*plan.deviations, *plan.queries):
            self._deviations.add({**deviation_values(life, deviation), "revision": 1, "found_at": now})


def _table(kind: type[Base]) -> Table:
    return cast(Table, kind.__table__)


@lru_cache(maxsize=4096)
def _activities(names: tuple[str, ...]) -> str:
    """The activities of a visit as the table keeps them: the same for everybody's visit of that name."""
    return json_text(list(names))


@lru_cache(maxsize=4096)
def _pairs(doses: tuple[tuple[str, str], ...]) -> str:
    """The study drugs of a visit as the table keeps them."""
    return json_text([list(dose) for dose in doses])

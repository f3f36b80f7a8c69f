"""Participants who are new in a table: checked and planned like anybody else, and written by the hundred.

What is stored is, row for row, what taking each of them in and recording their facts would have stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError

from planner.persistence.base import Base
from planner.persistence.bulk import Bulk
from planner.persistence.deviations import DeviationRow
from planner.persistence.facts import FactRow
from planner.persistence.participants import Participant
from planner.persistence.site_versions import effective_from, version_among
from planner.persistence.studies import Study
from planner.persistence.types import json_text
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.visits import GateRow, VisitRow
from planner.services.access import Scope
from planner.services.designs import Designs, StudyDesign, require_values
from planner.services.enrolment import Screen, ScreeningDesk, note_screening
from planner.services.fact_records import data_of
from planner.services.facts import fact_values, first_facts, note_facts
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
from schedules.history import Booked, Enrolled, Fact, History, LostToFollowUp, Rebooked
from schedules.scheduled import Plan

#: whose rows are written together; so many are in memory, and as many again while they are being written
TOGETHER = 200
_SITE = VISIT_COLUMNS.index("site_id")
#: a participant of whom nobody can have a calendar
NOBODY_YET = 0
_VISIT_COLUMNS = (*VISIT_COLUMNS, "activities", "conflicts", "doses", "stood", "key", "revision", "changed_at")


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
class _Newcomer:
    """Somebody who has no row yet. ``id`` is which of those they are who are written together."""

    id: int
    number: str
    revision: int = 1
    screen_failed: bool = False
    planned_on: date | None = None


@dataclass(slots=True)
class _Rows:
    """All rows of some participants. In place of a participant's id stands which of them it is."""

    people: _Pile = field(default_factory=lambda: _Pile(Participant))
    facts: _Pile = field(default_factory=lambda: _Pile(FactRow))
    visits: _Pile = field(default_factory=lambda: _Pile(VisitRow))
    gates: _Pile = field(default_factory=lambda: _Pile(GateRow))
    deviations: _Pile = field(default_factory=lambda: _Pile(DeviationRow))

    def write(self, bulk: Bulk) -> None:
        """Add them to the tables."""
        ids = bulk.reserve_ids(_table(Participant), len(self.people.rows))
        bulk.insert(_table(Participant), self.people.columns, self.people.rows, {"id": ids})
        for pile in (self.facts, self.visits, self.gates, self.deviations):
            bulk.insert(_table(pile.kind), pile.columns, pile.rows, {"participant_id": ids})


def may_come_with_others(facts: Sequence[Fact]) -> bool:
    """Whether nothing has to be asked of what is stored: chairs that are taken, attempts to reach somebody."""
    return not any(isinstance(fact, Booked | LostToFollowUp | Rebooked) for fact in facts)


class Newcomers:
    """Takes in people who are new, in one transaction: plans some while the ones before them are being written.

    The transaction is the writer's until ``wait`` returns: nobody else may use the session meanwhile.
    """

    def __init__(self, uow: UnitOfWork, designs: Designs, scope: Scope, study: Study, why: str) -> None:
        self._uow, self._designs, self._study, self._why = uow, designs, study, why
        self._desk = ScreeningDesk(uow.session, scope, study)
        self._version_on = partial(version_among, effective_from(uow.session, study.id))
        self._design: StudyDesign | None = None
        self._bulk = Bulk(uow.session.connection())
        self._bulk.expect_many()
        self._rows = _Rows()
        self._writer = ThreadPoolExecutor(max_workers=1)
        self._writing: Future[None] | None = None

    def add(self, number: str, site_code: str, facts: Sequence[Fact]) -> None:
        """Check and plan somebody. Raises what taking them in, and recording the facts, would raise."""
        if not self._desk.knows(site_code):
            self._last_written()
        site = self._desk.admit(number, site_code)
        design = self._design = self._design or self._designs.of(self._uow.session, self._study)
        place = len(self._rows.people.rows)
        unknown = Life(design, _Newcomer(place, number), (), History(planned_site=site.code), site.code)
        life = unknown.with_facts(first_facts(unknown, facts, self._uow.now, self._version_on))
        today = life.today(self._uow.now)
        plan = life.plan_as_of(today)
        if any(isinstance(fact, Enrolled) for fact in life.history.facts):
            require_values(design.versions, "enrolment")
        self._add_person(life, plan, today, site.id)
        if place + 1 == TOGETHER:
            self._hand_over()

    def wait(self) -> None:
        """Write whom nobody has written yet, and wait until it is done."""
        self._hand_over()
        self._last_written()

    def close(self) -> None:
        """Write nothing more: the transaction is done with, or is not to be."""
        self._writer.shutdown(wait=True, cancel_futures=True)
        with suppress(DBAPIError):  # a connection that is gone has nothing in memory
            self._bulk.expect_many(False)

    def _hand_over(self) -> None:
        self._last_written()
        if self._rows.people.rows:
            self._writing = self._writer.submit(self._rows.write, self._bulk)
            self._rows = _Rows()

    def _last_written(self) -> None:
        if self._writing is not None:
            self._writing.result()
            self._writing = None

    # -- rows -----------------------------------------------------------------------------------

    def _add_person(self, life: Life, plan: Plan | None, today: date, home_site_id: int) -> None:
        self._rows.people.add(
            {
                "id": life.participant.id,
                "study_id": self._study.id,
                "number": life.participant.number,
                "home_site_id": home_site_id,
                "revision": life.participant.revision,
                "screen_failed": life.participant.screen_failed,
                "created_at": self._uow.now,
                **summary_values(life, plan, today),
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
            self._rows.facts.add(values)
        screening = Screen(study=self._study.code, site=life.home, number=life.participant.number)
        note_screening(self._uow, self._study.id, life.home, screening)
        note_facts(self._uow, life, said, self._why)

    def _add_plan(self, life: Life, plan: Plan) -> None:
        moves, now, rows = life.moves(), self._uow.now, self._rows
        rows.visits.columns = _VISIT_COLUMNS
        for visit in plan.visits:
            conflicts = json_text(conflicts_of(visit)) if visit.conflicts else "[]"
            row = visit_row(life, moves, visit)
            doses = _pairs(life.carer.of(visit.spec.activities).doses)
            besides = (_activities(visit.spec.activities), conflicts, doses, standing_of(row), visit.key, 0, now)
            rows.visits.rows.append(row + besides)
            self._uow.shows(self._study.id, row[_SITE], NOBODY_YET)
        for gate in plan.gates:
            rows.gates.add({**gate_values(life, gate), "key": gate.key})
        for deviation in (*plan.deviations, *plan.queries):
            rows.deviations.add({**deviation_values(life, deviation), "revision": 1, "found_at": now})


def _table(kind: type[Base]) -> Table:
    return cast(Table, kind.__table__)


@lru_cache(maxsize=4096)
def _pairs(doses: tuple[tuple[str, str], ...]) -> str:
    """The study drugs of a visit as the table keeps them."""
    return json_text([list(dose) for dose in doses])


@lru_cache(maxsize=4096)
def _activities(names: tuple[str, ...]) -> str:
    """The activities of a visit as the table keeps them: the same for everybody's visit of that name."""
    return json_text(list(names))

"""Participants who are new in a table: checked and planned like anybody else, and written by the hundred.

What is stored is, row for row, what taking each of them in and recording their facts would have stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Table

from planner.persistence.base import Base
from planner.persistence.bulk import insert_rows, reserve_ids
from planner.persistence.deviations import DeviationRow
from planner.persistence.facts import FactRow
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.persistence.types import json_text
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.visits import GateRow, VisitRow
from planner.services.access import Scope
from planner.services.designs import Designs, StudyDesign, require_values
from planner.services.enrolment import Screen, ScreeningDesk, note_screening
from planner.services.fact_records import data_of
from planner.services.facts import fact_values, note_facts, numbered
from planner.services.histories import Life
from planner.services.projection import deviation_values, gate_values, summary_values, visit_values
from schedules.history import Booked, Enrolled, Fact, History, Rebooked
from schedules.scheduled import Plan, ScheduledVisit

#: how many are planned before they are written; their plans are in memory meanwhile, 24 kB each
TOGETHER = 200


@dataclass(frozen=True, slots=True, eq=False)
class _Newcomer:
    """Somebody who has been planned, and is to be written."""

    life: Life
    plan: Plan | None
    today: date


@dataclass(slots=True)
class _Pile:
    """Rows of one table, which are to be written together."""

    kind: type[Base]
    columns: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, values: dict[str, Any]) -> None:
        """Put a row on the pile; every row has the same columns in the same order."""
        self.columns = self.columns or tuple(values)
        self.rows.append(tuple(values.values()))


def may_come_with_others(facts: Sequence[Fact]) -> bool:
    """Whether nothing has to be asked of what is stored: appointments take chairs, one by one."""
    return not any(isinstance(fact, Booked | Rebooked) for fact in facts)


class Newcomers:
    """Takes in people who are new, in one transaction: plans some while the ones before them are being written.

    The transaction is the writer's until ``wait`` returns: nobody else may use the session meanwhile.
    """

    def __init__(self, uow: UnitOfWork, designs: Designs, scope: Scope, study: Study, why: str) -> None:
        self._uow, self._designs, self._study, self._why = uow, designs, study, why
        self._desk = ScreeningDesk(uow.session, scope, study)
        self._design: StudyDesign | None = None
        self._connection = uow.session.connection()
        self._planned: list[_Newcomer] = []
        self._writer = ThreadPoolExecutor(max_workers=1)
        self._writing: Future[None] | None = None

    def add(self, number: str, site_code: str, facts: Sequence[Fact]) -> None:
        """Check and plan somebody. Raises what taking them in, and recording the facts, would raise."""
        if not self._desk.knows(site_code):
            self._last_written()
        site = self._desk.admit(number, site_code)
        design = self._design = self._design or self._designs.of(self._uow.session, self._study)
        participant = Participant(number=number, home_site_id=site.id, revision=1, screen_failed=False)
        unknown = Life(design, participant, (), History(planned_site=site.code), site.code)
        life = unknown.with_facts(numbered(unknown, facts, self._uow.now))
        today = life.today(self._uow.now)
        plan = life.plan_as_of(today)
        if any(isinstance(fact, Enrolled) for fact in life.history.facts):
            require_values(design.versions, "enrolment")
        self._planned.append(_Newcomer(life, plan, today))
        if len(self._planned) == TOGETHER:
            self._hand_over()

    def wait(self) -> None:
        """Write whom nobody has written yet, and wait until it is done."""
        self._hand_over()
        self._last_written()

    def close(self) -> None:
        """Write nothing more: the transaction is done with, or is not to be."""
        self._writer.shutdown(wait=True, cancel_futures=True)

    def _hand_over(self) -> None:
        self._last_written()
        if self._planned:
            self._writing = self._writer.submit(self._write, self._planned)
            self._planned = []

    def _last_written(self) -> None:
        if self._writing is not None:
            self._writing.result()
            self._writing = None

    # -- writing --------------------------------------------------------------------------------

    def _write(self, newcomers: list[_Newcomer]) -> None:
        people, facts, visits, gates, deviations = map(_Pile, (Participant, FactRow, VisitRow, GateRow, DeviationRow))
        ids = reserve_ids(self._connection, _table(Participant), len(newcomers))
        for each, new_id in zip(newcomers, ids, strict=True):
            each.life.participant.id = new_id
            people.add(self._participant_values(each))
            self._add_facts(facts, each.life)
            if each.plan is not None:
                self._add_plan(visits, gates, deviations, each.life, each.plan)
        for pile in (people, facts, visits, gates, deviations):
            insert_rows(self._connection, _table(pile.kind), pile.columns, pile.rows)

    def _participant_values(self, newcomer: _Newcomer) -> dict[str, Any]:
        life = newcomer.life
        return {
            "id": life.participant.id,
            "study_id": self._study.id,
            "number": life.participant.number,
            "home_site_id": life.participant.home_site_id,
            "revision": life.participant.revision,
            "screen_failed": False,
            "created_at": self._uow.now,
            **summary_values(life, newcomer.plan, newcomer.today),
        }

    def _add_facts(self, facts: _Pile, life: Life) -> None:
        """The facts, and who took the participant in and recorded them."""
        said = []
        for fact in life.history.facts:
            values = fact_values(self._uow, life, fact)
            said.append(data_of(values["fact_id"], values["kind"], values["content"], self._uow.now))
            facts.add({**values, "content": json_text(values["content"])})
        number = life.participant.number
        note_screening(self._uow, self._study.id, life.home, Screen(study="", site=life.home, number=number))
        note_facts(self._uow, life, said, self._why)

    def _add_plan(self, visits: _Pile, gates: _Pile, deviations: _Pile, life: Life, plan: Plan) -> None:
        moves, now = life.moves(), self._uow.now
        for visit in plan.visits:
            values = visit_values(life, moves, visit)
            values["activities"] = _activities(visit.spec.activities)
            values["conflicts"] = _conflicts(visit, values["conflicts"])
            visits.add({**values, "key": visit.key, "revision": 0, "changed_at": now})
        for gate in plan.gates:
            gates.add({**gate_values(life, gate), "key": gate.key})
        for deviation in (*plan.deviations, *plan.queries):
            deviations.add({**deviation_values(life, deviation), "revision": 1, "found_at": now})


def _table(kind: type[Base]) -> Table:
    return cast(Table, kind.__table__)


@lru_cache(maxsize=4096)
def _activities(names: tuple[str, ...]) -> str:
    """The activities of a visit as the table keeps them: the same for everybody's visit of that name."""
    return json_text(list(names))


def _conflicts(visit: ScheduledVisit, said: list[dict[str, Any]]) -> str:
    return json_text(said) if visit.conflicts else "[]"

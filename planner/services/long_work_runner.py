"""Does long work part by part. Each part is one transaction, with what it did and how far it came.

A worker that is killed loses the part that it was at, and nothing else: whoever goes on begins behind the last one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.database import DatabaseUnavailable
from planner.persistence.long_work import LongWork, add_lines
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import Actor, Store, UnitOfWork
from planner.problems import PlannerError
from planner.services.access import Scope
from planner.services.designs import Designs

log = logging.getLogger(__name__)
#: what is kept in mind until its end, and cannot be gone on with
BEGUN_ANEW = ("export",)
Line = tuple[str, str, str, dict[str, Any]]


@dataclass(slots=True)
class Part:
    """What one part came to: how many were dealt with, behind what the next one begins, and what was found.

    ``last``: nothing is left. ``figures`` are added up over the parts; ``said`` replaces what was said before.
    """

    done: int
    position: int
    last: bool
    lines: list[Line] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    #: the file that was made, if any
    payload: bytes | None = None
    #: why it goes no further, if it does not; what the part found is kept
    failed: str = ""


class Task(Protocol):
    """One kind of work, begun: it may keep in mind what every part needs."""

    @property
    def total(self) -> int | None:
        """How many are to be dealt with; None if nobody knows."""

    def part(self, uow: UnitOfWork, position: int) -> Part:
        """Do the part behind that position. It may be done again where another writer got in its way."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a task is told: the study, what was asked, by whose rights, and the table that came with it."""

    study: str
    study_id: int
    site_id: int | None
    asked: Mapping[str, Any]
    scope: Scope
    designs: Designs
    position: int
    payload: bytes | None


Begin = Callable[[Session, Work], Task]
ScopeOf = Callable[[Session, LongWork], Scope]


class Lost(Exception):
    """Somebody else has the work now, or nobody is to do it any more."""


@dataclass(slots=True)
class Runner:
    """Does the work of the queue, one after the other, under its own ``name``.

    ``scope_of`` says what whoever asked for it may do now; ``stopped`` is asked between the parts.
    """

    store: Store
    designs: Designs
    clock: Callable[[], datetime]
    name: str
    begin: Mapping[str, Begin]
    scope_of: ScopeOf
    stopped: Callable[[], bool] = lambda: False

    def run(self) -> int:
        """Do what waits, until nothing does; how many pieces of work were begun."""
        count = 0
        while not self.stopped() and (work_id := self._claim()) is not None:
            count += 1
            self._do(work_id)
        return count

    def _claim(self) -> int | None:
        """Take the piece of work that has waited longest. Looking costs no writer's place where nothing waits."""
        waiting = select(LongWork.id).where(LongWork.state == "waiting").order_by(LongWork.id).limit(1)
        if self.store.read(lambda session: session.scalar(waiting)) is None:
            return None

        def work(session: Session) -> int | None:
            query = select(LongWork).where(LongWork.state == "waiting").order_by(LongWork.id).limit(1)
            row = session.scalar(query.with_for_update(skip_locked=True))
            if row is None:
                return None
            row.state, row.runner, row.beat_at = "running", self.name, self.clock()
            row.began_at = row.began_at or row.beat_at
            if row.kind in BEGUN_ANEW:
                row.done, row.position, row.found = 0, 0, {}
            return row.id

        return self.store.database.transact(work)

    def _do(self, work_id: int) -> None:
        try:
            self._part_by_part(work_id)
        except Lost:
            log.warning("somebody else goes on with work %d", work_id)
        except PlannerError as error:
            self._end(work_id, "failed", str(error))
        except DatabaseUnavailable:
            raise
        except Exception:
            log.exception("work %d failed", work_id)
            self._end(work_id, "failed", "the planner failed; its log says more")

    def _part_by_part(self, work_id: int) -> None:
        task, actor = self.store.read(lambda session: self._begin(session, work_id))
        while True:
            if self.stopped():
                self._end(work_id, "waiting", "")
                return
            if self.store.write(actor, self.clock(), lambda uow: self._one(uow, work_id, task)):
                return

    def _begin(self, session: Session, work_id: int) -> tuple[Task, Actor]:
        row = session.get_one(LongWork, work_id)
        study = session.get_one(Study, row.study_id)
        work = Work(
            study.code, study.id, row.site_id, row.asked, self.scope_of(session, row), self.designs, row.position,
            row.payload,
        )  # fmt: skip
        return self.begin[row.kind](session, work), Actor(f"user:{row.asked_by}", row.asked_by)

    def _one(self, uow: UnitOfWork, work_id: int, task: Task) -> bool:
        """Do one part, and note how far it came; whether that was the end."""
        row = self._mine(uow.session, work_id)
        row.total = task.total
        if row.stop_wanted:
            row.state, row.ended_at = "stopped", uow.now
            return True
        part = task.part(uow, row.position)
        row.done, row.position, row.beat_at = row.done + part.done, part.position, uow.now
        figures = {name: row.found.get(name, 0) + count for name, count in part.figures.items()}
        row.found = {**row.found, **figures, **part.said}
        add_lines(uow.session, work_id, part.lines)
        if part.last or part.failed:
            row.state, row.ended_at, row.reason = "failed" if part.failed else "done", uow.now, part.failed
            row.payload = row.payload if part.failed or row.kind == "import-check" else part.payload
        return row.ended_at is not None

    def _mine(self, session: Session, work_id: int) -> LongWork:
        row = session.get_one(LongWork, work_id, with_for_update=True, populate_existing=True)
        if row.runner != self.name or row.state != "running":
            raise Lost
        return row

    def _end(self, work_id: int, state: str, reason: str) -> None:
        """Say where work stands that goes no further here."""

        def work(session: Session) -> None:
            row = session.get_one(LongWork, work_id, with_for_update=True)
            if row.runner == self.name and row.state == "running":
                row.state, row.reason = state, reason
                row.ended_at = self.clock() if state != "waiting" else None

        self.store.database.transact(work)

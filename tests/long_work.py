"""Long work as a worker does it, for tests: until the queue is empty, or part by part."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from planner.auth.long_work import scope_of
from planner.persistence.long_work import LongWork, WorkLine
from planner.persistence.unit_of_work import Actor, Store, UnitOfWork
from planner.services.access import EVERYTHING, find_study
from planner.services.designs import Designs
from planner.services.long_tasks import TASKS
from planner.services.long_work import AskFor, ask_for
from planner.services.long_work_runner import Runner
from planner.services.users import Role
from tests.planner.api.callers import user
from tests.studies import STUDY, Trial


def worker(store: Store, now: Callable[[], datetime], name: str = "worker", **said: Any) -> Runner:
    """A worker of the queue."""
    return Runner(store, Designs(), now, name, TASKS, scope_of, **said)


def asked(study: Trial, kind: str, role: Role = Role.ADMINISTRATOR, **said: Any) -> int:
    """Ask for work, as somebody of that role; its number."""
    who = user(study.store, study.now, role)
    wanted = AskFor(kind=kind, **{"asked": {}, **said})

    def work(uow: UnitOfWork) -> int:
        return ask_for(uow, find_study(uow.session, EVERYTHING, STUDY), wanted).id

    return study.store.write(Actor(f"user:{who.id}", who.id), study.now, work)


def stands(store: Store, work: int) -> LongWork:
    """A piece of work as it is stored."""
    return store.read(lambda session: session.get_one(LongWork, work))


def lines(store: Store, work: int) -> list[tuple[str, str, str]]:
    """What it found: kind, about, words."""
    query = select(WorkLine).where(WorkLine.work_id == work).order_by(WorkLine.position)
    return store.read(lambda session: [(row.kind, row.about, row.words) for row in session.scalars(query)])

"""Plans participants again: when a day has passed, a site closed, a study changed, or the engine is a newer one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.care import has_care
from planner.persistence.database import DatabaseUnavailable
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study, StudySite
from planner.persistence.unit_of_work import Actor, Store, UnitOfWork
from planner.persistence.visits import VisitRow, visits_of
from planner.problems import PlannerError
from planner.services.care_records import FORM
from planner.services.chairs import sync_bookings
from planner.services.designs import Designs
from planner.services.histories import Life, life_of
from planner.services.installation import Installation
from planner.services.projection import keep_care, project
from planner.services.reminders import keep_in_step
from schedules.plan import ENGINE
from schedules.scheduled import Plan

PAGE = 200


@dataclass(frozen=True, slots=True)
class Moved:
    """A visit whose date a newer engine would move: which, from when, to when."""

    participant: str
    visit: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Replanned:
    """What planning everybody again came to.

    ``waiting`` are the participants whose dates a newer engine would move: they keep their plan until a person
    agrees. ``failed`` are those whose facts no plan can be made of any more, each with the reason.
    """

    planned: int
    waiting: tuple[Moved, ...]
    failed: tuple[tuple[str, str], ...]


def replan_all(
    store: Store,
    designs: Designs,
    actor: Actor,
    now: datetime,
    agreed: bool = False,
    site: str | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Replanned:
    """Plan every participant again who may stand otherwise than stored, each in a transaction of their own.

    Dates that only a newer engine moves are reported and left, unless somebody has ``agreed`` to them. With a ``site``
    only those of studies in which it takes part. ``stopped`` is asked before each participant: whoever is to end soon
    does not have to wait for the last of many.
    """
    planned, waiting, failed = 0, [], []
    for study_id, participant_id in _everybody(store, site):
        if stopped():
            break
        try:
            work = partial(replan, designs=designs, study_id=study_id, participant_id=participant_id, agreed=agreed)
            moved = store.write(actor, now, work)
        except PlannerError as error:
            failed.append((f"{study_id}/{participant_id}", str(error)))
            continue
        waiting += moved
        planned += not moved
    return Replanned(planned, tuple(waiting), tuple(failed))


def _everybody(store: Store, site: str | None) -> Iterator[tuple[int, int]]:
    """Study and participant of everybody, a page at a time."""
    after = 0
    while True:
        with store.database.reading() as session:
            query = select(Participant.study_id, Participant.id).where(Participant.id > after)
            if site is not None:
                theirs = select(StudySite.study_id).join(SiteRow, SiteRow.id == StudySite.site_id)
                query = query.where(Participant.study_id.in_(theirs.where(SiteRow.code == site)))
            page = session.execute(query.order_by(Participant.id).limit(PAGE)).all()
        yield from ((row.study_id, row.id) for row in page)
        if len(page) < PAGE:
            return
        after = page[-1].id


def replan(uow: UnitOfWork, designs: Designs, study_id: int, participant_id: int, agreed: bool = False) -> list[Moved]:
    """Plan one participant again who may stand otherwise than stored; what waits for somebody to agree."""
    session = uow.session
    participant = session.get_one(Participant, participant_id, with_for_update=True)
    design = designs.of(session, session.get_one(Study, study_id))
    life = life_of(session, design, participant)
    today = life.today(uow.now)
    current = (participant.planned_on, participant.planned_revision, participant.engine)
    if current == (today, design.revision, ENGINE):
        if not has_care(session, participant_id, FORM):  # who came in a large table
            keep_care(uow, life, life.plan(uow.now))
        return []
    plan = life.plan(uow.now)
    if participant.engine != ENGINE and participant.planned_revision == design.revision and not agreed:
        moved = _moved_dates(session, life, plan)
        if moved:
            return moved
    project(uow, life, plan, today)
    sync_bookings(uow, life, plan, reason="planned again")
    keep_in_step(uow, life)
    return []


def _moved_dates(session: Session, life: Life, plan: Plan | None) -> list[Moved]:
    """The visits that stand on another day than stored."""
    rows: dict[str, VisitRow] = visits_of(session, life.participant.id)
    found = []
    for visit in plan.visits if plan else ():
        row = rows.get(visit.key)
        if row is not None and row.target != visit.target:
            before, after = (str(day or "no date") for day in (row.target, visit.target))
            found.append(Moved(life.participant.number, visit.key, before, after))
    return found


def replan_site(planner: Installation, actor: Actor, now: datetime, site: str) -> list[tuple[str, str]]:
    """Plan everybody of the site's studies again; gives whom that left out, and why: the worker finds them later.

    Raises nothing where the database is away meanwhile: what was changed before stands all the same.
    """
    try:
        return list(replan_all(planner.store, planner.designs, actor, now, site=site).failed)
    except DatabaseUnavailable as error:
        return [(f"everybody at {site}", str(error))]

"""What a coordinator has to look at because of messages, and what participants have written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.inbox import InboundRow, TaskRow
from notifications.recipients import RecipientRow
from planner.persistence.audit import INSTALLATION
from planner.persistence.paging import Asked, Page, WrongCursor, page
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.visits import VisitRow
from planner.problems import Conflict, InputProblem, InvalidInput, NotFound
from planner.services.access import Scope, find_study, not_allowed, within
from planner.services.keyring import Keys
from planner.services.recipients import participant_of
from planner.services.texts import too_long
from schedules.statuses import Status

#: a visit that has no appointment so shortly before its day is something to do
TO_BOOK_WITHIN = timedelta(days=7)
LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class Told:
    """A row about a recipient: whose they are, where that is known, and which visit it is about."""

    row: Any
    number: str | None
    whom: Literal["participant", "caregiver"] | None
    visit: str | None


def study_tasks(session: Session, scope: Scope, study_code: str, done: bool | None, asked: Asked) -> Page[Told]:
    """The tasks of a study at the sites within the scope, oldest first; ``done``: only those, or only the others."""
    study = find_study(session, scope, study_code)
    query = select(TaskRow).where(TaskRow.study_id == study.id, within(scope, TaskRow.study_id, TaskRow.site_id))
    if done is not None:
        query = query.where(TaskRow.done_at.is_not(None) if done else TaskRow.done_at.is_(None))
    return _told_page(session, query, TaskRow, asked)


def finish_task(uow: UnitOfWork, scope: Scope, study_code: str, task_id: int, note: str) -> Told:
    """Say that a task is done, and how. Raises NotFound; Conflict if somebody else has done it before."""
    study = find_study(uow.session, scope, study_code)
    return _finish(uow, find_task(uow.session, scope, study, task_id, lock=True), note, study.id)


def _finish(uow: UnitOfWork, row: TaskRow, note: str, chain: int) -> Told:
    problems = list(too_long("note", note, LONGEST_NOTE))
    if problems:
        raise InvalidInput(problems)
    if row.done_at is not None:
        raise Conflict([InputProblem("task", "it was done before", "nothing is left to do")])
    row.done_at, row.done_by, row.note = uow.now, uow.actor.user_id, note.strip()
    uow.audit("task.done", f"task:{row.id}", study_id=chain, after={"kind": row.kind, "note": row.note})
    return told_of(uow.session, [row])[0]


def finish_loose_task(uow: UnitOfWork, scope: Scope, task_id: int, note: str) -> Told:
    """The same with a task of no study. Raises NotFound; Conflict if somebody else has done it before."""
    row = find_loose_task(uow.session, scope, task_id, lock=True)
    return _finish(uow, row, note, INSTALLATION)


def find_loose_task(session: Session, scope: Scope, task_id: int, lock: bool = False) -> TaskRow:
    """A task of no study: whoever looks at messages anywhere may look at it. Raises NotFound."""
    query = select(TaskRow).where(TaskRow.id == task_id, TaskRow.study_id.is_(None))
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None or not scope.pairs:
        raise NotFound([InputProblem("task", "there is no such task", "look at what is to be done today")])
    return row


def covers_everybody(session: Session, scope: Scope) -> bool:
    """Whether a scope has all studies that there are: then nobody who might have written is outside of it."""
    return all(scope.covers_whole(study_id) for study_id in session.scalars(select(Study.id)))


def find_task(session: Session, scope: Scope, study: Study, task_id: int, lock: bool = False) -> TaskRow:
    """The task of that number, locked against others if asked. Raises NotFound and NotAllowed."""
    query = select(TaskRow).where(TaskRow.id == task_id, TaskRow.study_id == study.id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None or not scope.sees(study.id, row.site_id):
        raise NotFound([InputProblem("task", "there is no such task", "look at the study's tasks")])
    if not scope.covers(study.id, row.site_id):
        raise not_allowed("with tasks of that site")
    return row


def study_inbox(session: Session, scope: Scope, study_code: str, asked: Asked) -> Page[Told]:
    """What participants of a study have written, oldest first, at the sites within the scope."""
    study = find_study(session, scope, study_code)
    query = select(InboundRow).where(
        InboundRow.study_id == study.id, within(scope, InboundRow.study_id, InboundRow.site_id)
    )
    return _told_page(session, query, InboundRow, asked)


def opened(keys: Keys, row: InboundRow) -> str | None:
    """What somebody wrote; None once it was removed."""
    return None if row.sealed is None else str(keys.open(row.sealed)["text"])


def sealed(keys: Keys, text: str) -> bytes:
    """What somebody wrote, as it is kept."""
    return keys.seal({"text": text})


def visits_to_book(session: Session, scope: Scope, study_code: str, today: date, asked: Asked) -> Page[Any]:
    """Visits without an appointment within a week of their day, with number and site: a coordinator's, no text's."""
    study = find_study(session, scope, study_code)
    query = (
        select(VisitRow, Participant.number, SiteRow.code)
        .join(Participant, Participant.id == VisitRow.participant_id)
        .join(SiteRow, SiteRow.id == VisitRow.site_id)
        .where(
            VisitRow.study_id == study.id, within(scope, VisitRow.study_id, VisitRow.site_id),
            VisitRow.gone.is_(False), VisitRow.booked == "", VisitRow.tentative.is_(False),
            VisitRow.status.in_([Status.PLANNED.value, Status.DUE.value]),
            VisitRow.target >= today, VisitRow.target <= today + TO_BOOK_WITHIN,
        )
    )  # fmt: skip
    return _page(session, query, [(VisitRow.target, date), (VisitRow.participant_id, int), (VisitRow.key, str)], asked)


def told_of(session: Session, rows: list[Any]) -> list[Told]:
    """Rows with whose they are."""
    recipients = _by_id(session, RecipientRow, {row.recipient_id for row in rows})
    whose = {one: participant_of(recipient.reference) for one, recipient in recipients.items()}
    people = _by_id(session, Participant, {participant_id for participant_id, _ in whose.values()})
    visits = _by_id(session, AppointmentRow, {row.appointment_id for row in rows})
    found = []
    for row in rows:
        who = whose.get(row.recipient_id)
        visit = visits.get(row.appointment_id)
        number = people[who[0]].number if who else None
        found.append(Told(row, number, _whom(who), visit.reference if visit else None))
    return found


def _whom(who: tuple[int, bool] | None) -> Literal["participant", "caregiver"] | None:
    if who is None:
        return None
    return "caregiver" if who[1] else "participant"


def _by_id(session: Session, table: Any, ids: set[int | None]) -> dict[int | None, Any]:
    wanted = {one for one in ids if one is not None}
    return {row.id: row for row in session.scalars(select(table).where(table.id.in_(wanted)))} if wanted else {}


def _told_page(session: Session, query: Any, table: Any, asked: Asked) -> Page[Told]:
    found = _page(session, query, [(table.id, int)], asked)
    return Page(told_of(session, found.rows), found.next)


def _page(session: Session, query: Any, order: list[tuple[Any, type]], asked: Asked) -> Page[Any]:
    try:
        return page(session, query, order, asked)
    except WrongCursor as wrong:
        raise InvalidInput([InputProblem("cursor", str(wrong), "begin at the first page, without one")]) from None

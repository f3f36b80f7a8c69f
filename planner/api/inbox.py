"""What participants have written, and what a coordinator has to look at because of messages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from planner import clock
from planner.api.requests import installation, needs, reading, scope, writing
from planner.api.resource import asked, page_of, resource
from planner.api.types import Answer, Body, Note, PageQuery, StudyPath
from planner.auth.permissions import Permission
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.services.keyring import Keys
from planner.services.tasks import LONGEST_NOTE, Told, finish_task, opened, study_inbox, study_tasks, visits_to_book

api = resource("inbox", "What participants have written back, and what there is to do about it.")
_TASK = ("id", "kind", "words", "made_at", "done_at", "note", "message_id", "inbound_id")
_INBOUND = ("id", "channel", "received_at", "meaning")
_VISIT = ("key", "label", "target", "opens", "closes", "setting")


class TaskQuery(PageQuery):
    """Which tasks."""

    done: Literal["yes", "no"] | None = Field(default=None, description="Only those that are done, or only the others.")


class TaskAnswer(Answer):
    """Something that a person has to look at."""

    id: int
    kind: str
    words: str = Field(description="What it is about, without numbers or what anybody wrote.")
    number: str | None = Field(description="Whom it is about: a screening number.")
    whom: Literal["participant", "caregiver"] | None
    visit: str | None
    message_id: int | None
    inbound_id: int | None
    made_at: datetime
    done_at: datetime | None
    done_by: str | None
    note: str


class InboundAnswer(Answer):
    """Something that a participant, or whoever cares for them, has written."""

    id: int
    number: str | None
    whom: Literal["participant", "caregiver"] | None
    visit: str | None = Field(description="The visit that it is about, where that is clear.")
    channel: str
    received_at: datetime
    meaning: str = Field(description="confirm, move, stop, start, help, wrong-number, or free.")
    text: str | None = Field(description="What they wrote; null once it was removed.")


class ToBookAnswer(Answer):
    """A visit that is due within a week and has no appointment."""

    number: str
    site: str
    key: str
    label: str
    target: date
    opens: date | None
    closes: date | None
    setting: str


class TaskDone(Body):
    """What was done about it."""

    note: Note = Field(default="", max_length=LONGEST_NOTE)


class TaskPath(StudyPath):
    """A task of a study."""

    task: int = Field(ge=1, le=2**62)


Tasks = page_of(TaskAnswer)
Inbox = page_of(InboundAnswer)
ToBook = page_of(ToBookAnswer)


@api.get("/studies/<study>/tasks", responses={200: Tasks}, operation_id="list_tasks")
@needs(Permission.MESSAGES_READ)
def tasks(path: StudyPath, query: TaskQuery) -> Response:
    """List what there is to look at because of messages, oldest first."""
    done = None if query.done is None else query.done == "yes"

    def work(session: Session) -> Any:
        found = study_tasks(session, scope(), path.study, done, asked(query))
        return Tasks(items=_tasks(session, found.rows), next=found.next)

    return reading(work)


@api.post("/studies/<study>/tasks/<int:task>/done", responses={200: TaskAnswer}, operation_id="finish_task")
@needs(Permission.MESSAGES_WRITE)
def finish(path: TaskPath, body: TaskDone) -> Response:
    """Say that a task is done, and how."""

    def work(uow: UnitOfWork) -> TaskAnswer:
        told = finish_task(uow, scope(), path.study, path.task, body.note)
        return _tasks(uow.session, [told])[0]

    return writing(work, lambda shown: shown)


@api.get("/studies/<study>/inbox", responses={200: Inbox}, operation_id="list_inbox")
@needs(Permission.CONTACTS_READ)
def inbox(path: StudyPath, query: PageQuery) -> Response:
    """List what participants have written, oldest first. People write of their illness: it is for who may call them."""
    keys = installation().keys

    def work(session: Session) -> Any:
        found = study_inbox(session, scope(), path.study, asked(query))
        return Inbox(items=[_inbound(keys, told) for told in found.rows], next=found.next)

    made = reading(work)
    made.headers["Cache-Control"] = "no-store"
    return made


@api.get("/studies/<study>/visits-to-book", responses={200: ToBook}, operation_id="list_visits_to_book")
@needs(Permission.PARTICIPANTS_READ)
def to_book(path: StudyPath, query: PageQuery) -> Response:
    """List the visits of the coming week that have no appointment yet: nobody is reminded of them."""
    today = clock.now().date()

    def work(session: Session) -> Any:
        found = visits_to_book(session, scope(), path.study, today, asked(query))
        items = [
            ToBookAnswer(number=number, site=site, **{name: getattr(row, name) for name in _VISIT})
            for row, number, site in found.rows
        ]
        return ToBook(items=items, next=found.next)

    return reading(work)


def _tasks(session: Session, rows: list[Told]) -> list[TaskAnswer]:
    names = names_of(session, (told.row.done_by for told in rows))
    return [
        TaskAnswer(
            number=told.number, whom=told.whom, visit=told.visit, done_by=names.get(told.row.done_by or 0),
            **{name: getattr(told.row, name) for name in _TASK},
        )
        for told in rows
    ]  # fmt: skip


def _inbound(keys: Keys, told: Told) -> InboundAnswer:
    said = {name: getattr(told.row, name) for name in _INBOUND}
    return InboundAnswer(number=told.number, whom=told.whom, visit=told.visit, text=opened(keys, told.row), **said)

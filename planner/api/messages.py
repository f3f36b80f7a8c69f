"""What was sent to participants and what will be: with masked numbers, each with all that has happened to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from notifications.outbox import State
from planner import clock
from planner.api.requests import installation, needs, reading, scope, writing
from planner.api.resource import asked, page_of, resource
from planner.api.types import Answer, Body, Moment, PageQuery, ParticipantPath, StudyPath
from planner.auth.permissions import Permission
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.access import find_study
from planner.services.address_book import ContactBook
from planner.services.messages import (
    Shown,
    WantedMessages,
    delivery_figures,
    events_of,
    find_message,
    participant_messages,
    shown_messages,
    study_messages,
)
from planner.services.sending import CHANNELS, replay_held, send_test

api = resource("messages", "What was sent to participants, what will be, and how it went; numbers are masked.")
STATES = tuple(state.value for state in State)
_FIELDS = (
    "id", "template", "timing", "channel", "state", "planned_at", "due_at", "expires_at", "attempts", "accepted_at",
    "text", "wording", "segments", "error_code", "reason", "redacted_at", "changed_at",
)  # fmt: skip
_EVENT = ("at", "state", "source", "detail")


class MessageQuery(PageQuery):
    """Which messages."""

    state: Literal[STATES] | None = Field(default=None, description="Only those that stand there.")  # type: ignore[valid-type]
    since: Moment | None = Field(default=None, description="Due from this instant on.")
    until: Moment | None = Field(default=None, description="Due before this instant.")


class SpanQuery(PageQuery):
    """Which messages are counted."""

    since: Moment | None = Field(default=None, description="Due from this instant on.")
    until: Moment | None = Field(default=None, description="Due before this instant.")


class MessageAnswer(Answer):
    """One message. Its text is there once it was sent, until it is removed."""

    id: int
    number: str = Field(description="Whose it is: a screening number.")
    whom: Literal["participant", "caregiver"]
    to: str = Field(description="The last digits of the number, or the beginning of the address.")
    visit: str | None = Field(description="The visit that it is about, where it is about one.")
    template: str
    timing: str
    channel: str
    state: str
    planned_at: datetime
    due_at: datetime
    expires_at: datetime
    attempts: int
    accepted_at: datetime | None
    text: str | None
    wording: str | None = Field(description="The wording that was sent, as template/language/version.")
    segments: int | None
    error_code: str = Field(description="The provider's code for what went wrong.")
    reason: str = Field(description="Why it stands where it does.")
    redacted_at: datetime | None
    changed_at: datetime


class EventAnswer(Answer):
    """One change of a message."""

    at: datetime
    state: str = Field(description="The state that it has since.")
    source: str = Field(description="Who says so: plan, dispatch, callback, settle, or person.")
    detail: str


class MessageWithEvents(MessageAnswer):
    """One message with all that has happened to it."""

    events: list[EventAnswer]


class DayAnswer(Answer):
    """So many messages of one text were due on one day and stand like that."""

    day: str
    template: str
    channel: str
    state: str
    count: int


class FiguresAnswer(Answer):
    """How many messages stand where."""

    by_state: dict[str, int]
    by_channel: dict[str, dict[str, int]]
    open_tasks: int
    days: list[DayAnswer] = Field(description="By day of UTC, text, channel and state; of 31 days if none are named.")
    median_seconds: float | None = Field(description="How long messages took to arrive, from taken to delivered.")


class ReplayAnswer(Answer):
    """What came of sending held messages after all."""

    planned: int = Field(description="How many are to be sent again; the others are of no use any more.")


class NewTest(Body):
    """By which channel a test message goes."""

    channel: Literal[CHANNELS] = "sms"  # type: ignore[valid-type]
    caregiver: bool = Field(default=False, description="Whether it goes to whoever cares for the participant.")


class MessagePath(StudyPath):
    """A message of a study."""

    message: int = Field(ge=1, le=2**62)


Messages = page_of(MessageAnswer)


@api.get("/studies/<study>/messages", responses={200: Messages}, operation_id="list_messages")
@needs(Permission.MESSAGES_READ)
def list_all(path: StudyPath, query: MessageQuery) -> Response:
    """List the messages of a study, in the order in which they were planned."""
    states = (query.state,) if query.state else ()
    wanted = WantedMessages(states=states, since=query.since, until=query.until)

    def work(session: Session) -> Any:
        found = study_messages(session, book(), scope(), path.study, wanted, asked(query))
        return Messages(items=[_shown(one) for one in found.rows], next=found.next)

    return _private(reading(work))


@api.get(
    "/studies/<study>/participants/<number>/messages",
    responses={200: Messages}, operation_id="list_participant_messages",
)  # fmt: skip
@needs(Permission.MESSAGES_READ)
def list_of_participant(path: ParticipantPath, query: PageQuery) -> Response:
    """List the messages to a participant, and to whoever cares for them."""

    def work(session: Session) -> Any:
        found = participant_messages(session, book(), scope(), path.study, path.number, asked(query))
        return Messages(items=[_shown(one) for one in found.rows], next=found.next)

    return _private(reading(work))


@api.get("/studies/<study>/messages/<int:message>", responses={200: MessageWithEvents}, operation_id="show_message")
@needs(Permission.MESSAGES_READ)
def show(path: MessagePath) -> Response:
    """Show a message with all that has happened to it."""

    def work(session: Session) -> MessageWithEvents:
        row = find_message(session, scope(), find_study(session, scope(), path.study), path.message)
        shown = shown_messages(session, book(), [row])[0]
        events = [EventAnswer(**{name: getattr(one, name) for name in _EVENT}) for one in events_of(session, row.id)]
        return MessageWithEvents(events=events, **_data(shown))

    return _private(reading(work))


@api.post(
    "/studies/<study>/messages/<int:message>/replay", responses={200: ReplayAnswer}, operation_id="replay_message"
)
@needs(Permission.MESSAGES_WRITE)
def replay_one(path: MessagePath) -> Response:
    """Send a message that was held, where it is still of use."""
    return writing(lambda uow: replay_held(uow, scope(), path.study, path.message), _replayed)


@api.post("/studies/<study>/messages/replay", responses={200: ReplayAnswer}, operation_id="replay_messages")
@needs(Permission.MESSAGES_WRITE)
def replay_all(path: StudyPath) -> Response:
    """Send all messages that were held, at your sites, where they are still of use."""
    return writing(lambda uow: replay_held(uow, scope(), path.study), _replayed)


@api.post(
    "/studies/<study>/participants/<number>/test-message",
    responses={201: MessageAnswer}, operation_id="send_test_message",
)  # fmt: skip
@needs(Permission.MESSAGES_WRITE)
def test(path: ParticipantPath, body: NewTest) -> Response:
    """Send a participant a text that says that it is a test, with every check that a reminder goes through."""

    def work(uow: UnitOfWork) -> MessageAnswer:
        row = send_test(uow, scope(), path.study, path.number, body.channel, body.caregiver)
        return _shown(shown_messages(uow.session, book(), [row])[0])

    return _private(writing(work, lambda shown: shown, 201))


@api.get("/studies/<study>/delivery-figures", responses={200: FiguresAnswer}, operation_id="show_delivery_figures")
@needs(Permission.MESSAGES_READ)
def figures(path: StudyPath, query: SpanQuery) -> Response:
    """Count the messages of a study by state and channel, and the tasks that are open."""

    def work(session: Session) -> FiguresAnswer:
        found = delivery_figures(session, scope(), path.study, query.since, query.until, clock.now())
        return FiguresAnswer.model_validate(found)

    return reading(work)


def book() -> ContactBook:
    """The address book of this installation."""
    return ContactBook(installation().keys)


def _replayed(count: int) -> ReplayAnswer:
    return ReplayAnswer(planned=count)


def _shown(one: Shown) -> MessageAnswer:
    return MessageAnswer(**_data(one))


def _data(one: Shown) -> dict[str, Any]:
    said = {name: getattr(one.row, name) for name in _FIELDS}
    return {"number": one.number, "whom": one.whom, "to": one.to, "visit": one.visit, **said}


def _private(made: Response) -> Response:
    made.headers["Cache-Control"] = "no-store"
    return made

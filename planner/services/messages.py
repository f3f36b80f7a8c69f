"""What was sent to participants, what will be, and how it went: lists with masked numbers, and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.figures import Count, delivery
from notifications.outbox import MessageEvent, MessageRow, State
from notifications.preparing import Foreseen, foresee
from notifications.recipients import RecipientRow
from notifications.tasks import TaskRow
from planner.persistence.paging import Asked, Page, WrongCursor, page
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.problems import InputProblem, InvalidInput, NotFound
from planner.services.access import Scope, find_participant, find_study, not_allowed, within
from planner.services.address_book import ContactBook, masked
from planner.services.designs import Designs
from planner.services.recipients import participant_of, reference_of
from planner.services.wordings import own_words_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A message, whose it is, and where it goes or went, so that only whoever knows the number recognises it."""

    row: MessageRow
    number: str
    whom: str
    to: str
    visit: str | None
    #: how a planned one would read if it went now; only where it was asked for
    foreseen: Foreseen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedMessages:
    """What to leave out of a list: everything that is not as said here."""

    states: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


def study_messages(
    session: Session, book: ContactBook, scope: Scope, study_code: str, wanted: WantedMessages, asked: Asked
) -> Page[Shown]:
    """The messages of a study at the sites within the scope, by when they are due."""
    study = find_study(session, scope, study_code)
    query = select(MessageRow).where(
        MessageRow.study_id == study.id, within(scope, MessageRow.study_id, MessageRow.site_id)
    )
    return _shown_page(session, book, _narrowed(query, wanted), asked)


def participant_messages(
    session: Session, book: ContactBook, scope: Scope, study_code: str, number: str, asked: Asked
) -> Page[Shown]:
    """The messages to a participant and to whoever cares for them, by when they are due. Raises NotFound."""
    study = find_study(session, scope, study_code)
    participant = find_participant(session, scope, study, number)
    recipients = select(RecipientRow.id).where(RecipientRow.reference.in_(_references(participant)))
    return _shown_page(session, book, select(MessageRow).where(MessageRow.recipient_id.in_(recipients)), asked)


def with_texts(session: Session, designs: Designs, found: Page[Shown], now: datetime) -> Page[Shown]:
    """The same messages, those that are planned with how they would read if they went now."""
    planned = [one.row.id for one in found.rows if one.row.state == State.PLANNED]
    texts = foresee(session, planned, now, own_words_of(designs)) if planned else {}
    return Page([replace(one, foreseen=texts.get(one.row.id)) for one in found.rows], found.next)


def find_message(session: Session, scope: Scope, study: Study, message_id: int, lock: bool = False) -> MessageRow:
    """The message of that number. Raises NotFound, also for one of a site that the asker may not know of."""
    query = select(MessageRow).where(MessageRow.id == message_id, MessageRow.study_id == study.id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None or not scope.sees(study.id, row.site_id):
        raise NotFound([InputProblem("message", "there is no such message", "look at the study's messages")])
    if not scope.covers(study.id, row.site_id):
        raise not_allowed("with messages of that site")
    return row


def events_of(session: Session, message_id: int) -> list[MessageEvent]:
    """All that has happened to a message, earliest first."""
    query = select(MessageEvent).where(MessageEvent.message_id == message_id)
    return list(session.scalars(query.order_by(MessageEvent.id)))


def shown_messages(session: Session, book: ContactBook, rows: Sequence[MessageRow]) -> list[Shown]:
    """Messages with whose they are and masked numbers."""
    recipients = _by_id(session, RecipientRow, {row.recipient_id for row in rows})
    visits = _by_id(session, AppointmentRow, {row.appointment_id for row in rows if row.appointment_id})
    whose = {one: participant_of(recipient.reference) for one, recipient in recipients.items()}
    numbers = _by_id(session, Participant, {participant_id for participant_id, _ in whose.values()})
    reached: dict[tuple[int, str], str] = {}
    for channel in {row.channel for row in rows}:
        ids = {row.recipient_id for row in rows if row.channel == channel}
        for recipient_id, found in book.reach(session, ids, channel).items():
            reached[recipient_id, channel] = masked(found.address)
    return [
        Shown(
            row, numbers[whose[row.recipient_id][0]].number,
            "caregiver" if whose[row.recipient_id][1] else "participant",
            reached.get((row.recipient_id, row.channel), ""),
            visits[row.appointment_id].reference if row.appointment_id else None,
        )
        for row in rows
    ]  # fmt: skip


#: figures of days go back so far where nobody asks for others
DAYS_SHOWN = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class DeliveryFigures:
    """How many messages of a study stand where, by what channel, and of each day; how long they take to arrive."""

    by_state: dict[str, int]
    by_channel: dict[str, dict[str, int]]
    open_tasks: int
    days: tuple[Count, ...]
    #: None where none of them has arrived
    median_seconds: float | None


def delivery_figures(
    session: Session, scope: Scope, study_code: str, since: datetime | None, until: datetime | None, now: datetime
) -> DeliveryFigures:
    """Figures of the messages due within a span, at the sites within the scope; of days those of a month up to now
    where no span is given.
    """
    study = find_study(session, scope, study_code)
    query: Any = select(MessageRow.channel, MessageRow.state, func.count()).where(
        MessageRow.study_id == study.id, within(scope, MessageRow.study_id, MessageRow.site_id)
    )
    query = _narrowed(query, WantedMessages(since=since, until=until))
    by_state: dict[str, int] = {}
    by_channel: dict[str, dict[str, int]] = {}
    for channel, state, count in session.execute(query.group_by(MessageRow.channel, MessageRow.state)).all():
        by_state[state] = by_state.get(state, 0) + count
        by_channel.setdefault(channel, {})[state] = count
    tasks = select(func.count()).where(
        TaskRow.study_id == study.id, within(scope, TaskRow.study_id, TaskRow.site_id), TaskRow.done_at.is_(None)
    )
    ends = until or now
    begins = since or ends - DAYS_SHOWN
    daily = delivery(session, study.id, begins, ends, within(scope, MessageRow.study_id, MessageRow.site_id))
    median = daily.median.total_seconds() if daily.median is not None else None
    return DeliveryFigures(by_state, by_channel, session.scalar(tasks) or 0, daily.counts, median)


def _references(participant: Participant) -> tuple[str, str]:
    return reference_of(participant.id), reference_of(participant.id, "caregiver")


def _narrowed(query: Select[Any], wanted: WantedMessages) -> Select[Any]:
    if wanted.states:
        query = query.where(MessageRow.state.in_(wanted.states))
    if wanted.since:
        query = query.where(MessageRow.due_at >= wanted.since)
    if wanted.until:
        query = query.where(MessageRow.due_at < wanted.until)
    return query


def _shown_page(session: Session, book: ContactBook, query: Select[Any], asked: Asked) -> Page[Shown]:
    try:
        found = page(session, query, [(MessageRow.id, int)], asked)
    except WrongCursor as wrong:
        raise InvalidInput([InputProblem("cursor", str(wrong), "begin at the first page, without one")]) from None
    return Page(shown_messages(session, book, found.rows), found.next)


def _by_id(session: Session, table: Any, ids: set[int]) -> dict[int, Any]:
    return {row.id: row for row in session.scalars(select(table).where(table.id.in_(ids)))} if ids else {}

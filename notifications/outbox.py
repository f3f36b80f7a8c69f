"""The outbox: a message is a row, written in the transaction that made it necessary. States, claims, leases, events."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Table, Text, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from notifications.bulk import insert_many
from notifications.columns import Id, Instant, Json, NotificationsBase, code


class State(StrEnum):
    """Where a message stands."""

    #: to be sent at ``due_at``
    PLANNED = "planned"
    #: claimed by a worker, for as long as its lease lasts
    SENDING = "sending"
    #: the provider has taken it
    ACCEPTED = "accepted"
    #: the provider has handed it on
    SENT = "sent"
    #: it has arrived
    DELIVERED = "delivered"
    #: the provider could not deliver it
    UNDELIVERED = "undelivered"
    #: the provider refused it, or will never deliver it
    FAILED = "failed"
    #: it may have been taken or not: nobody knows yet
    UNKNOWN = "unknown"
    #: a person must look: its wording is not signed off, it cannot be settled, sending is switched off
    HELD = "held"
    #: the recipient has opted out
    SUPPRESSED = "suppressed"
    #: it would be of no use any more
    EXPIRED = "expired"
    #: its appointment has changed, or its recipient may not be contacted any more
    CANCELLED = "cancelled"


class MessageRow(NotificationsBase):
    """One message to one recipient by one channel.

    ``occasion`` says what it is for, in a form in which the same thing is written the same way: a second message for
    the same occasion cannot exist. ``token`` names one attempt to send it: callbacks carry it, and only who holds it
    may record how the attempt ended.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "ix_message_due", "due_at", "id",
            postgresql_where=text("state = 'planned'"), sqlite_where=text("state = 'planned'"),
        ),
        Index(
            "ix_message_lease", "lease_until",
            postgresql_where=text("state = 'sending'"), sqlite_where=text("state = 'sending'"),
        ),
        Index(
            "ix_message_settle", "settle_at",
            postgresql_where=text("state = 'unknown'"), sqlite_where=text("state = 'unknown'"),
        ),
        Index("ix_message_appointment", "appointment_id"),
        Index("ix_message_recipient", "recipient_id", "planned_at"),
        Index(
            "ix_message_provider", "provider_id",
            postgresql_where=text("provider_id IS NOT NULL"), sqlite_where=text("provider_id IS NOT NULL"),
        ),
        Index("ix_message_study_state", "study_id", "state", "due_at"),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(Id)
    site_id: Mapped[int] = mapped_column(Id)
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipient.id"))
    #: none where it is about no appointment: an answer to a reply, a test message, a diary prompt
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    appointment_version: Mapped[int | None]
    #: which text: reminder, moved, cancelled, missed, not-watched, …
    template: Mapped[str] = mapped_column(code(40))
    #: when in relation to the appointment: 3d, 1d, 7d, morning, change; once where there is none
    timing: Mapped[str] = mapped_column(code(20))
    channel: Mapped[str] = mapped_column(code(20))
    occasion: Mapped[str] = mapped_column(code(200), unique=True)
    state: Mapped[str] = mapped_column(code(12), default=State.PLANNED.value)
    planned_at: Mapped[datetime] = mapped_column(Instant)
    #: not before; quiet hours may move it
    due_at: Mapped[datetime] = mapped_column(Instant)
    #: of no use from then on
    expires_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(80))
    token: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    #: while unknown: when somebody looks (again) whether the provider has it, and how often somebody has
    settle_at: Mapped[datetime | None] = mapped_column(Instant)
    looks: Mapped[int] = mapped_column(default=0)
    #: what the provider calls it
    provider_id: Mapped[str | None] = mapped_column(String(64))
    #: when an attempt began, and when the provider took it
    attempted_at: Mapped[datetime | None] = mapped_column(Instant)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    #: keyed digest of the number or address that it went to
    digest: Mapped[str | None] = mapped_column(String(64))
    #: what was sent, until it is redacted; its wording, as template/language/version
    text: Mapped[str | None] = mapped_column(Text)
    wording: Mapped[str | None] = mapped_column(String(80))
    segments: Mapped[int | None]
    #: a one-time code that the text tells; removed with the text
    code: Mapped[str | None] = mapped_column(String(12))
    #: what its reader will then believe of the appointment, as ``AppointmentRow.content`` writes it
    says: Mapped[dict[str, Any] | None] = mapped_column(Json)
    #: the provider's code for what went wrong, and in words why it stands where it does
    error_code: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
    #: when the text was removed here, and at the provider
    redacted_at: Mapped[datetime | None] = mapped_column(Instant)
    provider_redacted_at: Mapped[datetime | None] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)


class MessageEvent(NotificationsBase):
    """One change of a message: only ever added to."""

    __tablename__ = "message_event"
    __table_args__ = (Index("ix_message_event_message", "message_id", "id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(Id)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    #: the state that it has since
    state: Mapped[str] = mapped_column(code(12))
    #: who says so: plan, dispatch, callback, settle, or person
    source: Mapped[str] = mapped_column(code(20))
    token: Mapped[str | None] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(300), default="")


#: the tables as such, for what is done with many rows at once
MESSAGES, EVENTS = cast("Table", MessageRow.__table__), cast("Table", MessageEvent.__table__)
#: in which order events are added by many
EVENT_COLUMNS = ("study_id", "message_id", "at", "state", "source", "token", "detail")
#: how far a message has come: nothing takes one back from a higher rank to a lower but for those who hold its token
RANK = {
    State.PLANNED: 0, State.HELD: 0, State.SUPPRESSED: 0, State.EXPIRED: 0, State.CANCELLED: 0,
    State.SENDING: 1, State.UNKNOWN: 1, State.ACCEPTED: 2, State.SENT: 3,
    State.FAILED: 4, State.UNDELIVERED: 4, State.DELIVERED: 5,
}  # fmt: skip
#: nobody has begun to send these, so they can still be stopped
PENDING = (State.PLANNED, State.HELD)
#: these may be on their way
IN_FLIGHT = (State.SENDING, State.UNKNOWN)
#: the provider has, or had, these
TAKEN = (State.ACCEPTED, State.SENT, State.DELIVERED, State.UNDELIVERED)
#: these may be planned again for the same occasion, where it comes back: nothing of them ever went out
_REVIVED = (State.CANCELLED, State.SUPPRESSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to be put into the outbox; see ``MessageRow`` for what each thing is."""

    study_id: int
    site_id: int
    recipient_id: int
    template: str
    timing: str
    channel: str
    occasion: str
    due_at: datetime
    expires_at: datetime
    appointment_id: int | None = None
    appointment_version: int | None = None
    code: str | None = None


def put(session: Session, new: Sequence[NewMessage], now: datetime, source: str = "plan") -> list[MessageRow]:
    """Plan messages, each at most once for its occasion; gives those that are planned now and were not before.

    One that was cancelled or suppressed before anything of it went out is planned again. What is of no use any more
    is left out.
    """
    useful = [message for message in new if message.expires_at > now]
    found = _by_occasion(session, [message.occasion for message in useful])
    rows = [_planned(message, now) for message in useful if message.occasion not in found]
    session.add_all(rows)
    session.flush()
    old = [(found[message.occasion], message) for message in useful if message.occasion in found]
    again = [known for known, message in old if _revive(session, known[0], message, now)]
    note(session, [*((row.id, row.study_id) for row in rows), *again], State.PLANNED, now, source)
    return rows + [session.get_one(MessageRow, known[0], populate_existing=True) for known in again]


def _by_occasion(session: Session, occasions: Collection[str]) -> dict[str, tuple[int, int]]:
    """What is there already, without waiting for who is sending it just now."""
    if not occasions:
        return {}
    query = select(MessageRow.occasion, MessageRow.id, MessageRow.study_id).where(MessageRow.occasion.in_(occasions))
    return {row.occasion: (row.id, row.study_id) for row in session.execute(query)}


def _planned(new: NewMessage, now: datetime) -> MessageRow:
    given = {name: getattr(new, name) for name in NewMessage.__slots__}
    return MessageRow(**given, state=State.PLANNED, planned_at=now, changed_at=now)


def _revive(session: Session, message_id: int, new: NewMessage, now: datetime) -> bool:
    changed = session.execute(
        update(MessageRow)
        .where(MessageRow.id == message_id, MessageRow.state.in_(_REVIVED), MessageRow.provider_id.is_(None))
        .values(state=State.PLANNED, reason="", due_at=new.due_at, expires_at=new.expires_at, changed_at=now)
        .returning(MessageRow.id)
        .execution_options(synchronize_session=False)
    )
    return changed.first() is not None


def note(
    session: Session, rows: Iterable[tuple[int, int]], state: str, now: datetime, source: str, detail: str = "",
    tokens: Mapping[int, str | None] | None = None,
) -> None:  # fmt: skip
    """Append an event for each (message, study): it has this state since now, by the attempt of that token."""
    given = tokens or {}
    events = [(study, message, now, state, source, given.get(message), detail[:300]) for message, study in rows]
    insert_many(session, EVENTS, EVENT_COLUMNS, events)


def noted(change: str, at: str, state: State, detail: str) -> str:
    """A statement of PostgreSQL that makes a change and appends an event for each message that it changed.

    ``change`` is an UPDATE of ``message`` that gives id, study_id, token and what ``at`` and ``detail`` name: it may
    begin with WITH. The statement gives the ids.
    """
    tables, update_, rest = change.rpartition("UPDATE message")
    begun = tables.strip().removesuffix(")") + ")," if tables.strip() else "WITH"
    return f"""{begun}
changed AS ({update_}{rest}),
noted AS (
    INSERT INTO message_event ({", ".join(EVENT_COLUMNS)})
    SELECT study_id, id, {at}, '{state}', 'dispatch', token, {detail} FROM changed
)
SELECT id FROM changed"""  # noqa: S608 - our own names


def move_pending(
    session: Session, which: Sequence[ColumnElement[bool]], state: State, reason: str, now: datetime, source: str,
    pending: Sequence[State] = PENDING,
) -> int:  # fmt: skip
    """Bring messages that nobody has begun to send to another state, with the reason; how many."""
    session.flush()
    changed = session.execute(
        update(MessageRow)
        .where(*which, MessageRow.state.in_(pending))
        .values(state=state, reason=reason[:300], changed_at=now)
        .returning(MessageRow.id, MessageRow.study_id)
        .execution_options(synchronize_session=False)
    ).all()
    note(session, [(row.id, row.study_id) for row in changed], state, now, source, reason)
    return len(changed)


def replay(session: Session, which: Sequence[ColumnElement[bool]], now: datetime, source: str = "person") -> int:
    """Plan again what was held, where it is still of use; the rest has expired. How many are planned again."""
    held = [*which]
    move_pending(
        session, [*held, MessageRow.expires_at <= now], State.EXPIRED, "held until it was of no use", now, source,
        (State.HELD,),
    )  # fmt: skip
    return move_pending(session, held, State.PLANNED, "", now, source, (State.HELD,))

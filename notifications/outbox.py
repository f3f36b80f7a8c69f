"""The outbox: a message is a row, written in the transaction that made it necessary. States, claims, leases, events."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from notifications.columns import Id, Instant, NotificationsBase, code


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
        Index("ix_message_provider", "provider_id"),
        Index("ix_message_token", "token"),
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

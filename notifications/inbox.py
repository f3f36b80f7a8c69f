"""What came back, and what a coordinator has to do about it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from notifications.columns import Id, Instant, NotificationsBase, code


class InboundRow(NotificationsBase):
    """Something that somebody wrote to us. Its text is sealed: people write of their illness."""

    __tablename__ = "inbound"
    __table_args__ = (
        Index("ix_inbound_recipient", "recipient_id", "received_at"),
        Index("ix_inbound_sender", "sender", "received_at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    #: none where nobody is known by that number
    study_id: Mapped[int | None] = mapped_column(Id, index=True)
    site_id: Mapped[int | None] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(code(20))
    #: what the provider calls it: handed in again it is the same one
    provider_id: Mapped[str] = mapped_column(String(64), unique=True)
    #: keyed digest of the number or address that it came from
    sender: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(Instant)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: confirm, move, stop, start, help, wrong-number, free
    meaning: Mapped[str] = mapped_column(code(20))
    #: whose, and about which appointment, where that is clear
    recipient_id: Mapped[int | None] = mapped_column(ForeignKey("recipient.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))


class TaskRow(NotificationsBase):
    """Something that a person has to look at; ``occasion`` keeps the same thing from being asked twice."""

    __tablename__ = "task"
    __table_args__ = (Index("ix_task_open", "study_id", "done_at", "id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    #: none where it is about no study: a reply from a number that nobody is known by
    study_id: Mapped[int | None] = mapped_column(Id)
    site_id: Mapped[int | None] = mapped_column(Id)
    #: reply, wants-to-move, opted-out, wrong-number, unreachable, held, unsettled, sent-after-stop, not-watched
    kind: Mapped[str] = mapped_column(code(20))
    occasion: Mapped[str] = mapped_column(code(200), unique=True)
    recipient_id: Mapped[int | None] = mapped_column(ForeignKey("recipient.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    #: what it is about, in words, without numbers or what anybody wrote
    words: Mapped[str] = mapped_column(String(300))
    made_at: Mapped[datetime] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    #: who did it (the planner's number for them), and what they say about it
    done_by: Mapped[int | None] = mapped_column(Id)
    note: Mapped[str] = mapped_column(String(500), default="")

"""Every attempt to reach a participant."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant


class ContactAttempt(Base):
    """One attempt to reach a participant, or somebody who knows of them. A mistake is struck, and stays."""

    __tablename__ = "contact_attempt"
    __table_args__ = (
        CheckConstraint("(struck_at IS NULL) = (struck_why IS NULL)", name="struck_with_a_reason"),
        Index("ix_contact_attempt_participant", "participant_id", "tried_at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    tried_at: Mapped[datetime] = mapped_column(Instant)
    #: who was to be reached: participant, caregiver, physician, registry
    whom: Mapped[str] = mapped_column(String(20))
    #: phone, sms, email, letter, visit
    channel: Mapped[str] = mapped_column(String(20))
    #: reached, no-answer, message-left, wrong-details, refused
    outcome: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text)
    #: who tried, where it was not who recorded it; never more than a name or initials
    tried_by: Mapped[str] = mapped_column(String(200))
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    struck_at: Mapped[datetime | None] = mapped_column(Instant)
    struck_why: Mapped[str | None] = mapped_column(Text)


def attempts_of(session: Session, participant_id: int) -> list[ContactAttempt]:
    """The attempts to reach a participant, earliest first, struck ones too."""
    query = select(ContactAttempt).where(ContactAttempt.participant_id == participant_id)
    return list(session.scalars(query.order_by(ContactAttempt.tried_at, ContactAttempt.id)))

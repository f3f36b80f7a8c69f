"""What participants have agreed to be sent, and what they have not agreed to any more: only ever added to."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant


class ContactConsent(Base):
    """A participant's word on one channel: yes from a day on (until another, perhaps), or no from a day on.

    What was said last counts from its day on, whatever was said before it.
    """

    __tablename__ = "contact_consent"
    __table_args__ = (
        CheckConstraint("until >= since", name="days_in_order"),
        CheckConstraint("agreed OR until IS NULL", name="a_refusal_has_no_end"),
        Index("ix_contact_consent_participant", "participant_id", "channel"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    #: sms, email, calendar, caregiver
    channel: Mapped[str] = mapped_column(String(20))
    agreed: Mapped[bool]
    #: the first day on which it holds, at the participant's site
    since: Mapped[date]
    #: the last day, where it was given for a time
    until: Mapped[date | None]
    #: how it was given or ended: on a form, by word of mouth, by a reply
    how: Mapped[str] = mapped_column(String(200))
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)

    def holds_on(self, day: date) -> bool:
        """Whether it allows something to be sent on that day."""
        return self.agreed and self.since <= day and (self.until is None or day <= self.until)


def consents_of(session: Session, participant_id: int) -> list[ContactConsent]:
    """All that a participant has said about being sent anything, in the order in which it was recorded."""
    query = select(ContactConsent).where(ContactConsent.participant_id == participant_id)
    return list(session.scalars(query.order_by(ContactConsent.id)))


def in_force(consents: list[ContactConsent], day: date) -> dict[str, ContactConsent]:
    """By channel the consent that allows something to be sent on that day."""
    latest = {row.channel: row for row in consents if row.since <= day}  # of several the one recorded last
    return {channel: row for channel, row in latest.items() if row.holds_on(day)}

"""Participants by their screening number, and, apart from everything else, how to reach them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant, Json, code

_NUMBERS_AT_ONCE = 1_000


class Participant(Base):
    """One participant of one study. What happened to them are the facts; this row is what lists need.

    ``revision`` grows with every change: whoever saves says which one they had seen. ``planned_on`` is the site's
    date for which the visits were planned last.
    """

    __tablename__ = "participant"
    __table_args__ = (
        UniqueConstraint("study_id", "number"),
        Index("ix_participant_site", "site_id", "study_id"),
        Index("ix_participant_status", "status"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    #: the screening number, such as 01-014; never a name
    number: Mapped[str] = mapped_column(code(40))
    #: the site at which they began, and the one that sees them now
    home_site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    revision: Mapped[int] = mapped_column(default=0)
    #: screening, treatment, follow-up, completed, withdrawn, lost, died, screen-failed
    status: Mapped[str] = mapped_column(String(20), default="screening")
    arm: Mapped[str | None] = mapped_column(code(100))
    cohort: Mapped[str | None] = mapped_column(code(100))
    version: Mapped[str | None] = mapped_column(String(100))
    day_1: Mapped[date | None]
    #: before the enrolment: the day and the arm to plan with meanwhile
    planned_day_1: Mapped[date | None]
    planned_arm: Mapped[str | None] = mapped_column(code(100))
    #: whether screening ended without an enrolment
    screen_failed: Mapped[bool] = mapped_column(default=False)
    #: under observation for dose-limiting toxicity: not-begun, observing, evaluable, to-be-replaced
    observation: Mapped[str | None] = mapped_column(String(20))
    planned_on: Mapped[date | None]
    #: the study's revision with which the visits were planned last: an older one waits to be planned again
    planned_revision: Mapped[int] = mapped_column(default=0)
    #: the version of the engine that made the stored plan
    engine: Mapped[str] = mapped_column(String(10), default="")
    created_at: Mapped[datetime] = mapped_column(Instant)


class Contact(Base):
    """How to reach a participant: encrypted, found by keyed digests, erased without touching the facts."""

    __tablename__ = "contact"
    __table_args__ = (Index("ix_contact_phone", "phone_index"), Index("ix_contact_email", "email_index"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    #: name, birth date, record number, phone, e-mail, caregiver: JSON, encrypted as a whole
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: HMAC of the number in E.164, and of the address in lower case
    phone_index: Mapped[str | None] = mapped_column(String(64))
    email_index: Mapped[str | None] = mapped_column(String(64))
    #: HMAC of the caregiver's number; empty where there is none, none where nobody has looked for one yet
    caregiver_index: Mapped[str | None] = mapped_column(String(64))
    #: BCP 47, such as en or es
    language: Mapped[str] = mapped_column(String(16), default="en")
    #: the participant's own IANA zone; the site's if empty
    zone: Mapped[str] = mapped_column(String(64), default="")
    #: channels and times wanted, such as {"sms": true, "email": false}
    preferences: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    #: grows with every change: whoever saves says which one they had seen
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    erased_at: Mapped[datetime | None] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)


def participant_by_number(session: Session, study_id: int, number: str, lock: bool = False) -> Participant | None:
    """The participant of that screening number; ``lock`` keeps other writers away until the transaction ends."""
    query = select(Participant).where(Participant.study_id == study_id, Participant.number == number)
    return session.scalar(query.with_for_update() if lock else query)


def numbers_taken(session: Session, study_id: int, numbers: Sequence[str]) -> set[str]:
    """Which of these screening numbers the study has already."""
    found: set[str] = set()
    for start in range(0, len(numbers), _NUMBERS_AT_ONCE):
        some = Participant.number.in_(numbers[start : start + _NUMBERS_AT_ONCE])
        found.update(session.scalars(select(Participant.number).where(Participant.study_id == study_id, some)))
    return found

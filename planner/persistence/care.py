"""What people tick off, note and agree around a visit: checklists, OK to treat, attempts to reach, screening."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant, code


class ChecklistItem(Base):
    """One thing to do for one visit: a kit, a questionnaire, a sample, "entered in EDC"."""

    __tablename__ = "checklist_item"
    __table_args__ = (UniqueConstraint("participant_id", "visit_key", "item"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    visit_key: Mapped[str] = mapped_column(code(120))
    item: Mapped[str] = mapped_column(String(200))
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    done_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class OkToTreat(Base):
    """Somebody's word that a dose may be given: on which results, by whom; withdrawn, never changed."""

    __tablename__ = "ok_to_treat"
    __table_args__ = (Index("ix_ok_to_treat_visit", "participant_id", "visit_key"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    visit_key: Mapped[str] = mapped_column(code(120))
    activity: Mapped[str] = mapped_column(code(100))
    #: the results that it rests on, and their day
    results: Mapped[str] = mapped_column(Text)
    results_on: Mapped[date]
    given_at: Mapped[datetime] = mapped_column(Instant)
    given_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_why: Mapped[str] = mapped_column(Text, default="")


class ContactAttempt(Base):
    """Somebody tried to reach a participant: what being lost to follow-up rests on."""

    __tablename__ = "contact_attempt"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    day: Mapped[date]
    #: phone, sms, email, letter, other
    channel: Mapped[str] = mapped_column(String(10))
    reached: Mapped[bool]
    note: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class ScreeningOutcome(Base):
    """How a screening ended where the participant did not enrol: the screening log's last column."""

    __tablename__ = "screening_outcome"
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    decided_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)

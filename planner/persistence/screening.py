"""How screenings ended."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Instant


class ScreeningOutcome(Base):
    """How a screening ended where the participant did not enrol: the screening log's last column."""

    __tablename__ = "screening_outcome"
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    decided_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)


def outcomes_of(session: Session, study_id: int) -> list[ScreeningOutcome]:
    """How the screenings of a study ended that led to no enrolment."""
    return list(session.scalars(select(ScreeningOutcome).where(ScreeningOutcome.study_id == study_id)))

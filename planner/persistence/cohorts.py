"""The cohorts of a study: who gets which dose levels, and whether one more participant may join."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant, Json, code


class CohortRow(Base):
    """One cohort of a study, in the order in which they are opened.

    Who belongs to it follows from the enrolments: the protocol's cohort ``part``, at these dose levels.
    """

    __tablename__ = "cohort"
    __table_args__ = (
        UniqueConstraint("study_id", "code"),
        UniqueConstraint("study_id", "position"),
        CheckConstraint("size > 0", name="size_positive"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    #: from 0
    position: Mapped[int]
    code: Mapped[str] = mapped_column(code(100))
    label: Mapped[str] = mapped_column(String(200))
    #: the protocol's cohort that its participants are enrolled into
    part: Mapped[str] = mapped_column(String(100))
    #: the level of each drug, such as {"ino": "level 1"}
    dose_levels: Mapped[dict[str, str]] = mapped_column(Json)
    #: how many participants are wanted
    size: Mapped[int]
    #: planned, open, observing, closed
    state: Mapped[str] = mapped_column(String(12))
    #: grows with every change: whoever saves says which one they had seen
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    set_up_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)


def cohorts_of(session: Session, study_id: int) -> list[CohortRow]:
    """The cohorts of a study, in the order in which they are opened."""
    query = select(CohortRow).where(CohortRow.study_id == study_id).order_by(CohortRow.position)
    return list(session.scalars(query))

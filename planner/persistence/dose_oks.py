"""The word of an investigator that a dose may be given, and on which results."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant, Json, code


class DoseOk(Base):
    """OK to treat: one drug at one visit of one participant. Revoked ones stay; of the others there is one at most.

    An OK rests on results or on a note. One with neither was refused, and says why in ``revoked_why``.
    """

    __tablename__ = "dose_ok"
    __table_args__ = (
        CheckConstraint(
            "(revoked_at IS NULL) = (revoked_why IS NULL) AND (revoked_at IS NULL) = (revoked_by IS NULL)",
            name="revoked_by_somebody_with_a_reason",
        ),
        Index(
            "ix_dose_ok_in_force", "participant_id", "visit_key", "drug", unique=True,
            sqlite_where=text("revoked_at IS NULL"), postgresql_where=text("revoked_at IS NULL"),
        ),
        Index("ix_dose_ok_participant", "participant_id"),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    visit_key: Mapped[str] = mapped_column(code(120))
    drug: Mapped[str] = mapped_column(code(100))
    given_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    given_at: Mapped[datetime] = mapped_column(Instant)
    #: the results on which it rests, each {"name", "value", "unit", "day"}
    results: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(Text)
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_why: Mapped[str | None] = mapped_column(Text)

    @property
    def refused(self) -> bool:
        """Whether it never was one: an investigator has said that the dose may not be given, and why."""
        return self.revoked_why is not None and not self.results and not self.note


def oks_of(session: Session, participant_id: int) -> list[DoseOk]:
    """All that was ever said of a participant's doses, in the order in which it was said."""
    return list(session.scalars(select(DoseOk).where(DoseOk.participant_id == participant_id).order_by(DoseOk.id)))


def oks_of_study(session: Session, study_id: int) -> Iterable[DoseOk]:
    """The same of all participants of a study."""
    return session.scalars(select(DoseOk).where(DoseOk.study_id == study_id).order_by(DoseOk.id))

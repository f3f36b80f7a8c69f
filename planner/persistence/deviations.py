"""Deviations and what people have said about them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant, code


class DeviationRow(Base):
    """One deviation of one participant: found by the engine (or added by a person), judged by people.

    ``identity`` is the engine's: finding it twice is finding it once. ``state``: query, candidate, confirmed,
    classified, reported, closed, dismissed, or lapsed where a later fact made it untrue before anybody judged it.
    """

    __tablename__ = "deviation"
    __table_args__ = (
        UniqueConstraint("participant_id", "identity"),
        Index("ix_deviation_study_state", "study_id", "state", "day"),
        Index(
            "ix_deviation_candidate",
            "day",
            "id",
            "study_id",
            "participant_id",
            postgresql_where=text("state = 'candidate'"),
            sqlite_where=text("state = 'candidate'"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    identity: Mapped[str] = mapped_column(code(300))
    kind: Mapped[str] = mapped_column(code(40))
    visit_key: Mapped[str | None] = mapped_column(code(120))
    activity: Mapped[str | None] = mapped_column(code(100))
    day: Mapped[date | None]
    days: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    #: whether the engine still finds it; a judged one stays, and says so
    found: Mapped[bool] = mapped_column(default=True)
    #: as the engine suggests, until a person says
    important: Mapped[bool]
    category: Mapped[str | None] = mapped_column(String(100))
    cause: Mapped[str | None] = mapped_column(Text)
    action: Mapped[str | None] = mapped_column(Text)
    aware_since: Mapped[date | None]
    reported_on: Mapped[date | None]
    reported_to: Mapped[str | None] = mapped_column(String(200))
    #: why it was dismissed
    reason: Mapped[str | None] = mapped_column(Text)
    #: the investigator's electronic signature: who, when, and what it means
    signed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    signed_as: Mapped[str | None] = mapped_column(String(200))
    revision: Mapped[int] = mapped_column(default=1)
    found_at: Mapped[datetime] = mapped_column(Instant)


def deviations_of(session: Session, participant_id: int) -> dict[str, DeviationRow]:
    """All deviations of a participant, by identity."""
    found = session.scalars(select(DeviationRow).where(DeviationRow.participant_id == participant_id))
    return {row.identity: row for row in found}

"""What is to be thought of at a visit, besides the visit itself: ticked, and by whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Instant, code


class ChecklistItem(Base):
    """One item of a visit's checklist that somebody added or ticked; those only suggested are not kept.

    It hangs on the visit's key, which is the same for life: planning again takes nothing away.
    """

    __tablename__ = "checklist_item"
    __table_args__ = (
        CheckConstraint("ticked_at IS NULL OR unticked_why = ''", name="ticked_or_unticked"),
        CheckConstraint("ticked_by IS NULL OR ticked_at IS NOT NULL", name="ticked_by_somebody_at_some_time"),
    )
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    visit_key: Mapped[str] = mapped_column(code(120), primary_key=True)
    #: such as sample.marrow, edc, own.parking-permit
    item: Mapped[str] = mapped_column(code(120), primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    #: kit, sample, questionnaire, edc, own
    kind: Mapped[str] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(String(300))
    ticked_at: Mapped[datetime | None] = mapped_column(Instant)
    ticked_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: why the last tick was taken back, where it was
    unticked_why: Mapped[str] = mapped_column(Text, default="")


def checklist_of(session: Session, participant_id: int, visit_key: str) -> dict[str, ChecklistItem]:
    """What is kept of a visit's checklist, by item."""
    query = select(ChecklistItem).where(
        ChecklistItem.participant_id == participant_id, ChecklistItem.visit_key == visit_key
    )
    return {row.item: row for row in session.scalars(query.order_by(ChecklistItem.item))}

"""Reports that go out by e-mail: when and to whom, and what became of each mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant, Json, code


class ReportSchedule(Base):
    """A report of a study that goes out again and again."""

    __tablename__ = "report_schedule"
    __table_args__ = (
        Index("ix_report_schedule_study_id", "study_id", "id"),
        Index("ix_report_schedule_next_due", "next_due"),
        CheckConstraint("day BETWEEN 1 AND 28 AND hour BETWEEN 0 AND 23", name="days"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    #: weekly, monthly
    rhythm: Mapped[str] = mapped_column(code(8))
    #: of the week from Monday (1) on, or of the month
    day: Mapped[int]
    #: on the clock of the zone
    hour: Mapped[int]
    zone: Mapped[str] = mapped_column(String(60))
    #: such as {"site": "north", "by": "month"}
    filters: Mapped[dict[str, Any]] = mapped_column(Json)
    #: such as ["pdf", "xlsx"]
    forms: Mapped[list[str]] = mapped_column(Json)
    #: figures of fewer than so many are masked
    mask_below: Mapped[int]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    #: none once it has ended
    next_due: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class ReportRecipient(Base):
    """One user to whom a report goes."""

    __tablename__ = "report_recipient"
    schedule_id: Mapped[int] = mapped_column(ForeignKey("report_schedule.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)


class ReportMail(Base):
    """One report to one user at one moment, and what became of it.

    ``state``: waiting; making (a worker makes the files, nothing has gone out); sending (the mail server may have it);
    sent; unknown (nobody knows whether it went: a person decides); refused; failed; dropped (whoever it was for may not
    have it); overtaken (the next one was due first).
    """

    __tablename__ = "report_mail"
    __table_args__ = (
        # What makes it certain that nobody is sent the same report twice.
        UniqueConstraint("schedule_id", "due_at", "user_id"),
        Index("ix_report_mail_state", "state", "not_before"),
        Index("ix_report_mail_study_id", "study_id", "id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    schedule_id: Mapped[int] = mapped_column(ForeignKey("report_schedule.id"))
    #: the moment of the report's data as well
    due_at: Mapped[datetime] = mapped_column(Instant)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    state: Mapped[str] = mapped_column(code(10))
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(Instant)
    #: which worker has it, and since when
    owner: Mapped[str] = mapped_column(String(80), default="")
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    #: when it came to stand where it stands
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    #: why it did not go out
    words: Mapped[str] = mapped_column(Text, default="")


def recipients_of(session: Session, schedule_ids: Iterable[int]) -> dict[int, list[int]]:
    """The numbers of the users to whom each report goes."""
    query = select(ReportRecipient).where(ReportRecipient.schedule_id.in_(list(schedule_ids)))
    found: dict[int, list[int]] = {}
    for row in session.scalars(query.order_by(ReportRecipient.user_id)):
        found.setdefault(row.schedule_id, []).append(row.user_id)
    return found


def newest_mails(session: Session, study_id: int, most: int) -> Sequence[ReportMail]:
    """The newest mails of a study, the newest first."""
    query = select(ReportMail).where(ReportMail.study_id == study_id)
    return session.scalars(query.order_by(ReportMail.id.desc()).limit(most)).all()

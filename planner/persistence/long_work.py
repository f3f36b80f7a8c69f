"""Work that takes longer than a page may: asked for by somebody, done part by part, each part a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant, Json, code


class LongWork(Base):
    """One piece of work. What is done of it, and how far, is stored in the transaction that does it.

    ``position`` is what the next part begins behind: a place in a table, or the number of a participant.
    """

    __tablename__ = "long_work"
    __table_args__ = (
        Index("ix_long_work_study_id", "study_id", "id"),
        Index("ix_long_work_state", "state", "id"),
        CheckConstraint("done >= 0", name="done_counts"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    #: at which site alone; None for all of the study
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    #: import-check, import, replan, amendment-look, amendment, export
    kind: Mapped[str] = mapped_column(code(20))
    #: what was asked for, such as {"version": "2.0"}
    asked: Mapped[dict[str, Any]] = mapped_column(Json)
    #: the table to be taken in, or the file that was made; emptied once nobody needs it
    payload: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    #: waiting, running, done, failed, stopped, cut-off
    state: Mapped[str] = mapped_column(code(12))
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0)
    #: what came of it so far, in figures and words
    found: Mapped[dict[str, Any]] = mapped_column(Json)
    #: why it failed
    reason: Mapped[str] = mapped_column(Text, default="")
    stop_wanted: Mapped[bool] = mapped_column(default=False)
    #: the work that somebody had looked at before they asked for this
    after_id: Mapped[int | None] = mapped_column(ForeignKey("long_work.id"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    began_at: Mapped[datetime | None] = mapped_column(Instant)
    #: when a part of it was done last
    beat_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    #: which worker has it
    runner: Mapped[str] = mapped_column(code(40), default="")


class WorkLine(Base):
    """One thing that work found: about whom or which line, in a word what kind, and the rest as data."""

    __tablename__ = "long_work_line"
    __table_args__ = (Index("ix_long_work_line_kind", "work_id", "kind"),)
    work_id: Mapped[int] = mapped_column(ForeignKey("long_work.id"), primary_key=True)
    #: from 0, in the order in which they were found
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: moves, nothing, failed, waits, problem
    kind: Mapped[str] = mapped_column(code(12))
    about: Mapped[str] = mapped_column(String(60))
    words: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(Json)


def counts_of(session: Session, work_id: int) -> dict[str, int]:
    """How many lines of each kind work has found."""
    query = select(WorkLine.kind, func.count()).where(WorkLine.work_id == work_id).group_by(WorkLine.kind)
    return {row.kind: row[1] for row in session.execute(query)}


def lines_of(session: Session, work_id: int, kinds: Sequence[str], first: int, most: int) -> list[WorkLine]:
    """So many lines of these kinds (of all, if none), from the ``first`` one on, counted from 0."""
    query = select(WorkLine).where(WorkLine.work_id == work_id)
    if kinds:
        query = query.where(WorkLine.kind.in_(kinds))
    return list(session.scalars(query.order_by(WorkLine.position).offset(first).limit(most)))


def add_lines(session: Session, work_id: int, lines: Sequence[tuple[str, str, str, dict[str, Any]]]) -> None:
    """Add lines behind those that work has: kind, about, words, data of each."""
    first = session.scalar(select(func.count()).where(WorkLine.work_id == work_id)) or 0
    session.add_all(
        WorkLine(work_id=work_id, position=first + place, kind=kind, about=about[:60], words=words, data=data)
        for place, (kind, about, words, data) in enumerate(lines)
    )

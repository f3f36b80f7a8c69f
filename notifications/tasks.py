"""What a person has to look at, made and done: the same thing is asked once, and closed where it settles itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from notifications.columns import Id, Instant, NotificationsBase, code


class TaskRow(NotificationsBase):
    """Something that a person has to look at; ``occasion`` keeps the same thing from being asked twice."""

    __tablename__ = "task"
    __table_args__ = (Index("ix_task_open", "study_id", "done_at", "id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    #: none where it is about no study: a reply from a number that nobody is known by
    study_id: Mapped[int | None] = mapped_column(Id)
    site_id: Mapped[int | None] = mapped_column(Id)
    #: reply, wants-to-move, opted-out, wrong-number, unreachable, held, unsettled, untold, sent-after-stop,
    #: sent-twice, not-watched, provider-failing, calendar-link, away, diary, caregiver
    kind: Mapped[str] = mapped_column(code(20))
    occasion: Mapped[str] = mapped_column(code(200), unique=True)
    recipient_id: Mapped[int | None] = mapped_column(ForeignKey("recipient.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    #: what it is about, in words, without numbers or what anybody wrote
    words: Mapped[str] = mapped_column(String(300))
    made_at: Mapped[datetime] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    #: who did it (the planner's number for them), and what they say about it
    done_by: Mapped[int | None] = mapped_column(Id)
    note: Mapped[str] = mapped_column(String(500), default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """Something to be looked at; see ``TaskRow`` for what each thing is."""

    study_id: int | None
    site_id: int | None
    kind: str
    occasion: str
    words: str
    recipient_id: int | None = None
    appointment_id: int | None = None
    message_id: int | None = None
    inbound_id: int | None = None


def ask(session: Session, task: NewTask, now: datetime) -> TaskRow | None:
    """Make a task, unless the same thing has been asked before: then nothing is made, also where it was done."""
    if session.scalar(select(TaskRow.id).where(TaskRow.occasion == task.occasion)) is not None:
        return None
    row = TaskRow(**{name: getattr(task, name) for name in NewTask.__slots__}, made_at=now)
    row.words = task.words[:300]
    session.add(row)
    session.flush()
    return row


def ask_again(session: Session, task: NewTask, now: datetime) -> TaskRow | None:
    """Make a task for what may come again: nothing is made while one is open, and another once that was done."""
    before = TaskRow.occasion.startswith(f"{task.occasion}@", autoescape=True) | (TaskRow.occasion == task.occasion)
    rows = session.execute(select(TaskRow.done_at).where(TaskRow.kind == task.kind, before)).all()
    if any(row.done_at is None for row in rows):
        return None
    return ask(session, replace(task, occasion=f"{task.occasion}@{len(rows) + 1}") if rows else task, now)


def settle_task(session: Session, occasion: str, note: str, now: datetime) -> None:
    """Close a task that nobody has to look at any more, saying why."""
    session.execute(
        update(TaskRow).where(TaskRow.occasion == occasion, TaskRow.done_at.is_(None)).values(done_at=now, note=note)
    )

"""What a person has to look at, made and done: the same thing is asked once, and closed where it settles itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from notifications.inbox import TaskRow


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


def settle_task(session: Session, occasion: str, note: str, now: datetime) -> None:
    """Close a task that nobody has to look at any more, saying why."""
    session.execute(
        update(TaskRow).where(TaskRow.occasion == occasion, TaskRow.done_at.is_(None)).values(done_at=now, note=note)
    )

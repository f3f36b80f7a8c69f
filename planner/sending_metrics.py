"""Figures of messages for Prometheus, from the database at the moment somebody asks: by state, never whose."""

from __future__ import annotations

from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.health import worker_counts
from notifications.outbox import MessageRow, State
from notifications.tasks import TaskRow
from planner.persistence.studies import Study
from planner.services.dispatching import newest_tick

#: over so many days messages are counted, by when they are due: also with millions of them that is quick
DAYS = 7


def sending_text(session: Session, now: datetime) -> bytes:
    """Messages of the last days by state, what workers have done, what is overdue, open tasks, the newest tick.

    Workers are other processes: what they count stands beside their heartbeat in the database, and is added up here.
    """
    registry = CollectorRegistry()
    counts = Gauge("planner_messages", f"Messages due within the last {DAYS} days.", ("state",), registry=registry)
    for state, count in _by_state(session, now).items():
        counts.labels(state).set(count)
    failed = Gauge(
        "planner_messages_failed", f"Messages due within the last {DAYS} days that were not delivered.", ("code",),
        registry=registry,
    )  # fmt: skip
    for code, count in _by_code(session, now).items():
        failed.labels(code or "none").set(count)
    done = Counter("planner_worker_messages", "What workers have done with messages.", ("what",), registry=registry)
    for what, count in worker_counts(session).items():
        done.labels(what).inc(count)
    overdue = Gauge("planner_messages_overdue", "Messages that are due and not sent yet.", registry=registry)
    overdue.set(_overdue(session, now))
    tasks = Gauge("planner_tasks_open", "What people have to look at because of messages.", registry=registry)
    tasks.set(session.scalar(select(func.count()).select_from(TaskRow).where(TaskRow.done_at.is_(None))) or 0)
    ticked = newest_tick(session)
    if ticked is not None:
        age = Gauge("planner_worker_tick_age_seconds", "How long ago a worker looked for messages.", registry=registry)
        age.set((now - ticked).total_seconds())
    return generate_latest(registry)


def _by_state(session: Session, now: datetime) -> dict[str, int]:
    """Study by study and state by state, as the index has them."""
    found = {state.value: 0 for state in State}
    for study in session.scalars(select(Study.id)).all():
        which = [MessageRow.study_id == study, MessageRow.due_at.between(now - timedelta(days=DAYS), now)]
        rows = session.execute(select(MessageRow.state, func.count()).where(*which).group_by(MessageRow.state))
        for state, count in rows.all():
            found[state] = found.get(state, 0) + count
    return found


def _by_code(session: Session, now: datetime) -> dict[str, int]:
    """What the provider says of those that failed, study by study and state by state, as the index has them."""
    found: dict[str, int] = {}
    for study in session.scalars(select(Study.id)).all():
        which = [MessageRow.study_id == study, MessageRow.due_at.between(now - timedelta(days=DAYS), now)]
        which.append(MessageRow.state.in_([State.FAILED, State.UNDELIVERED]))
        rows = session.execute(
            select(MessageRow.error_code, func.count()).where(*which).group_by(MessageRow.error_code)
        )
        for code, count in rows.all():
            found[code] = found.get(code, 0) + count
    return found


def _overdue(session: Session, now: datetime) -> int:
    query = select(func.count()).select_from(MessageRow)
    return session.scalar(query.where(MessageRow.state == State.PLANNED, MessageRow.due_at <= now)) or 0

"""How a study's messages fare: counts by day, text and state, and how long they take to arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import ColumnElement, Date, Select, cast, func, select
from sqlalchemy.orm import Session

from notifications.outbox import MessageEvent, MessageRow, State

#: how long they take to arrive is said of the newest so many
MOST_TIMED = 10_000


@dataclass(frozen=True, slots=True)
class Count:
    """So many messages of one text were due on one day (of UTC) and stand like that."""

    day: str
    template: str
    channel: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """How messages that were due in some time have fared. ``median`` is from taken to delivered; None if none was."""

    counts: tuple[Count, ...]
    median: timedelta | None

    @property
    def by_state(self) -> dict[str, int]:
        """How many stand where, over all days and texts."""
        found: dict[str, int] = {}
        for each in self.counts:
            found[each.state] = found.get(each.state, 0) + each.count
        return found


def delivery(session: Session, study_id: int, since: datetime, until: datetime, *more: ColumnElement[bool]) -> Delivery:
    """The messages of a study that are or were due from then until before then; ``more`` leaves others out."""
    day = func.date(MessageRow.due_at) if _is_sqlite(session) else cast(func.timezone("UTC", MessageRow.due_at), Date)
    parts = (day.label("day"), MessageRow.template, MessageRow.channel, MessageRow.state)
    query = select(*parts, func.count().label("many")).where(*_of(study_id, since, until), *more)
    rows = session.execute(query.group_by(*parts).order_by(*parts))
    counts = tuple(Count(str(row.day), row.template, row.channel, row.state, row.many) for row in rows)
    return Delivery(counts, _median(session, study_id, since, until, more))


def _of(study_id: int, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return MessageRow.study_id == study_id, MessageRow.due_at >= since, MessageRow.due_at < until


def _median(
    session: Session, study_id: int, since: datetime, until: datetime, more: Sequence[ColumnElement[bool]]
) -> timedelta | None:
    rows = session.execute(_delivered(study_id, since, until).where(*more))
    seconds = [(arrived - taken).total_seconds() for taken, arrived in rows if taken is not None]
    return timedelta(seconds=median(seconds)) if seconds else None


def _delivered(study_id: int, since: datetime, until: datetime) -> Select[datetime | None, datetime]:
    delivered = func.min(MessageEvent.at)
    return (
        select(MessageRow.accepted_at, delivered)
        .join(MessageEvent, MessageEvent.message_id == MessageRow.id)
        .where(*_of(study_id, since, until), MessageRow.state == State.DELIVERED, MessageEvent.state == State.DELIVERED)
        .group_by(MessageRow.id, MessageRow.accepted_at)
        .order_by(MessageRow.due_at.desc())
        .limit(MOST_TIMED)
    )


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"

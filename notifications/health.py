"""Whether messages go out at all: the heartbeat of each worker, and the circuit breaker of each channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from notifications.attempts import FAR_AHEAD, Pace
from notifications.columns import Instant, Json, NotificationsBase, code
from notifications.message import Figures
from notifications.tasks import NewTask, TaskRow, ask


class Heartbeat(NotificationsBase):
    """A worker whose ticking thread lives, as of its newest tick."""

    __tablename__ = "heartbeat"
    worker: Mapped[str] = mapped_column(String(80), primary_key=True)
    begun_at: Mapped[datetime] = mapped_column(Instant)
    ticked_at: Mapped[datetime] = mapped_column(Instant)
    #: what came of its messages since it began, as its ticks count it
    counts: Mapped[dict[str, int] | None] = mapped_column(Json)


class Circuit(NotificationsBase):
    """How a channel's provider fares: after too many failures in a row nothing is sent through it for a while."""

    __tablename__ = "circuit"
    channel: Mapped[str] = mapped_column(code(20), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    #: nothing is sent before that
    open_until: Mapped[datetime | None] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)


#: the row of all workers that ended long ago, and when that is
EARLIER = "earlier"
BURIED_AFTER = timedelta(days=1)
MOST_BURIED = 500
#: a task of this kind says that a provider keeps failing
FAILING = "provider-failing"


def beat(session: Session, worker: str, now: datetime) -> None:
    """Show that a worker's ticking thread lives."""
    row = session.get(Heartbeat, worker[:80])
    if row is None:
        session.add(Heartbeat(worker=worker[:80], begun_at=now, ticked_at=now))
    else:
        row.ticked_at = now


def keep_counts(session: Session, worker: str, figures: Figures) -> None:
    """Add what a tick did to what its worker has done. A worker that dies in a tick has not counted that one."""
    row = session.get(Heartbeat, worker[:80], with_for_update={"key_share": True}, populate_existing=True)
    if row is not None and figures.counts:
        row.counts = _sum([row.counts or {}, figures.counts])


def worker_counts(session: Session) -> dict[str, int]:
    """What all workers there ever were have done, in the words of their figures: it only grows."""
    return _sum([row or {} for row in session.scalars(select(Heartbeat.counts))])


def bury(session: Session, now: datetime) -> int:
    """Put workers that ended long ago into one row, so that there are not ever more of them; how many."""
    old = select(Heartbeat).where(Heartbeat.ticked_at < now - BURIED_AFTER, Heartbeat.worker != EARLIER)
    rows = session.scalars(old.order_by(Heartbeat.worker).limit(MOST_BURIED).with_for_update(skip_locked=True)).all()
    if not rows:
        return 0
    earlier = session.get(Heartbeat, EARLIER, with_for_update=True, populate_existing=True)
    if earlier is None:
        earlier = Heartbeat(worker=EARLIER, begun_at=rows[0].begun_at, ticked_at=rows[0].ticked_at)
        session.add(earlier)
    earlier.counts = _sum([each.counts or {} for each in (earlier, *rows)])
    earlier.begun_at = min(each.begun_at for each in (earlier, *rows))
    earlier.ticked_at = max(each.ticked_at for each in (earlier, *rows))
    for row in rows:
        session.delete(row)
    return len(rows)


def _sum(each: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total = Figures()
    for counts in each:
        for what, count in counts.items():
            total.add(what, count)
    return total.counts


def is_open(session: Session, channel: str, now: datetime) -> bool:
    """Whether nothing is sent through a channel just now: its circuit is open."""
    row = session.get(Circuit, channel)
    return row is not None and _is_shut(row, now)


def _is_shut(row: Circuit, now: datetime) -> bool:
    """Nobody waits for a day that a clock has set which was far ahead."""
    return row.open_until is not None and now < row.open_until <= now + FAR_AHEAD


def quota(session: Session, channel: str, most: int, probe: timedelta, now: datetime) -> int:
    """How many messages may be claimed by a channel: ``most``, none while its circuit is open, one to try it.

    Only one worker tries it at a time: the circuit is open for all others for as long as ``probe``.
    """
    row = session.get(Circuit, channel)
    if row is None or row.open_until is None:
        return most
    if _is_shut(row, now):
        return 0
    tried = session.execute(
        update(Circuit)
        .where(Circuit.channel == channel, Circuit.open_until == row.open_until)
        .values(open_until=now + probe)
        .returning(Circuit.channel)
        .execution_options(synchronize_session=False)
    )
    return 0 if tried.first() is None else 1


def count_results(session: Session, channel: str, results: Sequence[bool], pace: Pace, now: datetime) -> None:
    """Count how a provider fared, oldest first; after too many failures in a row nothing is sent for a while."""
    row = session.get(Circuit, channel, with_for_update={"key_share": True}, populate_existing=True)
    if row is None:
        if all(results):
            return
        row = Circuit(channel=channel, failures=0, changed_at=now)
        session.add(row)
    if all(results) and not row.failures and row.open_until is None:
        return
    tail = _failures_at_the_end(results)
    row.failures = row.failures + tail if tail == len(results) else tail
    row.changed_at = now
    if row.failures < pace.failures:
        row.open_until = None
    else:
        row.open_until = now + min(pace.open_most, pace.open_for * 2 ** min(row.failures - pace.failures, 20))
    _alert(session, row, now)


def _failures_at_the_end(results: Sequence[bool]) -> int:
    return next((place for place, worked in enumerate(reversed(results)) if worked), len(results))


def _alert(session: Session, row: Circuit, now: datetime) -> None:
    """A task for somebody who looks after the installation; it is closed when the provider takes messages again."""
    session.flush()
    mine = [
        TaskRow.kind == FAILING,
        TaskRow.occasion.startswith(f"{FAILING}.{row.channel}."),
        TaskRow.done_at.is_(None),
    ]
    if row.open_until is None:
        session.execute(update(TaskRow).where(*mine).values(done_at=now, note="it takes messages again"))
    elif session.scalar(select(TaskRow.id).where(*mine)) is None:
        words = f"The provider of {row.channel} keeps failing: nothing is sent by it for now."
        occasion = f"{FAILING}.{row.channel}.{now.isoformat()}"
        ask(session, NewTask(study_id=None, site_id=None, kind=FAILING, occasion=occasion, words=words), now)

"""Whether messages go out at all: the heartbeat of each worker, and the circuit breaker of each channel."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from notifications.columns import Instant, NotificationsBase, code


class Heartbeat(NotificationsBase):
    """A worker whose ticking thread lives, as of its newest tick."""

    __tablename__ = "heartbeat"
    worker: Mapped[str] = mapped_column(String(80), primary_key=True)
    begun_at: Mapped[datetime] = mapped_column(Instant)
    ticked_at: Mapped[datetime] = mapped_column(Instant)


class Circuit(NotificationsBase):
    """How a channel's provider fares: after too many failures in a row nothing is sent through it for a while."""

    __tablename__ = "circuit"
    channel: Mapped[str] = mapped_column(code(20), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    #: nothing is sent before that
    open_until: Mapped[datetime | None] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)

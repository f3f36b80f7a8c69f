"""What a worker does with messages: sends what is due, settles what nobody knows, removes old texts."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.attempts import Pace
from notifications.channels.handset import Handset
from notifications.dispatch import Dispatcher
from notifications.health import Heartbeat, bury, keep_counts
from notifications.message import Channel, Figures
from notifications.retention import redact_old
from notifications.statuses import take_status
from planner.config import Settings
from planner.persistence.database import Database
from planner.services.address_book import ContactBook
from planner.services.channels import channels_of
from planner.services.designs import Designs
from planner.services.keyring import Keys
from planner.services.wordings import own_words_of

#: in seconds, after how long a thread that computes gives way to one that has had its answer
TURN = 0.0002
#: a worker that has not ticked for so long sends nothing any more
STALE = timedelta(minutes=2)


@dataclass(slots=True)
class Sending:
    """Everything that one worker sends with. ``every`` is how often it looks for what is due."""

    database: Database
    channels: Mapping[str, Channel]
    dispatcher: Dispatcher
    keys: Keys
    clock: Callable[[], datetime]
    every: timedelta = timedelta(seconds=5)
    kept: Figures = field(default_factory=Figures)

    def send(self) -> Figures:
        """Send what is due, and have simulated phones say that it has arrived; how many came to stand where."""
        figures = self.dispatcher.tick()
        for channel in self.channels.values():
            if isinstance(channel, Handset):
                told = channel.tell(lambda session, report: take_status(session, report, self.clock()))
                figures.add("delivered", told)
        if figures.counts:
            self.database.transact(lambda session: keep_counts(session, self.dispatcher.owner, figures))
        return figures

    def forget(self) -> Figures:
        """Remove the texts that are old enough, here and at the provider, and workers of long ago; how many texts."""
        self.database.transact(lambda session: bury(session, self.clock()))
        return redact_old(self.database, self.channels, self.clock)


def sending_of(
    settings: Settings, database: Database, keys: Keys, designs: Designs, clock: Callable[[], datetime],
    stopping: Callable[[], bool],
) -> Sending:  # fmt: skip
    """What a worker of this installation sends with; nothing is connected to yet."""
    channels = channels_of(settings, database, keys, clock)
    dispatcher = Dispatcher(
        database, channels, ContactBook(keys, settings.public_url or ""), worker_name(), clock,
        pace=pace_of(settings), stopping=stopping, own_words=own_words_of(designs),
    )  # fmt: skip
    return Sending(database, channels, dispatcher, keys, clock, timedelta(seconds=settings.send_every_seconds))


def pace_of(settings: Settings) -> Pace:
    """How a worker of this installation sends. SQLite has a single writer: a second thread would mostly wait for it."""
    threads = settings.send_threads or (1 if settings.is_embedded else 2)
    return Pace(batch=settings.send_batch, threads=threads, lease=timedelta(seconds=settings.send_lease_seconds))


def take_turns() -> None:
    """Have this process's threads give way to each other soon: one that has had its answer sends while another writes.

    Python's own 5 ms are as long as fifty messages take; with them one thread mostly waits for the other.
    """
    sys.setswitchinterval(TURN)


def worker_name() -> str:
    """A name that no other worker has: the machine, the process, and something by chance."""
    return f"{socket.gethostname()[:40]}.{os.getpid()}.{secrets.token_hex(4)}"


def newest_tick(session: Session) -> datetime | None:
    """When any worker has looked for messages last; None if none ever has."""
    return session.scalar(select(Heartbeat.ticked_at).order_by(Heartbeat.ticked_at.desc()).limit(1))


def worker_state(session: Session, now: datetime) -> str:
    """Whether messages go out: ``ok``, ``stale`` where no worker has ticked for minutes, ``never`` where none has."""
    ticked = newest_tick(session)
    if ticked is None:
        return "never"
    return "ok" if now - ticked <= STALE else "stale"

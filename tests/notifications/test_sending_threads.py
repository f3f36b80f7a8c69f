"""Several threads and several workers that send at once: each message is one thread's, and is sent once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Lock, get_ident

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.attempts import Pace
from notifications.claims import claim, message_of
from notifications.dispatch import Dispatcher
from notifications.message import Outgoing, Reached, Receipt, Sent, Verdict
from notifications.outbox import MessageEvent, MessageRow
from notifications.preparing import Batch, prepare
from planner.persistence.database import Database
from tests.many import ManyBook, fill, open_study

NOW = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)
MANY = 60
PACE = Pace(batch=10, threads=2)


@dataclass(slots=True)
class Counting:
    """A provider that takes everything, and knows which threads had a request on its way."""

    name: str = "sms"
    timeout: timedelta = timedelta(seconds=10)
    tokens: Counter[str] = field(default_factory=Counter)
    threads: set[int] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def send(self, outgoing: Outgoing) -> Receipt:
        """Take it."""
        with self.lock:
            self.tokens[outgoing.token] += 1
            self.threads.add(get_ident())
        return Receipt(verdict=Verdict.ACCEPTED, provider_id=f"SM{outgoing.token}")

    def find(self, to: str, since: datetime) -> list[Sent] | None:
        """Nothing is in doubt."""
        return None

    def redact(self, provider_id: str) -> bool:
        """Nothing is kept."""
        return True


def worker(database: Database, provider: Counting, pace: Pace) -> Dispatcher:
    return Dispatcher(database, {"sms": provider}, ManyBook(), "worker-1", lambda: NOW, pace)


def opened(database: Database, messages: int) -> None:
    open_study(database, NOW)
    fill(database, 1, messages, NOW)


def test_what_is_more_than_one_batch_is_sent_by_several_threads_and_each_once(database: Database) -> None:
    opened(database, MANY)
    provider = Counting()
    figures = worker(database, provider, PACE).tick()
    assert figures.counts == {"claimed": MANY, "accepted": MANY}
    assert set(provider.tokens.values()) == {1}
    assert len(provider.tokens) == MANY
    assert 1 <= len(provider.threads) <= PACE.threads
    with database.reading() as session:
        events = session.execute(select(MessageEvent.state, func.count()).group_by(MessageEvent.state)).all()
    assert {row[0]: row[1] for row in events} == {"sending": MANY, "accepted": MANY}


def test_one_batch_is_sent_by_the_worker_s_own_thread(database: Database) -> None:
    opened(database, PACE.batch)
    provider = Counting()
    worker(database, provider, PACE).tick()
    assert provider.threads == {get_ident()}


def test_while_a_provider_is_quick_more_are_claimed_at_once_up_to_sixteen_batches(database: Database) -> None:
    opened(database, 100)
    provider = Counting()
    worker(database, provider, Pace(batch=2, record_within=timedelta(hours=1))).tick()
    assert claims_of(provider) == [2, 4, 8, 16, 32, 32, 6]


def test_where_a_provider_is_slow_a_claim_is_never_more_than_a_batch(database: Database) -> None:
    opened(database, 20)
    provider = Counting()
    worker(database, provider, Pace(batch=5, record_within=timedelta(0))).tick()
    assert claims_of(provider) == [5, 5, 5, 5]


def claims_of(provider: Counting) -> list[int]:
    """How many messages each claim took, in their order: their tokens begin alike."""
    return list(Counter(token.partition(".")[0] for token in provider.tokens).values())


def test_what_somebody_else_has_claimed_since_it_was_looked_at_is_left_to_them(database: Database) -> None:
    opened(database, 4)
    first, second = looked_at(database, 3), looked_at(database, 4)
    assert database.transact(lambda session: claimed(session, first, "one")) == {1, 2, 3}
    assert database.transact(lambda session: claimed(session, second, "two")) == {4}
    with database.reading() as session:
        rows = session.execute(select(MessageRow.id, MessageRow.owner, MessageRow.text).order_by(MessageRow.id)).all()
    assert [(row.id, row.owner) for row in rows] == [(1, "one"), (2, "one"), (3, "one"), (4, "two")]
    assert all(row.text for row in rows)


def test_where_all_that_was_looked_at_is_somebody_else_s_what_lies_behind_is_taken(database: Database) -> None:
    opened(database, 5)
    other = looked_at(database, 3)
    meanwhile = Meanwhile(database, other)
    provider = Counting()
    sender = Dispatcher(database, {"sms": provider}, meanwhile, "two", lambda: NOW, Pace(batch=3))
    assert sender.tick().counts == {"claimed": 2, "accepted": 2}
    with database.reading() as session:
        mine = session.scalars(select(MessageRow.id).where(MessageRow.state == "accepted").order_by(MessageRow.id))
        assert list(mine) == [4, 5]


def test_a_worker_that_has_met_another_looks_elsewhere_and_still_sends_the_oldest_and_all_once(
    database: Database,
) -> None:
    opened(database, MANY)
    meanwhile, provider = Meanwhile(database, looked_at(database, 3)), Counting()
    chance, pace = Random(1), Pace(batch=3)
    Dispatcher(database, {"sms": provider}, meanwhile, "two", lambda: NOW, pace, chance).tick()
    sent = [message_of(token) or 0 for token in provider.tokens]
    assert sorted(sent) == [*range(4, MANY + 1)]
    assert set(provider.tokens.values()) == {1}
    assert sent[:3] == [4, 5, 6]  # it was the first time
    assert sent != sorted(sent)


def test_a_claim_counts_from_when_it_is_made_and_not_from_when_it_was_looked_for(database: Database) -> None:
    opened(database, 1)
    slow = Slow()
    Dispatcher(database, {"sms": Counting()}, slow, "one", slow.clock, Pace()).tick()
    with database.reading() as session:
        assert session.scalar(select(MessageRow.attempted_at)) == NOW + timedelta(seconds=30)


@dataclass(slots=True)
class Slow(ManyBook):
    """A book that takes half a minute to look into."""

    now: datetime = NOW

    def clock(self) -> datetime:
        """What time it is."""
        return self.now

    def reach(self, session: Session, recipient_ids: Collection[int], channel: str) -> Mapping[int, Reached]:
        """Where they are reached."""
        self.now += timedelta(seconds=30)
        return ManyBook.reach(self, session, recipient_ids, channel)


@dataclass(slots=True)
class Meanwhile(ManyBook):
    """A book: while it is first looked into, another worker claims what was looked at."""

    database: Database
    other: Batch
    done: bool = False

    def reach(self, session: Session, recipient_ids: Collection[int], channel: str) -> Mapping[int, Reached]:
        """Where they are reached."""
        if not self.done:
            self.done = True
            self.database.transact(lambda inner: claimed(inner, self.other, "one"))
        return ManyBook.reach(self, session, recipient_ids, channel)


def looked_at(database: Database, most: int) -> Batch:
    with database.reading() as session:
        return prepare(session, "sms", most, 0, ManyBook(), NOW)


def claimed(session: Session, batch: Batch, owner: str) -> set[int]:
    return claim(session, batch.written(10), owner, Pace(), NOW)

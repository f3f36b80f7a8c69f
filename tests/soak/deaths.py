"""Deaths are recorded while messages are due, claimed, on their way and being tried again.

    python -m tests.soak.deaths [--interleavings 1000] [--seed 1] [--database sqlite|postgresql|both]

Nothing whose last check began after the transaction had committed may be sent. At most one request of each sending
thread may have been on its way at that moment, and the coordinator is shown it. The exit code is 1 if any is wrong.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread, get_ident
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from notifications.attempts import Attempt, Pace
from notifications.dispatch import Dispatcher
from notifications.message import Channel, Outgoing, Receipt, Sent, Verdict
from notifications.outbox import MessageRow
from notifications.recipients import stop_recipient
from notifications.tasks import TaskRow
from planner.persistence.database import Database
from tests.many import ManyBook, fill, message_of, number_of, open_study
from tests.soak.messages import database_of

THREADS = 2
#: messages of each who dies
EACH = 3
PACE = Pace(
    batch=4, threads=2, record_after=2, record_within=timedelta(milliseconds=5), lease=timedelta(seconds=4),
    begin_within=timedelta(milliseconds=500), settle_after=timedelta(milliseconds=30),
    settle_pause=timedelta(milliseconds=30), retry_after=timedelta(milliseconds=5),
    retry_most=timedelta(milliseconds=20), failures=1000,
)  # fmt: skip


@dataclass(slots=True)
class Request:
    """One request to the provider, in monotonic seconds: when its last check began, it began itself, it ended."""

    number: str
    thread: int
    checked: float
    began: float
    ended: float = 0.0
    taken: bool = False


@dataclass(slots=True)
class Slow:
    """A provider that takes a while, and does not always take, or say so."""

    chance: random.Random
    name: str = "sms"
    timeout: timedelta = timedelta(seconds=1)
    requests: list[Request] = field(default_factory=list)
    listed: list[Sent] = field(default_factory=list)
    checked: dict[int, float] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def send(self, outgoing: Outgoing) -> Receipt:
        """Take a message, or not."""
        thread = get_ident()
        request = Request(outgoing.to, thread, self.checked[thread], time.monotonic())
        fate, pause = self.chance.random(), self.chance.uniform(0, 0.004)
        time.sleep(pause)
        with self.lock:
            self.requests.append(request)
            request.taken = fate < 0.75
            number = f"SM{len(self.requests):032x}"
            if request.taken:
                now = datetime.now(UTC)
                self.listed.append(
                    Sent(provider_id=number, to=outgoing.to, text=outgoing.text, at=now, state="accepted")
                )
            request.ended = time.monotonic()
        if fate < 0.65:
            return Receipt(verdict=Verdict.ACCEPTED, provider_id=number)
        return Receipt(verdict=Verdict.UNKNOWN if fate < 0.85 else Verdict.NOT_TAKEN)

    def find(self, to: str, since: datetime) -> list[Sent] | None:
        """What was taken for that number."""
        with self.lock:
            return [sent for sent in reversed(self.listed) if sent.to == to and sent.at >= since]

    def redact(self, provider_id: str) -> bool:
        """Nothing is kept."""
        return True


class Watched(Dispatcher):
    """A worker of which is noted when the last check before each request began."""

    def _hand_over(self, channel: Channel, attempt: Attempt, began: float, now: datetime) -> Receipt:
        assert isinstance(channel, Slow)
        channel.checked[get_ident()] = began
        return super()._hand_over(channel, attempt, began, now)


@dataclass(slots=True)
class Result:
    """What came of a run."""

    database: str
    deaths: int = 0
    requests: int = 0
    #: requests of those who had died whose last check began after that was committed
    after: int = 0
    #: those that were on their way, the most of one thread for one death, and those that nobody was shown
    on_their_way: int = 0
    most_of_a_thread: int = 0
    not_shown: int = 0
    left: int = 0

    @property
    def is_right(self) -> bool:
        """Whether nothing was sent that must not be, and all that was on its way is shown."""
        return not (self.after or self.not_shown or self.left) and self.most_of_a_thread <= 1

    def line(self) -> str:
        """All of it in one line."""
        return " ".join(f"{name}={value}" for name, value in asdict(self).items())


def run(url: str, kind: str, interleavings: int, seed: int) -> Result:
    """Record so many deaths at random moments while two threads send."""
    database, chance = Database(url), random.Random(seed)
    open_study(database, datetime.now(UTC))
    provider, done = Slow(random.Random(seed + 1)), Event()
    workers = [Thread(target=_work, args=(database, provider, number, done)) for number in range(THREADS)]
    for worker in workers:
        worker.start()
    died = {}
    try:
        for place in range(interleavings):
            who = 1 + 10 * place  # nobody who shares a phone
            _book(database, who)
            time.sleep(chance.uniform(0, 0.03))
            database.transact(lambda session, who=who: stop_recipient(session, f"p{who}", "died", datetime.now(UTC)))  # type: ignore[misc]
            died[number_of(who)] = (who, time.monotonic())
        _await(database)
    finally:
        done.set()
        for worker in workers:
            worker.join()
    result = _result(database, provider, died, Result(kind, interleavings))
    database.dispose()
    return result


def _work(database: Database, provider: Slow, number: int, done: Event) -> None:
    worker = Watched(
        database, {"sms": provider}, ManyBook(), f"thread-{number}", lambda: datetime.now(UTC), PACE,
        random.Random(number),
    )  # fmt: skip
    while not done.is_set():
        with suppress(Exception):
            worker.tick()
        time.sleep(0.001)


def _book(database: Database, who: int) -> None:
    """Somebody with some messages that are due: more than reminders may be sent on one day, so they tell changes."""
    now = datetime.now(UTC) - timedelta(milliseconds=1)
    fill(database, who, 1, now, template="moved", timing="change")
    more = [message_of(who, now) | {"template": "moved", "occasion": f"p{who}.{more}"} for more in range(1, EACH)]
    database.transact(lambda session: session.execute(insert(MessageRow), more))


def _await(database: Database) -> None:
    give_up = time.monotonic() + 60
    while _pending(database) and time.monotonic() < give_up:
        time.sleep(0.05)


def _pending(database: Database) -> int:
    with database.reading() as session:
        waiting = select(func.count()).where(MessageRow.state.in_(["planned", "held", "sending", "unknown"]))
        return session.scalar(waiting) or 0


def _result(database: Database, provider: Slow, died: dict[str, tuple[int, float]], result: Result) -> Result:
    with database.reading() as session:
        shown = _shown(session)
    threads: Counter[tuple[str, int]] = Counter()
    for request in provider.requests:
        at = died[request.number][1]
        result.after += request.checked > at
        if request.checked <= at < request.ended:
            threads[request.number, request.thread] += 1
    #: for each of the dead as many messages are shown as were taken after that
    late = Counter(
        died[request.number][0]
        for request in provider.requests
        if request.taken and request.ended > died[request.number][1]
    )
    result.not_shown = sum((late - shown).values())
    result.requests, result.left = len(provider.requests), _pending(database)
    result.on_their_way, result.most_of_a_thread = sum(threads.values()), max(threads.values(), default=0)
    return result


def _shown(session: Session) -> Counter[Any]:
    query = select(TaskRow.recipient_id, func.count()).where(
        TaskRow.kind == "sent-after-stop", TaskRow.done_at.is_(None)
    )
    return Counter({row[0]: row[1] for row in session.execute(query.group_by(TaskRow.recipient_id))})


def main() -> int:
    """Run, print, and say whether all is right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interleavings", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    options = parser.parse_args()
    results = []
    for kind in ("sqlite", "postgresql") if options.database == "both" else (options.database,):
        with database_of(kind) as url:
            results.append(run(url, kind, options.interleavings, options.seed))
        sys.stdout.write(results[-1].line() + "\n")
        sys.stdout.flush()
    return 0 if all(each.is_right for each in results) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Workers are killed, or frozen past their lease, in the middle of sending: nothing is lost and nothing goes out twice.

    python -m tests.soak.messages [--messages 2000] [--seed 1] [--database sqlite|postgresql|both]

What counts is what the simulated provider has taken. Ends with one line of figures; its exit code is 1 if any is wrong.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from notifications.attempts import Pace
from notifications.channels.twilio_sms import TwilioAccount, TwilioSms
from notifications.dispatch import Dispatcher
from notifications.outbox import MessageRow
from planner.persistence import schema
from planner.persistence.database import Database
from tests import postgresql
from tests.many import ManyBook, fill, number_of, open_study

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 4
#: about how often one of them is killed, in seconds
KILLED_EVERY = 0.4
#: and how often it is counted what is left
LOOKED_EVERY = 2.0
TIMEOUT = timedelta(seconds=1)
PACE = Pace(
    batch=20, threads=2, lease=timedelta(seconds=4), begin_within=timedelta(milliseconds=300),
    settle_after=timedelta(seconds=2), settle_pause=timedelta(seconds=2), skew=timedelta(seconds=2),
    retry_after=timedelta(milliseconds=200), retry_most=timedelta(seconds=2), failures=50, record_after=20,
)  # fmt: skip
FAULTS = {
    "throttled": 0.05, "failed_before": 0.02, "failed_after": 0.03, "silent_before": 0.01, "silent_after": 0.03,
    "broken_before": 0.02, "broken_after": 0.03, "garbled": 0.01, "unread": 0.1, "retry_after": 1,
    "least_delay": 0.002, "most_delay": 0.04, "silence": 1.5, "lag": 1.0,
}  # fmt: skip
#: nothing takes so long, in seconds, unless something is wrong; where much else is done it may take half an hour
MOST_SECONDS = 2_700
_FORK = multiprocessing.get_context("fork")


@dataclass(slots=True)
class Result:
    """What came of a run. ``lost`` and ``doubled`` are counted by the provider."""

    database: str
    how: str
    messages: int = 0
    taken: int = 0
    lost: int = 0
    doubled: int = 0
    kills: int = 0
    freezes: int = 0
    attempts: int = 0
    settled: int = 0
    unfinished: int = 0
    strangers: int = 0
    seconds: float = 0.0

    @property
    def is_right(self) -> bool:
        """Whether nothing was lost or doubled, and our own records say the same as the provider's."""
        return not (self.lost or self.doubled or self.unfinished or self.strangers)

    def line(self) -> str:
        """All of it in one line."""
        return " ".join(f"{name}={value}" for name, value in asdict(self).items())


@dataclass(slots=True)
class Remote:
    """The simulated provider in a process of its own."""

    port: int
    account: dict[str, Any] = field(default_factory=dict)

    def ask(self, what: str, told: dict[str, Any] | None = None) -> Any:
        """Tell it something, or ask it."""
        body = None if told is None else json.dumps(told).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/control/{what}", body, timeout=60) as answer:
            return json.loads(answer.read())

    def channel(self) -> TwilioSms:
        """Our channel, pointed at it."""
        known = self.account
        return TwilioSms(
            TwilioAccount(
                account=known["account"], user=known["key"], secret=known["secret"], sender=known["number"],
                timeout=TIMEOUT, base_url=f"http://127.0.0.1:{self.port}",
            )
        )  # fmt: skip


@contextmanager
def provider(seed: int) -> Iterator[Remote]:
    """A simulated provider that does much wrong."""
    served = subprocess.Popen([sys.executable, "-m", "tests.provider"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert served.stdout is not None
        remote = Remote(int(served.stdout.readline()))
        remote.account = remote.ask("account")
        remote.ask("faults", {"seed": seed, **FAULTS})
        yield remote
    finally:
        served.terminate()
        served.wait(30)
        if served.stdout is not None:
            served.stdout.close()


def work(url: str, remote: Remote, owner: str) -> None:
    """What a worker process does until it is killed."""
    database = Database(url)
    channel = remote.channel()
    dispatcher = Dispatcher(
        database, {"sms": channel}, ManyBook(), owner, lambda: datetime.now(UTC), pace=PACE,
    )  # fmt: skip
    while True:
        with suppress(Exception):
            dispatcher.tick()
        time.sleep(0.05)


@dataclass(slots=True)
class Workers:
    """Processes that send. They are forked, so that each begins its work at once."""

    url: str
    remote: Remote
    chance: random.Random
    alive: list[BaseProcess] = field(default_factory=list)
    begun: int = 0

    def begin(self) -> None:
        """One more."""
        self.begun += 1
        process = _FORK.Process(target=work, args=(self.url, self.remote, f"worker-{self.begun}"))
        process.start()
        self.alive.append(process)

    def kill_one(self) -> None:
        """End one in the middle of whatever it does, and begin another in its place."""
        process = self.alive.pop(self.chance.randrange(len(self.alive)))
        process.kill()
        process.join()
        self.begin()

    def freeze_most(self, seconds: float) -> int:
        """Let all but one stand still for so long, each in the middle of whatever it does; how many."""
        frozen = [process.pid or 0 for process in self.chance.sample(self.alive, len(self.alive) - 1)]
        for pid in frozen:
            time.sleep(self.chance.uniform(0, 0.2))
            os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
        return len(frozen)

    def end(self) -> None:
        """End all."""
        for process in self.alive:
            process.kill()
            process.join()
        self.alive.clear()


def run(url: str, kind: str, how: str, messages: int, seed: int) -> Result:
    """Send so many messages by workers that are killed, or frozen, and count what the provider has taken."""
    chance, began = random.Random(seed), time.monotonic()
    result = Result(kind, how, messages)
    database = Database(url)
    now = datetime.now(UTC)
    open_study(database, now)
    fill(database, 1, messages, now)
    database.dispose()  # workers are forked: they must not share a connection
    with provider(seed) as remote:
        remote.channel().find(number_of(1), now)  # imports what is only imported when used, before workers are forked
        workers = Workers(url, remote, chance)
        try:
            _disturb(url, workers, how, result)
        finally:
            workers.end()
        _count(database, remote, result)
    result.seconds = round(time.monotonic() - began, 1)
    return result


def _disturb(url: str, workers: Workers, how: str, result: Result) -> None:
    give_up = time.monotonic() + MOST_SECONDS
    logging.getLogger("notifications").setLevel(logging.ERROR)
    for _ in range(WORKERS):
        workers.begin()
    left, looked, due = result.messages, time.monotonic(), time.monotonic()
    while left and time.monotonic() < give_up:
        due = max(due + workers.chance.uniform(0.5, 1.5) * KILLED_EVERY, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))
        if time.monotonic() - looked > LOOKED_EVERY:  # it takes long beside workers that are busy: not before each kill
            left, looked = _unfinished(url), time.monotonic()
        if left <= result.messages // 20:  # the rest is settled in peace: it waits for leases and pauses
            continue
        if how == "killed":
            workers.kill_one()
            result.kills += 1
        else:
            result.freezes += workers.freeze_most(PACE.lease.total_seconds() * workers.chance.uniform(1.1, 1.5))


def _unfinished(url: str) -> int:
    """How many messages are not sent; without keeping a connection, which a forked worker would share."""
    database = Database(url)
    with database.reading() as session:
        waiting = select(func.count()).where(MessageRow.state.in_(["planned", "sending", "unknown"]))
        count = session.scalar(waiting) or 0
    database.dispose()
    return count


def _count(database: Database, remote: Remote, result: Result) -> None:
    taken = remote.ask("taken")["messages"]
    got = Counter(message["to"] for message in taken)
    wanted = Counter(number_of(each) for each in range(1, result.messages + 1))
    result.taken = len(taken)
    result.lost = sum((wanted - got).values())
    result.doubled = sum((got - wanted).values())
    with database.reading() as session:
        rows = session.execute(select(MessageRow.state, MessageRow.provider_id, MessageRow.attempts)).all()
        settled = select(func.count(MessageRow.id)).where(MessageRow.reason.contains("found at the provider"))
        result.settled = session.scalar(settled) or 0
    database.dispose()
    result.unfinished = sum(row.state not in ("accepted", "sent", "delivered") for row in rows)
    result.attempts = sum(row.attempts for row in rows)
    result.strangers = len({row.provider_id for row in rows} ^ {message["sid"] for message in taken})


@contextmanager
def database_of(kind: str) -> Iterator[str]:
    """An empty database with all tables, thrown away afterwards."""
    with tempfile.TemporaryDirectory(prefix="planner-soak-") as folder:
        if kind == "sqlite":
            url = f"sqlite:///{Path(folder) / 'soak.db'}"
            _migrate(url)
            yield url
            return
        with postgresql.server() as url:
            _migrate(url)
            yield url


def _migrate(url: str) -> None:
    database = Database(url)
    schema.migrate(database)
    database.dispose()


def main() -> int:
    """Run, print, and say whether all is right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    options = parser.parse_args()
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    results = []
    for kind in kinds:
        for how in ("killed", "frozen"):
            many = options.messages if how == "killed" else max(options.messages // 4, 50)
            with database_of(kind) as url:
                results.append(run(url, kind, how, many, options.seed))
            sys.stdout.write(results[-1].line() + "\n")
            sys.stdout.flush()
    lost, doubled = (sum(getattr(each, name) for each in results) for name in ("lost", "doubled"))
    taken, kills = (sum(getattr(each, name) for each in results) for name in ("taken", "kills"))
    right = all(each.is_right for each in results)
    sys.stdout.write(f"messages={taken} kills={kills} lost={lost} doubled={doubled} {'right' if right else 'WRONG'}\n")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())

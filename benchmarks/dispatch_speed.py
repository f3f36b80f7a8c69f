"""Due messages sent per second to a channel that does nothing, every check included, beside Celery with Redis.

    python -m benchmarks.dispatch_speed [--messages 20000] [--peer PYTHON]

Ours is the code that the soak kills: claimed by lease, texts written and kept, committed, each checked once more in the
database right before it is handed over, results recorded with their events. Celery does the same nothing from a queue
in Redis, acknowledged late, without any check. Each is timed from its first message to its last.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median

from sqlalchemy import func, select

from notifications.attempts import Pace
from notifications.dispatch import Dispatcher
from notifications.message import Outgoing, Receipt, Sent, Verdict
from notifications.outbox import MessageEvent, MessageRow
from planner.persistence import schema
from planner.persistence.database import Database
from planner.services.dispatching import take_turns
from tests import postgresql
from tests.many import ManyBook, fill, open_study

_FORK = multiprocessing.get_context("fork")
#: sending threads of a worker, as the settings' default has them for a database
THREADS = {"sqlite": 1, "postgresql": 2}
ROOT = Path(__file__).resolve().parents[1]


@dataclass(slots=True)
class Nothing:
    """A channel that takes everything at once."""

    owner: str
    numbers: Iterator[int]
    name: str = "sms"
    timeout: timedelta = timedelta(seconds=10)

    def send(self, outgoing: Outgoing) -> Receipt:
        """Take it."""
        return Receipt(verdict=Verdict.ACCEPTED, provider_id=f"{self.owner}-{next(self.numbers)}")

    def find(self, to: str, since: datetime) -> list[Sent] | None:
        """Nothing is ever in doubt."""
        return None

    def redact(self, provider_id: str) -> bool:
        """Nothing is kept."""
        return True


def work(url: str, owner: str) -> None:
    """One worker: until nothing is due."""
    take_turns()
    database = Database(url)
    channel = Nothing(owner, count())
    Dispatcher(
        database,
        {"sms": channel},
        ManyBook(),
        owner,
        lambda: datetime.now(UTC),
        Pace(threads=THREADS[database.engine.dialect.name]),
    ).tick()
    database.dispose()


@contextmanager
def empty(kind: str) -> Iterator[str]:
    """The address of an empty database with all tables, as it would run for real."""
    with tempfile.TemporaryDirectory(prefix="planner-bench-") as folder:
        if kind == "sqlite":
            yield _migrated(f"sqlite:///{Path(folder) / 'bench.db'}")
            return
        with postgresql.server(flushed=True) as address:
            yield _migrated(address)


def _migrated(url: str) -> str:
    database = Database(url)
    schema.migrate(database)
    open_study(database, datetime.now(UTC))
    database.dispose()
    return url


def dispatched(kind: str, workers: int, messages: int) -> float:
    """Messages per second."""
    with empty(kind) as url:
        database = Database(url)
        fill(database, 1, messages, datetime.now(UTC) - timedelta(seconds=1))
        _tidy(database)
        database.dispose()
        began = time.perf_counter()
        processes = [_FORK.Process(target=work, args=(url, f"worker-{number}")) for number in range(workers)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        took = time.perf_counter() - began
        _check(Database(url), messages)
    return messages / took


def _tidy(database: Database) -> None:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if database.engine.dialect.name == "sqlite" else "VACUUM ANALYZE")


def _check(database: Database, messages: int) -> None:
    """All were sent, each once, with all its events."""
    with database.reading() as session:
        sent = select(func.count(func.distinct(MessageRow.provider_id))).where(MessageRow.state == "accepted")
        assert session.scalar(sent) == messages
        assert session.scalar(select(func.count(MessageEvent.id))) == 2 * messages
    database.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer", default="", help="the Python of an environment with celery[redis]")
    parser.add_argument("--kind", action="append", choices=("sqlite", "postgresql"))
    parser.add_argument("--threads", type=int, help="sending threads of a worker, if not the default's")
    options = parser.parse_args()
    THREADS.update(dict.fromkeys(THREADS, options.threads) if options.threads else {})
    kinds = options.kind or ["sqlite", *(["postgresql"] if postgresql.programs() is not None else [])]
    rates: dict[tuple[str, int], list[float]] = {}
    for _ in range(options.runs):
        for workers in (1, 2):
            for kind in kinds:
                rates.setdefault((kind, workers), []).append(dispatched(kind, workers, options.messages))
            if options.peer:
                rates.setdefault(("celery", workers), []).append(celery(options.peer, workers, options.messages))
    for (name, workers), found in sorted(rates.items()):
        peer = median(rates[("celery", workers)]) if options.peer else 0
        ratio = f"  {median(found) / peer:.2f} times Celery" if peer and name != "celery" else ""
        print(f"{name:10}  {workers} worker(s): {median(found):7,.0f} messages/s{ratio}", flush=True)


def celery(python: str, workers: int, messages: int) -> float:
    """What Celery does in the same run."""
    command = [python, "-m", "benchmarks.peer_celery", str(workers), str(messages)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the peer failed: {done.stderr[-2000:]}")
    return float(json.loads(done.stdout.splitlines()[-1])["rate"])


if __name__ == "__main__":
    main()

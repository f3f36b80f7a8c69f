"""How long claiming a batch takes on PostgreSQL, with few messages stored and with many, by turns in one run.

python -m benchmarks.claim_growth [--many 10000000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from statistics import median

from sqlalchemy import text
from sqlalchemy.orm import Session

from notifications.attempts import Pace
from notifications.claims import claim
from notifications.message import Reached
from notifications.preparing import prepare
from planner.persistence import schema
from planner.persistence.database import Database
from tests import postgresql
from tests.many import fill, open_study

FEW, MANY = 10_000, 10_000_000
BATCH, BATCHES, PEOPLE = 200, 30, 1_000
#: Sent in the past, over two years, to people who are there; what is due was planned in the weeks before, so every so
#: often one of the newest twentieth is.
_ROWS = """
INSERT INTO message (study_id, site_id, recipient_id, template, timing, channel, occasion, state, planned_at, due_at,
    expires_at, attempts, looks, error_code, reason, changed_at, provider_id, accepted_at, text)
SELECT 1, 1, 1 + number % :people, 'reminder', '3d', 'sms', 'x' || number,
    CASE WHEN number > :old AND number % :due = 0 THEN 'planned' ELSE 'delivered' END, at, at,
    at + interval '900 days', 1, 0, '', '', at,
    CASE WHEN number > :old AND number % :due = 0 THEN NULL ELSE 'SM' || number END, at, NULL
FROM (
    SELECT number, CAST(:now AS timestamptz) - interval '1 second' * (number * 63072000.0 / :rows) AS at
    FROM generate_series(CAST(1 AS bigint), :rows) AS number
) AS made
"""


class Nobody:
    """A book without numbers: no text is written, which would take as long with few messages as with many."""

    def reach(self, session: Session, recipient_ids: Collection[int], channel: str) -> Mapping[int, Reached]:
        """Nobody is reached."""
        return {}

    def digest(self, address: str) -> str:
        """Not asked for."""
        return address


def filled(address: str, rows: int, spread: bool) -> Database:
    """A database with so many messages, of which enough are due: among the newest, or anywhere (``spread``)."""
    database = Database(address)
    schema.migrate(database)
    now = datetime.now(UTC)
    open_study(database, now)
    fill(database, 1, PEOPLE, now, state="delivered")
    needed = BATCH * (BATCHES + 2)
    newest = rows if spread else max(rows // 20, needed)
    values = {
        "people": PEOPLE,
        "due": newest // needed,
        "rows": rows,
        "old": rows - newest,
        "now": now - timedelta(seconds=1),
    }
    database.transact(lambda session: session.execute(text(_ROWS), values))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    return database


def spent(database: Database) -> float:
    """Milliseconds for one batch, its events and its commit included."""

    def work(session: Session) -> int:
        return len(claim(session, found.written(BATCH), "bench", Pace(), now))

    began, now = time.perf_counter(), datetime.now(UTC)
    with database.reading() as session:
        found = prepare(session, "sms", BATCH, 0, Nobody(), now)
    claimed = database.transact(work)
    assert claimed == BATCH, claimed
    return (time.perf_counter() - began) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--spread", action="store_true", help="what is due is anywhere in two years")
    options = parser.parse_args()
    if postgresql.programs() is None:
        print("no PostgreSQL on this machine: not measured")
        return
    with postgresql.server(flushed=True) as server:
        sizes = (FEW, options.many)
        databases = [filled(postgresql.new_database(server, f"claim_{rows}"), rows, options.spread) for rows in sizes]
        times: list[list[float]] = [[], []]
        for turn in range(BATCHES + 1):
            for database, found in zip(databases, times, strict=True):
                took = spent(database)
                if turn:  # the first one warms up
                    found.append(took)
        few, many = map(median, times)
        for database in databases:
            database.dispose()
    print(
        f"claiming {BATCH} messages, median of {BATCHES}: with {FEW:,} stored {few:.1f} ms, "
        f"with {options.many:,} stored {many:.1f} ms, ratio {many / few:.2f}"
    )


if __name__ == "__main__":
    main()

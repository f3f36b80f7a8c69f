"""How long a report of visits takes, beside the bare statement that counts the same, and beside pandas on the same rows.

The report is attendance, windows and lateness by site, with definitions, intervals and the audit chain's head. Rows are
made up; the three are measured in turns, and the best of each is printed. pandas is measured where it is installed in
the Python that PANDAS_PYTHON names: it reads the rows through the database's own driver and counts them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, insert, literal, select, text

from benchmarks.stored import NOW, empty_databases, kinds
from planner.persistence.database import Database
from planner.persistence.participants import Participant
from planner.persistence.visits import VisitRow
from planner.reports.making import Wanted, make_report
from planner.reports.report import Filters
from planner.services.access import EVERYTHING
from planner.services.designs import Designs
from schedules.plan import ENGINE
from tests.studies import STUDY

SIZES = (10_000, 100_000, 1_000_000)
EACH = 40
TURNS = 5
_FIRST = date(2026, 1, 5)
_BARE = {
    "sqlite": """
        SELECT site_id, status, actual IS NOT NULL, substr(key, 1, 12) = 'unscheduled.',
          CASE WHEN actual IS NULL OR status = 'expired' THEN NULL WHEN actual < opens
            THEN julianday(actual) - julianday(opens) WHEN actual > closes
            THEN julianday(actual) - julianday(closes) ELSE 0 END,
          CASE WHEN actual IS NULL OR status = 'expired' THEN NULL ELSE julianday(actual) -
            julianday(CASE WHEN nominal < opens THEN opens WHEN nominal > closes THEN closes ELSE nominal END) END,
          count(*)
        FROM visit WHERE study_id = 1 AND NOT gone GROUP BY 1, 2, 3, 4, 5, 6""",
    "postgresql": """
        SELECT site_id, status, actual IS NOT NULL, substr(key, 1, 12) = 'unscheduled.',
          CASE WHEN actual IS NULL OR status = 'expired' THEN NULL WHEN actual < opens THEN actual - opens
            WHEN actual > closes THEN actual - closes ELSE 0 END,
          CASE WHEN actual IS NULL OR status = 'expired' THEN NULL ELSE actual -
            CASE WHEN nominal < opens THEN opens WHEN nominal > closes THEN closes ELSE nominal END END,
          count(*)
        FROM visit WHERE study_id = 1 AND NOT gone GROUP BY 1, 2, 3, 4, 5, 6""",
}
_PANDAS = """
import sys, time, pandas
address = sys.argv[1]
def connect():
    if address.startswith("sqlite"):
        import sqlite3
        return sqlite3.connect(address.removeprefix("sqlite:///"))
    import psycopg
    return psycopg.connect(address.replace("postgresql+psycopg", "postgresql"))
began = time.perf_counter()
days = ["nominal", "opens", "closes", "actual"]
query = "SELECT site_id, status, key, nominal, opens, closes, actual FROM visit WHERE study_id = 1 AND NOT gone"
rows = pandas.read_sql(query, connect())
for day in days:
    rows[day] = pandas.to_datetime(rows[day])
rows = rows[~rows.key.str.startswith("unscheduled.")]
done = rows[rows.actual.notna() & (rows.status != "expired")]
due = done.nominal.clip(done.opens, done.closes)
late = (done.actual - due).dt.days
within = (done.actual >= done.opens) & (done.actual <= done.closes)
rows.groupby(["site_id", "status"]).size(), within.groupby(done.site_id).sum(), late.groupby(done.site_id).value_counts()
print(time.perf_counter() - began)
"""


def fill(database: Database, visits: int) -> None:
    """So many visits, forty to a participant: the first few made here, the others in the database from those."""
    people = max(1, visits // EACH)
    first = min(people, 250)
    with database.writing() as session:
        session.execute(insert(Participant), [_participant(number) for number in range(1, people + 1)])
        rows = [row for number in range(1, first + 1) for row in _visits(number)]
        for start in range(0, len(rows), 1_000):
            session.execute(insert(VisitRow), rows[start : start + 1_000])
        columns = [column for column in VisitRow.__table__.columns if column.name != "participant_id"]
        for shift in range(first, people, first):
            source = select(VisitRow.participant_id + literal(shift), *columns).where(
                VisitRow.participant_id <= min(first, people - shift)
            )
            names = ["participant_id", *(column.name for column in columns)]
            session.execute(insert(VisitRow).from_select(names, source))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _participant(number: int) -> dict[str, Any]:
    return {
        "id": number, "study_id": 1, "number": f"{number:06}", "home_site_id": 1 + number % 2,
        "site_id": 1 + number % 2, "status": "treatment", "version": "1.0", "planned_on": NOW.date(),
        "planned_revision": 1, "engine": ENGINE, "created_at": NOW, "revision": 0, "screen_failed": False,
    }  # fmt: skip


def _visits(number: int) -> Iterator[dict[str, Any]]:
    for place in range(EACH):
        nominal = _FIRST + timedelta(days=7 * place + number % 5)
        kind = (number * 7 + place * 13) % 20
        actual = nominal + timedelta(days=kind % 4 - 1) if kind < 14 else None
        status = "done" if actual else ("missed", "unrecorded", "planned", "cancelled", "omitted", "held")[kind - 14]
        yield {
            "participant_id": number, "key": f"maintenance.c{place // 3 + 1}.d{place % 3 * 7 + 1}", "study_id": 1,
            "site_id": 1 + number % 2, "label": f"Visit {place}", "epoch": "maintenance", "cycle": place // 3 + 1,
            "nominal": nominal, "opens": nominal - timedelta(days=1), "closes": nominal + timedelta(days=1),
            "target": actual or nominal, "actual": actual, "status": status, "tentative": False, "setting": "clinic",
            "activities": ["vsli", "ino", "bloods"], "conflicts": [], "changed_at": NOW, "gone": False, "revision": 0,
            "booked": "", "doses": [], "minutes": 60, "observes": 0, "stood": "",
        }  # fmt: skip


def report(database: Database, designs: Designs) -> None:
    """The report, as the API makes it."""
    wanted = Wanted(study=STUDY, measures=("attendance", "window", "lateness"), filters=Filters(by="site"))
    with database.at_one_moment() as session:
        made = make_report(session, designs, EVERYTHING, wanted, NOW)
    assert made.measure("attendance").rows[0].of


def bare(database: Database) -> None:
    """The bare statement."""
    with database.engine.connect() as connection:
        connection.execute(text(_BARE[database.engine.dialect.name])).all()


def timed(work: Callable[[], None]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def pandas_seconds(database: Database) -> float | None:
    """How long pandas takes to read the rows and count them; None where it is not installed."""
    python = os.environ.get("PANDAS_PYTHON")
    if python is None:
        return None
    address = database.engine.url.render_as_string(hide_password=False)
    done = subprocess.run([python, "-c", _PANDAS, address], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr)
        return None
    return float(done.stdout)


def measure(kind: str, visits: int) -> str:
    """One line of figures."""
    with empty_databases(kind, 1) as (database,):
        fill(database, visits)
        with database.reading() as session:
            count = session.scalar(select(func.count()).select_from(VisitRow))
        designs = Designs()
        report(database, designs)
        ours, theirs = [], []
        for _ in range(TURNS):
            ours.append(timed(lambda: report(database, designs)))
            theirs.append(timed(lambda: bare(database)))
        frames = [pandas_seconds(database) for _ in range(2)]
        framed = min((each for each in frames if each is not None), default=None)
        database.dispose()
    best, least = min(ours), min(theirs)
    beside = f"{framed:8.3f} {framed / best:7.1f}" if framed is not None else f"{'-':>8} {'-':>7}"
    return f"{kind:12}{count:10,} {best:8.3f} {least:8.3f} {best / least:6.2f} {beside} {best / visits * 1e6:8.2f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the largest number of visits")
    most = parser.parse_args().most
    print(
        f"{'database':12}{'visits':>10} {'report':>8} {'bare':>8} {'times':>6} {'pandas':>8} {'times':>7} {'us/visit':>8}"
    )
    for kind in kinds():
        for size in (size for size in SIZES if size <= most):
            print(measure(kind, size), flush=True)


if __name__ == "__main__":
    main()

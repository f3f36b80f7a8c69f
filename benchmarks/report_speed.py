"""How long a report of visits takes, beside bare statements that count the same, and beside pandas.

The report is attendance, windows and lateness by site, with definitions, intervals and the audit chain's head. Beside
it stand the statement that counts the same from the visits' days, and the one that counts the words that are stored
with them for that: what the report takes beyond the latter is all that is not counting. Rows are made up; all are
measured in turns, and the best of each is printed, with the same report of one month. pandas is measured with the
Python that ``--pandas`` names: it reads the same rows through the database's own driver and counts them.

Then all measures, with doses, activities and drugs at home: of participants who have to be planned for the report, and
of the same with what is stored of them.
"""

from __future__ import annotations

import argparse
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, insert, literal, select, text

from benchmarks.stored import NOW, empty_databases, import_table, kinds, table_of
from planner.persistence.database import Database
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.visits import VisitRow
from planner.reports.making import Wanted, make_report
from planner.reports.report import Filters
from planner.services.access import EVERYTHING
from planner.services.designs import Designs
from planner.services.replanning import replan_all
from planner.services.tallies import Dated, tally_of
from schedules.plan import ENGINE
from schedules.statuses import Status
from tests.studies import STUDY

SIZES = (10_000, 100_000, 1_000_000)
EACH = 40
_NOT_DONE = (
    Status.MISSED, Status.UNRECORDED, Status.PLANNED, Status.CANCELLED, Status.OMITTED, Status.HELD,
)  # fmt: skip
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
_WORDS = "SELECT site_id, tally, count(*) FROM visit WHERE study_id = 1 AND gone IS {} GROUP BY 1, 2"
#: how much longer than the bare statement a report may take, and how much longer pandas has to
MOST_OF_BARE, LEAST_OF_PANDAS = 1.5, 3.0
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
rows.groupby(["site_id", "status"]).size()
within.groupby(done.site_id).sum(), late.groupby(done.site_id).value_counts()
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
        # as PostgreSQL does by itself soon after so many rows have come
        connection.execute(text("VACUUM ANALYZE" if database.engine.dialect.name == "postgresql" else "ANALYZE"))


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
        status = Status.DONE if actual else _NOT_DONE[kind - 14]
        key = f"maintenance.c{place // 3 + 1}.d{place % 3 * 7 + 1}"
        days = Dated(nominal, nominal - timedelta(days=1), nominal + timedelta(days=1), actual)
        yield {
            "participant_id": number, "key": key, "study_id": 1, "site_id": 1 + number % 2, "label": f"Visit {place}",
            "epoch": "maintenance", "cycle": place // 3 + 1, **days._asdict(), "target": actual or nominal,
            "status": status.value, "tentative": False, "setting": "clinic", "activities": ["vsli", "ino", "bloods"],
            "conflicts": [], "changed_at": NOW, "gone": False, "revision": 0, "booked": "", "doses": [], "minutes": 60,
            "observes": 0, "stood": "", "tally": tally_of(key, status, days),
        }  # fmt: skip


def report(database: Database, designs: Designs, since: date | None = None, until: date | None = None) -> None:
    """The report, as the API makes it, of a period or of always."""
    filters = Filters(by="site", since=since, until=until)
    wanted = Wanted(study=STUDY, measures=("attendance", "window", "lateness"), filters=filters)
    with database.at_one_moment() as session:
        made = make_report(session, designs, EVERYTHING, wanted, NOW)
    assert made.measure("attendance").rows[0].of


def bare(database: Database, statement: str) -> None:
    """A bare statement."""
    with database.engine.connect() as connection:
        connection.execute(text(statement)).all()


def timed(work: Callable[[], None]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def pandas_seconds(database: Database, python: str) -> float:
    """How long pandas, once loaded, takes to read the rows and count them."""
    address = database.engine.url.render_as_string(hide_password=False)
    command = [python, "-W", "ignore", "-c", _PANDAS, address]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


@dataclass(frozen=True, slots=True)
class Figures:
    """The best times of one database, in seconds; ``pandas`` None where it is not installed."""

    kind: str
    visits: int
    report: float
    month: float
    days: float
    words: float
    pandas: float | None

    def line(self) -> str:
        """As the table shows them."""
        times = [self.report, self.month, self.days, self.words]
        shown = "".join(f"{seconds:9.4f}" for seconds in times) + f"{self.report / self.days:8.2f}"
        framed = (
            f"{self.pandas:9.3f}{self.pandas / self.report:8.1f}" if self.pandas is not None else f"{'-':>9}{'-':>8}"
        )
        return f"{self.kind:12}{self.visits:10,}{shown}{framed}{self.each:10.2f}"

    @property
    def each(self) -> float:
        """Microseconds for a visit."""
        return self.report / self.visits * 1e6


HEAD = "".join(
    [f"{'database':12}{'visits':>10}"]
    + [f"{name:>{width}}" for name, width in (("report", 9), ("a month", 9), ("by days", 9), ("words", 9))]
    + [f"{name:>{width}}" for name, width in (("÷ days", 8), ("pandas", 9), ("÷ ours", 8), ("us/visit", 10))]
)


def measure(kind: str, visits: int, python: str | None) -> Figures:
    """The figures of so many visits."""
    with empty_databases(kind, 1) as (database,):
        fill(database, visits)
        with database.reading() as session:
            count = session.scalar(select(func.count()).select_from(VisitRow)) or 0
        designs = Designs()
        name = database.engine.dialect.name
        works = (
            lambda: report(database, designs),
            lambda: report(database, designs, date(2026, 2, 1), date(2026, 2, 28)),
            lambda: bare(database, _BARE[name]),
            lambda: bare(database, _WORDS.format("false" if name == "postgresql" else "0")),
        )
        works[0]()
        turns = [[timed(work) for work in works] for _ in range(TURNS)]
        framed = min(pandas_seconds(database, python) for _ in range(2)) if python is not None else None
        database.dispose()
    whole, month, days, words = (min(times) for times in zip(*turns, strict=True))
    return Figures(kind, count, whole, month, days, words, framed)


def whole_reports(kind: str, people: int) -> str:
    """How long all measures take, of so many participants with ten facts: with everybody planned for it, and stored."""
    with empty_databases(kind, 1) as (database,):
        import_table(database, table_of(people, dosed=True))
        designs = Designs()

        def whole() -> None:
            with database.at_one_moment() as session:
                assert make_report(session, designs, EVERYTHING, Wanted(study=STUDY), NOW).participants == people

        planned = timed(whole)
        replan_all(Store(database), designs, SYSTEM, NOW)
        stored = min(timed(whole) for _ in range(3))
        database.dispose()
    each = stored / people * 1000
    return (
        f"{kind}, all measures of {people:,}: planned again {planned:.2f} s, stored {stored:.2f} s ({each:.2f} ms each)"
    )


def goals(found: list[Figures]) -> Iterator[str]:
    """What the goals came to, for the most visits of one database."""
    least, most = found[0], found[-1]
    growth, linear = most.report / least.report, most.visits / least.visits
    bare = {"the bare statement over days": most.days, "the bare statement over stored words": most.words}
    said = [
        (f"{most.report / seconds:.2f} times {what}, at most {MOST_OF_BARE}", most.report / seconds <= MOST_OF_BARE)
        for what, seconds in bare.items()
    ]
    if most.pandas is not None:
        times = most.pandas / most.report
        said.append((f"{times:.1f} times as fast as pandas, at least {LEAST_OF_PANDAS:.0f}", times >= LEAST_OF_PANDAS))
    said.append((f"{growth:.1f} times as long for {linear:.0f} times the visits, at most so many", growth <= linear))
    for words, reached in said:
        yield f"{'goal reached' if reached else 'GOAL MISSED'}: {most.kind}, {most.visits:,} visits: {words}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the largest number of visits")
    parser.add_argument("--kinds", nargs="*", default=kinds(), help="the databases, of those that are there")
    parser.add_argument("--pandas", help="a Python that has pandas, and psycopg for PostgreSQL")
    parser.add_argument("--people", type=int, default=2_000, help="participants of a report of all measures")
    asked = parser.parse_args()
    print(HEAD, flush=True)
    said: list[str] = []
    for kind in asked.kinds:
        found = []
        for size in (size for size in SIZES if size <= asked.most):
            found.append(measure(kind, size, asked.pandas))
            print(found[-1].line(), flush=True)
        said += goals(found) if asked.most >= SIZES[-1] else []
    print("\n".join(said) or f"the goals are for {SIZES[-1]:,} visits")
    for kind in asked.kinds:
        print(whole_reports(kind, asked.people), flush=True)


if __name__ == "__main__":
    main()

"""How fast a table of participants is imported: beside the same rows written through ``session.add_all``, in one run.

The import reads the table, checks and plans everybody, and writes; ``add_all`` is handed finished rows and only writes.
It is shown as the command does it, with helpers that plan, and as the web does, in one process. Also shown is the
writing alone, of these rows, by what the import writes with.
"""

from __future__ import annotations

import argparse
import time
from typing import Any, cast

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from benchmarks.stored import empty_databases, import_table, kinds, table_of
from planner.persistence.audit import AuditEntry
from planner.persistence.base import Base
from planner.persistence.bulk import Bulk
from planner.persistence.database import Database
from planner.persistence.deviations import DeviationRow
from planner.persistence.facts import FactRow
from planner.persistence.participants import Participant
from planner.persistence.types import Json, json_text
from planner.persistence.visits import GateRow, VisitRow
from planner.services.helpers import helpers_of_machine

WRITTEN: tuple[type[Base], ...] = (Participant, FactRow, VisitRow, GateRow, DeviationRow, AuditEntry)
ROWS = 15_000
Rows = dict[type[Base], list[dict[str, Any]]]


def import_seconds(database: Database, table: bytes, helpers: int) -> float:
    """How long the import takes, commit included."""
    began = time.perf_counter()
    import_table(database, table, helpers)
    return time.perf_counter() - began


def add_all_seconds(database: Database, rows: Rows) -> float:
    """How long the same rows take through the session, commit included."""
    began = time.perf_counter()
    with database.writing() as session:
        for kind, found in rows.items():
            session.add_all([kind(**values) for values in found])
            session.flush()
    return time.perf_counter() - began


def bulk_seconds(database: Database, rows: Rows) -> float:
    """How long the same rows take through what the import writes with, commit included; plain data is text already."""
    texts = {kind: [_with_texts(kind, values) for values in found] for kind, found in rows.items()}
    began = time.perf_counter()
    with database.writing() as session:
        bulk = Bulk(session.connection())
        for kind, found in texts.items():
            for start in range(0, len(found), ROWS):
                some = found[start : start + ROWS]
                bulk.insert(cast(Table, kind.__table__), tuple(some[0]), [tuple(values.values()) for values in some])
    return time.perf_counter() - began


def _with_texts(kind: type[Base], values: dict[str, Any]) -> dict[str, Any]:
    plain = [column.name for column in kind.__table__.columns if isinstance(column.type, Json)]
    return values | {name: json_text(values[name]) for name in plain}


def imported_rows(database: Database) -> Rows:
    """All rows that the import wrote, as plain values; the study's own audit entries are in the other database too."""
    with database.reading() as session:
        return {kind: _values(session, kind) for kind in WRITTEN}


def _values(session: Session, kind: type[Base]) -> list[dict[str, Any]]:
    query = select(*kind.__table__.columns)
    if kind is AuditEntry:
        query = query.where(AuditEntry.action.in_(("participant.screened", "facts.recorded")))
    return [dict(row._mapping) for row in session.execute(query)]


def measure(kind: str, participants: int, dosed: bool, helpers: int) -> str:
    """A row of the table: how many visits, and how fast they were written in each way."""
    table = table_of(participants, dosed)
    with empty_databases(kind, 4) as databases:
        ours, theirs, third, fourth = databases
        spent = import_seconds(ours, table, helpers)
        alone = import_seconds(fourth, table, 0)
        rows = imported_rows(ours)
        visits = len(rows[VisitRow])
        beside = add_all_seconds(theirs, rows)
        written = bulk_seconds(third, rows)
        for database in databases:
            with database.reading() as session:
                assert session.scalar(select(func.count()).select_from(VisitRow)) == visits
            database.dispose()
    facts = "ten facts" if dosed else "two facts"
    shown = (
        (f"import, {helpers} helpers", spent), ("import in one process", alone), ("writing alone", written),
        ("add_all", beside),
    )  # fmt: skip
    return f"{kind}, {facts}, {participants:,} participants, {visits:,} visits\n" + "\n".join(
        f"  {name:22} {seconds:6.2f} s  {visits / seconds:7,.0f} visits/s  {beside / seconds:5.2f} times add_all"
        for name, seconds in shown
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--participants", type=int, default=10_000, help="with two facts each")
    parser.add_argument("--dosed", type=int, default=3_000, help="with ten facts each")
    parser.add_argument("--helpers", type=int, default=helpers_of_machine())
    options = parser.parse_args()
    for kind in kinds():
        for participants, dosed in ((options.participants, False), (options.dosed, True)):
            if participants:
                print(measure(kind, participants, dosed, options.helpers), flush=True)


if __name__ == "__main__":
    main()

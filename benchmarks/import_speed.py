"""How fast a table of participants is imported: beside the same rows written through ``session.add_all``, in one run.

The import reads the table, checks and plans everybody, and writes; ``add_all`` is handed finished rows and only writes.
Also shown is the writing alone, of these rows, by what the import writes with.
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

WRITTEN: tuple[type[Base], ...] = (Participant, FactRow, VisitRow, GateRow, DeviationRow, AuditEntry)
ROWS = 15_000
Rows = dict[type[Base], list[dict[str, Any]]]


def import_seconds(database: Database, table: bytes) -> float:
    """How long the import takes, commit included."""
    began = time.perf_counter()
    import_table(database, table)
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
    """How long the same rows take through what the import writes with, commit included."""
    began = time.perf_counter()
    with database.writing() as session:
        bulk = Bulk(session.connection())
        for kind, found in rows.items():
            table = cast(Table, kind.__table__)
            plain = [column.name for column in table.columns if isinstance(column.type, Json)]
            for start in range(0, len(found), ROWS):
                some = [values | {name: json_text(values[name]) for name in plain} for values in found[start:][:ROWS]]
                bulk.insert(table, tuple(some[0]), [tuple(values.values()) for values in some])
    return time.perf_counter() - began


def imported_rows(database: Database) -> Rows:
    """All rows that the import wrote, as plain values; the study's own audit entries are in the other database too."""
    with database.reading() as session:
        return {kind: _values(session, kind) for kind in WRITTEN}


def _values(session: Session, kind: type[Base]) -> list[dict[str, Any]]:
    query = select(*kind.__table__.columns)
    if kind is AuditEntry:
        query = query.where(AuditEntry.action.in_(("participant.screened", "facts.recorded")))
    return [dict(row._mapping) for row in session.execute(query)]


def measure(kind: str, participants: int, dosed: bool) -> str:
    """A row of the table: how many visits, and how fast they were written either way."""
    table = table_of(participants, dosed)
    with empty_databases(kind, 3) as (ours, theirs, third):
        spent = import_seconds(ours, table)
        rows = imported_rows(ours)
        visits = len(rows[VisitRow])
        beside = add_all_seconds(theirs, rows)
        written = bulk_seconds(third, rows)
        for database in (ours, theirs, third):
            with database.reading() as session:
                assert session.scalar(select(func.count()).select_from(VisitRow)) == visits
            database.dispose()
    facts = "ten facts" if dosed else "two facts"
    return (
        f"{kind:10}  {facts}  {participants:7,} participants  {visits:8,} visits  "
        f"import {spent:6.2f} s, {visits / spent:7,.0f} visits/s  "
        f"add_all {beside:6.2f} s, {visits / beside:7,.0f} visits/s  ratio {beside / spent:.2f}  "
        f"writing alone {written:6.2f} s, {visits / written:7,.0f} visits/s  ratio {beside / written:.2f}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--participants", type=int, default=10_000)
    options = parser.parse_args()
    for kind in kinds():
        for dosed in (False, True):
            print(measure(kind, options.participants, dosed), flush=True)


if __name__ == "__main__":
    main()

"""What the benchmarks of stored data share: both databases, a study in each, and tables of made-up participants."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from planner.persistence import schema
from planner.persistence.database import Database
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING
from planner.services.designs import Designs
from planner.services.helpers import helpers_of_machine
from planner.services.imports import Imported, import_facts
from tests import postgresql
from tests.studies import NORTH, SOUTH, STUDY, trial

NOW = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
COLUMNS = "number,site,fact,date,day_1,version,visit,activity,gate,outcome\n"
_FIRST, _FIRST_DOSED = date(2026, 1, 5), date(2025, 12, 8)


@contextmanager
def empty_databases(kind: str, count: int) -> Iterator[list[Database]]:
    """So many databases of a kind, each with all tables and one study; thrown away afterwards."""
    with tempfile.TemporaryDirectory(prefix="planner-bench-") as folder:
        if kind == "sqlite":
            yield [_with_a_study(f"sqlite:///{Path(folder) / f'{number}.db'}") for number in range(count)]
            return
        with postgresql.server(flushed=True) as address:
            yield [_with_a_study(postgresql.new_database(address, f"bench_{number}")) for number in range(count)]


def kinds() -> list[str]:
    """The kinds of databases that this machine has."""
    return ["sqlite", *(["postgresql"] if postgresql.programs() is not None else [])]


def _with_a_study(address: str) -> Database:
    database = Database(address)
    schema.migrate(database)
    trial(Store(database), NOW)
    return database


def import_table(database: Database, table: bytes, helpers: int | None = None) -> Imported:
    """Import a table, as ``planner participant import`` does, or with so many helpers; with none as the web does."""
    count = helpers_of_machine() if helpers is None else helpers

    def work(uow: UnitOfWork) -> Imported:
        return import_facts(uow, Designs(), EVERYTHING, STUDY, table, count)

    return Store(database).write(SYSTEM, NOW, work)


def table_of(participants: int, dosed: bool, first: int = 0) -> bytes:
    """A table of people who have consented and joined; ``dosed``: each also with the doses and the gate of a cycle."""
    lines = [COLUMNS]
    for number in range(first, first + participants):
        lines += _participant(number, dosed)
    return "".join(lines).encode()


def name_of(number: int) -> str:
    """The screening number."""
    return f"{number:06}"


def day_1_of(number: int, dosed: bool) -> date:
    """Spread over a year, or, for who has had a cycle by now, over six weeks."""
    return _FIRST_DOSED + timedelta(days=number % 42) if dosed else _FIRST + timedelta(days=number % 365)


def _participant(number: int, dosed: bool) -> Iterator[str]:
    name, day_1 = name_of(number), day_1_of(number, dosed)
    site = SOUTH if number % 3 == 0 else NORTH
    consented = min(day_1 - timedelta(days=20 + number % 7), NOW.date() - timedelta(days=1 + number % 30))
    yield f"{name},{site},consented,{consented},,1.0,,,,\n"
    yield f"{name},,enrolled,{day_1 - timedelta(days=number % 6 + 1)},{day_1},,,,,\n"
    if not dosed:
        return
    for visit, offset in (("d1", 0), ("d8", 7), ("d15", 14)):
        for drug in ("vsli", "ino"):
            yield f"{name},,given,{day_1 + timedelta(days=offset)},,,induction.c1.{visit},{drug},,\n"
    yield f"{name},,gate_decided,{day_1 + timedelta(days=25)},,,,,induction.c1.response,benefit\n"

"""What many tests begin with is worked out once, and then copied: to set up a study takes ten times as long.

Copied is every row that it left in an empty database, with the numbers that come next; a database that has any row in
the same tables is filled in as the first one was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Table

from planner.persistence.database import Database

T = TypeVar("T")
#: of PostgreSQL: which numbers were given last
_NUMBERS = "SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows of every table that has any, as their own kind of database writes them, and what is known of them."""

    rows: dict[str, Any]
    numbers: list[tuple[str, int]]
    said: Any


_KEPT: dict[str, Kept] = {}


def begun(database: Database, what: str, fill: Callable[[], T]) -> T:
    """Fill a database in, and what that gave, which nobody may change; ``what`` says all that it depends on."""
    name = f"{database.engine.dialect.name} {what}"
    known = _KEPT.get(name)
    with database.engine.connect() as connection:
        if known is not None and not _has_rows(connection, known.rows):
            _put(connection, known)
            said: T = known.said
            return said
        is_new = known is None and not _has_rows(connection, database.tables.tables)
    given = fill()
    if is_new:
        with database.engine.connect() as connection:
            _KEPT[name] = _taken(connection, database.tables.sorted_tables, given)
    return given


def _has_rows(connection: Connection, tables: Iterable[str]) -> bool:
    found = " OR ".join(f"EXISTS (SELECT 1 FROM {table})" for table in tables)  # noqa: S608 - names of our own
    return bool(connection.exec_driver_sql(f"SELECT {found}").scalar())


def _taken(connection: Connection, tables: Iterable[Table], said: Any) -> Kept:
    kind = connection.dialect.name
    read = _read_sqlite if kind == "sqlite" else _read_postgresql
    rows = {table.name: found for table in tables if (found := read(connection, table))}
    given = [(str(name), int(last)) for name, last in connection.exec_driver_sql(_NUMBERS)] if kind != "sqlite" else []
    return Kept(rows, given, said)


def _read_sqlite(connection: Connection, table: Table) -> tuple[str, list[tuple[Any, ...]]] | None:
    found = connection.exec_driver_sql(f"SELECT * FROM {table.name}")  # noqa: S608 - a name of our own
    columns = [*found.keys()]
    insert = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    rows = [tuple(row) for row in found]
    return (insert, rows) if rows else None


def _read_postgresql(connection: Connection, table: Table) -> bytes | None:
    if not connection.exec_driver_sql(f"SELECT EXISTS (SELECT 1 FROM {table.name})").scalar():  # noqa: S608
        return None
    with _cursor(connection).copy(f"COPY {table.name} TO STDOUT (FORMAT BINARY)") as copy:
        return b"".join(bytes(part) for part in copy)


def _cursor(connection: Connection) -> Any:
    """That of the program behind SQLAlchemy, in the same transaction."""
    driver = connection.connection.driver_connection
    assert driver is not None
    return driver.cursor()


def _put(connection: Connection, known: Kept) -> None:
    """Put the rows where none are, without what the database does by itself when rows come."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for insert, rows in known.rows.values():
            connection.exec_driver_sql(insert, rows)
    else:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        cursor = _cursor(connection)
        for table, written in known.rows.items():
            with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(written)
        cursor.execute("SELECT " + ", ".join(f"setval('{name}', {last})" for name, last in known.numbers))
    connection.commit()

"""The whole database as one file, of either kind, of one moment; and back into an empty database of either kind.

A gzip of JSON lines: a header, rows by table, and a last line with the digest of all before it. What was cut short or
changed is refused before anything is restored.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, insert, inspect, select, text
from sqlalchemy.types import Date, LargeBinary

from planner.persistence import schema
from planner.persistence.database import Database
from planner.persistence.types import Instant, json_text

FORMAT = "visit-planner-backup-1"
ROWS = 500


class BackupError(Exception):
    """A backup cannot be taken or restored; the message says why, and nothing was changed."""


def take_backup(database: Database, file: Path, now: datetime) -> dict[str, int]:
    """Write everything to a file, while others go on working; how many rows each table had.

    The file appears only when it is whole. Raises BackupError if it exists already.
    """
    if file.exists():
        raise BackupError(f"{file} exists; choose another name, a backup is never overwritten")
    if not file.parent.is_dir():
        raise BackupError(f"there is no folder {file.parent}; make it, or choose another one")
    draft = file.with_name(f".{file.name}.part")
    counts: dict[str, int] = {}
    seal = hashlib.sha256()
    draft.unlink(missing_ok=True)
    draft.touch(mode=stat.S_IRUSR | stat.S_IWUSR)  # it has what passwords are checked with: its owner's alone
    with gzip.open(draft, "wt", encoding="utf-8", newline="\n") as out:

        def write(line: dict[str, Any]) -> None:
            words = f"{json_text(line)}\n"
            seal.update(words.encode())
            out.write(words)

        write({"format": FORMAT, "schema": schema.newest(), "taken_at": now.isoformat()})
        with _snapshot(database) as connection:
            for table in database.tables.sorted_tables:
                counts[table.name] = 0
                for rows in _pages(connection, table):
                    counts[table.name] += len(rows)
                    write({"table": table.name, "rows": rows})
        out.write(f"{json_text({'rows': counts, 'sha256': seal.hexdigest()})}\n")
    draft.replace(file)
    return counts


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    """A connection that sees one moment only: SQLite's readers always do, PostgreSQL's in REPEATABLE READ."""
    with database.connecting() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def _pages(connection: Connection, table: Table) -> Iterator[list[list[Any]]]:
    result = connection.execution_options(yield_per=ROWS).execute(select(table).order_by(*table.primary_key.columns))
    for page in result.partitions(ROWS):
        yield [[_plain(value) for value in row] for row in page]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def read_backup(file: Path) -> Iterator[dict[str, Any]]:
    """The lines of a backup, header first. Raises BackupError, at its end, if it is not whole."""
    seal, ended = hashlib.sha256(), False
    try:
        with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines):
                said = json.loads(line)
                if number == 0 and said.get("format") != FORMAT:
                    raise BackupError(
                        f"{file} is no backup of the planner; name a file that `planner database backup` wrote"
                    )
                ended = "sha256" in said
                if ended and said["sha256"] != seal.hexdigest():
                    raise BackupError(f"{file} has been changed since it was written; take another backup")
                seal.update(line.encode())
                yield said
    except FileNotFoundError:
        raise BackupError(f"{file}: there is no such file; check its name") from None
    except (OSError, EOFError, ValueError) as error:
        what = str(error).splitlines()[0]
        right = "name a file that `planner database backup` wrote, and that was copied whole"
        raise BackupError(f"{file} cannot be read ({what}); {right}") from None
    if not ended:
        raise BackupError(f"{file} was cut short")


def restore_backup(database: Database, file: Path) -> dict[str, int]:
    """Fill an empty database from a file; how many rows each table has. All of it, or nothing."""
    header = next(iter(read_backup(file)))
    for _ in read_backup(file):  # to its end first: a broken one changes nothing
        pass
    if header["schema"] != schema.newest():
        wrong = f"{file} is of version {header['schema']}, this planner of {schema.newest()}"
        raise BackupError(f"{wrong}; restore it with the planner that wrote it, then upgrade")
    _require_empty(database)
    schema.migrate(database)
    tables = {table.name: table for table in database.tables.sorted_tables}
    with database.connecting(writes=True) as connection, connection.begin():
        for line in read_backup(file):
            if "table" in line:
                _insert(connection, tables[line["table"]], line["rows"])
        _go_on_counting(connection, list(tables.values()))
        return {name: connection.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables.items()}


def _require_empty(database: Database) -> None:
    with database.connecting() as connection:
        known = set(inspect(connection).get_table_names())
        full = [
            table.name
            for table in database.tables.sorted_tables
            if table.name in known and connection.scalar(select(func.count()).select_from(table))
        ]
    if full:
        raise BackupError(f"the database is not empty (there are rows in {full[0]}); restore into a new one")


def _insert(connection: Connection, table: Table, rows: list[list[Any]]) -> None:
    columns = list(table.columns)
    values = [
        {column.name: _value(column.type, value) for column, value in zip(columns, row, strict=True)} for row in rows
    ]
    connection.execute(insert(table), values)


def _value(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Instant):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return base64.b64decode(value) if isinstance(kind, LargeBinary) else value


def _go_on_counting(connection: Connection, tables: list[Table]) -> None:
    """PostgreSQL's sequences know nothing of rows that came with their numbers."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        if "id" in table.columns and table.columns["id"].primary_key:
            name = table.name
            connection.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")  # noqa: S608
            )

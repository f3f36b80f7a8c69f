"""Many rows in one go, past the session: as JSON in one statement on PostgreSQL, one prepared statement on SQLite.

What it does is seen by the session's own queries, in the same transaction; what the session holds already is not
refreshed. Values are those that the columns take.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, text
from sqlalchemy.orm import Session

from notifications.columns import Instant, Json, json_text

Row = Sequence[Any]
_POSTGRESQL = "postgresql"
_BY_KEY = text("SET LOCAL enable_seqscan = off")


def insert_many(session: Session, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Add rows, each with values for these columns, in their order."""
    if rows:
        _execute(session, table, tuple(columns), rows, _insertion)


def update_many(session: Session, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Set columns of rows that are there; the first column is ``id``, by which each is found."""
    if rows:
        _execute(session, table, tuple(columns), rows, _change)


def table_of(table: Table, columns: Sequence[str], kind: str) -> str:
    """What stands in a statement for rows that are handed over as ``:rows`` (see ``handed``): a table ``v``.

    ``kind`` is the database's. So one statement changes many rows, each to what is its own, and says which it changed.
    """
    if kind == _POSTGRESQL:
        return _records(table, columns).replace("%s", ":rows")
    fields = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(columns))
    return f"(SELECT {fields} FROM json_each(:rows)) AS v"  # noqa: S608 - our own names


def look_up_each(session: Session) -> None:
    """Have PostgreSQL find such rows by their key in this transaction, and not by reading a small table whole."""
    if session.get_bind().dialect.name == _POSTGRESQL:
        session.execute(_BY_KEY)


def handed(table: Table, columns: Sequence[str], rows: Sequence[Row], kind: str) -> str:
    """The value of ``:rows`` where ``table_of`` stands for these rows, each with values for the columns."""
    kept = _all_kept(table, columns, rows, kind == _POSTGRESQL)
    return json.dumps([dict(zip(columns, row, strict=True)) for row in kept] if kind == _POSTGRESQL else kept)


def _all_kept(table: Table, columns: Sequence[str], rows: Sequence[Row], is_postgresql: bool) -> list[Row]:
    zone = "+00" if is_postgresql else ""
    by_column = zip(columns, zip(*rows, strict=True), strict=True)
    return list(zip(*(_kept(table.c[name], values, zone) for name, values in by_column), strict=True))


def _execute(
    session: Session, table: Table, columns: tuple[str, ...], rows: Sequence[Row], source: Callable[..., str]
) -> None:
    session.flush()
    connection = session.connection()
    is_postgresql = connection.dialect.name == _POSTGRESQL
    kept = _all_kept(table, columns, rows, is_postgresql)
    statement = source(table, columns, is_postgresql)
    if is_postgresql:
        given = json.dumps([dict(zip(columns, row, strict=True)) for row in kept])
        connection.exec_driver_sql(statement, (given,))
    else:
        connection.exec_driver_sql(statement, kept)


def _kept(column: Column[Any], values: Sequence[Any], zone: str) -> Sequence[Any]:
    """The values of one column as the database is handed them: plain ones, and text that it reads."""
    if isinstance(column.type, Json):
        shared = {id(value): value for value in values if value is not None}
        texts = {key: json_text(value) for key, value in shared.items()}
        return [texts.get(id(value)) for value in values]  # many rows share one value
    if isinstance(column.type, Instant):
        return [None if value is None else f"{instant_text(value)}{zone}" for value in values]
    return values


@lru_cache(maxsize=1024)
def instant_text(value: datetime | None) -> str | None:
    """An instant as SQLite keeps it: in UTC, without saying so. Remembered, for those that many share."""
    return None if value is None else fresh_text(value)


def fresh_text(value: datetime) -> str:
    """The same for an instant that nobody else will ask for."""
    if value.tzinfo is UTC:  # as nearly all are; what it says last is that
        return value.isoformat(" ", "microseconds")[: -len("+00:00")]
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


@lru_cache(maxsize=64)
def _insertion(table: Table, columns: tuple[str, ...], is_postgresql: bool) -> str:
    target = f"INSERT INTO {table.name} ({', '.join(columns)})"
    if is_postgresql:
        return f"{target} SELECT {', '.join(columns)} FROM {_records(table, columns)}"  # noqa: S608 - our own names
    return f"{target} VALUES ({', '.join('?' * len(columns))})"


@lru_cache(maxsize=64)
def _change(table: Table, columns: tuple[str, ...], is_postgresql: bool) -> str:
    key, *others = columns
    if is_postgresql:
        given = ", ".join(f"{name} = v.{name}" for name in others)
        return f"UPDATE {table.name} SET {given} FROM {_records(table, columns)} WHERE {table.name}.{key} = v.{key}"  # noqa: S608
    given = ", ".join(f"{name} = ?{place}" for place, name in enumerate(others, start=2))
    return f"UPDATE {table.name} SET {given} WHERE {key} = ?1"  # noqa: S608 - our own names


def _records(table: Table, columns: Sequence[str]) -> str:
    kinds = ", ".join(f"{name} {_kind(table.c[name])}" for name in columns)
    return f"json_to_recordset(CAST(%s AS json)) AS v({kinds})"


def _kind(column: Column[Any]) -> str:
    kinds = ((Instant, "timestamptz"), (Boolean, "boolean"), (BigInteger, "bigint"), (Integer, "integer"))
    return next((name for kind, name in kinds if isinstance(column.type, kind)), "text")

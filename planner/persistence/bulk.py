"""Many rows at once, past the session: a statement for hundreds of rows on SQLite, COPY on PostgreSQL.

Nothing of it is held in the session: who reads the rows back asks the database. Values are those that the ORM takes,
but for columns of plain data: these come as their text, which is made once where the same stands in many rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Date, Table, Text, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from planner.persistence.types import Json

POSTGRESQL = "postgresql"
#: in one statement for SQLite, which takes at least 32,766
MOST_VALUES = 32_000
#: how much of its database SQLite keeps in memory while very many rows come, and otherwise, in kB
_WIDE, _USUAL = 65_536, 2_000
#: what COPY reads as something else unless it is written so
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
Row = Sequence[Any]


class _Memo(dict[Any, Any]):
    """What the values of one column become; the same day or label stands in many rows, and is worked out once."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make

    def __missing__(self, value: Any) -> Any:
        made = self[value] = self._make(value)
        return made


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of one table as its database is handed them: the values of each column, in the order of the rows."""

    table: str
    columns: tuple[str, ...]
    values: tuple[Sequence[Any], ...]


class Bulk:
    """Adds rows through one connection, in its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect
        as_date = None if self._copies else Date().dialect_impl(self._dialect).bind_processor(self._dialect)
        self._days = _Memo(as_date or _copy_word)

    @property
    def _copies(self) -> bool:
        return self._dialect.name == POSTGRESQL

    def expect_many(self, many: bool = True) -> None:
        """Very many rows will come, or no more: meanwhile SQLite keeps from the disk what it will change again."""
        if not self._copies:
            self._connection.exec_driver_sql(f"PRAGMA cache_size=-{_WIDE if many else _USUAL}")

    def reserve_ids(self, table: Table, count: int) -> list[int]:
        """The numbers that the next rows of a table would be given. Nobody else gets them.

        On SQLite only as long as this transaction, which holds the writer's place, adds no other row to the table.
        """
        if self._copies:
            query = f"SELECT nextval(pg_get_serial_sequence('{table.name}', 'id')) FROM generate_series(1, :count)"  # noqa: S608
            return list(self._connection.scalars(text(query), {"count": count}))
        newest = self._connection.scalar(text(f"SELECT coalesce(max(id), 0) FROM {table.name}")) or 0  # noqa: S608
        return list(range(newest + 1, newest + 1 + count))

    def insert(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Add rows to a table, in their order. Columns that are not named get what the database gives by itself."""
        if rows:
            self.insert_kept(self.kept(table, columns, rows))

    def kept(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> Kept:
        """Rows, at least one, as the database is handed them. Asks the database nothing."""
        by_column = zip(columns, zip(*rows, strict=True), strict=True)
        values = [self._kept(table.c[name].type, values) for name, values in by_column]
        return Kept(table.name, tuple(columns), tuple(values))

    def insert_kept(self, rows: Kept, ids: Mapping[str, Sequence[int]] | None = None) -> None:
        """Add such rows. ``ids`` names columns whose values are places in a list of numbers, and gives the list."""
        given = {name: _numbers(numbers, self._copies) for name, numbers in (ids or {}).items()}
        values = [
            [given[name][int(place)] for place in column] if name in given else column
            for name, column in zip(rows.columns, rows.values, strict=True)
        ]
        quote = self._dialect.identifier_preparer.quote
        target = f"{quote(rows.table)} ({', '.join(map(quote, rows.columns))})"
        if self._copies:
            _copy(self._connection, f"COPY {target} FROM STDIN", values)
        else:
            _insert(self._connection, target, list(zip(*values, strict=True)))

    def _kept(self, kind: TypeEngine[Any], values: Sequence[Any]) -> Sequence[Any]:
        """The values of one column, as the database is handed them."""
        if isinstance(kind, Date):
            make: Callable[[Any], Any] = self._days.__getitem__
        elif self._copies:
            make = _copy_word if isinstance(kind, Json | Text) else _Memo(_copy_word).__getitem__
        else:
            process = None if isinstance(kind, Json) else kind.dialect_impl(self._dialect).bind_processor(self._dialect)
            if process is None:
                return values
            make = _Memo(process).__getitem__
        return list(map(make, values))


def _numbers(numbers: Sequence[int], as_words: bool) -> Sequence[Any]:
    return [str(number) for number in numbers] if as_words else numbers


# -- SQLite -------------------------------------------------------------------------------------


def _insert(connection: Connection, target: str, rows: list[Row]) -> None:
    width = len(rows[0])
    most = MOST_VALUES // width
    for start in range(0, len(rows), most):
        some = rows[start : start + most]
        connection.exec_driver_sql(_statement(target, width, len(some)), tuple(chain.from_iterable(some)))


@lru_cache(maxsize=64)
def _statement(target: str, width: int, rows: int) -> str:
    one = f"({','.join('?' * width)})"
    return f"INSERT INTO {target} VALUES {','.join([one] * rows)}"  # noqa: S608 - our own names


# -- PostgreSQL ---------------------------------------------------------------------------------


def _copy(connection: Connection, statement: str, kept: list[Sequence[str]]) -> None:
    lines = "".join([f"{line}\n" for line in map("\t".join, zip(*kept, strict=True))])
    cursor = connection.connection.cursor()
    with _translated(connection, statement), cursor.copy(statement) as copy:
        copy.write(lines)


def _copy_word(value: Any) -> str:
    """A value as COPY's text format writes it."""
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


@contextmanager
def _translated(connection: Connection, statement: str) -> Iterator[None]:
    """The driver's errors as SQLAlchemy's: what people are told, and what is tried again, hangs on their kind."""
    driver = connection.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as error:
        raise DBAPIError.instance(statement, None, error, driver.Error, dialect=connection.dialect) from error

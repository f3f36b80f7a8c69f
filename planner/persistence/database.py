"""The database: SQLite embedded or PostgreSQL, with the same promises.

A transaction that writes takes SQLite's single writer's place at its start (BEGIN IMMEDIATE): one that reads first
and writes later would fail at once, whatever the timeout. On PostgreSQL it is READ COMMITTED, and whoever changes a
participant locks their row first.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from planner.persistence.tables import METADATA

T = TypeVar("T")

BUSY_SECONDS = 20
MOST_TRIES = 8
#: how often what is there already is met again, before it is the work's own fault
MOST_TWICE = 3
#: serialization failure, deadlock, lock not available: the same work, done again, may succeed; and what two have added
#: at once: done again, the work of the second finds what the first has added, and says so
RETRIED = frozenset({"40001", "40P01", "55P03", "23505"})
_WRITES = "planner_writes"
#: classes of PostgreSQL's errors: connection, transaction state (read-only), resources, intervention, system
_NOT_OUR_DOING = frozenset({"08", "25", "53", "57", "58"})


class DatabaseUnavailable(Exception):
    """The database is locked, read-only, full or gone; nothing was changed."""


class Database:
    """One database, and how to read from it and write to it."""

    def __init__(self, url: str, pool: int = 10) -> None:
        self.engine = make_engine(url, pool)
        self.tables = METADATA  # whoever has a database has every table: they refer to each other

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads, in one transaction: all it sees is of one moment (on PostgreSQL, statement)."""
        with _translated(), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def at_one_moment(self) -> Iterator[Session]:
        """A session that only reads, and sees the database as it is at one moment, on PostgreSQL too."""
        with _translated(), Session(self.engine, expire_on_commit=False) as session:
            if self.engine.dialect.name == "postgresql":
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that writes: all of it, or, if anything fails, nothing."""
        with _translated(writes=True), Session(self.engine, expire_on_commit=False) as session:
            session.connection(execution_options={_WRITES: True})
            yield session
            session.commit()

    @contextmanager
    def connecting(self, writes: bool = False) -> Iterator[Connection]:
        """A bare connection, for what works on the database as a whole."""
        with _translated(), self.engine.connect() as connection:
            yield connection.execution_options(**{_WRITES: writes})

    def transact(self, work: Callable[[Session], T]) -> T:
        """Do some work in one transaction, again if another's got in its way; the work must do no more than that."""
        for attempt in range(1, MOST_TRIES + 1):
            try:
                with self.writing() as session:
                    return work(session)
            except DBAPIError as error:
                if not is_retried(error) or (isinstance(error, IntegrityError) and attempt == MOST_TWICE):
                    raise
                if attempt == MOST_TRIES:
                    raise _unavailable(error) from error
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - spreads tries, keeps no secret
        raise AssertionError("not reached")

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def is_retried(error: DBAPIError) -> bool:
    """Whether the same work may succeed when done again."""
    state = getattr(error.orig, "sqlstate", None)
    return state in RETRIED or (isinstance(error, OperationalError) and "database is locked" in str(error.orig))


@contextmanager
def _translated(writes: bool = False) -> Iterator[None]:
    """What the database cannot do, as an error of ours that answers 503; whoever writes may try again first."""
    try:
        yield
    except DBAPIError as error:
        if (writes and is_retried(error)) or not _is_unavailable(error):
            raise
        raise _unavailable(error) from error


def _unavailable(error: DBAPIError) -> DatabaseUnavailable:
    said = str(error.orig).strip().splitlines() or ["it said nothing"]
    return DatabaseUnavailable(f"the database cannot be used: {said[0]}; {_what_to_do(error)}")


def _what_to_do(error: DBAPIError) -> str:
    """What whoever runs the planner can do about it; people who use it are only told that it passes."""
    if getattr(error.orig, "sqlite_errorcode", None) is not None:
        return "see that DATABASE_URL names its file, that it and its folder can be written, and that there is room"
    return "see that its server runs, and that DATABASE_URL names it and somebody who may use it"


def _is_unavailable(error: DBAPIError) -> bool:
    """Gone, damaged, read-only, full or shutting down: nothing that the work itself did wrong."""
    state = getattr(error.orig, "sqlstate", None) or ""
    # SQLite's plain DatabaseError: the file is damaged, or is no database
    return isinstance(error, OperationalError) or type(error) is DatabaseError or state[:2] in _NOT_OUR_DOING


def make_engine(url: str, pool: int = 10) -> Engine:
    """An engine for either database. Its errors do not repeat what people have typed: they go to the log."""
    if not url.startswith("sqlite"):
        return create_engine(
            url, pool_size=pool, max_overflow=pool, pool_pre_ping=True, pool_timeout=BUSY_SECONDS, hide_parameters=True
        )
    connect = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(url, connect_args=connect, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # sqlite3 begins nothing by itself; _begin_sqlite does
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

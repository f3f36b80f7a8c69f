"""Finds a feed by its link: one statement on an index, past everything that is made for larger questions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy.engine import make_url

_COLUMNS = "id, audience, revision, changed_at, zone, expires_at, revoked_at"
_SQLITE = f"SELECT {_COLUMNS} FROM feed WHERE digest = ?"  # noqa: S608 - names of our own
_POSTGRESQL = f"SELECT {_COLUMNS} FROM feed WHERE digest = $1"  # noqa: S608 - names of our own
#: under this name it is prepared once in each connection
_PREPARED = b"planner_feed"
#: so many feeds are remembered as they were read
_REMEMBERED = 4_096
#: libpq's status of an answer that has rows, or could have some
_ROWS = 2
#: how long a database is waited for, in seconds
_PATIENCE = 5.0


class Unreachable(Exception):
    """The database cannot be asked just now."""


class Found(NamedTuple):
    """What the answer to most fetches follows from."""

    id: int
    audience: str
    revision: int
    changed_at: datetime
    zone: str
    expires_at: datetime | None
    revoked_at: datetime | None

    def ended_at(self, now: datetime) -> datetime | None:
        """Since when the link is good no more; None while it is."""
        ends = [at for at in (self.revoked_at, self.expires_at) if at is not None and at <= now]
        return min(ends, default=None)


class Lookup:
    """Looks links up, with a connection of its own for each thread, made anew when it broke."""

    def __init__(self, url: str) -> None:
        address = make_url(url)
        self._local = threading.local()
        self._ask: Callable[[str], tuple[Any, ...] | None] = self._ask_postgresql
        self._made: Callable[[], Any] = lambda: _connected(address.set(drivername="postgresql").render_as_string(False))
        if address.get_backend_name() == "sqlite":
            self._ask, self._made = self._ask_sqlite, lambda: _opened(address.database or "")

    def __call__(self, digest: str) -> Found | None:
        """The feed with that digest; None if there is none. Raises Unreachable."""
        try:
            return _read(self._ask(digest))
        except Exception:  # noqa: BLE001 - whatever a driver raises: the connection is made anew
            self.close()
        try:
            return _read(self._ask(digest))
        except Exception as error:  # noqa: BLE001 - likewise; it is said in our words
            self.close()
            raise Unreachable(str(error).strip().partition("\n")[0]) from None

    def close(self) -> None:
        """Close this thread's connection."""
        connection = self._local.__dict__.pop("connection", None)
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _connection(self) -> Any:
        connection = self._local.__dict__.get("connection")
        if connection is None:
            connection = self._local.connection = self._made()
        return connection

    def _ask_sqlite(self, digest: str) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection().execute(_SQLITE, (digest,)).fetchone()
        return row

    def _ask_postgresql(self, digest: str) -> tuple[Any, ...] | None:
        """By libpq itself: a quarter of the time that psycopg's cursor takes for it."""
        result = self._connection().pgconn.exec_prepared(_PREPARED, [digest.encode()])
        if result.status != _ROWS:
            raise Unreachable(result.error_message.decode("utf-8", "replace"))
        values = (result.get_value(0, column) for column in range(result.nfields))
        return tuple(one.decode() if one is not None else None for one in values) if result.ntuples else None


def _opened(file: str) -> sqlite3.Connection:
    """A connection that only reads; each statement sees what was committed before it."""
    from urllib.parse import quote

    address = f"file:{quote(file)}?mode=ro"
    return sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)


def _connected(address: str) -> Any:
    """A connection that gives up where the other side is silent, and in which the statement is prepared."""
    import psycopg

    patience = int(_PATIENCE)
    connection = psycopg.connect(address, autocommit=True, connect_timeout=patience, tcp_user_timeout=patience * 1000)
    connection.execute(f"SET statement_timeout = '{patience}s'; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'")
    made = connection.pgconn.prepare(_PREPARED, _POSTGRESQL.encode())
    if made.error_message:
        raise Unreachable(made.error_message.decode("utf-8", "replace"))
    return connection


@lru_cache(maxsize=_REMEMBERED)
def _read(row: tuple[Any, ...] | None) -> Found | None:
    """A row as the database gives it: most are what they were when they were asked for last."""
    if row is None:
        return None
    number, audience, revision, changed, zone, expires, revoked = row
    return Found(int(number), audience, int(revision), _instant(changed), zone, _maybe(expires), _maybe(revoked))


def _instant(value: str) -> datetime:
    """SQLite keeps instants in UTC, as text; PostgreSQL is asked for them on the same clock."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


def _maybe(value: str | None) -> datetime | None:
    return None if value is None else _instant(value)

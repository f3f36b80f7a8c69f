"""Finds a feed by its link: one statement on an index, past everything that is made for larger questions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy.engine import make_url

_COLUMNS = "id, audience, revision, changed_at, zone, expires_at, revoked_at"
_SQLITE = f"SELECT {_COLUMNS} FROM feed WHERE digest = ?"  # noqa: S608 - names of our own
_POSTGRESQL = f"SELECT {_COLUMNS} FROM feed WHERE digest = %s"  # noqa: S608 - names of our own
#: how long the embedded database is waited for, in seconds
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
        self._ask: Callable[[str], Any] = self._ask_postgresql
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

    def _ask_sqlite(self, digest: str) -> Any:
        return self._connection().execute(_SQLITE, (digest,)).fetchone()

    def _ask_postgresql(self, digest: str) -> Any:
        return self._connection().execute(_POSTGRESQL, (digest,), prepare=True).fetchone()


def _opened(file: str) -> sqlite3.Connection:
    """A connection that only reads; each statement sees what was committed before it."""
    from urllib.parse import quote

    address = f"file:{quote(file)}?mode=ro"
    return sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)


def _connected(address: str) -> Any:
    import psycopg

    return psycopg.connect(address, autocommit=True, connect_timeout=int(_PATIENCE))


def _read(row: Any) -> Found | None:
    if row is None:
        return None
    number, audience, revision, changed, zone, expires, revoked = row
    return Found(number, audience, revision, _instant(changed), zone, _maybe(expires), _maybe(revoked))


def _instant(value: Any) -> datetime:
    """SQLite keeps instants in UTC, as text."""
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


def _maybe(value: Any) -> datetime | None:
    return None if value is None else _instant(value)

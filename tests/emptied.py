"""PostgreSQL databases that tests use one after the other, emptied between them: making one takes fifty times as long.

A database whose tables are not what they were, that has grown large, or that cannot be emptied is thrown away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

LARGEST = 1_000_000
_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
#: what tests may not leave changed: columns, triggers, indexes, rules, functions, the schema's version, settings
_LOOKS = """
SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
  SELECT concat_ws(' ', attrelid, attname, atttypid, attnotnull, atthasdef) AS line FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND attnum > 0
  UNION ALL SELECT concat_ws(' ', tgrelid, tgname, tgenabled) FROM pg_trigger
  UNION ALL SELECT concat_ws(' ', indrelid, indexrelid, indkey, indisunique, indisvalid) FROM pg_index
  UNION ALL SELECT concat_ws(' ', conrelid, conname, convalidated) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', proname, prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', 'version', version_num) FROM alembic_version
  UNION ALL SELECT concat_ws(' ', setrole, setconfig) FROM pg_db_role_setting
) AS lines
"""
_TABLES = """
SELECT relname, pg_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
"""
_NUMBERS_ANEW = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""


class Emptied:
    """Databases of one server, made from one template, for one process of the tests."""

    def __init__(self, address: str, template: str) -> None:
        self._address = address
        self._template = template
        self._free: list[str] = []
        self._looks: dict[str, str] = {}
        self._numbers = count(1)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The address of an empty database that nobody else has, until it is given back."""
        name = self._free.pop() if self._free else self._make()
        try:
            yield make_url(self._address).set(database=name).render_as_string(hide_password=False)
        finally:
            if self._empty(name):
                self._free.append(name)
            else:
                self._drop(name)

    def _make(self) -> str:
        name = f"test_{next(self._numbers)}"
        # A copy of its files, and not of each page by way of the log: two thirds of the time for so small a one.
        copy = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        with self._connected("postgres") as server:
            server.execute(copy.format(Identifier(name), Identifier(self._template)))
        with self._connected(name) as database:
            self._looks[name] = _looks_of(database)
        return name

    def _drop(self, name: str) -> None:
        with self._connected("postgres") as server:
            server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))

    def _empty(self, name: str) -> bool:
        """Whether it is as it was made, now that whoever still used it is gone and its rows are deleted."""
        try:
            with self._connected(name) as database:
                database.execute(_OTHERS, (name,))
                if _looks_of(database) != self._looks[name]:
                    return False
                sizes = dict(database.execute(_TABLES).fetchall())
                if max(sizes.values()) > LARGEST:
                    return False
                _delete(database, [table for table, size in sizes.items() if size])
        except psycopg.Error:
            return False
        return True

    @contextmanager
    def _connected(self, name: str) -> Iterator[psycopg.Connection]:
        url = make_url(self._address)
        host = str(url.query["host"])
        with psycopg.connect(host=host, user=url.username, dbname=name, autocommit=True) as connection:
            yield connection


def _looks_of(database: psycopg.Connection) -> str:
    (found,) = database.execute(_LOOKS).fetchone() or ("",)
    return str(found)


def _delete(database: psycopg.Connection, tables: list[str]) -> None:
    """Delete every row, of what is never deleted in use as well, and count from one again."""
    with database.transaction():
        database.execute("SET LOCAL lock_timeout = '5s'")
        database.execute("SET LOCAL session_replication_role = replica")
        for table in tables:
            database.execute(SQL("DELETE FROM {}").format(Identifier(table)))
        database.execute(_NUMBERS_ANEW)

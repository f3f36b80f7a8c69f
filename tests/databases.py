"""Both databases for the tests, each test with an empty one of its own that has all tables."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import create_engine, make_url, text

from planner.persistence import schema
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from planner.services import users
from tests import postgresql
from tests.emptied import Emptied

BOTH = ("sqlite", "postgresql")
_NUMBERS = count(1)
_KEPT: dict[str, Database] = {}
_FREE: list[Path] = []
#: the addresses of those that tests use one after the other
LENT: set[str] = set()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with all tables, to be copied."""
    file = tmp_path_factory.mktemp("template") / "planner.db"
    database = Database(f"sqlite:///{file}")
    schema.migrate(database)
    database.dispose()
    return file


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server with a template database that has all tables; skips where there is none."""
    if postgresql.programs() is None:
        pytest.skip("no PostgreSQL on this machine: see scripts/postgresql, or set PLANNER_PG_BIN")
    with postgresql.server() as address:
        _run(address, "CREATE DATABASE template_planner")
        database = Database(_named(address, "template_planner"))
        schema.migrate(database)
        database.dispose()
        yield address


@pytest.fixture(scope="session")
def postgresql_databases(postgresql_server: str) -> Emptied:
    """Databases with all tables on that server, which tests use one after the other."""
    return Emptied(postgresql_server, "template_planner")


def _named(address: str, name: str) -> str:
    return make_url(address).set(database=name).render_as_string(hide_password=False)


def _run(address: str, statement: str) -> None:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database with all tables, once of each kind."""
    with new_database(request, request.param) as url:
        yield url


@contextmanager
def new_database(request: pytest.FixtureRequest, kind: str) -> Iterator[str]:
    """The address of an empty database of that kind with all tables, for fixtures that several tests share."""
    if kind == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        file = _FREE.pop() if _FREE else template.parent / f"{next(_NUMBERS)}.db"
        shutil.copy(template, file)
        address = f"sqlite:///{file}"
        LENT.add(address)
        yield address
        for one in ("", "-wal", "-shm"):
            file.with_name(file.name + one).unlink(missing_ok=True)
        _FREE.append(file)
        return
    databases: Emptied = request.getfixturevalue("postgresql_databases")
    with databases.lent() as address:
        LENT.add(address)
        yield address


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with all tables, once of each kind."""
    made = _KEPT.setdefault(database_url, Database(database_url))  # what it has compiled is not forgotten
    yield made
    made.dispose()


@pytest.fixture
def another_database(request: pytest.FixtureRequest, database_url: str) -> Iterator[Database]:
    """A second empty database of the same kind."""
    with new_database(request, database_url.partition(":")[0].partition("+")[0]) as address:
        made = Database(address)
        yield made
        made.dispose()


@pytest.fixture(scope="session")
def real_hasher() -> Iterator[PasswordHasher]:
    """What hashes passwords where it is installed. In tests another does, at next to no cost."""
    real = users._HASHER
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield real


@pytest.fixture
def store(database: Database, real_hasher: PasswordHasher) -> Store:
    """The same as services meet it."""
    return Store(database)

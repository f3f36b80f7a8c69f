"""The demo of one day in each kind of database, filled once for all tests of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime

import pytest
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy.orm import Session

from planner.demo.filling import Demo, fill
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from planner.services.keyring import Keys
from tests.databases import BOTH, new_database

#: two moments of one day, on the clock of the demo
MOMENTS = {"sqlite": datetime(2026, 11, 20, 9, 0, tzinfo=UTC), "postgresql": datetime(2026, 11, 21, 7, 0, tzinfo=UTC)}
TODAY = date(2026, 11, 20)
Filled = tuple[Store, Demo, Keys]


def made_keys() -> Keys:
    return Keys(MultiFernet([Fernet(Fernet.generate_key())]), b"k" * 32)


def filled(url: str, now: datetime) -> Filled:
    store, keys = Store(Database(url)), made_keys()
    return store, fill(store, keys, now), keys


@pytest.fixture(scope="session")
def demos(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Filled]]:
    """The demo of one day in each kind of database, filled once when it is first asked for: it takes seconds."""
    made: dict[str, Filled] = {}
    with ExitStack() as stack:

        def of(kind: str) -> Filled:
            if kind not in made:
                url = stack.enter_context(new_database(request, kind, tmp_path_factory.mktemp("demo")))
                made[kind] = filled(url, MOMENTS[kind])
                stack.callback(made[kind][0].database.dispose)
            return made[kind]

        yield of


@pytest.fixture(params=BOTH)
def demo(request: pytest.FixtureRequest, demos: Callable[[str], Filled]) -> Filled:
    return demos(request.param)


@pytest.fixture
def session(demo: Filled) -> Iterator[Session]:
    with demo[0].database.reading() as session:
        yield session

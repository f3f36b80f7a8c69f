"""The demo of one day in each kind of database, for all tests of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy.orm import Session

from tests.databases import BOTH, new_database
from tests.demos import MOMENTS, Filled, filled


@pytest.fixture(scope="module")
def demos(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Filled]]:
    """The demo of one day in each kind of database, filled once when it is first asked for; nobody may change it."""
    made: dict[str, Filled] = {}
    with ExitStack() as stack:

        def of(kind: str) -> Filled:
            if kind not in made:
                url = stack.enter_context(new_database(request, kind))
                made[kind] = filled(url, MOMENTS[kind])
                stack.callback(made[kind][0].database.dispose)
            return made[kind]

        yield of


@pytest.fixture(params=BOTH)
def demo(request: pytest.FixtureRequest, demos: Callable[[str], Filled]) -> Filled:
    return demos(request.param)


@pytest.fixture(params=BOTH)
def own_demo(request: pytest.FixtureRequest, demos: Callable[[str], Filled]) -> Iterator[Filled]:
    """A copy that a test may change."""
    demos(request.param)
    with new_database(request, request.param) as url:
        made = filled(url, MOMENTS[request.param])
        yield made
        made[0].database.dispose()


@pytest.fixture
def session(demo: Filled) -> Iterator[Session]:
    with demo[0].database.reading() as session:
        yield session

"""Many tests make the application, and none is about how: what is the same each time is worked out once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.routing import Rule

from planner.persistence.database import Database
from planner.services import installation
from tests.databases import LENT

_Key = tuple[str, bool, tuple[tuple[bool, str], ...]]


@pytest.fixture(scope="session", autouse=True)
def applications_made_quickly() -> Iterator[None]:
    """Addresses of the routes are compiled once (nine tenths of the time), and so are statements for the database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", _once(Rule._compile_builder))
        patch.setattr(installation, "Database", _kept)
        yield


def _once(compile_builder: Callable[[Rule, bool], Any]) -> Callable[..., Any]:
    """What builds a route's addresses hangs on nothing but the route's text, unless it has defaults."""
    known: dict[_Key, Any] = {}

    def compiled(self: Rule, append_unknown: bool = True) -> Any:
        if self.defaults:
            return compile_builder(self, append_unknown)
        key = (self.rule, append_unknown, tuple(self._trace))
        if key not in known:
            known[key] = compile_builder(self, append_unknown)
        return known[key]

    return compiled


_DATABASES: dict[tuple[str, int], Database] = {}


def _kept(url: str, pool: int = 10) -> Database:
    """What was compiled for a database that tests use one after the other is not forgotten; connections are."""
    if url not in LENT:
        return Database(url, pool)
    if (url, pool) not in _DATABASES:
        _DATABASES[url, pool] = Database(url, pool)
    return _DATABASES[url, pool]

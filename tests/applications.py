"""Many tests make the application, and none is about how: what is the same each time is worked out once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from flask.templating import Environment
from werkzeug.routing import BaseConverter, Rule
from werkzeug.routing.rules import RulePart

from planner.persistence.database import Database
from planner.services import installation
from tests.databases import LENT

_Trace = tuple[tuple[bool, str], ...]
_Key = tuple[str, bool, _Trace]
_Parsed = tuple[list[RulePart], _Trace, dict[str, BaseConverter]]


@pytest.fixture(scope="session", autouse=True)
def applications_made_quickly() -> Iterator[None]:
    """Routes, what builds their addresses, templates and statements are compiled once: nearly all of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "compile", _written_once(Environment.compile))
        patch.setattr(Rule, "_parse_rule", _parsed_once(Rule._parse_rule))
        patch.setattr(Rule, "_compile_builder", _once(Rule._compile_builder))
        patch.setattr(installation, "Database", _kept)
        yield


def _written_once(compile_template: Callable[..., Any]) -> Callable[..., Any]:
    """The program that a template is hangs on nothing but its text: every application has the same filters."""
    known: dict[tuple[Any, ...], Any] = {}

    def compiled(self: Environment, source: str, *said: Any, **more: Any) -> Any:
        key = (source, said, tuple(sorted(more.items())), self.trim_blocks, self.lstrip_blocks, *self.filters)
        if key not in known:
            known[key] = compile_template(self, source, *said, **more)
        return known[key]

    return compiled


def _parsed_once(parse: Callable[[Rule, str], Iterable[RulePart]]) -> Callable[[Rule, str], Iterable[RulePart]]:
    """What a route's text matches hangs on nothing but that text, and what kinds of values there are."""
    known: dict[tuple[str, ...], _Parsed] = {}

    def parsed(self: Rule, rule: str) -> Iterable[RulePart]:
        key = (rule, *self.map.converters)
        if key not in known:
            before, others = len(self._trace), self._converters
            self._converters = {}
            known[key] = ([*parse(self, rule)], tuple(self._trace[before:]), self._converters)
            del self._trace[before:]
            self._converters = others
        parts, trace, converters = known[key]
        self._trace.extend(trace)
        self._converters.update(converters)
        self.arguments.update(converters)
        return parts

    return parsed


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

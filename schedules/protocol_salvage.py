"""What a protocol says though its form is wrong: its names are looked up all the same, so that all is told at once.

What does not fit is taken out, what is missing is made up, and of the rest only this is told: names that nothing
is called by. Anything else might be the doing of what was taken out.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from schedules.errors import Problem
from schedules.protocol import Protocol
from schedules.protocol_checks import unknown_names
from schedules.validation import attempt
from schedules.wording import quoted
from schedules.yaml_text import Document, Path

MOST_ROUNDS = 6  # what is missing shows only once what does not fit is out, and so on inwards
_MADE_UP = {"protocol": "unnamed", "version": "none", "title": "None", "label": "None", "kind": "dose"}
_HOLDERS_OF_NAMES = {"activities", "arms", "cohorts", "epochs", "events", "gates", "outcomes", "visits"}


def names_beside(adapter: TypeAdapter[Protocol], document: Document) -> list[Problem]:
    """The names that nothing is called by in a protocol whose form is wrong, as far as it can be read."""
    rest = _Rest(json.loads(json.dumps(document.data)))  # a copy in which no two places share their content
    for _ in range(MOST_ROUNDS):
        protocol = rest.attempt(adapter)
        if protocol is not None:
            return [problem for problem in unknown_names(protocol, document) if not rest.had(problem)]
        if rest.is_lost:
            break
    return []


class _Rest:
    """The data of a protocol without what is wrong with its form."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.is_lost = False
        self._gone: set[str] = set()

    def attempt(self, adapter: TypeAdapter[Protocol]) -> Protocol | None:
        """The protocol that the data make; without one, what stands in its way is taken out."""
        try:
            return attempt(adapter, self.data)
        except ValidationError as wrong:
            for error in wrong.errors(include_url=False, include_context=False, include_input=False):
                self._mend(error["type"], error["loc"])
        return None

    def had(self, problem: Problem) -> bool:
        """Whether the name that is not known is one that was taken out."""
        return any(quoted(name) in problem.wrong for name in self._gone)

    def _mend(self, kind: str, location: Path) -> None:
        path = self._existing(location)
        if kind == "missing" and location[-1] in _MADE_UP:
            self._at(path)[location[-1]] = _MADE_UP[str(location[-1])]
        else:
            self._take_out(path)

    def _existing(self, location: Path) -> Path:
        """The parts of a location that exist; pydantic also names the members of unions, and ``[key]``."""
        path: Path = ()
        for part in location:
            inside = self._at(path)
            if isinstance(inside, dict | list) and part in (range(len(inside)) if isinstance(inside, list) else inside):
                path = (*path, part)
        return path

    def _at(self, path: Path) -> Any:
        inside = self.data
        for part in path:
            inside = inside[part]
        return inside

    def _take_out(self, path: Path) -> None:
        """An item of a list goes with its list: the places of the others would shift."""
        while path and isinstance(path[-1], int):
            path = path[:-1]
        if not path or (path[-1] in _HOLDERS_OF_NAMES and not isinstance(self._at(path), list)):
            self.is_lost = True
            return
        self._gone |= {str(path[-1]), *_keys(self._at(path[:-1]).pop(path[-1]))}


def _keys(data: Any) -> set[str]:
    """The keys anywhere in what was taken out."""
    if isinstance(data, dict):
        return set(data).union(*map(_keys, data.values()))
    return set().union(*map(_keys, data)) if isinstance(data, list) else set()

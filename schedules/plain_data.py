"""Data that somebody else has read already (JSON from an API, a row of a table); its places are JSON pointers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schedules.errors import Problem, SourceError
from schedules.invisible import INVISIBLE, code_point
from schedules.yaml_text import Data, Document, Path, Place


@dataclass(frozen=True)
class PlainDocument(Document):
    """Plain data in the place of a file. A problem's ``file`` is the JSON pointer to what is wrong."""

    def place(self, path: Path) -> Place:
        """Data has no lines: always the first."""
        return (1, 1)

    def written(self, path: Path) -> str:
        """Nothing: how a number was written is not known any more."""
        return ""

    def problem(self, path: Path, wrong: str, right: str, at_key: bool = False) -> Problem:
        """Make a problem of what stands at ``path``."""
        pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
        return Problem(f"{self.file}{pointer}", 1, 1, wrong, right)


def plain_document(data: Data, file: str = "", error: type[SourceError] = SourceError) -> PlainDocument:
    """A document of data; ``file`` begins every pointer. Raises ``error`` where a text has what nobody sees."""
    document = PlainDocument(file, data, None)  # type: ignore[arg-type]  # no tree: places come from the path alone
    hidden = [
        document.problem(path, f"there is {code_point(found)}, which nobody sees", "leave it out")
        for path, found in _hidden(data, ())
    ]
    if hidden:
        raise error(hidden)
    return document


def _hidden(data: Data, path: Path) -> Iterator[tuple[Path, str]]:
    """Each text that has a character that nobody sees, by its path, and the first such character."""
    if isinstance(data, str):
        found = INVISIBLE.search(data)
        if found:
            yield path, found[0]
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from _hidden(name, path)
            yield from _hidden(value, (*path, name))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield from _hidden(value, (*path, place))

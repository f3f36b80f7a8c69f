"""Data that somebody else has read already (JSON from an API, a row of a table); its places are JSON pointers."""

from __future__ import annotations

from dataclasses import dataclass

from schedules.errors import Problem
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


def plain_document(data: Data, file: str = "") -> PlainDocument:
    """A document of data; ``file`` begins every pointer."""
    return PlainDocument(file, data, None)  # type: ignore[arg-type]  # no tree: places are made from the path alone

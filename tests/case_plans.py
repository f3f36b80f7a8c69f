"""The example histories of docs/examples/cases, and their plans, easy to ask."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CASES = ROOT / "docs" / "examples" / "cases"


class CasePlan:
    """The JSON plan of one case, easy to ask."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.visits = {visit["key"]: visit for visit in data["visits"]}
        self.gates = {gate["key"]: gate for gate in data["gates"]}

    def target(self, key: str) -> str | None:
        """Where the visit stands now."""
        found: str | None = self.visits[key]["target"]
        return found

    def targets(self, *keys: str) -> list[str | None]:
        """Where these visits stand now."""
        return [self.target(key) for key in keys]

    def status(self, key: str) -> str:
        """The visit's status."""
        return str(self.visits[key]["status"])

    def window(self, key: str) -> tuple[str, str]:
        """The first and the last day of the visit's window."""
        return self.visits[key]["opens"], self.visits[key]["closes"]

    def why(self, key: str) -> str:
        """The visit's reasons, as one text."""
        return "; ".join(self.visits[key]["why"])

    def starting_with(self, prefix: str) -> list[dict[str, Any]]:
        """The visits whose key begins like this."""
        return [visit for key, visit in self.visits.items() if key.startswith(prefix)]

    @property
    def deviations(self) -> list[str]:
        """The ids of all candidate deviations."""
        return [deviation["id"] for deviation in self.data["deviations"]]

    @property
    def queries(self) -> list[str]:
        """The ids of all queries."""
        return [query["id"] for query in self.data["queries"]]


def arguments_of(case: Path) -> list[str]:
    """The arguments of ``planner`` that the second line of a case gives."""
    line = case.read_text().splitlines()[1]
    assert line.startswith("# run: planner "), f"{case.name} does not say how to run it"
    return shlex.split(line.removeprefix("# run: planner "))


Run = Callable[..., CasePlan]

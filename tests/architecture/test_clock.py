"""Only planner/clock.py knows what time it is; everyone else is told."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import PACKAGES, python_files, relative

THE_CLOCK = "planner/clock.py"
READINGS = {
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "time.gmtime",
    "time.localtime",
    "time.time",
    "time.time_ns",
}


def imported_names(module: ast.Module) -> dict[str, str]:
    """What the module's imported names stand for: ``{"dt": "datetime.datetime"}``."""
    names: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def clock_readings(source: str) -> Iterator[str]:
    """Yield ``line name`` for every mention of a function that reads the machine's clock."""
    module = ast.parse(source)
    names = imported_names(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute | ast.Name):
            first, *rest = ast.unparse(node).split(".")
            name = ".".join([names.get(first, first), *rest])
            if name in READINGS or name.endswith(".utcnow"):
                yield f"{node.lineno} {name}"


@pytest.mark.parametrize(
    "source",
    [
        "import datetime\ndatetime.datetime.now(datetime.UTC)",
        "from datetime import datetime as moment\nmoment.now()",
        "from datetime import date\nfield(default_factory=date.today)",
        "from time import time\ntime()",
        "self.utcnow()",
    ],
)
def test_reading_the_clock_is_noticed_however_it_is_written(source: str) -> None:
    assert list(clock_readings(source))


@pytest.mark.parametrize("source", ["clock.now()", "from time import monotonic\nmonotonic()", "today = 1"])
def test_asking_the_clock_that_was_handed_in_is_allowed(source: str) -> None:
    assert not list(clock_readings(source))


def test_no_other_file_reads_the_machines_clock() -> None:
    found = [
        f"{name}:{reading}"
        for path in python_files(*PACKAGES)
        if (name := relative(path)) != THE_CLOCK
        for reading in clock_readings(path.read_text("utf-8"))
    ]
    assert not found, "\n".join(found)

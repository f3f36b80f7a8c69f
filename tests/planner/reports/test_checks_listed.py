"""The list of what checks the figures of reports names every measure, and tests that there are."""

import re

from planner.reports.definitions import MEASURES
from tests.conftest import ROOT

LIST = ROOT / "docs" / "reference" / "report-checks.md"


def test_every_measure_is_in_the_list_of_checks_with_a_test_that_there_is() -> None:
    text = LIST.read_text("utf-8")
    rows = {cells[1].strip(): cells[2:] for line in text.splitlines() if len(cells := line.split("|")) > 3}
    for measure in MEASURES:
        assert re.search(r"\btest_\w+", " ".join(rows[measure])), measure
    named = set(re.findall(r"\btest_\w+", text))
    there = {file.stem for file in (ROOT / "tests" / "planner" / "reports").rglob("test_*.py")}
    assert named - there == set()

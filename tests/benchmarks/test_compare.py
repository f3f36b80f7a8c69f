"""The benchmark's table: medians, ratios pair by pair, and what it says when there is no peer."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "compare.py"


def load_script() -> ModuleType:
    """compare.py as a module; benchmarks/ is a folder of scripts, not a package."""
    spec = importlib.util.spec_from_file_location("benchmarks_compare", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


compare = load_script()


def run(pair: int, side: str, **result: Any) -> str:
    """One line as run.sh writes it."""
    return json.dumps({"pair": pair, "side": side, "result": result})


def cells(report: str, label: str) -> list[str]:
    """The figures of the row that starts with a label."""
    line = next(line for line in report.splitlines() if line.startswith(f"| {label}"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_medians_and_the_ratio_of_each_pair() -> None:
    """Medians are of each side, the ratio of the pairs, whichever side went first."""
    lines = [
        run(1, "ours", visits_per_second=1000),
        run(
            1,
            "peer",
            peer="usdm4 x",
            nodes_per_second=100,
            nodes_per_expansion=88,
            encounters_per_expansion=12,
        ),
        run(2, "peer", peer="usdm4 x", nodes_per_second=400),
        run(2, "ours", visits_per_second=2000),
        run(3, "ours", visits_per_second=6000),
        run(3, "peer", peer="usdm4 x", nodes_per_second=200),
    ]
    report = compare.report(compare.read_runs(lines))
    assert cells(report, "visits/s (of the peer's, every node)") == ["2,000", "200", "10 (5 to 30)"]
    assert "usdm4 x, 88 nodes, 12 encounters a participant" in report
    assert "3 pairs with both sides" in report


def test_a_pair_without_the_peer_counts_for_ours_only() -> None:
    """A pair the peer failed in adds to our median, not to the ratio."""
    lines = [
        run(1, "ours", visits_per_second=300),
        run(2, "ours", visits_per_second=500),
        run(2, "peer", encounters_per_second=250),
    ]
    report = compare.report(compare.read_runs(lines))
    assert cells(report, "visits/s (of the peer's, encounters)") == ["400", "250", "2 (2 to 2)"]
    assert "1 pairs with both sides, 2 runs of ours" in report


def test_no_peer_is_said_plainly() -> None:
    """Without a peer the table has our figures, and says so."""
    report = compare.report(compare.read_runs([run(1, "ours", visits_per_second=300), ""]))
    assert "not measured" in report
    assert cells(report, "visits/s (of the peer's, encounters)") == ["300", "-", "-"]


def test_figures_ours_does_not_report_have_no_row() -> None:
    """A row with the peer alone would compare nothing."""
    lines = [run(1, "ours", visits_per_second=300), run(1, "peer", load_seconds=0.1, nodes_per_second=9)]
    report = compare.report(compare.read_runs(lines))
    assert "loading" not in report
    assert "| nodes/s" not in report


@pytest.mark.parametrize("line", ["not JSON", "[]", '{"pair": 1, "side": "theirs", "result": {}}', '{"pair": 1}'])
def test_a_line_that_is_no_run_is_refused(line: str) -> None:
    """A line run.sh did not write is named by its number."""
    with pytest.raises(ValueError, match="line 1 is not a run"):
        compare.read_runs([line])


def test_nothing_of_ours_is_refused() -> None:
    """There is no table without a run of ours."""
    with pytest.raises(ValueError, match="no run of ours"):
        compare.report(compare.read_runs([run(1, "peer", nodes_per_second=9)]))

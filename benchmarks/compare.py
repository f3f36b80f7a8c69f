"""Prints what benchmarks/run.sh measured: the median of each side, and the ratio pair by pair.

Reads JSON lines, from a file or from standard input, one for each run:

    {"pair": 1, "side": "ours", "result": {"visits_per_second": …, …}}
    {"pair": 1, "side": "peer", "result": {"peer": "usdm4 …", "nodes_per_second": …, …}}

The ratio is ours over the peer's within a pair, whose two runs followed each other, so that a machine that
slows down half way weighs on both. A figure that ours does not report has no row.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

Result = dict[str, Any]


class Metric(NamedTuple):
    """A row of the table: its label, and the key each side reports it under."""

    label: str
    ours: str
    peer: str


METRICS = (
    Metric("participants/s", "plans_per_second", "expansions_per_second"),
    Metric("visits/s (of the peer's, encounters)", "visits_per_second", "encounters_per_second"),
    Metric("visits/s (of the peer's, every node)", "visits_per_second", "nodes_per_second"),
    Metric("nodes/s", "nodes_per_second", "nodes_per_second"),
    Metric("loading, s", "load_seconds", "load_seconds"),
    Metric("peak memory, MiB", "peak_rss_mb", "peak_rss_mb"),
)


class Runs(NamedTuple):
    """The results of either side, by pair."""

    ours: dict[int, Result]
    peer: dict[int, Result]


def read_runs(lines: Iterable[str]) -> Runs:
    """Sort the lines by side and pair. Raises ValueError for a line that is not one of run.sh's."""
    runs = Runs({}, {})
    sides = {"ours": runs.ours, "peer": runs.peer}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            sides[entry["side"]][int(entry["pair"])] = dict(entry["result"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"line {number} is not a run: {line.strip()!r}") from error
    return runs


def values(results: dict[int, Result], key: str) -> dict[int, float]:
    """One figure of every run that reports it, by pair."""
    return {pair: float(result[key]) for pair, result in results.items() if result.get(key) is not None}


def ratios(ours: dict[int, float], peer: dict[int, float]) -> list[float]:
    """Ours over the peer's, for every pair that has both."""
    return [ours[pair] / peer[pair] for pair in sorted(ours.keys() & peer.keys()) if peer[pair]]


def number(value: float) -> str:
    """A figure for the table: whole from 100 up, three digits below."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(found: list[float]) -> str:
    """The median of some ratios, with the least and the greatest."""
    if not found:
        return "-"
    return f"{number(median(found))} ({number(min(found))} to {number(max(found))})"


def row(metric: Metric, runs: Runs) -> list[str] | None:
    """The cells of one metric, or None if ours does not report it."""
    ours, peer = values(runs.ours, metric.ours), values(runs.peer, metric.peer)
    if not ours:
        return None
    peer_cell = number(median(peer.values())) if peer else "-"
    return [metric.label, number(median(ours.values())), peer_cell, spread(ratios(ours, peer))]


def table(rows: list[list[str]]) -> str:
    """Rows of equal length as a Markdown table, figures to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]

    def line(cells: list[str]) -> str:
        """One row, padded to the widths of its columns."""
        first = cells[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        return "| " + " | ".join([first, *rest]) + " |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(rows[0]), line(rule), *(line(cells) for cells in rows[1:])])


def peer_heading(runs: Runs) -> str:
    """What the peer is, and how much it expands at a time; or that it was not measured."""
    if not runs.peer:
        return "Peer: not measured; these are our own figures only."
    result = runs.peer[min(runs.peer)]
    sizes = f"{result.get('nodes_per_expansion')} nodes, {result.get('encounters_per_expansion')} encounters"
    return f"Peer: {result.get('peer')}, {sizes} a participant."


def report(runs: Runs) -> str:
    """The whole text: heading, table, and in how many pairs both sides ran."""
    if not runs.ours:
        raise ValueError("no run of ours to report")
    found = [cells for metric in METRICS if (cells := row(metric, runs)) is not None]
    heading = ["median of the runs", "ours", "peer", "ours / peer (min to max)"]
    pairs = len(runs.ours.keys() & runs.peer.keys())
    closing = f"{pairs} pairs with both sides, {len(runs.ours)} runs of ours."
    return "\n\n".join([peer_heading(runs), table([heading, *found]), closing])


def main() -> None:
    """Read the file named, or standard input, and print the report."""
    try:
        if len(sys.argv) > 1:
            with Path(sys.argv[1]).open(encoding="utf-8") as lines:
                print(report(read_runs(lines)))
        else:
            print(report(read_runs(sys.stdin)))
    except (OSError, ValueError) as error:
        sys.exit(f"compare: {error}")


if __name__ == "__main__":
    main()

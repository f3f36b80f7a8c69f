"""A report for a terminal: each measure with its definition, its figures and what they leave out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from planner.reports.heading import heading
from planner.reports.report import DAYS_SHOWN, EVERYBODY, Curve, Measure, Report, Row, at_risk_on


def report_screen(report: Report) -> Iterator[RenderableType]:
    """Everything about a report."""
    grid = Table.grid(padding=(0, 2))
    for name, said in heading(report):
        grid.add_row(Text(name, "dim"), Text(said, overflow="fold"))
    yield grid
    for measure in report.measures:
        yield Text()
        yield from _measure(measure, grouped=report.filters.by != EVERYBODY)


def _measure(measure: Measure, grouped: bool) -> Iterator[RenderableType]:
    yield Text(measure.title, "bold")
    said = measure.definition
    counts = [f"{name}: {text}." for name, text in (("n", said.n), ("N", said.of), ("Left out", said.left_out)) if text]
    yield Text(" ".join([said.what, *counts]), "dim")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("group", "of what") if grouped else ("of what",):
        table.add_column(name, overflow="fold")
    for name in ("n/N", "%", "95 %", "median", "besides"):
        table.add_column(name, overflow="fold")
    for row in measure.rows:
        table.add_row(*_cells(row, grouped))
    yield table
    for curve in measure.curves:
        yield Text("  ".join([f"{_of(curve.group, grouped)}{curve.label}:", *_steps(curve)]))
    for gone in measure.left_out:
        yield Text(f"left out: {gone.why}: {'few' if gone.count is None else gone.count}", "dim")


def _of(group: str, grouped: bool) -> str:
    return f"{group}, " if grouped else ""


def _cells(row: Row, grouped: bool) -> Iterable[str]:
    if grouped:
        yield row.group
    yield row.label or ("all" if not row.note else row.note)
    yield "" if row.n is None else f"{_plain(row.n)}/{_plain(row.of)}" if row.of is not None else _plain(row.n)
    yield "" if row.share is None else f"{row.share:.1%}"
    yield "" if row.low is None or row.high is None else f"{row.low:.1%} to {row.high:.1%}"
    yield "" if row.value is None else f"{row.value:g}"
    said = [row.note] if row.note and row.label else []
    yield "; ".join([*said, *(f"{name} {value:g}" for name, value in row.more if value is not None)])


def _plain(value: float) -> str:
    return f"{value:g}" if value < 1_000_000 else f"{value:.0f}"


def _steps(curve: Curve) -> Iterator[str]:
    """How the curve stands on some days up to its last."""
    last = curve.points[-1].day if curve.points else -1
    for day in DAYS_SHOWN:
        if day <= last:
            point = [each for each in curve.points if each.day <= day][-1]
            yield f"day {day} {point.value or 0:.1%} ({at_risk_on(curve.points, day)} at risk)"

"""A report as CSV (RFC 4180) for spreadsheets: one line a figure, and the definitions in the same table."""

from __future__ import annotations

from collections.abc import Iterator

from planner.presenting.plan_csv import csv_text
from planner.reports.heading import heading
from planner.reports.report import Measure, Report

COLUMNS = (
    "section", "measure", "group", "label", "n", "of", "share", "low", "high", "value", "unit", "more", "note",
)  # fmt: skip


def report_csv(report: Report) -> str:
    """The whole report. ``section`` says what a line is: report, definition, figure, curve or left out.

    Of a curve's points ``label`` is its name, ``n`` the events, ``of`` those at risk and ``value`` the day.
    """
    return csv_text([COLUMNS, *_lines(report)])


def _lines(report: Report) -> Iterator[tuple[object, ...]]:
    for name, said in heading(report):
        yield ("report", "", "", name, *[None] * 8, said)
    for measure in report.measures:
        yield from _definition(measure)
        for row in measure.rows:
            more = "; ".join(f"{name}: {_figure(value)}" for name, value in row.more if value is not None)
            figures = (row.n, row.of, row.share, row.low, row.high, row.value)
            shown = [_figure(figure) for figure in figures]
            yield ("figure", measure.id, row.group, row.label, *shown, measure.unit, more, row.note)
        for curve in measure.curves:
            for point in curve.points:
                figures = (point.events, point.at_risk, point.value, point.low, point.high, point.day)
                shown = [_figure(figure) for figure in figures]
                yield ("curve", measure.id, curve.group, curve.label, *shown, measure.unit, "", "")
        for gone in measure.left_out:
            yield ("left out", measure.id, "", gone.why, gone.count, *[None] * 8)


def _definition(measure: Measure) -> Iterator[tuple[object, ...]]:
    said = measure.definition
    for label, text in (("what", said.what), ("n", said.n), ("N", said.of), ("left out", said.left_out)):
        if text:
            yield ("definition", measure.id, "", label, *[None] * 8, text)


def _figure(value: float | None) -> float | int | None:
    """Whole numbers without a point, others to six places."""
    if value is None or isinstance(value, int):
        return value
    return int(value) if value == int(value) else round(value, 6)

"""A report as PDF, set by Typst from data alone: nothing that somebody is called is markup, and no network is needed.

It is tagged (PDF/UA-1): Typst refuses to write what breaks that standard.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any

import typst

from planner.reports.charts.chart import Chart
from planner.reports.charts.drawing import svg_of
from planner.reports.charts.look import WIDE
from planner.reports.charts.of_report import charts_of_report
from planner.reports.heading import heading
from planner.reports.page_text import COLUMN, FONTS, LONGEST_WORD, NARROW, page_text
from planner.reports.report import DAYS_SHOWN, EVERYBODY, Curve, Measure, Point, Report, Row

_TEMPLATE = Path(__file__).parent / "typesetting" / "report.typ"
_LONGEST_RUNNING = 70
#: longer than any word: text that is not set in lines
_UNBROKEN = 1_000_000
#: the room that a page has, in millimetres
_PAPER_WIDTH, _PAPER_HEIGHT = 174.0, 215.0
_SIZE = re.compile(r'<svg\b[^>]*? width="([0-9.]+)" height="([0-9.]+)"')
_CURVES_NOTE = (
    "Each curve is shown as it stands on some days; every step of it is in the spreadsheet and in the JSON of the "
    "same report."
)


def report_pdf(report: Report, others: Sequence[Chart] = ()) -> bytes:
    """The pages as a file. The charts of measures stand under them, and ``others`` at the end.

    The same report and charts give the same bytes.
    """
    data = json.dumps(pages_data(report, others), ensure_ascii=False)
    made = typst.compile(
        _TEMPLATE, font_paths=_fonts(), ignore_system_fonts=True, sys_inputs={"report": data}, format="pdf",
        pdf_standards=["ua-1"], timestamp=int(report.as_of.timestamp()),
    )  # fmt: skip
    assert isinstance(made, bytes)  # noqa: S101 - one document was asked for
    return made


@cache
def _fonts() -> typst.Fonts:
    """Our own fonts alone: the same pages on every machine."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


# -- what the pages say ---------------------------------------------------------------------------


def pages_data(report: Report, others: Sequence[Chart] = ()) -> dict[str, Any]:
    """Everything on the pages, as text that can be shown."""
    moment = f"data as of {report.as_of.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    grouped, name = report.filters.by != EVERYBODY, f"Report on {report.study}: {report.title}"
    drawn = {each.name: each for each in charts_of_report(report)}
    return {
        "name": page_text(name), "title": page_text(name, _UNBROKEN), "maker": f"visit planner, {report.engine}",
        "running": page_text(_cut(f"{report.study}: {report.title}"), _UNBROKEN), "moment": moment,
        "seal": f"audit chain: entry {report.chain.seq}, {report.chain.digest[:16]}…",
        "heading": [(name, page_text(said)) for name, said in heading(report, in_words=True)],
        "measures": [_measure(each, drawn.get(each.id), grouped) for each in report.measures],
        "left_out": [[each.title, *gone] for each in report.measures for gone in _left_out(each)],
        "curves_note": _CURVES_NOTE, "others": [{"title": _called(each), **_picture(each)} for each in others],
    }  # fmt: skip


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_RUNNING else text[: _LONGEST_RUNNING - 1] + "…"


def _measure(measure: Measure, drawn: Chart | None, grouped: bool) -> dict[str, Any]:
    said = measure.definition
    names = (("n", said.n), ("N", said.of), ("Left out", said.left_out))
    return {
        "id": measure.id, "title": page_text(measure.title), "what": page_text(said.what),
        "definition": [(name, page_text(text)) for name, text in names if text], "all": _for_everybody(measure),
        "figures": _figures(measure, grouped), "curves": _curves(measure.curves, grouped),
        "left_out": list(_left_out(measure)), "own_page": bool(measure.curves),
"charts": [] if drawn is None else [_picture(drawn)],
    }  # fmt: skip


def _picture(chart: Chart) -> dict[str, Any]:
    """A chart as it is drawn on paper, and in words; one without anything in it is words alone."""
    svg = svg_of(chart) if chart.rows else ""
    return {
        "svg": svg, "width": _width(svg), "alt": page_text(f"{_called(chart)}: {chart.description}", _UNBROKEN),
        "caption": page_text(chart.description),
    }  # fmt: skip


def _width(svg: str) -> float:
    """How wide a picture is on paper, in millimetres: letters are as large in all of them, and none is too tall."""
    found = _SIZE.match(svg)
    if found is None:
        return _PAPER_WIDTH
    width, height = float(found[1]), float(found[2])
    return round(min(_PAPER_WIDTH, _PAPER_WIDTH * width / WIDE, _PAPER_HEIGHT * width / height), 2)


def _called(chart: Chart) -> str:
    return page_text(chart.title + (f", {chart.page} of {chart.pages}" if chart.pages > 1 else ""))


def _for_everybody(measure: Measure) -> tuple[str, str]:
    """n of N and the share of everybody, for the first page; empty where there are several such figures, or none."""
    rows = [row for row in measure.rows if row.group == EVERYBODY]
    first = rows[0] if len(rows) == 1 or (rows and not rows[0].label) else None
    return (_counts(first), _share(first)) if first is not None else ("", "")


def _left_out(measure: Measure) -> Iterator[list[str]]:
    for gone in measure.left_out:
        yield [page_text(gone.why), "few" if gone.count is None else number(gone.count)]


def _figures(measure: Measure, grouped: bool) -> dict[str, Any]:
    """The rows as strings, without columns in which nothing stands."""
    unit = f"median, {measure.unit or 'days'}" if measure.kind == "days" else (measure.unit or "value")
    columns: list[tuple[str, int, bool, list[str]]] = [
        ("group", 2, False, [row.group if grouped else "" for row in measure.rows]),
        ("of what", 4, False, _labels(measure.rows)),
        ("n / N", 0, True, [_counts(row) for row in measure.rows]),
        ("share", 0, True, [_share(row) for row in measure.rows]),
        ("95 % interval", 0, True, [_interval(row) for row in measure.rows]),
        (unit, 0, True, [number(row.value) for row in measure.rows]),
        ("besides", 7, False, [_besides(row) for row in measure.rows]),
    ]
    kept = [column for column in columns if any(column[3])]
    return {
        "names": [column[0] for column in kept], "widths": [column[1] for column in kept],
        "numbers": [column[2] for column in kept],
        "rows": list(zip(*(_shown(column[0], column[3]) for column in kept), strict=True)),
    }  # fmt: skip


def _shown(column: str, cells: Sequence[str]) -> list[str]:
    longest = {"group": NARROW, "of what": COLUMN}.get(column, LONGEST_WORD)
    return [page_text(cell, longest) for cell in cells]


def _labels(rows: Sequence[Row]) -> list[str]:
    """What each row is about; that of everything says so, where others say something else."""
    return [row.label or "all" for row in rows] if any(row.label for row in rows) else [""] * len(rows)


def _counts(row: Row) -> str:
    if row.n is None:
        return ""
    return number(row.n) if row.of is None else f"{number(row.n)} / {number(row.of)}"


def _share(row: Row) -> str:
    return "" if row.share is None else per_cent(row.share)


def _interval(row: Row) -> str:
    return _between(row.low, row.high)


def _besides(row: Row) -> str:
    said = [row.note] if row.note else []
    return "; ".join([*said, *(f"{name} {number(value)}" for name, value in row.more if value is not None)])


def _curves(curves: Sequence[Curve], grouped: bool) -> dict[str, Any]:
    """How each curve stands on some days, and on its last one."""
    rows = [
        [*([page_text(curve.group, NARROW)] if grouped else []), page_text(curve.label, COLUMN), *cells]
        for curve in curves for cells in _steps(curve)
    ]  # fmt: skip
    names = ["curve", "day", "followed on", "part", "95 % interval"]
    return {
        "names": ["group", *names] if grouped else names, "widths": [*([2] if grouped else []), 5, 0, 0, 0, 3],
        "numbers": [*([False] if grouped else []), False, True, True, True, True], "rows": rows,
    }  # fmt: skip


def _steps(curve: Curve) -> Iterator[list[str]]:
    """The day, how many are followed on after it, the value, and between what it lies."""
    last = curve.points[-1].day if curve.points else -1
    for day in [*(day for day in DAYS_SHOWN if day < last), *([last] if last >= 0 else [])]:
        point = [each for each in curve.points if each.day <= day][-1]
        after = next((each.at_risk for each in curve.points if each.day > day), _after(point))
        value = "" if point.value is None else per_cent(point.value)
        yield [number(day), number(after), value, _between(point.low, point.high)]


def _after(point: Point) -> int | None:
    """How many are followed on after the last step of a curve; unknown where it is masked from there on."""
    if point.at_risk is None or point.events is None or point.censored is None:
        return None
    return point.at_risk - point.events - point.censored


def _between(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{per_cent(low)} to {per_cent(high)}"


def number(figure: float | None) -> str:
    """A figure in full where it is whole, else to two places; nothing for none."""
    if figure is None:
        return ""
    return f"{figure:.0f}" if figure == int(figure) else f"{figure:.2f}"


def per_cent(part: float) -> str:
    """A part of 1 in per cent, to one place, on one line."""
    return f"{100 * part:.1f}\u00a0%"

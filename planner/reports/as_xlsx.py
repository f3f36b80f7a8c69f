"""A report as a workbook: what it is about, a sheet for each measure with real numbers, and its definition on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from planner.reports.heading import heading
from planner.reports.report import Measure, Report, Row
from planner.reports.sheets import (
    BOLD,
    DIM,
    WRAPPED,
    book_bytes,
    lines_of,
    make_printable,
    put,
    set_widths,
    sheet_name,
)

_SHADE = PatternFill("solid", fgColor="E7ECEF")
_LINE = 15.0
#: the most lines of a definition that stay in view while the figures move under it
_MOST_LINES = 14
_FIGURES = ("n", "N", "share", "95 % from", "95 % to")
_CURVE = ("group", "curve", "day", "at risk", "events", "censored", "value", "95 % from", "95 % to")
_WHOLE, _PLAIN, _PART = "#,##0", "#,##0.##", "0.0%"


@dataclass(frozen=True, slots=True)
class _Names:
    """The sheets of one measure: that of its figures, and that of its curves, if it has any."""

    figures: str
    curves: str | None


def report_xlsx(report: Report) -> bytes:
    """The workbook as a file; the same report gives the same bytes."""
    book = Workbook()
    names = _names(report.measures)
    first = book.active
    assert isinstance(first, Worksheet)  # noqa: S101 - a new workbook has one
    first.title = "Summary"
    _summary(first, report, names)
    for measure in report.measures:
        called = names[measure.id]
        _figures(book.create_sheet(called.figures), report, measure)
        if called.curves is not None:
            _curves(book.create_sheet(called.curves), report, measure)
    book.properties.title = f"Report on {report.study}"
    book.properties.creator = f"visit planner, {report.engine}"
    return book_bytes(book, report.as_of)


def _names(measures: Iterable[Measure]) -> dict[str, _Names]:
    taken = {"summary"}

    def name(wanted: str) -> str:
        found = sheet_name(wanted, taken)
        taken.add(found.lower())
        return found

    return {
        measure.id: _Names(name(measure.title), name(f"{measure.title}, curves") if measure.curves else None)
        for measure in measures
    }


# -- summary ------------------------------------------------------------------------------------


def _summary(sheet: Worksheet, report: Report, names: dict[str, _Names]) -> None:
    """What stands at the head of the report, and every measure with the sheet it is on."""
    set_widths(sheet, (34, 32, 60, 50, 50, 60))
    for place, (name, words) in enumerate(heading(report), 1):
        put(_cell(sheet, place, 1), name, font=BOLD)
        put(_cell(sheet, place, 2), words)
        sheet.merge_cells(start_row=place, end_row=place, start_column=2, end_column=4)
        sheet.row_dimensions[place].height = _LINE * min(27, lines_of(words, 130))
    at = sheet.max_row + 2
    _header(sheet, at, ("measure", "sheet", "what it says", "n", "N", "left out"))
    for place, measure in enumerate(report.measures, at + 1):
        said = measure.definition
        shown = (measure.title, names[measure.id].figures, said.what, said.n, said.of, said.left_out)
        for column, text in enumerate(shown, 1):
            put(_cell(sheet, place, column), text, font=BOLD if column == 1 else None)
        link = _cell(sheet, place, 2)
        link.hyperlink = f"#'{names[measure.id].figures.replace(chr(39), chr(39) * 2)}'!A1"
        lines = max(lines_of(said.what, 60), lines_of(said.n, 50), lines_of(said.of, 50), lines_of(said.left_out, 60))
        sheet.row_dimensions[place].height = _LINE * lines
    make_printable(sheet, report.study, report.as_of, at)


# -- figures ------------------------------------------------------------------------------------


def _figures(sheet: Worksheet, report: Report, measure: Measure) -> None:
    """Title and definition, the figures under a header that stays in view, then what was left out."""
    more = list(dict.fromkeys(name for row in measure.rows for name, _ in row.more))
    unit = f"median, {measure.unit or 'days'}" if measure.kind == "days" else measure.unit or "value"
    columns = ("group", "of what", *_FIGURES, unit, *more, "note")
    set_widths(sheet, (16, 36, *[11] * len(_FIGURES), 12, *[13] * len(more), 34))
    at = _above(sheet, measure, len(columns))
    _header(sheet, at, columns)
    for place, row in enumerate(measure.rows, at + 1):
        _figure(sheet, place, row, more)
    sheet.freeze_panes = f"A{at + 1}"
    if measure.rows:
        sheet.auto_filter.ref = f"A{at}:{get_column_letter(len(columns))}{at + len(measure.rows)}"
    _left_out(sheet, at + len(measure.rows) + 2, measure)
    make_printable(sheet, report.study, report.as_of, at)


def _above(sheet: Worksheet, measure: Measure, columns: int) -> int:
    """The title and the definition, across all columns; the number of the row behind them."""
    said = measure.definition
    parts = (("n", said.n), ("N", said.of), ("Left out", said.left_out))
    lines = [said.what, *(f"{name}: {text}." for name, text in parts if text)]
    put(_cell(sheet, 1, 1), measure.title, font=BOLD)
    put(_cell(sheet, 2, 1), "\n".join(lines), font=DIM)
    for row in (1, 2):
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=columns)
    width = sum(sheet.column_dimensions[get_column_letter(place)].width for place in range(1, columns + 1))
    sheet.row_dimensions[2].height = _LINE * min(_MOST_LINES, lines_of("\n".join(lines), width * 0.95))
    return 3


def _figure(sheet: Worksheet, place: int, row: Row, more: Sequence[str]) -> None:
    besides = dict(row.more)
    put(_cell(sheet, place, 1), row.group)
    put(_cell(sheet, place, 2), row.label)
    figures = [(row.n, _form(row.n)), (row.of, _form(row.of))]
    figures += [(part, _PART) for part in (row.share, row.low, row.high)]
    figures += [(figure, _form(figure)) for figure in (row.value, *(besides.get(name) for name in more))]
    for column, (figure, form) in enumerate(figures, 3):
        put(_cell(sheet, place, column), figure, form)
    put(_cell(sheet, place, 3 + len(figures)), row.note)


def _form(figure: float | None) -> str:
    return _WHOLE if figure is None or figure == int(figure) else _PLAIN


def _left_out(sheet: Worksheet, at: int, measure: Measure) -> None:
    put(_cell(sheet, at, 1), "left out", font=BOLD)
    if not measure.left_out:
        put(_cell(sheet, at, 2), "nothing")
    for place, gone in enumerate(measure.left_out, at):
        put(_cell(sheet, place, 2), gone.why)
        put(_cell(sheet, place, 3), "few" if gone.count is None else gone.count, _WHOLE)
        sheet.row_dimensions[place].height = _LINE * lines_of(gone.why, 34)


# -- curves -------------------------------------------------------------------------------------


def _curves(sheet: Worksheet, report: Report, measure: Measure) -> None:
    """Every step of every curve."""
    set_widths(sheet, (16, 42, *[12] * 7))
    _header(sheet, 1, _CURVE)
    points = [(curve, point) for curve in measure.curves for point in curve.points]
    for place, (curve, point) in enumerate(points, 2):
        put(_cell(sheet, place, 1), curve.group)
        put(_cell(sheet, place, 2), curve.label)
        counts = (point.day, point.at_risk, point.events, point.censored)
        for column, count in enumerate(counts, 3):
            put(_cell(sheet, place, column), count, _WHOLE)
        for column, part in enumerate((point.value, point.low, point.high), 7):
            put(_cell(sheet, place, column), part, _PART)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:I{max(2, len(points) + 1)}"
    make_printable(sheet, report.study, report.as_of, 1)


# -- cells --------------------------------------------------------------------------------------


def _header(sheet: Worksheet, at: int, names: Iterable[str]) -> None:
    for column, name in enumerate(names, 1):
        cell = _cell(sheet, at, column)
        put(cell, name, font=BOLD)
        cell.fill, cell.alignment = _SHADE, WRAPPED


def _cell(sheet: Worksheet, row: int, column: int) -> Cell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)  # noqa: S101 - written before any is merged
    return cell

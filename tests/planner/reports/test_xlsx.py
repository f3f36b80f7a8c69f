"""The workbook says what the JSON says, cell by cell, and runs nothing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from planner.persistence.unit_of_work import Store
from planner.reports.as_xlsx import report_xlsx
from planner.reports.report import Curve, Measure, Point, Report, Row, report_data
from planner.reports.rows import measure
from planner.reports.sheets import sheet_name
from tests.reported import LATER, report, small_study

_AT_HEADER = 3
_HOSTILE = ("=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "a\x00b", "_x0041_", "x" * 40_000, "{=1}", "\u202eabc", "😀")


def book_of(made: Report) -> Workbook:
    return load_workbook(io.BytesIO(report_xlsx(made)))


def figures_on(sheet: Worksheet) -> Iterator[dict[str, Any]]:
    """The rows under the header, up to the first empty one."""
    rows = list(sheet.iter_rows(min_row=_AT_HEADER, values_only=True))
    names = [str(name) for name in rows[0]]
    for row in takewhile(lambda row: any(cell is not None for cell in row), rows[1:]):
        yield dict(zip(names, row, strict=True))


def sheet_of(book: Workbook, title: str) -> Worksheet:
    """The sheet to which the summary leads from a measure's title."""
    (name,) = [row[1] for row in book["Summary"].iter_rows(values_only=True) if row[0] == title]
    found = book[str(name)]
    assert isinstance(found, Worksheet)
    return found


def same(figure: float | None) -> Any:
    """The same number, as far as a workbook writes it: sixteen digits."""
    return None if figure is None else pytest.approx(figure, rel=1e-14)


def text(cell: Any) -> str:
    return "" if cell is None else str(cell)


@pytest.mark.parametrize("filters", [{}, {"by": "site"}, {"by": "month", "mask_below": 2}])
def test_each_figure_of_the_report_stands_in_the_workbook_as_a_number(store: Store, filters: dict[str, Any]) -> None:
    made = report(small_study(store), **filters)
    book = book_of(made)
    for each in report_data(made)["measures"]:
        rows = list(figures_on(sheet_of(book, each["title"])))
        assert len(rows) == len(each["rows"])
        for row, figure in zip(rows, each["rows"], strict=True):
            said = (text(row["group"]), text(row["of what"]), text(row["note"]))
            assert said == (figure["group"], figure["label"], figure["note"])
            shown = [row[name] for name in ("n", "N", "share", "95 % from", "95 % to")]
            assert shown == [same(figure[name]) for name in ("n", "of", "share", "low", "high")]
            assert {name: row[name] for name in figure["more"]} == {n: same(f) for n, f in figure["more"].items()}


def test_each_step_of_each_curve_and_all_that_was_left_out_stands_there(store: Store) -> None:
    made = report(small_study(store), by="site")
    book = book_of(made)
    retention = made.measure("retention")
    steps = list(book["Retention, curves"].iter_rows(min_row=2, values_only=True))
    expected = [
        (curve.group, curve.label, point.day, point.at_risk, point.events, point.censored, point.value, point.low,
         point.high)
        for curve in retention.curves for point in curve.points
    ]  # fmt: skip
    assert [step[:2] for step in steps] == [step[:2] for step in expected]
    assert [step[2:] for step in steps] == [tuple(map(same, step[2:])) for step in expected]
    for each in made.measures:
        cells = [row[1:3] for row in sheet_of(book, each.title).iter_rows(values_only=True)]
        for gone in each.left_out:
            assert (gone.why, gone.count) in cells


def test_the_summary_says_of_what_and_when_it_is_by_which_seal_and_what_each_measure_means(store: Store) -> None:
    made = report(small_study(store), site="north")
    sheet = book_of(made)["Summary"]
    assert isinstance(sheet, Worksheet)
    said = {text(row[0]): text(row[1]) for row in sheet.iter_rows(values_only=True)}
    assert said["data as of"] == "2026-04-15T14:00:00+00:00"
    assert said["filters"] == "site north"
    assert made.chain.digest in said["audit chain"]
    meant = {text(row[0]): row[2:6] for row in sheet.iter_rows(values_only=True)}
    for each in made.measures:
        definition = each.definition
        assert tuple(map(text, meant[each.title])) == (
            definition.what,
            definition.n,
            definition.of,
            definition.left_out,
        )


def test_shares_are_per_cents_headers_stay_in_view_and_a_page_is_as_wide_as_paper(store: Store) -> None:
    sheet = sheet_of(book_of(report(small_study(store))), "Visit attendance")
    assert (sheet["C4"].value, sheet["D4"].value, sheet["E4"].number_format) == (7, 9, "0.0%")
    assert sheet["E4"].value == pytest.approx(7 / 9)
    assert sheet.freeze_panes == "A4"
    assert sheet.print_title_rows == "$3:$3"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth) == ("landscape", 1)


def hostile(made: Report) -> Report:
    """The report with names that a spreadsheet would run, or cannot hold."""
    rows = [Row(group=name, label=name, n=1, of=2, share=0.5, more=((f"{name} more", 1.0),)) for name in _HOSTILE]
    evil: list[Measure] = [replace(measure("attendance", "share", rows), title="[a]*:?/\\")]
    evil.append(replace(evil[0], id="b", curves=(Curve("=1", "@x", (Point(0, 1, 0, 0, 1.0, 1.0, 1.0),)),)))
    evil.append(replace(evil[0], id="c", title="'" * 40))
    return replace(made, title='=HYPERLINK("http://example.org")', study="&D&[File]", measures=tuple(evil))


def test_nothing_that_somebody_is_called_is_run(store: Store) -> None:
    content = report_xlsx(hostile(report(small_study(store))))
    for sheet in load_workbook(io.BytesIO(content)).worksheets:
        assert not [cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        assert len(sheet.title) <= 31
        assert not set(sheet.title) & set("[]:*?/\\")
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            assert b"<f>" not in parts.read(name)
        assert "<oddHeader>&amp;L ＆D＆[File]&amp;R" in parts.read("xl/worksheets/sheet1.xml").decode()


def test_no_two_sheets_have_the_same_name(store: Store) -> None:
    assert len(book_of(hostile(report(small_study(store)))).sheetnames) == 5
    taken: set[str] = set()
    for _ in range(12):
        taken.add(sheet_name("A title that is longer than thirty-one letters", taken).lower())
    assert len(taken) == 12
    assert sheet_name("history", set()) != "history"


def test_the_same_moment_gives_the_same_bytes_whenever_it_is_asked_for(store: Store) -> None:
    study = small_study(store)
    moment = datetime(2026, 3, 21, 12, tzinfo=UTC)
    before = report_xlsx(report(study, as_of=moment))
    study.now = datetime(2026, 5, 1, 8, 30, tzinfo=UTC)
    assert report_xlsx(report(study, as_of=moment)) == before
    book = load_workbook(io.BytesIO(before))
    assert book.properties.created == book.properties.modified == moment.replace(tzinfo=None)
    assert report_xlsx(report(study, as_of=LATER)) != before

"""The pages say every figure of the report, as text, in a file that screen readers can follow."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from planner.persistence.unit_of_work import Store
from planner.reports.as_pdf import report_pdf
from planner.reports.page_text import page_text
from planner.reports.report import DAYS_SHOWN, Report, Row
from planner.reports.rows import measure
from tests.reported import report, small_study

HOSTILE = (
    "#let x = 1; *bold* _it_ $x^2$ `raw` <label> @ref \\u{41} // c [ ]", "#panic()", "مرضى الموقع",
    "测试研究中心 日本語テスト 한국어", "😀 🏥", "=1+1", "हिन्दी ไทย", "x" * 5000, "a name of many words " * 240,
)  # fmt: skip


def read(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content))


def text_of(content: bytes) -> str:
    """All text of all pages between single spaces, a number and its sign together."""
    return squeezed(" ".join(page.extract_text() for page in read(content).pages))


def squeezed(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def number(figure: float) -> str:
    return f"{figure:.0f}" if figure == int(figure) else f"{figure:.2f}"


def said_of(row: Row, grouped: bool) -> list[str]:
    """What has to stand on the pages of one figure, in order; written here on its own."""
    words = [row.group] if grouped else []
    words += [row.label]
    if row.n is not None:
        words += [number(row.n) if row.of is None else f"{number(row.n)} / {number(row.of)}"]
    words += [f"{100 * row.share:.1f} %"] if row.share is not None else []
    if row.low is not None and row.high is not None:
        words += [f"{100 * row.low:.1f} % to {100 * row.high:.1f} %"]
    words += [number(row.value)] if row.value is not None else []
    besides = ([row.note] if row.note else []) + [
        f"{name} {number(value)}" for name, value in row.more if value is not None
    ]
    return [word for word in (*words, "; ".join(besides)) if word]


def at_place(words: list[str], text: str) -> bool:
    """Whether the words stand in the text one after the other; a row without a label may say whom it is about."""
    between = r"\s+(?:all\s+)?"
    pattern = between.join(re.escape(word).replace(r"\ ", r"\s+") for word in words)
    return re.search(pattern, text) is not None


@pytest.mark.parametrize("filters", [{}, {"by": "site"}, {"by": "month", "mask_below": 2}])
def test_every_figure_of_the_report_and_what_it_means_stands_on_the_pages(
    store: Store, filters: dict[str, Any]
) -> None:
    made = report(small_study(store), **filters)
    text = text_of(report_pdf(made))
    for each in made.measures:
        said = each.definition
        for sentence in (each.title, said.what, said.n, said.of, said.left_out):
            assert squeezed(sentence) in text
        for row in each.rows:
            assert at_place(said_of(row, "by" in filters), text), (each.id, row)
        for gone in each.left_out:
            assert f"{squeezed(gone.why)} {'few' if gone.count is None else gone.count}" in text
        for curve in each.curves:
            shown = [point for point in curve.points if point.day in DAYS_SHOWN or point == curve.points[-1]]
            for point in shown:
                assert point.value is not None
                assert re.search(rf"{re.escape(curve.label)} {point.day} \d* ?{100 * point.value:.1f} %", text), point


def test_each_page_says_which_it_is_of_how_many_of_what_study_and_moment(store: Store) -> None:
    made = report(small_study(store), by="site")
    pages = read(report_pdf(made)).pages
    assert len(pages) > 3
    for place, page in enumerate(pages, 1):
        text = squeezed(page.extract_text())
        assert f"page {place} of {len(pages)}" in text
        assert "vsli-ino: A made-up study data as of 2026-04-15 14:00:00 UTC" in text
        assert f"entry {made.chain.seq}, {made.chain.digest[:16]}" in text
    first = squeezed(pages[0].extract_text())
    assert f"audit chain entry {made.chain.seq}, {made.chain.digest}" in first
    assert "filters by site" in first
    assert "data as of 15 April 2026, 14:00:00 UTC" in first


def hostile(made: Report) -> Report:
    """The report with names that mean something to what sets pages, or are as long as pages."""
    names = (*HOSTILE[:-2], "y" * 400)  # what reads the pages takes a minute for more that has to be broken
    rows = [Row(group=name, label=name, n=1, of=2, share=0.5, note=name) for name in names]
    return replace(made, title=HOSTILE[0], notes=HOSTILE, measures=(measure("attendance", "share", rows),))


def test_whatever_somebody_is_called_is_text_and_nothing_else(store: Store) -> None:
    made = hostile(report(small_study(store), by="site"))
    content = report_pdf(made)
    text = "".join(text_of(content).split())
    for name in HOSTILE[:2]:
        assert "".join(name.split()) in text
    for name in ("测试研究中心", "日本語テスト", "한국어", "😀", "=1+1"):
        assert name in text
    assert text.count("x") >= 5000
    assert text.count("y") >= 3 * 400
    assert read(content).metadata.title == f"Report on vsli-ino: {HOSTILE[0]}"  # type: ignore[union-attr]


def test_what_has_no_glyph_or_turns_others_round_is_shown_as_its_code(store: Store) -> None:
    assert page_text("a\u202eb\u2066c\x00d\ue000", 99) == "a[U+202E]b[U+2066]c[U+0000]d[U+E000]"
    assert page_text("two\nlines\tand tabs") == "two lines and tabs"
    assert page_text("\U00012000") == "[U+12000]"
    made = replace(report(small_study(store)), title="\u202egnorw \U00012000")
    assert "[U+202E]gnorw [U+12000]" in text_of(report_pdf(made))


def test_the_pages_are_tagged_so_that_a_screen_reader_can_follow_them(store: Store) -> None:
    found = read(report_pdf(report(small_study(store))))
    root: Any = found.root_object
    assert bool(root["/MarkInfo"]["/Marked"])
    assert root["/Lang"] == "en"
    assert bool(root["/ViewerPreferences"]["/DisplayDocTitle"])
    assert "pdfuaid" in root["/Metadata"].get_object().get_data().decode()
    kinds = kinds_of(root["/StructTreeRoot"].get_object())
    assert kinds.count("/H1") == 17
    assert {"/Table", "/TH", "/TD", "/Figure"} <= set(kinds)
    assert kinds.count("/Figure") == 3
    assert all(alt for alt in alternatives(root["/StructTreeRoot"].get_object()))


def elements(element: Any) -> list[DictionaryObject]:
    """An element of the structure with all below it."""
    element = element.get_object() if hasattr(element, "get_object") else element
    if not isinstance(element, DictionaryObject):
        return []
    below = element.get("/K", [])
    below = below.get_object() if hasattr(below, "get_object") else below
    found = [element] if "/S" in element else []
    for each in below if isinstance(below, list) else [below]:
        found += elements(each)
    return found


def kinds_of(tree: Any) -> list[str]:
    return [str(element["/S"]) for element in elements(tree)]


def alternatives(tree: Any) -> list[str]:
    return [str(element.get("/Alt", "")) for element in elements(tree) if str(element["/S"]) == "/Figure"]


def test_the_same_moment_gives_the_same_bytes_whenever_it_is_asked_for(store: Store) -> None:
    study = small_study(store)
    moment = datetime(2026, 3, 21, 12, tzinfo=UTC)
    before = report_pdf(report(study, as_of=moment))
    study.now = datetime(2026, 5, 1, 8, 30, tzinfo=UTC)
    assert report_pdf(report(study, as_of=moment)) == before


def test_a_study_in_which_nothing_has_happened_has_pages_too(store: Store) -> None:
    from tests.studies import trial

    text = text_of(report_pdf(report(trial(store))))
    assert "none due" in text
    assert "page 1 of" in text

"""Charts as pictures: SVG that says what it shows, needs nothing from elsewhere, and is never too small to read."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from planner.persistence.unit_of_work import Store
from planner.reports.charts.chart import TITLES, Cell, Chart, Theme, chart
from planner.reports.charts.drawing import svg_of
from planner.reports.charts.lanes import COLUMNS as LANES
from planner.reports.charts.look import NARROW, WIDE, look
from planner.reports.charts.of_report import ENROLMENT, LATENESS, RETENTION
from planner.reports.charts.visit_map import BY_VISIT, EACH
from planner.reports.charts.visit_states import STATES
from tests.conftest import ROOT
from tests.planner.reports.test_charts import drawn
from tests.reported import small_study

SVG = "{http://www.w3.org/2000/svg}"
NAME = 'A <b>study</b> & "co"'
#: one of each, with everything in it that can be, and names that would be markup
CHARTS: dict[str, tuple[tuple[str, ...], list[tuple[Cell, ...]]]] = {
    "swimmer": (LANES, [
        (NAME, "north", "treatment", "Treatment", 0, 20, None), (NAME, "north", "held", "held", 5, 9, None),
        *((NAME, "north", kind, kind, 20, 20, None) for kind in (
            "visit in window", "visit early or late", "visit missed", "response", "progression", "treatment ended",
            "transplanted", "left the study", "died", "still in the study")),
    ]),
    "heat-map": (EACH, [(f"V{place}", NAME, state, None, None) for place, state in enumerate(STATES)]),
    "visits": (BY_VISIT, [(NAME, state, 1, 11, 1 / 11) for state in STATES]),
    "lateness": (LATENESS, [(-3, 2, 0.2), (0, 7, 0.7), (400, 1, 0.1)]),
    "retention": (RETENTION, [
        row for group in ("all", NAME, *(f"group {place}" for place in range(9))) for row in (
            (group, "in the study", 0, 1.0, 1.0, 1.0, 2, 0, 0), (group, "in the study", 50, 0.5, 0.1, 0.9, 2, 1, 1),
            (group, "died", 0, 0.0, 0.0, 0.0, 2, 0, 0), (group, "died", 50, 0.5, 0.1, 0.9, 2, 1, 1))
    ]),
    "enrolment": (ENROLMENT, [
        ("month", "2026-01", 1, 1, 5), ("month", "2026-02", None, None, 5), ("cohort", NAME, 1, None, 5),
    ]),
    "chair-load": (
        ("site", "day", "appointments", "minutes booked", "minutes open", "load"),
        [
            *((NAME, f"2026-01-{day:02}", 1, 60, 50, day / 10) for day in range(1, 13)),
            (NAME, "2026-01-20", 1, 60, None, None),
        ],
    ),
}  # fmt: skip


def one(name: str) -> Chart:
    columns, rows = CHARTS[name]
    return chart(name, columns, rows, f"What {NAME} shows.", "Nothing.")


@cache
def picture(name: str, theme: Theme, narrow: bool) -> str:
    return svg_of(one(name), theme, narrow)


EVERY = [(name, theme, narrow) for name in TITLES for theme in ("light", "dark") for narrow in (False, True)]


@pytest.mark.parametrize(("name", "theme", "narrow"), EVERY)
def test_a_picture_says_what_it_is_and_needs_nothing_from_elsewhere(name: str, theme: Theme, narrow: bool) -> None:
    drawn_as = picture(name, theme, narrow)
    root = ET.fromstring(drawn_as)  # noqa: S314 - ours
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "graphics-document document"
    assert root.get("aria-label") == f"{TITLES[name]}: What {NAME} shows."
    assert root.findtext(f"{SVG}title") == TITLES[name]
    assert root.findtext(f"{SVG}desc") == f"What {NAME} shows."
    tags = {each.tag.removeprefix(SVG) for each in root.iter()}
    assert not tags & {"script", "style", "image", "foreignObject", "use", "a"}
    names = {name for each in root.iter() for name in each.attrib}
    assert not any(name.startswith("on") or name == "style" or name.endswith("href") for name in names)
    assert not re.search(r"url\((?!#)", drawn_as)


@pytest.mark.parametrize(("name", "theme", "narrow"), EVERY)
def test_no_letter_is_small_and_a_narrow_picture_fits_a_phone(name: str, theme: Theme, narrow: bool) -> None:
    drawn_as = picture(name, theme, narrow)
    sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)(?:px)?"', drawn_as)]
    assert min(sizes) >= look(theme, narrow).size >= 13
    if narrow and name != "heat-map":  # which is scrolled
        assert float(str(ET.fromstring(drawn_as).get("width"))) <= NARROW + 40  # noqa: S314 - ours


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_letters_stand_out_from_the_paper_and_what_is_told_apart_by_colour_does_so_in_grey(theme: Theme) -> None:
    """Contrast by WCAG: 4.5 for letters; neighbours in the legends differ by at least 1.25 in luminance."""
    style = look(theme)

    def contrast(one: str, other: str) -> float:
        low, high = sorted((_luminance(one), _luminance(other)))
        return (high + 0.05) / (low + 0.05)

    assert contrast(style.ink, style.paper) > 7
    assert contrast(style.quiet, style.paper) > 4.5
    treatment, after, before, held = style.fine, style.shades[4], style.line, style.ink
    for one, other in ((treatment, after), (after, before), (treatment, held), (before, held)):
        assert contrast(one, other) > 1.25, (one, other)
    steps = (style.line, *style.ramp, style.ink)
    for one, other in pairwise(steps):
        assert contrast(one, other) > 1.25, (one, other)


def test_charts_that_are_drawn_at_the_same_time_are_each_drawn_as_if_alone() -> None:
    draw = svg_of.__wrapped__
    wanted = [(name, theme) for _ in range(4) for name in TITLES for theme in ("light", "dark")]
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(lambda one_of: draw(one(one_of[0]), one_of[1]), wanted))
    for (name, theme), found in zip(wanted, together, strict=True):
        assert found == draw(one(name), theme), (name, theme)


def test_where_there_is_nothing_the_picture_says_so_in_words() -> None:
    said = svg_of(chart("swimmer", LANES, (), "", "Nobody is <enrolled> yet."))
    root = ET.fromstring(said)  # noqa: S314 - ours
    assert "".join(root.itertext()).count("Nobody is <enrolled> yet.") == 2  # its description, and what is seen
    assert root.get("width") == str(WIDE)


def test_what_is_drawn_of_a_study_is_what_stands_in_its_table(store: Store) -> None:
    made = drawn(small_study(store), "heat-map")
    seen = "".join(ET.fromstring(svg_of(made)).itertext())  # noqa: S314 - ours
    for row in made.records():
        assert str(row["participant"]) in seen
        assert str(row["visit"]) in seen
    assert seen.count("×") == 1 + 1  # one missed visit, and its word in the legend


def test_the_large_imports_wait_until_somebody_draws() -> None:
    """Whoever serves pages, or plans, and draws nothing does without them."""
    code = "import sys, planner.app, planner.web.reports.charts; print({'altair', 'vl_convert'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"

"""Draws a chart as SVG. What it takes is large and is loaded by whoever draws first: half a second, once a process."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from html import escape
from importlib import import_module
from textwrap import wrap
from threading import Lock
from typing import Any

from planner.reports.charts.chart import Chart, Theme
from planner.reports.charts.look import FONT, NARROW, WIDE, Look, look

#: grows with every change to how charts look, so that nobody keeps an older picture
DRAWN_AS = "2"
_KEPT = 24
#: Altair keeps what it is describing where all threads see it: two at once draw each other's figures
_ONE_AT_A_TIME = Lock()
#: which module draws which chart, by a function ``draw(chart, look)`` that gives an Altair chart
_DRAWERS = {
    "swimmer": "draw_lanes", "heat-map": "draw_map", "visits": "draw_map", "lateness": "draw_counts",
    "retention": "draw_curves", "enrolment": "draw_counts", "chair-load": "draw_map",
}  # fmt: skip


@lru_cache(maxsize=_KEPT)
def svg_of(chart: Chart, theme: Theme = "light", narrow: bool = False) -> str:
    """The chart as an SVG document that needs nothing from elsewhere: no script, no style, no font, no image.

    ``narrow`` is for phones: it has letters of the same size on less than half the width. Where there is nothing to
    draw, the picture says so in words.
    """
    style = look(theme, narrow)
    if not chart.rows:
        return _titled(chart, _words(chart.empty or "There is nothing to draw.", style))
    with _ONE_AT_A_TIME:
        return _titled(chart, _drawn(chart, style))


def _drawn(chart: Chart, style: Look) -> str:
    import altair
    import vl_convert

    drawer: Callable[[Chart, Look], Any] = import_module(f"planner.reports.charts.{_DRAWERS[chart.name]}").draw
    with altair.data_transformers.enable("default", max_rows=None):
        spec = drawer(chart, style).to_dict()
    spec["config"] = style.config()
    # Gradients are numbered on and on: a chart has one at most, and is the same whenever it is drawn.
    return re.sub(r"gradient_\d+", "gradient", vl_convert.vegalite_to_svg(spec))


def _titled(chart: Chart, svg: str) -> str:
    """The same with a role and words for whoever does not see it."""
    title, said = escape(chart.title), escape(chart.description)
    begin = f'<svg role="graphics-document document" aria-label="{title}: {said}" '
    head, tag, rest = svg.replace("<svg ", begin, 1).partition(">")
    return f"{head}{tag}<title>{title}</title><desc>{said}</desc>{rest}"


def _words(text: str, style: Look) -> str:
    """A picture of a sentence."""
    width = NARROW if style.narrow else WIDE
    lines = wrap(text, (width - 40) // 8)
    height = 40 + 22 * len(lines)
    said = "".join(f'<tspan x="20" y="{36 + 22 * row}">{escape(line)}</tspan>' for row, line in enumerate(lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" fill="{style.paper}"/>'
        f'<text font-family="{escape(FONT)}" font-size="{style.size + 1}" fill="{style.quiet}">{said}</text></svg>'
    )

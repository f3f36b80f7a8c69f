"""Draws the swimmer plot: lanes of parts of the study, thin bars of holds in them, and marks of what happened."""

from __future__ import annotations

from typing import Any

import altair as alt

from planner.reports.charts import lanes
from planner.reports.charts.chart import Cell, Chart
from planner.reports.charts.look import Look

_LANE, _BAR, _THIN = 19, 13, 4
_SMALL, _SMALLEST, _LARGE = 22, 12, 80
_TIMES = "M-0.9,-0.9L0.9,0.9M0.9,-0.9L-0.9,0.9"
_GONE = "M-0.25,-1.3L0.25,-1.3L0.25,1.3L-0.25,1.3Z"
_STAR = "M0,-1.2L0.3,-0.35L1.2,-0.35L0.5,0.2L0.75,1.1L0,0.55L-0.75,1.1L-0.5,0.2L-1.2,-0.35L-0.3,-0.35Z"
_SHAPES = {
    lanes.VISIT: "circle", lanes.OFF_VISIT: "circle", lanes.MISSED_VISIT: _TIMES, lanes.RESPONSE: "triangle-up",
    lanes.PROGRESSION: "triangle-down", lanes.ENDED: "square", lanes.TRANSPLANTED: _STAR, lanes.LEFT: _GONE,
    lanes.DIED: "cross", lanes.STILL: "triangle-right",
}  # fmt: skip
#: those that are drawn open, so that they are told apart from what has the same form
_OPEN = (lanes.OFF_VISIT, lanes.PROGRESSION, lanes.ENDED)
_VISITS = (lanes.VISIT, lanes.OFF_VISIT, lanes.MISSED_VISIT)


def draw(chart: Chart, look: Look) -> Any:
    """The lanes in the order of the rows."""
    records = chart.records()
    for record in records:
        record.pop("on")
    names = list(dict.fromkeys(str(record["participant"]) for record in records))
    last = max(int(str(record["to day"])) for record in records)
    x = alt.X("from day:Q", title="Days since enrolment").scale(domain=[0, max(last, 7) * 1.03], nice=False)
    x = x.axis(format="d", tickCount=5 if look.narrow else 10)
    y = alt.Y("participant:N", title=None, sort=names).axis(domain=False, ticks=False, grid=True, labelPadding=6)
    layers = [*_bars(records, x, y, look), *_marks(records, x, y, look)]
    picture = alt.layer(*layers).resolve_scale(color="shared", shape="shared", fill="shared")
    return picture.properties(width=look.width, height=alt.Step(_LANE))


def _kinds(records: list[dict[str, Cell]], known: tuple[str, ...]) -> list[str]:
    there = {record["kind"] for record in records}
    return [kind for kind in known if kind in there]


def _bars(records: list[dict[str, Cell]], x: alt.X, y: alt.Y, look: Look) -> list[Any]:
    colours = {
        lanes.TREATMENT: look.fine, lanes.AFTER: look.shades[4], lanes.BEFORE: look.line,
        lanes.HELD: look.ink, lanes.HOSPITAL: look.shades[2],
    }  # fmt: skip
    domain = _kinds(records, lanes.BARS + lanes.THIN)
    colour = alt.Color("kind:N").scale(domain=domain, range=[colours[kind] for kind in domain])
    found = []
    for kinds, size, down in ((lanes.BARS, _BAR, 0.0), (lanes.THIN, _THIN, (_BAR - _THIN) / 2)):
        some = [record for record in records if record["kind"] in kinds]
        base = alt.Chart(alt.InlineData(values=some)).mark_bar(
            height=size, yOffset=down, stroke=look.paper, strokeWidth=1, aria=False
        )
        found.append(base.encode(x=x, x2="to day:Q", y=y, color=colour))
    return found


def _marks(records: list[dict[str, Cell]], x: alt.X, y: alt.Y, look: Look) -> list[Any]:
    domain = _kinds(records, lanes.MARKS)
    shape = alt.Shape("kind:N").scale(domain=domain, range=[_SHAPES[kind] for kind in domain])
    fills = [look.paper if kind in _OPEN else look.ink for kind in domain]
    fill = alt.Fill("kind:N").scale(domain=domain, range=fills)
    found = []
    for of_visits, size in ((True, _SMALLEST if look.narrow else _SMALL), (False, _LARGE)):
        some = [record for record in records if record["kind"] in domain and (record["kind"] in _VISITS) == of_visits]
        base = alt.Chart(alt.InlineData(values=some)).mark_point(
            size=size, stroke=look.ink, strokeWidth=1.3, opacity=1, aria=False
        )
        found.append(base.encode(x=x, y=y, shape=shape, fill=fill))
    return found

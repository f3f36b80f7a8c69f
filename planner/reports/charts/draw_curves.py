"""Draws retention: curves in steps, each with dashes of its own, and below them how many are still at risk."""

from __future__ import annotations

from typing import Any

import altair as alt

from planner.reports.charts.chart import Cell, Chart
from planner.reports.charts.look import Look
from planner.reports.charts.of_report import CURVES
from planner.reports.people_figures import IN_STUDY

_DASHES = ([1, 0], [8, 4], [2, 3], [10, 3, 2, 3])
_STEPS = (7, 14, 28, 60, 90, 120, 180, 365, 730, 3_650, 36_500)


def draw(chart: Chart, look: Look) -> Any:
    """The curves with their numbers at risk."""
    records = chart.records()
    last = max(int(str(record["day"])) for record in records)
    ticks = _ticks(last, 5 if look.narrow else 9)
    x = alt.X("day:Q", title="Days since enrolment").scale(domain=[0, max(last, 1) * 1.02], nice=False)
    shown = x.axis(values=ticks, grid=False, format="d")
    return alt.vconcat(_curves(records, shown, look), _risk(records, ticks, x.axis(None), look), spacing=6)


def _ticks(last: int, most: int) -> list[int]:
    step = next(step for step in _STEPS if last <= step * most)
    return list(range(0, last + 1, step))


def _curves(records: list[dict[str, Cell]], x: alt.X, look: Look) -> Any:
    names = [name for name in CURVES if any(record["curve"] == name for record in records)]
    y = alt.Y("share:Q", title="Part of those enrolled").scale(domain=[0, 1]).axis(format="%", tickCount=5)
    base = alt.Chart(alt.InlineData(values=records))
    followed = base.transform_filter(alt.datum.curve == IN_STUDY)
    band = followed.mark_area(interpolate="step-after", opacity=0.18, color=look.shades[0]).encode(
        x=x, y="low:Q", y2="high:Q"
    )
    lines = base.mark_line(interpolate="step-after", strokeWidth=2.5).encode(
        x=x, y=y,
        color=alt.Color("curve:N").scale(domain=names, range=[look.shades[at] for at in range(len(names))]),
        strokeDash=alt.StrokeDash("curve:N").scale(domain=names, range=list(_DASHES[: len(names)])),
        detail="curve:N",
    )  # fmt: skip
    ticks = followed.transform_filter("datum.censored > 0").mark_tick(
        orient="vertical", height=11, thickness=1.5, color=look.ink
    )
    return alt.layer(band, lines, ticks.encode(x=x, y=y)).properties(width=look.width, height=300)


def _risk(records: list[dict[str, Cell]], ticks: list[int], x: alt.X, look: Look) -> Any:
    points = [record for record in records if record["curve"] == IN_STUDY]
    numbers = [{"day": day, "n": at_risk(points, day), "row": "at risk"} for day in ticks]
    return (
        alt.Chart(alt.InlineData(values=numbers))
        .mark_text()
        .encode(x=x, y=alt.Y("row:N", title=None).axis(domain=False, ticks=False, offset=14), text="n:Q")
        .properties(width=look.width, height=24)
    )


def at_risk(points: list[dict[str, Cell]], day: int) -> int:
    """How many are still followed just before a day, or at the beginning of the first."""
    for point in points:
        if int(str(point["day"])) >= day:
            return int(str(point["at risk"] or 0))
    return 0

"""Draws retention: curves in steps, each with dashes of its own, and below them how many are still at risk.

Everybody first; of a breakdown each group has a smaller picture by the same days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt

from planner.reports.charts.chart import Cell, Chart
from planner.reports.charts.look import Look
from planner.reports.charts.of_report import CURVES, MOST_GROUPS
from planner.reports.people_figures import IN_STUDY
from planner.reports.report import EVERYBODY

_DASHES = ([1, 0], [8, 4], [2, 3], [10, 3, 2, 3])
_STEPS = (7, 14, 28, 60, 90, 120, 180, 365, 730, 3_650, 36_500)
#: between two pictures of groups beside each other, their axes with it
_BETWEEN = 80
#: how many pixels a character of a heading takes
_CHARACTER = 8


@dataclass(frozen=True)
class _Frame:
    """How large a picture is, up to which day it goes, and on which days it says how many are at risk."""

    width: int
    large: bool
    last: int
    ticks: list[int]

    @property
    def height(self) -> int:
        """The height without the room that axes need."""
        return 300 if self.large else 120


def draw(chart: Chart, look: Look) -> Any:
    """The curves with their numbers at risk, of everybody and of each group."""
    groups: dict[str, list[dict[str, Cell]]] = {}
    for record in chart.records():
        groups.setdefault(str(record["group"]), []).append(record)
    last = max(int(str(record["day"])) for records in groups.values() for record in records)
    whole = _Frame(look.width, True, last, _ticks(last, 5 if look.narrow else 9))
    pictures = [_picture(groups.pop(EVERYBODY), whole, look)] if EVERYBODY in groups else []
    across = 1 if look.narrow else 2
    width = look.width if across == 1 else (look.width - _BETWEEN) // 2
    small = _Frame(width, False, last, _ticks(last, 5))
    some = [_picture(records, small, look, group) for group, records in list(groups.items())[:MOST_GROUPS]]
    rows = [alt.hconcat(*some[at : at + across]) for at in range(0, len(some), across)]
    return alt.vconcat(*pictures, *rows)


def _ticks(last: int, most: int) -> list[int]:
    step = next(step for step in _STEPS if last <= step * most)
    return list(range(0, last + 1, step))


def _picture(records: list[dict[str, Cell]], frame: _Frame, look: Look, group: str = "") -> Any:
    x = alt.X("day:Q", title=None if group else "Days since enrolment")
    x = x.scale(domain=[0, max(frame.last, 1) * 1.02], nice=False)
    shown = x.axis(values=frame.ticks, grid=False, format="d")
    both = alt.vconcat(_curves(records, shown, frame, look), _risk(records, x.axis(None), frame), spacing=6)
    if not group:
        return both
    most = frame.width // _CHARACTER
    words = group if len(group) <= most else group[: most - 1] + "…"
    return both.properties(title=alt.TitleParams(words, anchor="start", color=look.ink, fontSize=look.size))


def _curves(records: list[dict[str, Cell]], x: alt.X, frame: _Frame, look: Look) -> Any:
    names = [name for name in CURVES if any(record["curve"] == name for record in records)]
    y = alt.Y("share:Q", title="Part of those enrolled" if frame.large else None)
    y = y.scale(domain=[0, 1]).axis(format="%", tickCount=5 if frame.large else 3)
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
    return alt.layer(band, lines, ticks.encode(x=x, y=y)).properties(width=frame.width, height=frame.height)


def _risk(records: list[dict[str, Cell]], x: alt.X, frame: _Frame) -> Any:
    points = [record for record in records if record["curve"] == IN_STUDY]
    numbers = [{"day": day, "n": at_risk(points, day), "row": "at risk"} for day in frame.ticks]
    return (
        alt.Chart(alt.InlineData(values=numbers))
        .mark_text()
        .encode(x=x, y=alt.Y("row:N", title=None).axis(domain=False, ticks=False, offset=14), text="n:N")
        .properties(width=frame.width, height=24)
    )


def at_risk(points: list[dict[str, Cell]], day: int) -> str:
    """How many are still followed just before a day, or at the beginning of the first: ``few`` where that is masked."""
    for point in points:
        if int(str(point["day"])) >= day:
            return str(point["at risk"] or 0)
    return "few" if not points or points[-1]["events"] is None else "0"

"""Draws what is counted: visits by days late, participants enrolled."""

from __future__ import annotations

from typing import Any

import altair as alt

from planner.reports.charts.chart import Cell, Chart
from planner.reports.charts.look import Look
from planner.reports.charts.of_report import COHORT, MONTH

#: of more days than that only every so many have a label
_LABELS, _LABELS_NARROW = 24, 8


def draw(chart: Chart, look: Look) -> Any:
    """The histogram of days late, or enrolment by month and cohort."""
    return _lateness(chart, look) if chart.name == "lateness" else _enrolment(chart, look)


def _values(records: list[dict[str, Cell]]) -> alt.InlineData:
    return alt.InlineData(values=records)


def whole(most: float, wanted: int = 5) -> list[int]:
    """Ticks from 0 to beyond ``most`` that are whole numbers."""
    steps = (base * 10**power for power in range(7) for base in (1, 2, 5))
    step = next(each for each in steps if each * wanted >= most)
    return list(range(0, int(most + step), step))


# -- lateness -----------------------------------------------------------------------------------


def _lateness(chart: Chart, look: Look) -> Any:
    """Every day has a bar from the earliest to the latest, early, on the day and late told apart by lightness."""
    records = chart.records()
    for record in records:
        late = int(str(record["days late"]))
        record["when"] = "early" if late < 0 else "late" if late > 0 else "on the day"
    days = [int(str(record["days late"])) for record in records]
    every = _every(max(days) - min(days) + 1, look)
    shown = [day for day in range(min(days), max(days) + 1) if day % every == 0]
    most = max(int(str(record["visits"])) for record in records)
    ticks = whole(most)
    base = alt.Chart(_values(records)).encode(
        x=alt.X("days late:Q", title="Days late (below 0: early)").scale(
            domain=[min(days) - 0.6, max(days) + 0.6], nice=False
        ).axis(values=shown, grid=False, format="d"),
        y=alt.Y("visits:Q", title="Visits").scale(domain=[0, ticks[-1]]).axis(values=ticks, format="d"),
    )  # fmt: skip
    span = max(days) - min(days) + 1.2
    width = max(2.0, min(60.0, look.width / span * 0.8))
    bars = base.mark_bar(size=width, stroke=look.ink, strokeWidth=1).encode(
        color=alt.Color("when:N").scale(
            domain=["early", "on the day", "late"], range=[look.paper, look.fine, look.shades[0]]
        )
    )
    return alt.layer(bars).properties(width=look.width, height=260)


def _every(days: int, look: Look) -> int:
    most = _LABELS_NARROW if look.narrow else _LABELS
    return next(step for step in (1, 2, 5, 7, 10, 14, 28, 50, 100, 500, 10_000) if days <= step * most)


# -- enrolment ----------------------------------------------------------------------------------


def _enrolment(chart: Chart, look: Look) -> Any:
    records = chart.records()
    months = [record for record in records if record["what"] == MONTH]
    cohorts = [record for record in records if record["what"] == COHORT]
    parts = [_in_all(months, look), _by_month(months, look), *([_by_cohort(cohorts, look)] if cohorts else [])]
    return alt.vconcat(*parts, spacing=24)


def _month_axis(months: list[dict[str, Cell]], look: Look, titled: bool) -> alt.X:
    names = [str(record["of"]) for record in months]
    every = -(-len(names) // (5 if look.narrow else 12))
    axis = alt.Axis(values=names[::every], labelAngle=0, grid=False, labels=titled, ticks=titled)
    return alt.X("of:O", title="Month" if titled else None, sort=names, axis=axis)


def _in_all(months: list[dict[str, Cell]], look: Look) -> Any:
    """How many there are by each month, beside how many are planned."""
    planned = next((record["planned"] for record in months if record["planned"]), None)
    most = max([int(str(record["in all"] or 0)) for record in months] + [int(str(planned or 0)), 1])
    ticks = whole(most)
    base = alt.Chart(_values(months))
    line = base.mark_line(
        interpolate="step-after", strokeWidth=3, color=look.shades[1],
        point=alt.OverlayMarkDef(color=look.shades[1], filled=True, size=50),
    ).encode(
        x=_month_axis(months, look, False),
        y=alt.Y("in all:Q", title="Enrolled in all").scale(domain=[0, ticks[-1]]).axis(values=ticks, format="d"),
    )  # fmt: skip
    if planned is None:
        return line.properties(width=look.width, height=180)
    rule = alt.Chart(_values([{"planned": planned, "said": f"planned: {planned}"}]))
    plan = rule.mark_rule(strokeDash=[6, 4], strokeWidth=2, color=look.ink).encode(y="planned:Q")
    words = rule.mark_text(align="left", dx=4, dy=-8, baseline="bottom").encode(
        x=alt.value(0), y="planned:Q", text="said:N"
    )
    return alt.layer(line, plan, words).properties(width=look.width, height=180)


def _by_month(months: list[dict[str, Cell]], look: Look) -> Any:
    most = max([int(str(record["enrolled"] or 0)) for record in months] + [1])
    ticks = whole(most, 3)
    return (
        alt.Chart(_values(months))
        .mark_bar(color=look.fine, stroke=look.ink, strokeWidth=1)
        .encode(
            x=_month_axis(months, look, True),
            y=alt.Y("enrolled:Q", title="In the month").scale(domain=[0, ticks[-1]]).axis(values=ticks, format="d"),
        )
        .properties(width=look.width, height=90)
    )


def _by_cohort(cohorts: list[dict[str, Cell]], look: Look) -> Any:
    """Bars of those enrolled, each within the outline of how many are planned."""
    most = max([int(str(record[name] or 0)) for record in cohorts for name in ("enrolled", "planned")] + [1])
    ticks = whole(most)
    for record in cohorts:
        record["said"] = f"{'few' if record['enrolled'] is None else record['enrolled']} of {record['planned']}"
    names = [str(record["of"]) for record in cohorts]
    base = alt.Chart(_values(cohorts)).encode(y=alt.Y("of:N", title=None, sort=names))
    plan = base.mark_bar(fill=None, stroke=look.ink, strokeDash=[4, 3], strokeWidth=1.5).encode(
        x=alt.X("planned:Q", title="Enrolled, of those planned (the outline)").scale(
            domain=[0, ticks[-1] * 1.12], nice=False
        ).axis(values=ticks, format="d", grid=False)
    )  # fmt: skip
    bars = base.mark_bar(color=look.fine, height=alt.RelativeBandSize(band=0.55)).encode(x="enrolled:Q")
    words = base.mark_text(align="left", dx=6).encode(x=alt.X("end:Q"), text="said:N")
    words = words.transform_calculate(end="max(datum.enrolled || 0, datum.planned || 0)")
    return alt.layer(bars, plan, words).properties(width=look.width, height=alt.Step(34))

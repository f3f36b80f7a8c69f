"""Draws what stands in cells: visits of participants, how many of each visit went how, the load of chairs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import altair as alt

from planner.reports.charts import visit_states as states
from planner.reports.charts.chart import Cell, Chart
from planner.reports.charts.look import Look

_CELL, _WIDEST = 20, 40
#: what stands in the cell besides its colour, so that it is read in grey as well
_SIGNS = {
    states.EARLY: "E", states.LATE: "L", states.DONE: "d", states.MISSED: "×", states.NO_RECORD: "?",
    states.LEFT_OUT: "–", states.WAITS: "…", states.DUE: "!",
}  # fmt: skip
#: how full a day is, in words: up to which part of what there is
_LOADS = ((0.0, "nothing booked"), (0.25, "to 25 %"), (0.5, "to 50 %"), (0.75, "to 75 %"), (1.0, "to 100 %"))
_OVER, _UNKNOWN = "over 100 % (!)", "booked, hours not known"


def draw(chart: Chart, look: Look) -> Any:
    """The cells of a chart."""
    drawers = {"heat-map": _each, "visits": _by_visit, "chair-load": _chairs}
    return drawers[chart.name](chart.records(), look)


def _in_order(found: Iterable[object]) -> list[str]:
    return list(dict.fromkeys(str(each) for each in found))


# -- each visit of each participant -------------------------------------------------------------


def _each(records: list[dict[str, Cell]], look: Look) -> Any:
    visits = _in_order(record["visit"] for record in records)
    people = sorted({str(record["participant"]) for record in records})
    values = [{name: record[name] for name in ("visit", "participant", "state")} for record in records]
    for value in values:
        value["sign"] = _SIGNS.get(str(value["state"]), "")
    there = [state for state in states.STATES if any(value["state"] == state for value in values)]
    colours = _colours(look)
    step = max(_CELL, min(_WIDEST, look.width // len(visits)))
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("visit:N", title=None, sort=visits).axis(
            orient="top", labelAngle=-60, domain=False, ticks=False, labelLimit=130
        ),
        y=alt.Y("participant:N", title=None, sort=people).axis(domain=False, ticks=False),
    )  # fmt: skip
    signs = " ".join(f"datum.label == '{state}' ? '{state} ({_SIGNS[state]})' :" for state in there if state in _SIGNS)
    colour = alt.Color("state:N").scale(domain=there, range=[colours[state][0] for state in there])
    cells = base.mark_rect(stroke=look.paper, strokeWidth=2, aria=False)
    framed = base.mark_rect(fill=None, stroke=look.line, strokeWidth=1, aria=False)
    words = base.mark_text(fontWeight="bold", aria=False).encode(
        text="sign:N",
        color=alt.Color("state:N", legend=None).scale(domain=there, range=[colours[state][1] for state in there]),
    )
    legend = colour.legend(labelExpr=f"{signs} datum.label", symbolType="square", symbolStrokeColor=look.quiet)
    return (
        alt.layer(cells.encode(color=legend), framed, words)
        .resolve_scale(color="independent")
        .properties(width=alt.Step(step), height=alt.Step(_CELL))
    )


def _colours(look: Look) -> dict[str, tuple[str, str]]:
    """The colour of the cell and of its sign, by state."""
    dark, light = look.ink, look.paper
    return {
        states.IN_WINDOW: (look.fine, dark), states.EARLY: (look.line, dark), states.LATE: (look.warn, light),
        states.DONE: (look.fine, dark), states.MISSED: (look.ink, light), states.NO_RECORD: (look.quiet, light),
        states.LEFT_OUT: (look.line, dark), states.WAITS: (look.line, dark), states.DUE: (look.paper, dark),
        states.TO_COME: (look.paper, dark), states.FELL_AWAY: (look.shades[4], dark),
    }  # fmt: skip


# -- how many of each visit ---------------------------------------------------------------------


def _by_visit(records: list[dict[str, Cell]], look: Look) -> Any:
    """The darker the more; the number is the part in per cent."""
    visits = _in_order(record["visit"] for record in records)
    there = [state for state in states.STATES if any(record["state"] == state for record in records)]
    for record in records:
        share = float(str(record["share"]))
        record["percent"] = "<1" if 0 < share < 0.005 else f"{share:.0%}".removesuffix("%")
    base = alt.Chart(alt.InlineData(values=records)).encode(
        x=alt.X("state:N", title=None, sort=there).axis(
            orient="top", labelAngle=-60 if look.narrow else -30, domain=False, ticks=False
        ),
        y=alt.Y("visit:N", title=None, sort=visits).axis(
            domain=False, ticks=False, labelLimit=look.room
        ),
    )  # fmt: skip
    legend = alt.Legend(
        title="per cent of each visit", titleFontSize=look.size, format=".0%", gradientLength=200, tickCount=4
    )
    cells = base.mark_rect(stroke=look.paper, strokeWidth=1, aria=False).encode(
        color=alt.Color("share:Q", legend=legend).scale(domain=[0, 1], range=[look.line, look.ramp[1]])
    )
    words = base.mark_text(aria=False).encode(
        text="percent:N", color=alt.condition("datum.share > 0.6", alt.value(look.on_dark), alt.value(look.ink))
    )
    step = max(23, min(74, (look.width - (10 if look.narrow else 110)) // len(there)))
    return alt.layer(cells, words).properties(width=alt.Step(step), height=alt.Step(22))


# -- chairs -------------------------------------------------------------------------------------


def _chairs(records: list[dict[str, Cell]], look: Look) -> Any:
    for record in records:
        record["how full"] = _fullness(record)
        record["sign"] = "!" if record["how full"] == _OVER else ""
        record["day"] = str(record["day"])
    days = [str(day) for day in _all_days(records)]
    sites = _in_order(record["site"] for record in records)
    known = [*(words for _, words in _LOADS), _OVER, _UNKNOWN]
    colours = [look.paper, look.line, *look.ramp, look.ink, look.warn]
    there = [words for words in known if any(record["how full"] == words for record in records)]
    weeks = [day for day in days if date.fromisoformat(day).weekday() == 0]
    every = -(-len(weeks) // (4 if look.narrow else 9)) or 1
    base = alt.Chart(alt.InlineData(values=records)).encode(
        x=alt.X("day:O", title="Weeks, by their Monday").scale(domain=days).axis(
            values=weeks[::every], labelAngle=0, labelExpr="timeFormat(toDate(datum.value + 'T12:00'), '%-d %b')"
        ),
        y=alt.Y("site:N", title=None, sort=sites).axis(
            domain=False, ticks=False, labelLimit=look.room
        ),
    )  # fmt: skip
    cells = base.mark_rect(stroke=look.line if look.narrow else look.quiet, strokeWidth=0.5, aria=False).encode(
        color=alt.Color("how full:N")
        .scale(domain=there, range=[colours[known.index(words)] for words in there])
        .legend(symbolType="square", symbolStrokeColor=look.quiet)
    )
    words = base.mark_text(fontWeight="bold", color=look.paper, aria=False).encode(text="sign:N")
    width = look.width - (30 if look.narrow else 60)
    return alt.layer(cells, words).properties(width=width, height=alt.Step(34))


def _fullness(record: dict[str, Cell]) -> str:
    load = record["load"]
    if not isinstance(load, float):
        return _UNKNOWN
    return next((words for most, words in _LOADS if load <= most), _OVER)


def _all_days(records: list[dict[str, Cell]]) -> list[date]:
    known = [date.fromisoformat(str(record["day"])) for record in records]
    return [date.fromordinal(day) for day in range(min(known).toordinal(), max(known).toordinal() + 1)]

"""A plan as CSV (RFC 4180) for spreadsheets: one row a visit, the scalar keys of the JSON as columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from planner.presenting.plan_json import visit_data
from schedules.scheduled import Plan

COLUMNS = (
    "key", "label", "epoch", "cycle", "day", "study_day", "nominal", "due", "target", "opens", "closes", "status",
    "certainty", "actual", "booked", "setting", "activities", "feasible", "conflicts", "why",
)  # fmt: skip
#: what ends a cell, or may where somebody's spreadsheet parts cells otherwise
_ENDS = re.compile(r"([;|\t\r\n])")
#: what makes a formula of a cell, the wide forms too, which some take for the same, behind what nobody sees
_FORMULA = re.compile(r"[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def plan_csv(plan: Plan) -> str:
    """The visits of a plan. Lists are joined with "; ", of a conflict only its text is there."""
    return csv_text([COLUMNS, *(_row(visit_data(visit, plan.day_1)) for visit in plan.visits)])


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """CSV with CRLF line ends, in which no cell is a formula to a spreadsheet."""
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return made.getvalue()


def harmless(cell: object) -> object:
    """A cell that a spreadsheet shows and does not run: an apostrophe makes text of a formula.

    It stands before the cell, and within it before what would be one where semicolons, tabs or bars part cells.
    """
    if not isinstance(cell, str):
        return "" if cell is None else cell
    if _NUMBER.fullmatch(cell):
        return cell
    parts = _ENDS.split(cell) if _ENDS.search(cell) else [cell]
    said = "".join(f"'{part}" if _FORMULA.match(part) else part for part in parts)
    return f"'{said}" if said.startswith(("\t", "\r", "\n")) else said


def _row(visit: dict[str, Any]) -> list[object]:
    booked = visit["booked"]
    joined = {
        "booked": " ".join(str(booked[part]) for part in ("date", "time", "chair") if booked[part]) if booked else None,
        "conflicts": [conflict["text"] for conflict in visit["conflicts"]],
    }
    return [_cell({**visit, **joined}[column]) for column in COLUMNS]


def _cell(value: object) -> object:
    return "; ".join(map(str, value)) if isinstance(value, list) else value

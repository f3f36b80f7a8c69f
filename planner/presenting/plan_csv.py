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
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
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
    """A cell that a spreadsheet shows and does not run: a leading apostrophe makes text of a formula."""
    if isinstance(cell, str) and cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return "" if cell is None else cell


def _row(visit: dict[str, Any]) -> list[object]:
    booked = visit["booked"]
    joined = {
        "booked": " ".join(str(booked[part]) for part in ("date", "time", "chair") if booked[part]) if booked else None,
        "conflicts": [conflict["text"] for conflict in visit["conflicts"]],
    }
    return [_cell({**visit, **joined}[column]) for column in COLUMNS]


def _cell(value: object) -> object:
    return "; ".join(map(str, value)) if isinstance(value, list) else value

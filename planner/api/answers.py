"""Answers for programs: JSON, and problem details (RFC 9457) where something is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response

from planner.presenting.plan_json import to_json
from planner.problems import InputProblem, problem_details


def json_answer(data: object) -> Response:
    """Data as JSON; the same data is the same bytes."""
    return Response(to_json(data), mimetype="application/json")


def problem_answer(
    status: int, title: str, problems: Sequence[InputProblem], kind: str, changed: Any = None
) -> Response:
    """A problem document; ``kind`` is the address of a page about all problems of its kind."""
    data = problem_details(status, title, problems, kind)
    if changed is not None:
        data["changed"] = changed
    return Response(to_json(data), status=int(status), mimetype="application/problem+json")

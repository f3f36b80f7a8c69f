"""Errors as pages that say what is wrong and how to go on."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, make_response, render_template

from planner.problems import InputProblem


def error_page(status: int, title: str, problems: Sequence[InputProblem], kind: str) -> Response:
    """A page about an error; ``kind`` is the address of the page about all errors of its kind."""
    return make_response(render_template("error.html", title=title, problems=problems, kind=kind), int(status))

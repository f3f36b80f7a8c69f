"""Errors as pages that say what is wrong and how to go on."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, make_response, render_template, request

from planner.problems import InputProblem
from planner.web.home import entrance


def error_page(status: int, title: str, problems: Sequence[InputProblem], kind: str) -> Response:
    """A page about an error; ``kind`` is the address of the page about all errors of its kind.

    Participants read it in their own words, and it leads nowhere but to their page: others name studies.
    """
    if request.path == entrance.PATH or request.path.startswith(f"{entrance.PATH}/"):
        return entrance.trouble(int(status))
    return make_response(render_template("error.html", title=title, problems=problems, kind=kind), int(status))

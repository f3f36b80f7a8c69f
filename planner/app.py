"""The application factory: the only place where the parts are wired together."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, request
from flask.typing import ResponseReturnValue
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException, RequestURITooLarge

from planner.api import health, protocols
from planner.api.answers import problem_answer
from planner.problems import HTTP_WORDS, InputProblem, PlannerError
from planner.services.library import Library
from planner.web import headers, pages
from planner.web.errors import error_page

LONGEST_QUERY = 6_000
LONGEST_BODY = 64_000


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """The planner as a WSGI application. ``LIBRARY`` (names to texts) replaces the protocols that ship."""
    app = Flask(__name__, template_folder="web/templates", static_folder="web/static")
    app.config.from_mapping(MAX_CONTENT_LENGTH=LONGEST_BODY, LIBRARY=None)
    app.config.from_mapping(config or {})
    app.url_map.merge_slashes = False  # a redirect would repeat whatever host the request named
    app.extensions["library"] = Library(app.config["LIBRARY"])
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for part in (pages.pages, protocols.api, health.health):
        app.register_blueprint(part)
    app.before_request(_refuse_long_queries)
    app.after_request(headers.secure)
    app.register_error_handler(PlannerError, _answer_problems)
    app.register_error_handler(HTTPException, _answer_http)
    return app


def _refuse_long_queries() -> None:
    if len(request.query_string) > LONGEST_QUERY:
        raise RequestURITooLarge


def _is_for_programs() -> bool:
    return request.path.startswith("/api/") or request.path == "/healthz"


def _answer_problems(error: PlannerError) -> ResponseReturnValue:
    answer = problem_answer if _is_for_programs() else error_page
    return answer(error.status, error.title, error.problems, f"/problems/{error.name}")


def _answer_http(error: HTTPException) -> ResponseReturnValue:
    """Whatever Flask or Werkzeug refuse, in our words; a redirect or an answer of theirs stays as it is."""
    if error.code is None or error.response is not None:
        return error
    # A malformed request is no person's doing, and where even its host is wrong no page can be made.
    for_programs = error.code == HTTPStatus.BAD_REQUEST or _is_for_programs()
    title, wrong, remedy = HTTP_WORDS.get(error.code, (error.name, error.name, HTTP_WORDS[400][2]))
    answer = problem_answer if for_programs else error_page
    response = answer(error.code, title, (InputProblem("address", wrong, remedy),), "about:blank")
    response.headers.extend((name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After"))
    return response

"""The application factory: the only place where the parts are wired together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask_openapi import Info, OpenAPI
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException, InternalServerError, RequestURITooLarge

from planner import metrics, request_log
from planner.api import health
from planner.api.answers import problem_answer
from planner.api.description import docs
from planner.api.strict_json import StrictJson
from planner.api.twilio import callbacks
from planner.api.types import Problem
from planner.api.v1 import answer_validation, make_api
from planner.calendars.making import calendars_before
from planner.config import ConfigurationError, Settings
from planner.draining import Drained
from planner.persistence.database import DatabaseUnavailable
from planner.persistence.schema import WrongSchema
from planner.problems import HTTP_WORDS, Conflict, InputProblem, PlannerError, Unavailable
from planner.services.installation import open_installation
from planner.services.library import Library
from planner.web import account, frame, headers, pages, program_tokens, sign_in
from planner.web.addresses import NumberConverter
from planner.web.centre.everything import make_centre
from planner.web.desk.everything import make_desk
from planner.web.errors import error_page
from planner.web.feeds import feeds
from planner.web.home.everything import make_home
from planner.web.office.everything import make_office
from planner.web.phones import phones
from planner.web.reports.everything import make_reports
from planner.web.squeezing import squeeze
from planner.web.studies.everything import make_studies

LONGEST_QUERY = 6_000
LONGEST_BODY = 64_000
_INFO = Info(
    title="Visit planner",
    version="1",
    description="Plans the visits of clinical-trial participants, and keeps their calendars true. Dates are local to "
    "the site. Errors are problem details (RFC 9457).",
)
_BEARER = {"token": {"type": "http", "scheme": "bearer", "description": "Of a session (sign_in), or an API token."}}


def create_app(config: Mapping[str, Any] | None = None, settings: Settings | None = None) -> Flask:
    """The planner as a WSGI application. ``LIBRARY`` (names to texts) replaces the protocols that ship.

    It connects to nothing before the first request: a database that is away for a while takes the planner's answers
    with it, not its process.
    """
    known = settings or Settings()
    app = OpenAPI(
        __name__, info=_INFO, security_schemes=dict(_BEARER), doc_ui=False, template_folder="web/templates",
        static_folder="web/static", validation_error_status=400, validation_error_model=Problem,
        validation_error_callback=answer_validation,
    )  # fmt: skip
    token = known.metrics_token.get_secret_value() if known.metrics_token else ""
    app.config.from_mapping(MAX_CONTENT_LENGTH=LONGEST_BODY, LIBRARY=None, METRICS_TOKEN=token)
    app.config.from_mapping(config or {})
    app.json = StrictJson(app)
    app.url_map.converters["int"] = NumberConverter
    app.url_map.merge_slashes = False  # a redirect would repeat whatever host the request named
    app.extensions["library"] = Library(app.config["LIBRARY"])
    app.extensions["installation"] = open_installation(known)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    request_log.install(app)
    metrics.install(app)
    app.before_request(_refuse_long_queries)
    app.register_api(make_api())
    frame.install(app)
    web = (
        pages.pages, phones, feeds, docs, sign_in.pages,
        make_desk(), make_centre(), make_home(), make_studies(), make_office(), make_reports(),
    )  # fmt: skip
    for part in (*web, account.pages, program_tokens.pages, health.health, callbacks):
        app.register_blueprint(part)
    app.after_request(headers.secure)
    app.after_request(squeeze)
    _install_errors(app)
    front = calendars_before(app.wsgi_app, app.extensions["installation"], _count_feeds(app), _say_unavailable)
    app.extensions["calendars"] = front
    app.wsgi_app = Drained(front)  # type: ignore[method-assign]
    return app


def _count_feeds(app: Flask) -> Callable[[str, str], None]:
    return app.extensions["meters"].count_feed  # type: ignore[no-any-return]


def _say_unavailable(reason: str) -> None:
    request_log.log_of_nobody().error("unavailable", route=metrics.FEEDS, reason=reason)


def _install_errors(app: Flask) -> None:
    app.register_error_handler(PlannerError, _answer_problems)
    app.register_error_handler(HTTPException, _answer_http)
    for kind in (DatabaseUnavailable, WrongSchema, ConfigurationError):
        app.register_error_handler(kind, _answer_unavailable)


def _refuse_long_queries() -> None:
    if len(request.query_string) > LONGEST_QUERY:
        raise RequestURITooLarge


def _is_for_programs() -> bool:
    path = request.path
    if path.startswith(("/api/", "/callbacks/")):
        return path != "/api/v1/docs"
    return path in ("/healthz", "/readyz", "/metrics")


def _answer_problems(error: PlannerError) -> ResponseReturnValue:
    kind = f"/problems/{error.name}"
    if not _is_for_programs():
        return error_page(error.status, error.title, error.problems, kind)
    changed = error.changed if isinstance(error, Conflict) else None
    made = problem_answer(error.status, error.title, error.problems, kind, changed)
    if error.status == HTTPStatus.UNAUTHORIZED:
        made.headers["WWW-Authenticate"] = 'Bearer realm="planner"'
    return made


_NOT_NOW = (
    "the database cannot be used just now: it is locked, full, read-only or gone, and nothing was changed",
    "try again in a moment",
)


def _answer_unavailable(error: Exception) -> ResponseReturnValue:
    """What the database or the set-up does not let us do; the log says why, and the answer that nothing changed."""
    request_log.log().error("unavailable", reason=str(error))
    wrong, remedy = _NOT_NOW
    if isinstance(error, WrongSchema):  # it passes only once whoever runs the planner does something
        wrong, _, remedy = str(error).replace(": back it up", "; back it up").partition("; ")
    made = _answer_problems(Unavailable([InputProblem("database", wrong, remedy)]))
    made.headers["Retry-After"] = "5"  # type: ignore[union-attr]
    return made


def _answer_http(error: HTTPException) -> ResponseReturnValue:
    """Whatever Flask or Werkzeug refuse, in our words; a redirect or an answer of theirs stays as it is."""
    if error.code is None or error.response is not None:
        return error
    if isinstance(error, InternalServerError):
        request_log.log().error("failed", exc_info=error.original_exception)
    # A malformed request is no person's doing, and where even its host is wrong no page can be made.
    for_programs = error.code == HTTPStatus.BAD_REQUEST or _is_for_programs()
    title, wrong, remedy = HTTP_WORDS.get(error.code, (error.name, error.name, HTTP_WORDS[400][2]))
    problem = InputProblem("address", wrong, remedy)
    if error.code == HTTPStatus.BAD_REQUEST and request.is_json:
        problem = InputProblem("body", _said(error), "send it as JSON in UTF-8")
    answer = problem_answer if for_programs else error_page
    response = answer(error.code, title, (problem,), "about:blank")
    response.headers.extend((name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After"))
    return response


def _said(error: HTTPException) -> str:
    """Why a body could not be read."""
    cause = error.__cause__
    said = str(cause).partition("Failed to decode JSON object: ")[2] or str(cause)
    return f"the body is no JSON that can be read: {said}" if cause else "the body cannot be read"

"""One line of log for each request, with an id that the answer and the audit carry too. Never what was asked for."""

from __future__ import annotations

import logging
import re
import sys
import uuid
from typing import Any

import structlog
from flask import Flask, Response, g, request

from planner.clock import seconds

_OWN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
HEADER = "X-Request-Id"


def set_up_logging(level: str, form: str) -> None:
    """Log to standard error, as lines of JSON or as text."""
    mask_access_logs()
    # Tracebacks without the values of variables: those are what people have typed.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    shape: Any = structlog.processors.JSONRenderer() if form == "json" else plain
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if form == "json" else []),
            shape,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


#: what follows these opens somebody's calendar, and leads to somebody's own page
_TOKENS = re.compile(r"(/(?:calendars|home)/)[A-Za-z0-9_%-]{8,}")


class Masked(logging.Filter):
    """Takes the secrets of links out of lines, whichever server writes them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """The line as it may be written."""
        said = record.getMessage()
        if "/calendars/" in said or "/home/" in said:
            record.msg, record.args = _TOKENS.sub(r"\1…", said), None
        return True


def mask_access_logs() -> None:
    """Let no server's log name the secret of a link: gunicorn's and granian's, and what else logs in this process."""
    for name in ("gunicorn.access", "gunicorn.error", "granian.access", "_granian", "werkzeug", None):
        logger = logging.getLogger(name)
        if not any(isinstance(known, Masked) for known in logger.filters):
            logger.addFilter(Masked())


def log_of_nobody() -> Any:
    """The log for what is no request of Flask's: without the id of the one that this thread answered last."""
    structlog.contextvars.clear_contextvars()
    return structlog.get_logger()


def log() -> Any:
    """The log; what has been bound to this request is in every line."""
    return structlog.get_logger()


def request_id() -> str:
    """The id of the request at hand: its sender's own if it can be one, else a fresh one."""
    return str(g.request_id)


def install(app: Flask) -> None:
    """Give every request an id, and log each as it ends."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    sent = request.headers.get(HEADER, "")
    g.request_id = sent if _OWN_ID.fullmatch(sent) else uuid.uuid4().hex
    g.began = seconds()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    """The route and not the address: addresses hold screening numbers."""
    if "request_id" not in g:
        return response
    response.headers[HEADER] = g.request_id
    took = round((seconds() - g.began) * 1000, 1)
    say = log().warning if response.status_code >= 500 else log().info
    say("request", method=request.method, route=route(), status=response.status_code, milliseconds=took)
    return response


def route() -> str:
    """The rule that the request met, such as /api/v1/studies/<study>; none for an address that has none."""
    return str(request.url_rule) if request.url_rule is not None else "-"

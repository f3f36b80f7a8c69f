"""The API's description (OpenAPI), and the page that shows it; its script comes from a package, not from elsewhere."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, cast

import flask_openapi_swagger
from flask import Blueprint, Response, current_app, make_response, render_template
from flask_openapi import OpenAPI

from planner.api.answers import json_answer
from planner.api.fact_schemas import fact_schemas
from planner.api.requests import needs_of

docs = Blueprint(
    "docs", __name__, url_prefix="/api/v1", static_folder=str(files(flask_openapi_swagger) / "templates" / "swagger"),
    static_url_path="/docs/assets",
)  # fmt: skip

#: Swagger UI runs a script and sets styles of its own; it still gets nothing from elsewhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text that is fresh for each new request. Sent again with it, the request does nothing twice: "
    "the first answer comes again.",
    "schema": {"type": "string", "maxLength": 100, "pattern": "^[!-~]+$"},
}
_IF_MATCH: dict[str, Any] = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what you had seen; 409 if somebody has changed it since.",
    "schema": {"type": "string", "pattern": '^(\\*|"[0-9]{1,9}")$'},
}
#: what can be asked for only as long as nobody has changed what it is decided by
_LOCKED = (
    "record_facts", "record_bookings", "record_doses", "preview_facts", "judge_deviation", "sign_deviation",
    "keep_contact", "change_site", "change_cohort", "set_study_state", "want_contact_attempts", "supply_parameters",
)  # fmt: skip
#: what is answered with a file, too, where one is asked for
_FILES: dict[str, tuple[str, ...]] = {
    "make_report": (
        "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/pdf",
    ),
}  # fmt: skip


@docs.get("/openapi.json")
def openapi() -> Response:
    """The description, as programs read it."""
    return json_answer(description())


@docs.get("/docs")
def page() -> Response:
    """The description, as people read it, to be tried out."""
    made = make_response(render_template("api.html"))
    made.headers["Content-Security-Policy"] = _POLICY
    return made


def description() -> dict[str, Any]:
    """The OpenAPI description of everything that the routes take and answer."""
    known = current_app.extensions.get("description")
    if known is None:
        known = current_app.extensions["description"] = _completed(dict(cast(OpenAPI, current_app).api_doc))
    found: dict[str, Any] = known
    return found


def _completed(made: dict[str, Any]) -> dict[str, Any]:
    """What every route has in common, and the scope that a token needs for it."""
    endpoints = {
        (_described(rule.rule), method): rule.endpoint
        for rule in current_app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    made["components"]["schemas"].update(fact_schemas())
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            wanted = needs_of(endpoints.get((path, method.upper())))
            if wanted is not None and wanted.permission is not None:
                said = operation.get("description", "")
                operation["description"] = f"{said}\n\nScope: `{wanted.permission}`".strip()
            more = operation.setdefault("parameters", [])
            if method == "post" and wanted is not None and wanted.keyed:
                more.append(_KEY)
            if operation["operationId"] in _LOCKED:
                more.append(_IF_MATCH)
            for kind in _FILES.get(operation["operationId"], ()):
                schema = {"type": "string"} if kind.startswith("text/") else {"type": "string", "format": "binary"}
                operation["responses"]["200"]["content"][kind] = {"schema": schema}
    return made


def _described(rule: str) -> str:
    """A rule as the description writes it: /studies/<study> is /studies/{study}."""
    words = []
    for part in rule.split("/"):
        inner = part[1:-1].rpartition(":")[2] if part.startswith("<") else None
        words.append(f"{{{inner}}}" if inner is not None else part)
    return "/".join(words)

"""Whether the planner answers, and whether it can work: for load balancers and whoever watches over it."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app

from planner.api.answers import json_answer
from planner.services.installation import Installation

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """Answer that the process is up. Body: ``{"status": "ok"}``."""
    return json_answer({"status": "ok"})


@health.get("/readyz")
def readyz() -> Response:
    """Answer that the database can be reached and is of this planner's version; else a problem, with 503."""
    planner = cast(Installation, current_app.extensions["installation"])
    planner.ping()
    return json_answer({"status": "ok"})

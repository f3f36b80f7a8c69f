"""Whether the planner answers: for load balancers and whoever watches over it."""

from __future__ import annotations

from flask import Blueprint, Response

from planner.api.answers import json_answer

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """Answer that the process is up. Body: ``{"status": "ok"}``."""
    return json_answer({"status": "ok"})

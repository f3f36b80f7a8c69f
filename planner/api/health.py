"""Whether the planner answers, and whether it can work: for load balancers and whoever watches over it."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app

from planner import clock
from planner.api.answers import json_answer
from planner.services.dispatching import worker_state
from planner.services.installation import Installation

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """Answer that the process is up. Body: ``{"status": "ok"}``."""
    return json_answer({"status": "ok"})


@health.get("/readyz")
def readyz() -> Response:
    """Answer that the database can be reached, is of this planner's version, and the keys are there; else 503.

    ``worker`` says whether a worker sends messages: ok, stale where none has ticked for minutes, never where none has.
    Pages and API work without one, so that it is no reason for a 503.
    """
    planner = cast(Installation, current_app.extensions["installation"])
    planner.ping()
    planner.keys  # noqa: B018 - read and checked: without them no calendar is made and no number is read
    worker = planner.store.read(lambda session: worker_state(session, clock.now()))
    return json_answer({"status": "ok", "worker": worker})

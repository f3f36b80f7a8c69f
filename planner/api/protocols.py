"""The JSON API of the library: its protocols, and the calendar that one makes of a start date."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app, request

from planner.api.answers import json_answer
from planner.api.protocol_json import calendar_data, protocol_data, summary_data
from planner.services.calendar_query import read_calendar_query
from planner.services.calendars import calendar_for
from planner.services.library import Library

api = Blueprint("api", __name__, url_prefix="/api/v1")


def _library() -> Library:
    return cast(Library, current_app.extensions["library"])


@api.get("/protocols")
def list_protocols() -> Response:
    """List the library's protocols. Body: ``{"protocols": [{"id": "vsli-ino", …}]}``."""
    library = _library()
    return json_answer({"protocols": [summary_data(library.protocol(name)) for name in library.names()]})


@api.get("/protocols/<name>")
def show_protocol(name: str) -> Response:
    """Show what a protocol plans: epochs, visits, gates, activities, rules, parameters, assumptions."""
    return json_answer(protocol_data(_library().protocol(name)))


@api.get("/protocols/<name>/calendar")
def show_calendar(name: str) -> Response:
    """Plan from a date. Query: ``start=2026-01-05``; optional arm, holidays, closed, as_of, made_up=yes."""
    library = _library()
    command = read_calendar_query(library.protocol(name), request.args.to_dict(flat=False))
    return json_answer(calendar_data(calendar_for(command, library)))

"""The library's protocols, and the calendar that one makes of a start date. Everybody may look."""

from __future__ import annotations

from typing import Any, cast

from flask import Response, current_app, request
from pydantic import BaseModel, ConfigDict, Field

from planner.api.answers import json_answer
from planner.api.protocol_json import calendar_data, protocol_data, summary_data
from planner.api.requests import needs
from planner.api.resource import resource
from planner.api.types import Answer, Path
from planner.services.calendar_query import read_calendar_query
from planner.services.calendars import calendar_for
from planner.services.library import Library

api = resource("protocols", "The protocols that ship with the planner.", security=[{}])


class ProtocolPath(Path):
    """A protocol of the library."""

    name: str = Field(description="Such as vsli-ino.")


class CalendarQuery(BaseModel):
    """A start date, and what else is known."""

    # services/calendar_query.py reads them, for the pages and for programs alike, and says all that is wrong.
    model_config = ConfigDict(extra="allow")

    start: str | None = Field(default=None, description="Cycle 1 Day 1: 2026-01-05.")
    arm: str | None = None
    holidays: str | None = Field(default=None, description="A country, or a region: US-NY.")
    closed: str | None = Field(
        default=None, description="Days, or spans of days: 2026-01-19, 2026-02-02 to 2026-02-06."
    )
    as_of: str | None = None
    made_up: str | None = Field(default=None, description="`yes` plans with made-up values where some are missing.")


class Summary(Answer):
    """A protocol of the library."""

    model_config = ConfigDict(extra="allow")

    id: str


class ProtocolList(Answer):
    """The library."""

    protocols: list[Summary]


class Described(Answer):
    """What a protocol plans."""

    model_config = ConfigDict(extra="allow")


class Planned(Answer):
    """The calendar, as docs/reference/plan-json.md describes it."""

    model_config = ConfigDict(extra="allow")

    visits: list[dict[str, Any]]


def _library() -> Library:
    return cast(Library, current_app.extensions["library"])


@api.get("/protocols", responses={200: ProtocolList}, operation_id="list_protocols")
@needs(None)
def list_protocols() -> Response:
    """List the library's protocols."""
    library = _library()
    return json_answer({"protocols": [summary_data(library.protocol(name)) for name in library.names()]})


@api.get("/protocols/<name>", responses={200: Described}, operation_id="show_protocol")
@needs(None)
def show_protocol(path: ProtocolPath) -> Response:
    """Show what a protocol plans: epochs, visits, gates, activities, rules, parameters, assumptions."""
    return json_answer(protocol_data(_library().protocol(path.name)))


@api.get("/protocols/<name>/calendar", responses={200: Planned}, operation_id="plan_from_start")
@needs(None)
def show_calendar(path: ProtocolPath, query: CalendarQuery) -> Response:
    """Plan from a date."""
    library = _library()
    command = read_calendar_query(library.protocol(path.name), request.args.to_dict(flat=False))
    return json_answer(calendar_data(calendar_for(command, library)))

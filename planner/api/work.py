"""Who is due, whose window closes, what is to be decided, who sits in which chair: across all studies in scope."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from planner.api.requests import needs, reading, scope
from planner.api.resource import asked, page_of, resource
from planner.api.types import Answer, Day, SpanQuery
from planner.auth.permissions import Permission
from planner.services.lists import Wanted, list_bookings, list_gates, list_visits
from schedules.statuses import GateStatus, Status

api = resource("work", "Lists for a working day, across all studies that you may see.")


VisitStatus = Literal[tuple(status.value for status in Status)]  # type: ignore[valid-type]
GateStanding = Literal[tuple(status.value for status in GateStatus)]  # type: ignore[valid-type]


class WorkQuery(SpanQuery):
    """What to leave out of the list: everything that is not as said here."""

    study: str | None = Field(default=None, max_length=64)
    site: str | None = Field(default=None, max_length=64)
    number: str | None = Field(default=None, max_length=40, description="A screening number.")


class VisitQuery(WorkQuery):
    """Which visits."""

    status: list[VisitStatus] | None = Field(  # type: ignore[valid-type]
        default=None, max_length=20, description="One of these; may be repeated."
    )
    closes_by: Day | None = Field(default=None, description="Whose window closes by this day.")


class GateQuery(WorkQuery):
    """Which gates."""

    status: list[GateStanding] | None = Field(default=None, max_length=20)  # type: ignore[valid-type]


class VisitRowAnswer(Answer):
    """A visit as the newest plan has it. `revision` grows with every change that people can see."""

    study: str
    number: str
    site: str
    key: str
    label: str
    epoch: str
    cycle: int | None
    nominal: date | None
    opens: date | None
    closes: date | None
    target: date | None = Field(description="Null where there is no publishable date.")
    actual: date | None
    status: str
    tentative: bool
    setting: str
    activities: list[str]
    booked: str
    conflicts: list[dict[str, Any]]
    revision: int


class GateRowAnswer(Answer):
    """A gate as the newest plan has it."""

    study: str
    number: str
    site: str
    key: str
    label: str
    due: date | None
    status: str
    outcome: str | None
    decided_on: date | None
    told_on: date | None
    tentative: bool


class BookingAnswer(Answer):
    """An appointment: a day and an hour on the site's clock, in a chair where one is needed."""

    study: str
    number: str
    site: str
    visit: str
    day: date
    time: str = Field(description="HH:MM on the site's clock.")
    minutes: int
    chair: int | None
    zone: str
    reason: str = Field(description="Why it is outside its window or inside a spacing, where it is.")


VisitRows = page_of(VisitRowAnswer)
GateRows = page_of(GateRowAnswer)
Bookings = page_of(BookingAnswer)
_VISIT = (
    "key", "label", "epoch", "cycle", "nominal", "opens", "closes", "target", "actual", "status", "tentative",
    "setting", "activities", "booked", "conflicts", "revision",
)  # fmt: skip
_GATE = ("key", "label", "due", "status", "outcome", "decided_on", "told_on", "tentative")


@api.get("/visits", responses={200: VisitRows}, operation_id="list_visits")
@needs(Permission.PARTICIPANTS_READ)
def visits(query: VisitQuery) -> Response:
    """List visits by their dates: who is due, whose window closes."""

    def work(session: Session) -> Any:
        found = list_visits(session, scope(), _wanted(query, query.status, query.closes_by), asked(query))
        items = [
            VisitRowAnswer(study=study, number=number, site=site, **{name: getattr(row, name) for name in _VISIT})
            for row, study, number, site in found.rows
        ]
        return VisitRows(items=items, next=found.next)

    return reading(work)


@api.get("/gates", responses={200: GateRows}, operation_id="list_gates")
@needs(Permission.PARTICIPANTS_READ)
def gates(query: GateQuery) -> Response:
    """List decisions by the days on which they are due."""

    def work(session: Session) -> Any:
        found = list_gates(session, scope(), _wanted(query, query.status), asked(query))
        items = [
            GateRowAnswer(study=study, number=number, site=site, **{name: getattr(row, name) for name in _GATE})
            for row, study, number, site in found.rows
        ]
        return GateRows(items=items, next=found.next)

    return reading(work)


@api.get("/bookings", responses={200: Bookings}, operation_id="list_bookings")
@needs(Permission.PARTICIPANTS_READ)
def bookings(query: WorkQuery) -> Response:
    """List appointments by their hours: who sits in which chair."""

    def work(session: Session) -> Any:
        found = list_bookings(session, scope(), _wanted(query), asked(query))
        items = [
            BookingAnswer(
                study=study, number=number, site=site, visit=row.visit_key, day=row.day, minutes=row.minutes,
                time=f"{row.starts // 60:02}:{row.starts % 60:02}", chair=row.chair, zone=row.zone, reason=row.reason,
            )
            for row, study, number, site in found.rows
        ]  # fmt: skip
        return Bookings(items=items, next=found.next)

    return reading(work)


def _wanted(query: WorkQuery, status: list[str] | None = None, closes_by: date | None = None) -> Wanted:
    return Wanted(
        study=query.study, site=query.site, number=query.number, statuses=tuple(status or ()), since=query.since,
        until=query.until, closes_by=closes_by,
    )  # fmt: skip

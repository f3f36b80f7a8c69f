"""Participants by their screening numbers, and their calendars."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, cast

from flask import Response, request
from pydantic import ConfigDict, Field
from sqlalchemy.orm import Session

from planner import clock
from planner.api.requests import installation, needs, reading, scope, writing
from planner.api.resource import asked, page_of, resource
from planner.api.types import (
    Answer,
    Body,
    Day,
    Moment,
    Name,
    Number,
    PageQuery,
    ParticipantPath,
    Query,
    StudyPath,
    VisitPath,
    Words,
)
from planner.auth.permissions import Permission
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import UnitOfWork
from planner.presenting.plan_json import plan_data, visit_data
from planner.problems import InputProblem, NotFound, Refused
from planner.services.access import find_participant, find_study
from planner.services.enrolment import Screen, fail_screening, screen, take_failure_back
from planner.services.histories import life_of
from planner.services.lists import Wanted, list_participants
from planner.services.participant_search import STATES
from schedules.scheduled import Plan

api = resource("participants", "Participants by their screening numbers, and their calendars.")


class ParticipantAnswer(Answer):
    """A participant, as lists need them."""

    study: str
    number: str
    site: str = Field(description="The code of the site that sees them now.")
    status: str = Field(description=", ".join(STATES))
    revision: int = Field(description="Grows with every change; send it as If-Match with what was decided by it.")
    arm: str | None
    cohort: str | None
    version: str | None = Field(description="The protocol version in force for them.")
    day_1: date | None
    planned_day_1: date | None
    observation: str | None = Field(description="Under observation for dose-limiting toxicity.")
    created_at: datetime


class ParticipantQuery(PageQuery):
    """Which participants."""

    site: str | None = Field(default=None, max_length=64)
    status: list[Literal[STATES]] | None = Field(  # type: ignore[valid-type]
        default=None, max_length=20, description="One of these; may be repeated."
    )


class NewParticipant(Body):
    """Somebody who may join: into the screening log."""

    number: Number = Field(examples=["01-014"], description="The screening number; never a name.")
    site: Name
    planned_day_1: Day | None = Field(default=None, description="To plan with until they are enrolled.")
    planned_arm: str | None = Field(default=None, max_length=100)


class ScreenFailure(Body):
    """How a screening ended without an enrolment."""

    date: Day
    reason: Words


class FailureTakenBack(Body):
    """Why a screening goes on after all."""

    reason: Words


class CalendarQuery(Query):
    """Which calendar."""

    as_of: Day | None = Field(default=None, description="As it was on that day; today's if left out.")
    known_at: Moment | None = Field(default=None, description="With what was recorded by that instant.")


class CalendarAnswer(Answer):
    """The whole plan, as docs/reference/plan-json.md describes it."""

    model_config = ConfigDict(extra="allow")

    protocol: str
    version: str
    as_of: date
    day_1: date
    visits: list[dict[str, Any]]
    gates: list[dict[str, Any]]
    deviations: list[dict[str, Any]]
    queries: list[dict[str, Any]]


class VisitAnswer(Answer):
    """One visit of the plan, with the reasons for its date in sentences (`why`)."""

    model_config = ConfigDict(extra="allow")

    key: str
    label: str
    status: str
    target: date | None
    feasible: list[date]
    why: list[str]


ParticipantPage = page_of(ParticipantAnswer)


@api.get("/studies/<study>/participants", responses={200: ParticipantPage}, operation_id="list_participants")
@needs(Permission.PARTICIPANTS_READ)
def list_all(path: StudyPath, query: ParticipantQuery) -> Response:
    """List a study's participants that you may see."""

    def work(session: Session) -> Any:
        wanted = Wanted(study=path.study, site=query.site, statuses=tuple(query.status or ()))
        found = list_participants(session, scope(), wanted, asked(query))
        return ParticipantPage(items=[shown(*row) for row in found.rows], next=found.next)

    return reading(work)


@api.post("/studies/<study>/participants", responses={201: ParticipantAnswer}, operation_id="screen_participant")
@needs(Permission.PARTICIPANTS_WRITE)
def take_in(path: StudyPath, body: NewParticipant) -> Response:
    """Take somebody into the screening log. They are enrolled by a fact."""
    planner = installation()

    def work(uow: UnitOfWork) -> ParticipantAnswer:
        command = Screen(study=path.study, **body.model_dump())
        return _found(uow.session, path.study, screen(uow, planner.designs, scope(), command))

    return writing(work, lambda made: made, 201, etag)


@api.get("/studies/<study>/participants/<number>", responses={200: ParticipantAnswer}, operation_id="show_participant")
@needs(Permission.PARTICIPANTS_READ)
def show(path: ParticipantPath) -> Response:
    """Show a participant. The ETag is their revision."""

    def work(session: Session) -> ParticipantAnswer:
        study = find_study(session, scope(), path.study)
        return _found(session, study.code, find_participant(session, scope(), study, path.number))

    made = reading(work)
    made.set_etag(str((made.get_json() or {})["revision"]))
    return cast(Response, made.make_conditional(request))


@api.post(
    "/studies/<study>/participants/<number>/screen-failure",
    responses={200: ParticipantAnswer}, operation_id="fail_screening",
)  # fmt: skip
@needs(Permission.PARTICIPANTS_WRITE)
def fail(path: ParticipantPath, body: ScreenFailure) -> Response:
    """Close a screening without an enrolment."""
    planner = installation()

    def work(uow: UnitOfWork) -> ParticipantAnswer:
        row = fail_screening(uow, planner.designs, scope(), path.study, path.number, body.date, body.reason)
        return _found(uow.session, path.study, row)

    return writing(work, lambda made: made, 200, etag)


@api.post(
    "/studies/<study>/participants/<number>/screen-failure/revocation",
    responses={200: ParticipantAnswer}, operation_id="take_screen_failure_back",
)  # fmt: skip
@needs(Permission.PARTICIPANTS_WRITE)
def take_back(path: ParticipantPath, body: FailureTakenBack) -> Response:
    """Go on with a screening that was closed by mistake. The audit has both."""
    planner = installation()

    def work(uow: UnitOfWork) -> ParticipantAnswer:
        row = take_failure_back(uow, planner.designs, scope(), path.study, path.number, body.reason)
        return _found(uow.session, path.study, row)

    return writing(work, lambda made: made, 200, etag)


@api.get(
    "/studies/<study>/participants/<number>/calendar", responses={200: CalendarAnswer}, operation_id="show_calendar"
)
@needs(Permission.PARTICIPANTS_READ)
def calendar(path: ParticipantPath, query: CalendarQuery) -> Response:
    """Show a participant's whole calendar: visits, gates, doses at home, deviations, and the reasons for every date."""
    return reading(lambda session: plan_data(_plan(session, path, query)))


@api.get(
    "/studies/<study>/participants/<number>/visits/<visit>", responses={200: VisitAnswer}, operation_id="show_visit"
)
@needs(Permission.PARTICIPANTS_READ)
def visit(path: VisitPath, query: CalendarQuery) -> Response:
    """Show one visit: its window, the days on which it may be booked, and why it is on its day."""

    def work(session: Session) -> dict[str, Any]:
        plan = _plan(session, path, query)
        found = next((visit for visit in plan.visits if visit.key == path.visit), None)
        if found is None:
            raise NotFound([InputProblem("visit", "the participant has no such visit", "look at the calendar")])
        return visit_data(found, plan.day_1)

    return reading(work)


def _plan(session: Session, path: ParticipantPath, query: CalendarQuery) -> Plan:
    study = find_study(session, scope(), path.study)
    participant = find_participant(session, scope(), study, path.number)
    life = life_of(session, installation().designs.of(session, study), participant)
    plan = life.plan_as_of(query.as_of or life.today(clock.now()), query.known_at)
    if plan is None:
        wrong = f"{path.number} has no Day 1 to plan from"
        raise Refused([InputProblem("participant", wrong, "enrol them, or screen with planned_day_1")])
    return plan


def shown(row: Participant, study: str, site: str) -> ParticipantAnswer:
    """A participant with the codes of their study and site."""
    names = (
        "number", "status", "revision", "arm", "cohort", "version", "day_1", "planned_day_1", "observation",
        "created_at",
    )  # fmt: skip
    return ParticipantAnswer(study=study, site=site, **{name: getattr(row, name) for name in names})


def etag(made: ParticipantAnswer) -> dict[str, str]:
    """The revision, as a header."""
    return {"ETag": f'"{made.revision}"'}


def _found(session: Session, study: str, row: Participant) -> ParticipantAnswer:
    return shown(row, study, session.get_one(SiteRow, row.site_id).code)

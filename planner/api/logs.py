"""Lists of a study: who was screened, who has consented again, who is in hospital, who cannot come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Literal

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from planner import clock
from planner.api.requests import installation, needs, reading, scope
from planner.api.resource import asked, page_of, resource
from planner.api.types import Answer, Day, PageQuery, ParticipantPath, StudyPath
from planner.auth.permissions import Permission
from planner.services.lists import in_pages
from planner.services.reconsents import reconsent_log
from planner.services.screening_log import screening_log
from planner.services.whereabouts import away_between, days_away, in_hospital

api = resource("logs", "Lists of a study's participants: screening, consent again, hospital, days away.")


class ScreeningAnswer(Answer):
    """One line of the screening log. Who withdrew or died after an enrolment is listed as enrolled."""

    number: str
    site: str = Field(description="The site that screened them.")
    screened_on: date
    consented_on: date | None
    version: str | None = Field(description="The version of the first consent.")
    outcome: Literal["in-screening", "enrolled", "screen-failed", "withdrawn", "died"]
    decided_on: date | None = Field(description="When the screening ended without an enrolment.")
    reason: str
    enrolled_on: date | None


class ReconsentAnswer(Answer):
    """One version that a participant came under by an amendment, and their consent to it."""

    number: str
    site: str
    version: str
    since: date
    needed: bool = Field(description="Whether the version asks for consent again.")
    consented_on: date | None
    outstanding: bool = Field(description="It does, there is none, and the version is still theirs.")


class InHospitalAnswer(Answer):
    """A participant who is in hospital today."""

    number: str
    site: str
    since: date
    by: Literal["admitted", "transplanted"]
    note: str


class AwayAnswer(Answer):
    """Days on which a participant cannot come, both ends included."""

    number: str
    site: str
    first: date
    last: date
    note: str
    fact: str = Field(description="The id of the fact, which a void would name.")


class AwayList(Answer):
    """All days on which a participant cannot come or could not, earliest first."""

    days_away: list[AwayAnswer]


class ReconsentQuery(PageQuery):
    """Which lines."""

    version: str | None = Field(default=None, max_length=100, description="Of this version only.")


class AwayQuery(PageQuery):
    """Which days."""

    first: Day | None = Field(default=None, description="From this day on.")
    last: Day | None = Field(default=None, description="Up to this day, with it.")


ScreeningPage = page_of(ScreeningAnswer)
ReconsentPage = page_of(ReconsentAnswer)
InHospitalPage = page_of(InHospitalAnswer)
AwayPage = page_of(AwayAnswer)


@api.get("/studies/<study>/screening-log", responses={200: ScreeningPage}, operation_id="show_screening_log")
@needs(Permission.PARTICIPANTS_READ)
def screening(path: StudyPath, query: PageQuery) -> Response:
    """List everybody whom you may see who was screened, and what came of it, by number."""
    planner = installation()

    def work(session: Session) -> Any:
        return _page(screening_log(session, planner.designs, scope(), path.study), query, ScreeningPage, "participant")

    return reading(work)


@api.get("/studies/<study>/reconsents", responses={200: ReconsentPage}, operation_id="list_reconsents")
@needs(Permission.PARTICIPANTS_READ)
def reconsents(path: StudyPath, query: ReconsentQuery) -> Response:
    """List who came under which version by an amendment, and who has still to consent to it, by number and day."""
    planner = installation()

    def work(session: Session) -> Any:
        found = reconsent_log(session, planner.designs, scope(), path.study, clock.now(), query.version)
        return _page(found, query, ReconsentPage, "participant", "since", "version")

    return reading(work)


@api.get("/studies/<study>/in-hospital", responses={200: InHospitalPage}, operation_id="list_in_hospital")
@needs(Permission.CARE_READ)
def hospital(path: StudyPath, query: PageQuery) -> Response:
    """List who is in hospital today, by number."""
    planner = installation()

    def work(session: Session) -> Any:
        found = in_hospital(session, planner.designs, scope(), path.study, clock.now())
        return _page(found, query, InHospitalPage, "participant")

    return reading(work)


@api.get("/studies/<study>/days-away", responses={200: AwayPage}, operation_id="list_days_away")
@needs(Permission.CARE_READ)
def away(path: StudyPath, query: AwayQuery) -> Response:
    """List who cannot come on some day of a span, by number and day."""
    planner, first, last = installation(), query.first or date.min, query.last or date.max

    def work(session: Session) -> Any:
        found = away_between(session, planner.designs, scope(), path.study, first, last)
        return _page(found, query, AwayPage, "participant", "first", "last", "fact")

    return reading(work)


@api.get(
    "/studies/<study>/participants/<number>/days-away",
    responses={200: AwayList}, operation_id="list_days_away_of_participant",
)  # fmt: skip
@needs(Permission.CARE_READ)
def away_of(path: ParticipantPath) -> Response:
    """List the days on which a participant cannot come or could not; in one piece, as they are one person's."""
    planner = installation()

    def work(session: Session) -> AwayList:
        found = days_away(session, planner.designs, scope(), path.study, path.number)
        return AwayList(days_away=[AwayAnswer(**_line(span)) for span in found])

    return reading(work)


def _page(rows: Iterable[Any], query: PageQuery, page: Any, *order: str) -> Any:
    found = in_pages(rows, asked(query), *order)
    return page(items=[_line(row) for row in found.rows], next=found.next)


def _line(row: Any) -> dict[str, Any]:
    """A row of a service as an answer has it: a participant is their number."""
    said = {name: getattr(row, name) for name in row.__dataclass_fields__}
    return {"number": said.pop("participant"), **said}

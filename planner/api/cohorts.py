"""Cohorts: their dose levels, who belongs to them, who is under observation, and what is in the way of the next."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from flask import Response
from pydantic import Field, StringConstraints, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from planner import clock
from planner.api.requests import expected_revision, installation, needs, reading, scope, tagged, writing
from planner.api.resource import resource
from planner.api.types import Answer, Body, Line, Note, StudyPath
from planner.auth.permissions import Permission
from planner.persistence.cohorts import CohortRow
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.cohort_members import CohortReport, cohort_list
from planner.services.cohorts import (
    LONGEST_LEVEL,
    MOST_PARTICIPANTS,
    ChangeCohort,
    SetUpCohort,
    change_cohort,
    set_up_cohort,
)

api = resource("cohorts", "Cohorts of a study: dose levels, participants, observation, and whether one may be opened.")
_FIELDS = (
    "code", "label", "part", "dose_levels", "size", "revision", "state", "enrolled", "evaluable", "places", "rule",
    "next_may_open", "in_the_way",
)  # fmt: skip
Code = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Level = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_LEVEL)]
Size = Annotated[int, Field(ge=1, le=MOST_PARTICIPANTS)]


class MemberAnswer(Answer):
    """A participant of a cohort, and where they stand in the observation for dose-limiting toxicity."""

    number: str
    site: str
    enrolled_on: date
    observation: str | None = Field(
        description="not-begun, observing, incomplete, ended-early, evaluable, to-be-replaced; null if not observed."
    )
    opens: date | None
    closes: date | None
    why: str


class CohortAnswer(Answer):
    """A cohort of a study. Everybody counts; named are the participants whom you may see."""

    code: str
    label: str
    part: str = Field(description="The protocol's cohort that its participants are enrolled into.")
    dose_levels: dict[str, str]
    size: int
    revision: int = Field(description="Grows with every change; send it as If-Match with what was decided by it.")
    state: str = Field(description="planned, open, observing, closed.")
    enrolled: int
    evaluable: int
    places: int = Field(description="How many may still join; who is to be replaced takes no place.")
    rule: str | None = Field(description="The protocol's words about the observation.")
    next_may_open: bool = Field(description="Whether nothing is in the way of the next cohort; people decide.")
    in_the_way: list[str]
    members: list[MemberAnswer]


class CohortList(Answer):
    """The cohorts of a study, in the order in which they are opened."""

    cohorts: list[CohortAnswer]


class NewCohort(Body):
    """A cohort, behind those that the study has."""

    code: Code = Field(examples=["level-1"])
    label: Line
    size: Size
    part: Code | None = Field(default=None, description="The protocol's cohort; the one of the same code if left out.")
    dose_levels: dict[Code, Level] = Field(default={}, max_length=50, examples=[{"ino": "level 1"}])


class CohortChange(Body):
    """Another state of a cohort, or another size."""

    state: Literal["open", "observing", "closed"] | None = None
    size: Size | None = None
    why: Note = Field(default="", description="Needed to open it while something is in the way, or once more.")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.state is None and self.size is None:
            raise ValueError("nothing is to change; say the state, the size, or both")
        return self


class CohortPath(StudyPath):
    """A cohort of a study."""

    cohort: Code


@api.get("/studies/<study>/cohorts", responses={200: CohortList}, operation_id="list_cohorts")
@needs(Permission.PARTICIPANTS_READ)
def list_all(path: StudyPath) -> Response:
    """List a study's cohorts with their participants and who is under observation; in one piece, as they are few."""
    return reading(lambda session: CohortList(cohorts=_cohorts(session, path.study)))


@api.post("/studies/<study>/cohorts", responses={201: CohortAnswer}, operation_id="set_up_cohort")
@needs(Permission.STUDIES_WRITE, whole=True)
def set_up(path: StudyPath, body: NewCohort) -> Response:
    """Set up a cohort. It is planned until somebody opens it."""
    planner, command = installation(), SetUpCohort(study=path.study, **body.model_dump())
    return writing(
        lambda uow: _one(uow, path.study, set_up_cohort(uow, planner.designs, scope(), command)),
        lambda shown: shown,
        201,
        _etag,
    )


@api.patch("/studies/<study>/cohorts/<cohort>", responses={200: CohortAnswer}, operation_id="change_cohort")
@needs(Permission.STUDIES_WRITE, whole=True)
def change(path: CohortPath, body: CohortChange) -> Response:
    """Open a cohort, let it be observed, close it, or want another number of participants in it.

    With If-Match, only if nobody has changed the cohort since that revision.
    """
    planner, command = installation(), _change(path, body)
    return writing(
        lambda uow: _one(uow, path.study, change_cohort(uow, planner.designs, scope(), command)),
        lambda shown: shown,
        headers=_etag,
    )


def _change(path: CohortPath, body: CohortChange) -> ChangeCohort:
    return ChangeCohort(study=path.study, code=path.cohort, expected=expected_revision(), **body.model_dump())


def _etag(shown: CohortAnswer) -> dict[str, str]:
    return tagged(shown.revision)


def _one(uow: UnitOfWork, study: str, row: CohortRow) -> CohortAnswer:
    return next(shown for shown in _cohorts(uow.session, study) if shown.code == row.code)


def _cohorts(session: Session, study: str) -> list[CohortAnswer]:
    found = cohort_list(session, installation().designs, scope(), study, clock.now())
    sites = {site.id: site.code for site in session.scalars(select(SiteRow))}
    return [_shown(report, sites) for report in found]


def _shown(report: CohortReport, sites: dict[int, str]) -> CohortAnswer:
    members = [
        MemberAnswer(
            number=member.participant, site=sites[member.site_id], enrolled_on=member.enrolled_on,
            observation=member.observation, opens=member.opens, closes=member.closes, why=member.why,
        )
        for member in report.members
    ]  # fmt: skip
    return CohortAnswer(members=members, **{name: getattr(report, name) for name in _FIELDS})

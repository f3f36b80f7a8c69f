"""Studies: their immutable protocol versions, parameters, and sites."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from planner.api.requests import expected_revision, needs, reading, scope, tagged, writing
from planner.api.resource import asked, page_of, resource
from planner.api.types import Answer, Body, Line, Name, PageQuery, StudyPath
from planner.auth.permissions import Permission
from planner.persistence.sites import sites_of
from planner.persistence.studies import ProtocolVersion, Study, parameter_values, versions_of
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, NotFound
from planner.services.access import find_site, find_study
from planner.services.contact_attempts import MOST_WANTED, want_attempts
from planner.services.lists import list_studies
from planner.services.studies import (
    CreateStudy,
    add_version,
    confirm_assumptions,
    create_study,
    join_site,
    read_version,
    refuse_other_settings,
    set_open,
    supply_parameters,
)

LARGEST_PROTOCOL = 4_000_000
api = resource("studies", "Studies, their protocol versions, parameters and sites.")


class StudySummary(Answer):
    """A study in a list."""

    code: str
    title: str
    state: str = Field(description="`open` to new participants, or `closed`.")
    revision: int = Field(description="Grows with every change that can move dates.")


class VersionAnswer(Answer):
    """One version of the protocol; it never changes."""

    version: str
    sha256: str
    added_at: datetime
    confirmed_at: datetime | None = Field(description="When somebody confirmed its assumptions; nobody enrols before.")
    assumptions: list[str]


class ParameterAnswer(Answer):
    """A value that the protocol's text leaves open."""

    name: str
    value: Any
    made_up: bool = Field(description="For a demonstration; shown wherever the protocol is.")


class StudyAnswer(StudySummary):
    """A study with all that it consists of."""

    settings_revision: int = Field(
        description="Grows with everything that is set or added; send it as If-Match with what was decided by it."
    )
    releases_bookings: bool
    attempts_wanted: int | None = Field(
        description="How many attempts to reach somebody it wants before a loss to follow-up; null if it does not say."
    )
    versions: list[VersionAnswer]
    parameters: list[ParameterAnswer]
    sites: list[str] = Field(description="Codes of the sites that take part and that you may see, the home site first.")


class VersionText(VersionAnswer):
    """One version with its text, exactly as it was handed in."""

    source: str


class NewStudy(Body):
    """A study to set up."""

    code: Name = Field(description="Small letters, digits and hyphens.", examples=["vsli-ino-001"])
    title: Line
    releases_bookings: bool = Field(
        default=False, description="Whether an appointment is told to the participant as it is made."
    )


class NewVersion(Body):
    """The text of a protocol version, in the planner's language."""

    source: str = Field(min_length=1, max_length=LARGEST_PROTOCOL)


class VersionPath(StudyPath):
    """A version of a study's protocol."""

    version: str = Field(min_length=1, max_length=100)


class Values(Body):
    """Values of parameters by their names."""

    values: dict[str, Any] = Field(min_length=1, max_length=500)
    made_up: bool = False


class JoiningSite(Body):
    """A site that is to take part."""

    site: Name


class AttemptsWanted(Body):
    """How many attempts to reach somebody the protocol wants before a loss to follow-up."""

    attempts: int | None = Field(ge=1, le=MOST_WANTED, description="Null where it does not say.")


class NewState(Body):
    """Whether the study takes new participants."""

    open: bool


StudyPage = page_of(StudySummary)


@api.get("/studies", responses={200: StudyPage}, operation_id="list_studies")
@needs(Permission.STUDIES_READ)
def list_all(query: PageQuery) -> Response:
    """List the studies that you may see."""

    def work(session: Session) -> Any:
        found = list_studies(session, scope(), asked(query))
        return StudyPage(items=[StudySummary.model_validate(row) for row in found.rows], next=found.next)

    return reading(work)


@api.post("/studies", responses={201: StudyAnswer}, operation_id="create_study")
@needs(Permission.STUDIES_WRITE, everything=True)
def create(body: NewStudy) -> Response:
    """Set up a study, without a protocol yet. Asks for a role in all studies."""

    def work(uow: UnitOfWork) -> StudyAnswer:
        return _shown(uow.session, create_study(uow, CreateStudy(**body.model_dump())))

    return writing(work, lambda shown: shown, 201, _etag)


@api.get("/studies/<study>", responses={200: StudyAnswer}, operation_id="show_study")
@needs(Permission.STUDIES_READ)
def show(path: StudyPath) -> Response:
    """Show a study."""
    return reading(lambda session: _shown(session, find_study(session, scope(), path.study)), _etag)


@api.put("/studies/<study>/state", responses={200: StudyAnswer}, operation_id="set_study_state")
@needs(Permission.STUDIES_WRITE, whole=True)
def set_state(path: StudyPath, body: NewState) -> Response:
    """Open a study to new participants, or close it to them."""

    def work(uow: UnitOfWork) -> StudyAnswer:
        study = _unchanged(uow, path)
        set_open(uow, study, body.open)
        return _shown(uow.session, study)

    return writing(work, lambda shown: shown, headers=_etag)


@api.put("/studies/<study>/attempts-wanted", responses={200: StudyAnswer}, operation_id="want_contact_attempts")
@needs(Permission.STUDIES_WRITE, whole=True)
def want(path: StudyPath, body: AttemptsWanted) -> Response:
    """Say how many attempts to reach somebody come before they may be recorded as lost to follow-up."""

    def work(uow: UnitOfWork) -> StudyAnswer:
        study = _unchanged(uow, path)
        want_attempts(uow, study, body.attempts)
        return _shown(uow.session, study)

    return writing(work, lambda shown: shown, headers=_etag)


@api.post("/studies/<study>/versions", responses={201: VersionText}, operation_id="add_protocol_version")
@needs(Permission.STUDIES_WRITE, whole=True, largest=LARGEST_PROTOCOL * 2)
def add(path: StudyPath, body: NewVersion) -> Response:
    """Add the text of a protocol version, or of an amendment; every problem of the text is told with its place."""

    def work(uow: UnitOfWork) -> VersionText:
        study = find_study(uow.session, scope(), path.study, lock=True, whole=True)
        return _text(add_version(uow, study, body.source))

    return writing(work, lambda shown: shown, 201)


@api.get("/studies/<study>/versions/<version>", responses={200: VersionText}, operation_id="show_protocol_version")
@needs(Permission.STUDIES_READ)
def show_version(path: VersionPath) -> Response:
    """Show a protocol version with its text."""

    def work(session: Session) -> VersionText:
        study = find_study(session, scope(), path.study)
        row = next((row for row in versions_of(session, study.id) if row.version == path.version), None)
        if row is None:
            raise NotFound([InputProblem("version", "the study has no such version", "choose one of its versions")])
        return _text(row)

    return reading(work)


@api.post(
    "/studies/<study>/versions/<version>/confirmation",
    responses={200: StudyAnswer}, operation_id="confirm_assumptions",
)  # fmt: skip
@needs(Permission.STUDIES_CONFIRM, whole=True)
def confirm(path: VersionPath) -> Response:
    """Confirm that you have read a version's assumptions and stand by them."""

    def work(uow: UnitOfWork) -> StudyAnswer:
        study = find_study(uow.session, scope(), path.study, lock=True, whole=True)
        confirm_assumptions(uow, study, path.version)
        return _shown(uow.session, study)

    return writing(work, lambda shown: shown, headers=_etag)


@api.post("/studies/<study>/parameters", responses={200: StudyAnswer}, operation_id="supply_parameters")
@needs(Permission.STUDIES_WRITE, whole=True)
def supply(path: StudyPath, body: Values) -> Response:
    """Give parameters their values."""

    def work(uow: UnitOfWork) -> StudyAnswer:
        study = _unchanged(uow, path)
        supply_parameters(uow, study, body.values, body.made_up)
        return _shown(uow.session, study)

    return writing(work, lambda shown: shown, headers=_etag)


@api.post("/studies/<study>/sites", responses={200: StudyAnswer}, operation_id="join_site")
@needs(Permission.STUDIES_WRITE, whole=True)
def join(path: StudyPath, body: JoiningSite) -> Response:
    """Let a site take part. The first one is the home site."""

    def work(uow: UnitOfWork) -> StudyAnswer:
        study = find_study(uow.session, scope(), path.study, lock=True, whole=True)
        join_site(uow, study, find_site(uow.session, scope(), body.site))
        uow.session.flush()
        return _shown(uow.session, study)

    return writing(work, lambda shown: shown, headers=_etag)


def _unchanged(uow: UnitOfWork, path: StudyPath) -> Study:
    """The study, locked, as whoever asks had seen it, if they say so (If-Match)."""
    study = find_study(uow.session, scope(), path.study, lock=True, whole=True)
    refuse_other_settings(uow.session, study, expected_revision())
    return study


def _etag(shown: StudyAnswer) -> dict[str, str]:
    return tagged(shown.settings_revision)


def _shown(session: Session, study: Study) -> StudyAnswer:
    parameters = parameter_values(session, study.id)
    return StudyAnswer(
        code=study.code, title=study.title, state=study.state, revision=study.revision,
        settings_revision=study.settings_revision, releases_bookings=study.releases_bookings,
        attempts_wanted=study.attempts_wanted,
        versions=[VersionAnswer(**_version(row)) for row in versions_of(session, study.id)],
        parameters=[
            ParameterAnswer(name=name, value=row.value, made_up=row.made_up) for name, row in parameters.items()
        ],
        sites=[row.code for row in sites_of(session, study.id) if scope().sees(study.id, row.id)],
    )  # fmt: skip


def _text(row: ProtocolVersion) -> VersionText:
    return VersionText(**_version(row), source=row.source)


def _version(row: ProtocolVersion) -> dict[str, Any]:
    return {
        "version": row.version,
        "sha256": row.digest,
        "added_at": row.added_at,
        "confirmed_at": row.confirmed_at,
        "assumptions": list(read_version(row.source).protocol.assumptions),
    }

"""Treatment: whether a dose may be given, which was given without that word, and what each drug's course really was."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from planner import clock
from planner.api.requests import installation, needs, reading, scope, writing
from planner.api.resource import asked, page_of, resource
from planner.api.types import Answer, Body, Day, Note, PageQuery, ParticipantPath, StudyPath, VisitPath, Words
from planner.auth.permissions import Permission
from planner.persistence.dose_oks import DoseOk
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.services.dose_oks import (
    MOST_RESULTS,
    GiveOk,
    Result,
    doses_without_ok,
    give_ok,
    oks_for,
    refuse_ok,
    revoke_ok,
)
from planner.services.drug_courses import DrugCourse, drug_courses
from planner.services.lists import in_pages

api = resource("treatment", "OK to treat, doses given without it, and what participants really had of each drug.")
_OK = ("id", "drug", "given_at", "results", "note", "revoked_at", "revoked_why", "refused")
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class ResultAnswer(Answer):
    """A result on which an OK rests."""

    name: str
    value: str
    unit: str
    day: date


class OkAnswer(Answer):
    """An investigator's word that a dose may be given, or may not. A revoked one stays on record."""

    id: int
    visit: str
    drug: str
    given_by: str | None
    given_at: datetime
    results: list[ResultAnswer]
    note: str
    revoked_by: str | None
    revoked_at: datetime | None
    revoked_why: str | None
    refused: bool = Field(description="Whether it never was one: revoked_why says why the dose may not be given.")


class OkList(Answer):
    """All that was ever said of a participant's doses, in the order in which it was said."""

    oks: list[OkAnswer]


class ResultBody(Body):
    """A result on which an OK rests."""

    name: Short = Field(examples=["platelets"])
    value: Short = Field(examples=["90"])
    unit: str = Field(default="", max_length=40, examples=["10^9/L"])
    day: Day


class NewOk(Body):
    """A dose may be given: on these results, or for what the note says."""

    drug: Short
    results: list[ResultBody] = Field(default=[], max_length=MOST_RESULTS)
    note: Note = ""


class Revocation(Body):
    """A dose may not be given after all."""

    drug: Short
    why: Words


class Refusal(Body):
    """A dose may not be given."""

    drug: Short
    why: Words


class DoseWithoutOkAnswer(Answer):
    """A dose that staff gave while no OK of it was in force."""

    number: str
    site: str
    visit: str | None = Field(description="Null for a dose outside any visit.")
    drug: str
    day: date
    wrong: str = Field(
        description="none: there was no OK; later: it came after the dose; revoked: it was before; refused: so."
    )


class WithoutOkQuery(PageQuery):
    """Which doses."""

    since: Day | None = Field(default=None, description="Given from this day on.")


class ReductionAnswer(Answer):
    """From this visit on a drug was given at a lower dose."""

    day: date
    visit: str
    to: str
    reason: str


class StopAnswer(Answer):
    """Since when a drug is not given any more."""

    day: date
    reason: str
    said_by: Literal["omitted", "gate", "treatment-ended"] = Field(
        description="Every dose from that day on was left out; a decision stopped the drug; or all treatment ended."
    )


class DrugAnswer(Answer):
    """One drug as a participant really had it."""

    drug: str
    label: str
    first_dose: date | None
    last_dose: date | None
    doses: int
    partial: int = Field(description="How many of the doses were given in part only.")
    omitted: int
    reductions: list[ReductionAnswer]
    stop: StopAnswer | None = Field(description="Null while the drug goes on, or was never begun.")


class DrugList(Answer):
    """What a participant had of each drug, in the protocol's order."""

    drugs: list[DrugAnswer]


DosesWithoutOk = page_of(DoseWithoutOkAnswer)


@api.post("/studies/<study>/participants/<number>/visits/<visit>/ok", responses={201: OkAnswer}, operation_id="give_ok")
@needs(Permission.DOSES_RELEASE)
def give(path: VisitPath, body: NewOk) -> Response:
    """Say, as the investigator, that one drug may be given at a visit, and on which results."""
    planner = installation()
    command = GiveOk(
        study=path.study, participant=path.number, visit=path.visit, drug=body.drug, note=body.note,
        results=tuple(Result(**result.model_dump()) for result in body.results),
    )  # fmt: skip
    return writing(lambda uow: _named(uow, give_ok(uow, planner.designs, scope(), command)), lambda shown: shown, 201)


@api.post(
    "/studies/<study>/participants/<number>/visits/<visit>/ok/revocation",
    responses={200: OkAnswer}, operation_id="revoke_ok",
)  # fmt: skip
@needs(Permission.DOSES_RELEASE)
def revoke(path: VisitPath, body: Revocation) -> Response:
    """Take an OK back, as an investigator, with a reason. Another one can be given then."""

    def work(uow: UnitOfWork) -> OkAnswer:
        return _named(uow, revoke_ok(uow, scope(), path.study, path.number, path.visit, body.drug, body.why))

    return writing(work, lambda shown: shown)


@api.post(
    "/studies/<study>/participants/<number>/visits/<visit>/ok/refusal",
    responses={201: OkAnswer}, operation_id="refuse_ok",
)  # fmt: skip
@needs(Permission.DOSES_RELEASE)
def refuse(path: VisitPath, body: Refusal) -> Response:
    """Say, as an investigator, that a dose may not be given, and why. An OK can be given later all the same."""
    planner = installation()

    def work(uow: UnitOfWork) -> OkAnswer:
        found = refuse_ok(uow, planner.designs, scope(), path.study, path.number, path.visit, body.drug, body.why)
        return _named(uow, found)

    return writing(work, lambda shown: shown, 201)


@api.get("/studies/<study>/participants/<number>/oks", responses={200: OkList}, operation_id="list_oks")
@needs(Permission.CARE_READ)
def oks(path: ParticipantPath) -> Response:
    """List the OKs of a participant's doses, revoked ones too; in one piece, as there are no more than doses."""

    def work(session: Session) -> OkList:
        found = oks_for(session, scope(), path.study, path.number)
        names = names_of(session, (user for row in found for user in (row.given_by, row.revoked_by)))
        return OkList(oks=[_ok(row, names) for row in found])

    return reading(work)


@api.get("/studies/<study>/doses-without-ok", responses={200: DosesWithoutOk}, operation_id="list_doses_without_ok")
@needs(Permission.CARE_READ)
def without_ok(path: StudyPath, query: WithoutOkQuery) -> Response:
    """List the doses that staff gave while no OK was in force, by participant and day."""
    planner = installation()

    def work(session: Session) -> Any:
        listed = doses_without_ok(session, planner.designs, scope(), path.study, query.since or date.min)
        found = in_pages(listed, asked(query), "participant", "day", "drug", "visit")
        items = [
            DoseWithoutOkAnswer(
                number=dose.participant, site=dose.site, visit=dose.visit, drug=dose.drug, day=dose.day,
                wrong=dose.wrong,
            )
            for dose in found.rows
        ]  # fmt: skip
        return DosesWithoutOk(items=items, next=found.next)

    return reading(work)


@api.get("/studies/<study>/participants/<number>/drugs", responses={200: DrugList}, operation_id="list_drugs")
@needs(Permission.CARE_READ)
def drugs(path: ParticipantPath) -> Response:
    """Show what a participant really had of each drug: first and last dose, reductions, and why it stopped."""
    planner = installation()

    def work(session: Session) -> DrugList:
        found = drug_courses(session, planner.designs, scope(), path.study, path.number, clock.now())
        return DrugList(drugs=[_drug(course) for course in found])

    return reading(work)


def _named(uow: UnitOfWork, row: DoseOk) -> OkAnswer:
    return _ok(row, names_of(uow.session, (row.given_by, row.revoked_by)))


def _ok(row: DoseOk, names: dict[int, str]) -> OkAnswer:
    said = {name: getattr(row, name) for name in _OK}
    return OkAnswer(
        visit=row.visit_key, given_by=names.get(row.given_by), revoked_by=names.get(row.revoked_by or 0), **said
    )


def _drug(course: DrugCourse) -> DrugAnswer:
    return DrugAnswer.model_validate(course)

"""How participants are reached: kept apart from everything else, and erased for good."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from planner.api.participants import ParticipantAnswer, shown
from planner.api.requests import installation, needs, reading, scope, writing
from planner.api.resource import resource
from planner.api.types import Answer, Body, ParticipantPath, StudyPath, Words
from planner.auth.permissions import Permission
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, NotFound
from planner.services.access import find_participant, find_study
from planner.services.contacts import ContactDetails, contact_of, erase_contact, find_by_contact, keep_contact

api = resource("contacts", "How participants are reached; encrypted, and apart from their history.")


class ContactBody(Body):
    """How to reach a participant. Everything may be empty."""

    name: str = Field(default="", max_length=200)
    birth_date: str = Field(default="", max_length=40)
    record_number: str = Field(default="", max_length=100)
    phone: str = Field(default="", max_length=16, description="E.164, such as +12125550100.")
    email: str = Field(default="", max_length=254)
    caregiver_name: str = Field(default="", max_length=200)
    caregiver_phone: str = Field(default="", max_length=16)
    language: str = Field(default="en", max_length=16)
    zone: str = Field(default="", max_length=64, description="Their own IANA zone; the site's if empty.")
    preferences: dict[str, Any] = Field(default={}, max_length=50, examples=[{"sms": True, "email": False}])


class ContactAnswer(Answer):
    """How to reach a participant."""

    name: str
    birth_date: str
    record_number: str
    phone: str
    email: str
    caregiver_name: str
    caregiver_phone: str
    language: str
    zone: str
    preferences: dict[str, Any]


class Wanted(Body):
    """A number or an address, whole: parts of them are not found."""

    phone: str = Field(default="", max_length=16, examples=["+12125550100"])
    email: str = Field(default="", max_length=254)


class FoundAnswer(Answer):
    """Who is reached by it: nobody, somebody, or a family that shares a telephone."""

    participants: list[ParticipantAnswer]


class Erasure(Body):
    """Why contact details are erased."""

    reason: Words


@api.post("/studies/<study>/contacts/search", responses={200: FoundAnswer}, operation_id="find_by_contact")
@needs(Permission.CONTACTS_READ)
def search(path: StudyPath, body: Wanted) -> Response:
    """Find who is reached by a number or an address: somebody has called, or written. Nothing is changed.

    A POST, so that neither stands in an address that others may log.
    """
    keys = installation().keys

    def work(session: Session) -> FoundAnswer:
        found = find_by_contact(session, keys, scope(), path.study, body.phone, body.email)
        return FoundAnswer(participants=[shown(row, path.study, site.code) for row, site in found])

    made = reading(work)
    made.headers["Cache-Control"] = "no-store"
    return made


@api.get("/studies/<study>/participants/<number>/contact", responses={200: ContactAnswer}, operation_id="show_contact")
@needs(Permission.CONTACTS_READ)
def show(path: ParticipantPath) -> Response:
    """Show how to reach a participant; 404 if nothing is kept, or it was erased."""
    keys = installation().keys

    def work(session: Session) -> ContactAnswer:
        found = contact_of(session, keys, _participant(session, path))
        if found is None:
            raise NotFound([InputProblem("contact", "no contact details are kept", "add them first")])
        return ContactAnswer.model_validate(found)

    made = reading(work)
    made.headers["Cache-Control"] = "no-store"
    return made


@api.put("/studies/<study>/participants/<number>/contact", responses={200: ContactAnswer}, operation_id="keep_contact")
@needs(Permission.CONTACTS_WRITE)
def keep(path: ParticipantPath, body: ContactBody) -> Response:
    """Keep how to reach a participant, in place of what was kept. The audit has the fields' names and no values."""
    keys, details = installation().keys, ContactDetails(**body.model_dump())

    def work(uow: UnitOfWork) -> ContactAnswer:
        keep_contact(uow, keys, _participant(uow.session, path, lock=True), details)
        return ContactAnswer.model_validate(details)

    return writing(work, lambda made: made)


@api.post("/studies/<study>/participants/<number>/contact/erasure", responses={204: None}, operation_id="erase_contact")
@needs(Permission.CONTACTS_ERASE)
def erase(path: ParticipantPath, body: Erasure) -> Response:
    """Erase for good how a participant was reached. What happened to them stays."""
    return writing(
        lambda uow: erase_contact(uow, _participant(uow.session, path, lock=True), body.reason), lambda _: None
    )


def _participant(session: Session, path: ParticipantPath, lock: bool = False) -> Participant:
    return find_participant(session, scope(), find_study(session, scope(), path.study), path.number, lock)

"""Telling a participant of an appointment: the exact texts, to whom and when they go, before anything is sent."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, PlannerError
from planner.request_log import request_id
from planner.services.address_book import ContactBook
from planner.services.telling import Telling, preview_telling, tell_participant
from planner.web.desk.participant import names
from planner.web.desk.record import FORM_ERRORS
from planner.web.desk.seen import look_at
from planner.web.words import language_name, sentence

pages = Blueprint("telling", __name__)
HERE = "/studies/<study>/participants/<number>/visits/<visit>/telling"
CHANNELS = {"sms": "Text", "email": "E-mail"}


@pages.get(HERE)
@needs(Permission.FACTS_WRITE)
def show(study: str, number: str, visit: str) -> ResponseReturnValue:
    """Show what would be sent, word for word."""
    return installation().store.read(lambda session: _page(session, study, number, visit, None))


@pages.post(HERE)
@needs(Permission.FACTS_WRITE)
def send(study: str, number: str, visit: str) -> ResponseReturnValue:
    """Send what was looked at, and record that they were told."""
    planner, seen = installation(), request.form.get("seen", "")

    def work(uow: UnitOfWork) -> Telling:
        book = ContactBook(planner.keys)
        return tell_participant(uow, book, planner.designs, scope(), study, number, visit, seen)

    try:
        planner.store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        wrong: PlannerError = error
        return planner.store.read(lambda session: _page(session, study, number, visit, wrong))
    return redirect(url_for("desk.participant.messages", study=study, number=number, told=visit), 303)


def _page(session: Session, study: str, number: str, visit: str, wrong: PlannerError | None) -> Response:
    seen, planner = look_at(session, study, number), installation()
    book = ContactBook(planner.keys)
    found = preview_telling(session, book, planner.designs, scope(), study, number, visit, clock.now())
    planned = next(each for each in seen.visits if each.key == visit)
    made = render_template(
        "desk/telling.html", seen=seen, visit=planned, found=found, now=clock.now(), channels=CHANNELS,
        in_the_way=[_said(problem) for problem in found.in_the_way], language_name=language_name,
        wrong=[_said(problem) for problem in wrong.problems if problem not in found.in_the_way] if wrong else [],
        here=request.path, **names(seen),
    )  # fmt: skip
    return make_response(made, int(wrong.status) if wrong else 200)


def _said(problem: InputProblem) -> str:
    return sentence(f"{problem.wrong}; {problem.remedy}")

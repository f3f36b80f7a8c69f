"""An amendment: which version, at which site, from when on; its effect on everybody, and putting it in force."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.studies import versions_of
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, Refused
from planner.request_log import request_id
from planner.services.access import find_study
from planner.services.amendments import MakeEffective, require_amendment
from planner.services.long_tasks import amendment_asked
from planner.services.long_work import AskFor, ask_for, find_work
from planner.services.study_overview import study_line
from planner.web.studies.forms import FORM_ERRORS, Form, sent
from planner.web.studies.shown import shown_study
from planner.web.studies.work import work_page

pages = Blueprint("amendment", __name__)
HERE = "/studies/<study>/amendment"
_FIELDS = ("site", "version", "approved_on", "effective_on")
LONGEST_WHY = 500


@pages.get(HERE)
@needs(Permission.FACTS_READ)
def show(study: str) -> Response:
    """Show the form that asks for an amendment's effect."""
    form = Form(_FIELDS, {name: [request.args[name]] for name in _FIELDS if name in request.args})
    return installation().store.read(lambda session: _page(session, study, form, 200))


@pages.post(HERE)
@needs(Permission.FACTS_READ)
def look(study: str) -> ResponseReturnValue:
    """Ask for the effect of an amendment to be worked out; nothing is changed by that."""
    form = sent(*_FIELDS)

    def work(uow: UnitOfWork) -> int:
        command = _command(study, form)
        found, site = require_amendment(uow.session, installation().designs, scope(), command, uow.now)
        return ask_for(uow, found, AskFor(kind="amendment-look", asked=_asked(command), site_id=site.id)).id

    try:
        number = installation().store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        status = form.take(error)
        return installation().store.read(lambda session: _page(session, study, form, status))
    return redirect(url_for("studies.work.one", study=study, work=number), 303)


@pages.post(f"{HERE}/<int:work>")
@needs(Permission.STUDIES_WRITE)
def put(study: str, work: int) -> ResponseReturnValue:
    """Ask for the amendment that was looked at to be put in force, with a reason."""
    form = sent("why")

    def ask(uow: UnitOfWork) -> int:
        found = find_study(uow.session, scope(), study)
        row = find_work(uow.session, scope(), study, work, lock=True)
        if row.kind != "amendment-look" or row.state != "done":
            wrong = "nobody has looked at what it moves"
            raise Refused([InputProblem("work", wrong, "look at its effect first")])
        if not form.value("why") or len(form.value("why")) > LONGEST_WHY:
            raise InvalidInput([InputProblem("why", "the reason is missing or too long", "say it in a sentence")])
        command = amendment_asked(study, {**row.asked, "why": form.value("why")})
        require_amendment(uow.session, installation().designs, scope(), command, uow.now)
        wanted = AskFor(kind="amendment", asked=_asked(command), site_id=row.site_id, follows=row)
        return ask_for(uow, found, wanted).id

    try:
        number = installation().store.write(asking().actor, clock.now(), ask, request_id())
    except FORM_ERRORS as error:
        status = form.take(error)
        return installation().store.read(lambda session: work_page(session, study, work, form, status))
    return redirect(url_for("studies.work.one", study=study, work=number), 303)


def _command(study: str, form: Form) -> MakeEffective:
    """What the form says. Raises InvalidInput with every problem."""
    problems = [
        InputProblem(name, "none is chosen", "choose one") for name in ("site", "version") if not form.value(name)
    ]
    days = {}
    for name in ("approved_on", "effective_on"):
        try:
            days[name] = form.day(name)
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return MakeEffective(
        study=study, site=form.value("site"), version=form.value("version"), approved_on=days["approved_on"],
        effective_on=days["effective_on"],
    )  # fmt: skip


def _asked(command: MakeEffective) -> dict[str, Any]:
    said = {"site": command.site, "version": command.version, "approved_on": str(command.approved_on),
            "effective_on": str(command.effective_on)}  # fmt: skip
    return {**said, "why": command.why} if command.why else said


def _page(session: Session, study: str, form: Form, status: int) -> Response:
    found = shown_study(session, study)
    line = study_line(session, scope(), found.row, found.now)
    versions = [(row.version, row.confirmed_at is not None) for row in versions_of(session, found.row.id)]
    made = render_template("studies/amendment.html", study=found, line=line, versions=versions[::-1], form=form)
    return make_response(made, status)

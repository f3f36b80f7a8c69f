"""Participants and facts from a table: chosen, checked line by line as long work, and taken in once it is right."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.long_work import counts_of
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, Refused, shown
from planner.request_log import request_id
from planner.services.access import find_study
from planner.services.imports import MOST_BYTES, MOST_ROWS, read_head
from planner.services.long_work import AskFor, ask_for, find_work
from planner.web.studies.forms import FORM_ERRORS, Form, sent
from planner.web.studies.shown import shown_study
from planner.web.studies.work import work_page
from schedules.fact_kinds import FIELD_NAMES

pages = Blueprint("imports", __name__)
HERE = "/studies/<study>/imports"
#: besides the table a form has its token and the edges of its parts
LARGEST_FORM = MOST_BYTES + 100_000


@pages.get(HERE)
@needs(Permission.IMPORTS_WRITE, whole=True)
def show(study: str) -> Response:
    """Show the form that a table is chosen in."""
    return installation().store.read(lambda session: _page(session, study, Form(("table",)), 200))


@pages.post(HERE)
@needs(Permission.IMPORTS_WRITE, whole=True, largest=LARGEST_FORM)
def check(study: str) -> ResponseReturnValue:
    """Ask for a table to be checked; nothing is taken in by that."""
    form = sent("table")

    def work(uow: UnitOfWork) -> int:
        found = find_study(uow.session, scope(), study, whole=True)
        return ask_for(uow, found, AskFor(kind="import-check", asked={"file": name}, payload=table)).id

    try:
        name, table = _table()
        number = installation().store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        status = form.take(error, **{"line 1": "table"})
        return installation().store.read(lambda session: _page(session, study, form, status))
    return redirect(url_for("studies.work.one", study=study, work=number), 303)


@pages.post(f"{HERE}/<int:work>")
@needs(Permission.IMPORTS_WRITE, whole=True)
def take(study: str, work: int) -> ResponseReturnValue:
    """Ask for the table that was checked to be taken in."""

    def ask(uow: UnitOfWork) -> int:
        found = find_study(uow.session, scope(), study, whole=True)
        row = find_work(uow.session, scope(), study, work, lock=True)
        ready = row.kind == "import-check" and row.state == "done" and row.payload is not None
        if not ready or counts_of(uow.session, row.id).get("problem"):
            wrong = "there is no table that was checked and is right"
            raise Refused([InputProblem("work", wrong, "choose the table once more")])
        made = ask_for(uow, found, AskFor(kind="import", asked=row.asked, payload=row.payload, follows=row))
        row.payload = None
        return made.id

    form = Form(("why",))
    try:
        number = installation().store.write(asking().actor, clock.now(), ask, request_id())
    except FORM_ERRORS as error:
        status = form.take(error)
        return installation().store.read(lambda session: work_page(session, study, work, form, status))
    return redirect(url_for("studies.work.one", study=study, work=number), 303)


def _table() -> tuple[str, bytes]:
    """The table that was sent, and its name. Raises InvalidInput for what is plainly none."""
    file = request.files.get("table")
    if file is None or not file.filename:
        raise InvalidInput([InputProblem("table", "no file is chosen", "choose the table")])
    table = file.read()
    read_head(table)
    return shown(file.filename), table


def _page(session: Session, study: str, form: Form, status: int) -> Response:
    made = render_template(
        "studies/imports.html", study=shown_study(session, study), form=form, most=MOST_ROWS,
        fields=sorted(FIELD_NAMES),
    )  # fmt: skip
    return make_response(made, status)

"""Recording what happened: choose what, fill in a short form, look at every date that would move, save."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import Conflict, InvalidInput, PlannerError, Refused
from planner.request_log import request_id
from planner.services.fact_records import read_facts
from planner.services.facts import Recorded, RecordFacts, preview_facts, record_facts
from planner.web.desk.changes_view import preview_of
from planner.web.desk.fact_form import FactForm, typed
from planner.web.desk.fact_kinds import BY_NAME, GROUPS, VOID
from planner.web.desk.seen import Seen, look_at

pages = Blueprint("record", __name__)
#: what a form can be told is wrong; whatever else goes wrong is a page of its own
FORM_ERRORS = (InvalidInput, Refused, Conflict)
_ABOUT = ("visit", "gate", "cycle", "of", "about", "activity")


@pages.get("/studies/<study>/participants/<number>/record")
@needs(Permission.FACTS_WRITE)
def show(study: str, number: str) -> ResponseReturnValue:
    """Show what can be recorded, or the form of the kind that is asked for."""
    kind = request.args.get("kind", "")
    if kind and kind not in BY_NAME:
        abort(404)

    def work(session: Session) -> Response:
        seen = look_at(session, study, number)
        if not kind:
            about = {name: value for name, value in request.args.items() if name in _ABOUT}
            return make_response(render_template("desk/record_what.html", seen=seen, groups=GROUPS, about=about))
        form = FactForm(seen, BY_NAME[kind], typed(dict(request.args.lists())), seen.row.revision)
        form.values.setdefault("date", [_usual_day(form)])
        if form.complete:
            _look_ahead(session, form)
            form.errors, form.general = {}, []  # nobody has sent anything yet
        return _page(form, 200)

    return installation().store.read(work)


def _usual_day(form: FactForm) -> str:
    """Today, but for a visit whose day has passed: a day that nobody has thought about is worse than none."""
    visit = next((each for each in form.seen.visits if each.key == form.value("visit")), None)
    passed = visit is not None and visit.target is not None and visit.target < form.seen.today
    return "" if passed else form.seen.today.isoformat()


@pages.post("/studies/<study>/participants/<number>/record")
@needs(Permission.FACTS_WRITE)
def send(study: str, number: str) -> ResponseReturnValue:
    """Show what the form would move; save it, if that is what was looked at."""
    kind = request.form.get("kind", "")
    if kind not in BY_NAME:
        abort(404)
    save = request.form.get("do") == "save" and not request.form.get("what_if")

    def look(session: Session) -> tuple[FactForm, PlannerError | None]:
        form = _sent(look_at(session, study, number), kind)
        return form, _look_ahead(session, form)

    form, error = installation().store.read(look)
    if error is None and save and request.form.get("seen") == form.digest:
        return _save(form)
    if error is None and save:
        form.general.append("Something in the form has changed since you looked. Look at it again, then save it.")
    return _page(form, int(error.status) if error is not None else 200)


def _sent(seen: Seen, kind: str) -> FactForm:
    said = request.form.get("expected", "")
    expected = int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else seen.row.revision
    form = FactForm(seen, BY_NAME[kind], typed(dict(request.form.lists())), expected, sent=True)
    if form.kind is VOID:
        form.values["date"] = [seen.today.isoformat()]
    return form


def _look_ahead(session: Session, form: FactForm) -> PlannerError | None:
    """Work out what would move; what is wrong is kept in the form, and given."""
    planner = installation()
    try:
        found = preview_facts(session, planner.designs, scope(), _command(form), clock.now())
    except FORM_ERRORS as error:
        form.take(error)
        return error
    form.preview = preview_of(found.changes, form.seen)
    return None


def _save(form: FactForm) -> ResponseReturnValue:
    planner, command = installation(), _command(form)

    def work(uow: UnitOfWork) -> Recorded:
        return record_facts(uow, planner.designs, scope(), command)

    try:
        found = planner.store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        form.take(error)
        return _page(form, int(error.status))
    return redirect(recorded_address(form.seen, found), 303)


def recorded_address(seen: Seen, found: Recorded) -> str:
    """The participant's page, where it is said what was recorded and how it is taken back."""
    ids = ",".join(str(fact.id) for fact in found.facts)
    return url_for("desk.participant.show", study=seen.study.code, number=seen.number, recorded=ids)


def _command(form: FactForm) -> RecordFacts:
    form.require()
    return RecordFacts(
        study=form.seen.study.code, participant=form.seen.number, facts=read_facts(form.facts()),
        expected=form.expected, why=form.value("note"),
    )  # fmt: skip


def _page(form: FactForm, status: int) -> Response:
    about: dict[str, Any] = {name: form.value(name) for name in _ABOUT if form.value(name)}
    about |= {"study": form.seen.study.code, "number": form.seen.number, "kind": form.kind.name}
    in_earnest = url_for("desk.record.show", **about)
    return make_response(render_template("desk/record.html", form=form, seen=form.seen, in_earnest=in_earnest), status)

"""OK to treat on the page of an appointment: an investigator gives it, refuses it, or takes it back."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, NotFound
from planner.request_log import request_id
from planner.services.dose_oks import GiveOk, give_ok, refuse_ok, revoke_ok
from planner.web.centre.appointment import HERE, Chair, back_to, chair_of, chair_page
from planner.web.centre.ok_form import OkForm
from planner.web.desk.fact_form import typed
from planner.web.desk.record import FORM_ERRORS

pages = Blueprint("release", __name__)
GIVE, REFUSE, REVOKE = "give", "refuse", "revoke"


@pages.post(f"{HERE}/ok")
@needs(Permission.DOSES_RELEASE)
def say(study: str, number: str, visit: str) -> ResponseReturnValue:
    """Say of one drug that it may be given, that it may not, or that it may not any more. No date moves by it."""
    chair, form = installation().store.read(lambda session: _form(session, study, number, visit))
    try:
        work = _work(chair, form)
        installation().store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        form.take(error)
        return chair_page(chair, form, int(error.status))
    return back_to(study, number, chair.seat.visit.key, form.name)


def _form(session: Session, study: str, number: str, visit: str) -> tuple[Chair, OkForm]:
    chair, drug = chair_of(session, study, number, visit), request.form.get("drug", "")
    if drug not in [each.name for each in chair.seat.drugs]:
        raise NotFound([InputProblem("drug", "the appointment has no such drug", "look at the appointment")])
    return chair, OkForm(OkForm.name_of(drug), chair.seat, typed(dict(request.form.lists())))


def _work(chair: Chair, form: OkForm) -> Callable[[UnitOfWork], object]:
    """What the form asks for. Raises InvalidInput."""
    planner, study, number, where = installation(), chair.seen.study.code, chair.seen.number, scope()
    visit, do, why = chair.seat.visit.key, request.form.get("do"), form.value("why")
    if do == REVOKE:
        return lambda uow: revoke_ok(uow, where, study, number, visit, form.drug, why)
    if do == REFUSE:
        return lambda uow: refuse_ok(uow, planner.designs, where, study, number, visit, form.drug, why)
    if do != GIVE:
        raise InvalidInput([InputProblem("do", "nothing is said of the dose", "choose one of the buttons")])
    command = GiveOk(
        study=study, participant=number, visit=visit, drug=form.drug, results=form.results(), note=form.value("note")
    )
    return lambda uow: give_ok(uow, planner.designs, where, command)

"""Cohorts: their levels, who is in them, who is still observed, and opening the next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.sites import sites_of
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, Refused, ValuesMissing
from planner.request_log import request_id
from planner.services.cohort_members import CohortReport, cohort_list
from planner.services.cohorts import STEPS, ChangeCohort, SetUpCohort, change_cohort, set_up_cohort
from planner.web.studies.forms import FORM_ERRORS, Form, sent
from planner.web.studies.shown import Shown, shown_study, texts_of
from schedules.protocol import ActivityKind
from schedules.protocol_file import ReadProtocol

pages = Blueprint("cohorts", __name__)
HERE = "/studies/<study>/cohorts"
#: what a step is called, by the state that it leads to
STEP_WORDS = {"open": "Open", "observing": "Close to new participants, and observe", "closed": "Close"}
OBSERVATION = {
    "not-begun": "not begun", "observing": "under observation", "incomplete": "incomplete",
    "ended-early": "ended early", "evaluable": "evaluable", "to-be-replaced": "to be replaced",
}  # fmt: skip
_DRUGS = (ActivityKind.DOSE, ActivityKind.HOME_DOSE)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a new cohort may be of: the protocol's cohorts, and the drugs that have a level."""

    parts: tuple[tuple[str, str], ...]
    drugs: tuple[tuple[str, str], ...]


@pages.get(HERE)
@needs(Permission.PARTICIPANTS_READ)
def show(study: str) -> Response:
    """Show the cohorts in the order in which they are opened."""
    return installation().store.read(lambda session: _page(session, study, Form(()), 200))


@pages.post(HERE)
@needs(Permission.STUDIES_WRITE, whole=True)
def set_up(study: str) -> ResponseReturnValue:
    """Set up a cohort, behind those that there are."""
    drugs = tuple(name for name in request.form if name.startswith("level-"))[:50]
    form = sent("code", "label", "size", "part", *drugs)
    form.open = "new"

    def work(uow: UnitOfWork) -> str:
        levels = {name.removeprefix("level-"): form.value(name) for name in drugs if form.value(name)}
        command = SetUpCohort(
            study=study, code=form.value("code"), label=form.value("label"), size=form.number("size") or 0,
            part=form.value("part") or None, dose_levels=levels,
        )  # fmt: skip
        return set_up_cohort(uow, installation().designs, scope(), command).code

    try:
        code = installation().store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        places = {f"dose_levels/{name.removeprefix('level-')}": name for name in drugs}
        return _again(study, form, form.take(error, **places))
    return redirect(url_for("studies.cohorts.show", study=study, changed=code, _anchor=f"cohort-{code}"), 303)


@pages.post(f"{HERE}/<cohort>")
@needs(Permission.STUDIES_WRITE, whole=True)
def change(study: str, cohort: str) -> ResponseReturnValue:
    """Open a cohort, have it observed, close it, or want another size of it."""
    names = {field: f"{field}-{cohort}" for field in ("why", "size")}
    form = sent(*names.values())
    form.open = cohort

    def work(uow: UnitOfWork) -> None:
        state = request.form.get("state") or None
        size = form.number(names["size"]) if state is None else None
        if state is None and size is None:
            raise InvalidInput([InputProblem("size", "no number is said", "write how many are wanted")])
        command = ChangeCohort(
            study=study, code=cohort, state=state, size=size, why=form.value(names["why"]), expected=form.revision()
        )
        change_cohort(uow, installation().designs, scope(), command)

    try:
        installation().store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        return _again(study, form, form.take(error, **names))
    return redirect(url_for("studies.cohorts.show", study=study, changed=cohort, _anchor=f"cohort-{cohort}"), 303)


def _again(study: str, form: Form, status: int) -> Response:
    return installation().store.read(lambda session: _page(session, study, form, status))


def _page(session: Session, study: str, form: Form, status: int) -> Response:
    found = shown_study(session, study)
    texts = texts_of(session, found)
    known: dict[str, Any] = {
        "cohorts": _reports(session, found),
        "sites": {row.id: row.name for row in sites_of(session, found.row.id)},
        "choices": _choices(texts),
    }
    made = render_template(
        "studies/cohorts.html", study=found, form=form, steps=STEPS, step_words=STEP_WORDS, observation=OBSERVATION,
        changed=request.args.get("changed"), **known,
    )  # fmt: skip
    return make_response(made, status)


def _reports(session: Session, found: Shown) -> list[CohortReport]:
    """The cohorts; none while there is no protocol to plan by, or values without which nobody can plan."""
    try:
        return cohort_list(session, installation().designs, scope(), found.code, found.now)
    except (Refused, ValuesMissing):
        return []


def _choices(texts: tuple[ReadProtocol, ...]) -> Choices:
    parts = {name: cohort.label for read in texts for name, cohort in read.protocol.cohorts.items()}
    drugs = {
        name: item.label for read in texts for name, item in read.protocol.activities.items() if item.kind in _DRUGS
    }
    return Choices(tuple(parts.items()), tuple(drugs.items()))

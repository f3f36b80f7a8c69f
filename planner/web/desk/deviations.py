"""Deviations: the queue, and one of them being confirmed, classified, reported, closed, dismissed or signed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, confirm_password, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.deviations import DeviationRow
from planner.persistence.paging import Asked, Page
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.persistence.visits import VisitRow
from planner.presenting.plan_csv import csv_text
from planner.problems import Conflict, InputProblem, InvalidInput, PlannerError
from planner.request_log import request_id
from planner.services.access import find_participant, find_study
from planner.services.deviation_table import deviation_table
from planner.services.deviations import (
    STATES,
    STEPS,
    JudgeDeviation,
    SignDeviation,
    deviation_of,
    judge_deviation,
    sign_deviation,
)
from planner.services.lists import Wanted, count_deviations, list_deviations
from planner.web.desk.choices import Studies, studies_of
from planner.web.desk.fact_form import typed
from planner.web.words import sentence
from schedules.deviation import KIND_MEANINGS, Kind
from schedules.scalars import read_date

pages = Blueprint("deviations", __name__)
ONE = "/studies/<study>/participants/<number>/deviations/<int:deviation>"
PER_PAGE = 40
UNJUDGED = ("candidate", "query", "lapsed")
#: what the queue shows: label, states
QUEUES = {
    "": ("To be confirmed", ("candidate",)),
    "queries": ("Queries", ("query",)),
    "open": ("Confirmed, not closed", ("confirmed", "classified", "reported")),
    "closed": ("Closed or dismissed", ("closed", "dismissed")),
    "all": ("All", STATES),
}
CATEGORIES = ("visit window", "treatment", "procedure not done", "consent", "eligibility", "safety", "other")
_DATES = ("aware_since", "reported_on")
_TEXTS = ("category", "cause", "action", "reported_to", "reason")


@dataclass(slots=True)
class StepForm:
    """A step with a deviation as it was typed, and what is wrong with it."""

    step: str = ""
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)

    def value(self, name: str, kept: object = "") -> str:
        """What was typed, or else what is kept."""
        return self.values.get(name, "" if kept is None else str(kept))

    @property
    def wrong_at(self) -> dict[str, list[str]]:
        """What is wrong, by the ids of the fields on the page."""
        return {f"{self.step}-{name}": words for name, words in self.errors.items()}

    @property
    def typed(self) -> list[str]:
        """What somebody wrote in words, for a step that has no form any more."""
        return [self.values[name] for name in _TEXTS if self.values.get(name)]

    def take(self, error: PlannerError) -> None:
        """Keep what is wrong, next to the field that it is about."""
        for problem in error.problems:
            words = sentence(f"{problem.wrong}; {problem.remedy}")
            if problem.place in self.values and problem.place not in ("step", "expected"):  # nobody sees these
                self.errors.setdefault(problem.place, []).append(words)
            else:
                self.general.append(words)


@pages.get("/deviations")
@needs(Permission.DEVIATIONS_READ)
def show() -> str:
    """Show the queue."""
    queue = request.args.get("queue", "")
    if queue not in QUEUES:
        abort(404)
    asked = Asked(PER_PAGE, request.args.get("cursor") or None)

    def work(session: Session) -> tuple[Page[Any], int, Studies]:
        studies = studies_of(session, request.args.get("study") or None)
        wanted = Wanted(study=studies.chosen, statuses=QUEUES[queue][1])
        total = count_deviations(session, scope(), wanted)
        return list_deviations(session, scope(), wanted, asked), total, studies

    found, total, studies = installation().store.read(work)
    return render_template(
        "desk/deviations.html", found=found, total=total, studies=studies, queue=queue, queues=QUEUES,
        first=asked.cursor is None,
    )  # fmt: skip


@pages.post("/deviations/table")
@needs(Permission.DEVIATIONS_READ)
def table() -> Response:
    """Give the queue that is shown as a table, all of it; the audit says so, hence no mere address."""
    queue, study = request.form.get("queue", ""), request.form.get("study", "").replace("\0", "")
    if queue not in QUEUES:
        abort(404)
    wanted = Wanted(study=study or None, statuses=QUEUES[queue][1])
    planner, now = installation(), clock.now()

    def work(uow: UnitOfWork) -> list[tuple[object, ...]]:
        return deviation_table(uow, scope(), wanted)

    rows = planner.store.write(asking().actor, now, work, request_id())
    name = "-".join(part for part in ("deviations", study, queue, f"{now:%Y-%m-%d}") if part)
    return Response(
        csv_text(rows).encode("utf-8-sig"), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )  # fmt: skip


@pages.get(ONE)
@needs(Permission.DEVIATIONS_READ)
def show_one(study: str, number: str, deviation: int) -> ResponseReturnValue:
    """Show a deviation, and what can be done with it."""
    return installation().store.read(lambda session: _page(session, study, number, deviation, StepForm(), 200))


@pages.post(ONE)
@needs(Permission.DEVIATIONS_WRITE)
def judge(study: str, number: str, deviation: int) -> ResponseReturnValue:
    """Take a step with a deviation."""
    form = _sent()

    def work(uow: UnitOfWork) -> DeviationRow:
        identity = _find(uow.session, study, number, deviation)[2].identity
        command = JudgeDeviation(
            study=study, participant=number, identity=identity, step=form.step, expected=_expected(), **_judgement(form)
        )
        return judge_deviation(uow, scope(), command)

    return _take_step(form, work, study, number, deviation)


@pages.post(f"{ONE}/signature")
@needs(Permission.DEVIATIONS_SIGN)
def sign(study: str, number: str, deviation: int) -> ResponseReturnValue:
    """Sign a deviation, with the password once more."""
    form = _sent("sign")
    password = request.form.get("password", "")[:1_000]
    form.values.pop("password", None)

    def work(uow: UnitOfWork) -> DeviationRow:
        identity = _find(uow.session, study, number, deviation)[2].identity
        command = SignDeviation(
            study=study, participant=number, identity=identity, meaning=form.value("meaning"), expected=_expected()
        )
        return sign_deviation(uow, scope(), command)

    try:
        confirm_password(password)
    except InvalidInput as error:
        form.errors["password"] = [sentence(f"{problem.wrong}; {problem.remedy}") for problem in error.problems]
        return installation().store.read(lambda session: _page(session, study, number, deviation, form, 400))
    return _take_step(form, work, study, number, deviation)


def _take_step(
    form: StepForm, work: Callable[[UnitOfWork], DeviationRow], study: str, number: str, deviation: int
) -> ResponseReturnValue:
    planner = installation()
    try:
        if form.step not in (*STEPS, "sign"):
            raise InvalidInput([InputProblem("step", "there is no such step", "choose one that is there")])
        planner.store.write(asking().actor, clock.now(), work, request_id())
    except (InvalidInput, Conflict) as error:
        form.take(error)
        status = int(error.status)
        return planner.store.read(lambda session: _page(session, study, number, deviation, form, status))
    here = url_for(
        "desk.deviations.show_one", study=study, number=number, deviation=deviation, done=form.step, _anchor="next"
    )
    return redirect(here, 303)


def _sent(step: str = "") -> StepForm:
    values = {name: found[0] for name, found in typed(dict(request.form.lists())).items()}
    return StepForm(step or values.get("step", ""), values)


def _expected() -> int | None:
    said = request.form.get("expected", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else None


def _judgement(form: StepForm) -> dict[str, Any]:
    """What a step says, each in its own type. Raises InvalidInput for a date that is none."""
    said: dict[str, Any] = {name: form.values[name] for name in _TEXTS if form.values.get(name)}
    if form.values.get("important") in ("yes", "no"):
        said["important"] = form.values["important"] == "yes"
    problems = []
    for name in _DATES:
        if not (text := form.values.get(name)):
            continue
        try:
            said[name] = read_date(text)
        except ValueError:
            problems.append(InputProblem(name, "this is no date", "write it as 2026-01-31"))
    if problems:
        raise InvalidInput(problems)
    return said


def _find(session: Session, study: str, number: str, deviation: int) -> tuple[Study, Participant, DeviationRow]:
    found = find_study(session, scope(), study)
    participant = find_participant(session, scope(), found, number)
    return found, participant, deviation_of(session, participant, deviation)


def _page(session: Session, study: str, number: str, deviation: int, form: StepForm, status: int) -> Response:
    found, participant, row = _find(session, study, number, deviation)
    who = asking()

    def may(permission: Permission) -> bool:
        return who.scope(permission).covers(found.id, participant.site_id)

    steps = [step for step, (states, _) in STEPS.items() if row.state in states] if may(_WRITE) else []
    if row.state in ("classified", "reported", "closed") and row.signed_at is None and may(_SIGN):
        steps.append("sign")
    made = render_template(
        "desk/deviation.html", row=row, study=study, number=number, form=form, steps=steps, categories=CATEGORIES,
        meaning=_meaning(row), visit=_visit_words(session, row), done=request.args.get("done", ""),
        signed_by=names_of(session, [row.signed_by]).get(row.signed_by or 0),
        here=url_for("desk.deviations.show_one", study=study, number=number, deviation=deviation),
    )  # fmt: skip
    return make_response(made, status)


def _meaning(row: DeviationRow) -> str:
    """What deviations of its kind are, without what programs are told besides."""
    return KIND_MEANINGS[Kind(row.kind)].partition(";")[0] if row.kind in set(Kind) else ""


def _visit_words(session: Session, row: DeviationRow) -> str:
    """The label of the visit that it is about; its key where the visit never stood in a plan."""
    visit = session.get(VisitRow, (row.participant_id, row.visit_key)) if row.visit_key else None
    return visit.label if visit is not None else row.visit_key or ""


_WRITE, _SIGN = Permission.DEVIATIONS_WRITE, Permission.DEVIATIONS_SIGN

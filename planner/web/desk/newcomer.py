"""Somebody new: number, site, dates and how they are reached on one form, and the whole calendar before it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.clock import local_day
from planner.persistence.participants import Participant
from planner.persistence.sites import sites_of
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, PlannerError
from planner.request_log import request_id
from planner.services.access import find_study
from planner.services.arrivals import REACHED_BY, Looked, TakeIn, preview_arrival, take_in
from planner.services.cohort_members import Room, cohort_rooms
from planner.services.contacts import LANGUAGES, ContactDetails
from planner.services.designs import StudyDesign
from planner.web import calendar_view
from planner.web.desk.choices import studies_of
from planner.web.desk.phone_text import plain_number
from planner.web.desk.record import FORM_ERRORS
from planner.web.desk.seen import naming_all
from planner.web.desk.typed_form import TypedForm, sent_form
from planner.web.words import language_name, sentence

pages = Blueprint("newcomer", __name__)
HERE = "/studies/<study>/newcomer"
FIELDS = (
    "number", "site", "day_1", "arm", "consented", "version", "enrolled", "cohort", "all_the_same", "name",
    "birth_date", "record_number", "phone", "email", "language", "zone", "channels", "how",
)  # fmt: skip
_DETAILS = ("name", "birth_date", "record_number", "email", "zone")
#: value and label
Choices = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Choosing:
    """What there is to choose from for somebody new, and which values the study still has to supply."""

    study: str
    title: str
    sites: Choices
    arms: Choices
    cohorts: Choices
    versions: Choices
    languages: Choices
    missing: tuple[str, ...]
    today: date
    reaches: bool


@pages.get("/newcomer")
@needs(Permission.PARTICIPANTS_WRITE)
def choose() -> ResponseReturnValue:
    """Lead to the form of the only study that somebody has, or let them choose one."""
    chosen = request.args.get("study")
    studies = installation().store.read(lambda session: studies_of(session, chosen))
    only = studies.chosen or (studies.known[0][0] if len(studies.known) == 1 else None)
    if only:
        return redirect(url_for("desk.newcomer.show", study=only), 303)
    return render_template("desk/newcomer_study.html", studies=studies)


@pages.get(HERE)
@needs(Permission.PARTICIPANTS_WRITE)
def show(study: str) -> ResponseReturnValue:
    """Show the form, empty."""

    def work(session: Session) -> Response:
        choosing = _choosing(session, study)
        usual = {"site": [choosing.sites[0][0]]} if len(choosing.sites) == 1 else {}
        return _page(choosing, TypedForm(FIELDS, {**usual, "consented": [choosing.today.isoformat()]}), None, 200)

    return installation().store.read(work)


@pages.post(HERE)
@needs(Permission.PARTICIPANTS_WRITE)
def send(study: str) -> ResponseReturnValue:
    """Show the calendar that would follow; take them in, if that is what was looked at."""
    form, save = sent_form(FIELDS), request.form.get("do") == "save"
    choosing, looked, error = installation().store.read(lambda session: _look(session, study, form))
    if error is None and save and request.form.get("seen") == form.digest:
        return _save(choosing, form)
    if error is None and save:
        form.general.append("Something in the form has changed since you looked. Look at it again, then save it.")
    return _page(choosing, form, looked, int(error.status) if error is not None else 200)


def _look(session: Session, study: str, form: TypedForm) -> tuple[Choosing, Looked | None, PlannerError | None]:
    """What would follow; what is wrong is kept in the form, and given."""
    planner, choosing = installation(), _choosing(session, study)
    try:
        command = _command(choosing, form)
        looked = preview_arrival(session, planner.designs, planner.keys, scope(), command, clock.now())
    except FORM_ERRORS as error:
        form.take(error)
        return choosing, None, error
    return choosing, looked, None


def _save(choosing: Choosing, form: TypedForm) -> ResponseReturnValue:
    planner, command = installation(), _command(choosing, form)

    def work(uow: UnitOfWork) -> Participant:
        return take_in(uow, planner.designs, planner.keys, scope(), command)

    try:
        planner.store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        form.take(error)
        return _page(choosing, form, None, int(error.status))
    here = url_for("desk.participant.show", study=choosing.study, number=command.number, arrived="1")
    return redirect(here, 303)


# -- what the form says -------------------------------------------------------------------------


def _command(choosing: Choosing, form: TypedForm) -> TakeIn:
    """What the form says. Raises InvalidInput for what is missing, and for dates that are none."""
    problems = [
        InputProblem(name, "it is missing", remedy)
        for name, remedy in (("number", "write the screening number"), ("site", "choose the site"))
        if not form.value(name)
    ]
    problems += [
        InputProblem(name, "there is no such choice", "choose one that is there")
        for name, known in (("site", choosing.sites), ("arm", choosing.arms), ("cohort", choosing.cohorts))
        if form.value(name) and form.value(name) not in dict(known)
    ]
    days = {name: form.day(name, problems) for name in ("day_1", "consented", "enrolled")}
    if problems:
        raise InvalidInput(problems)
    return TakeIn(
        study=choosing.study, number=form.value("number"), site=form.value("site"), arm=form.value("arm") or None,
        cohort=form.value("cohort") or None, version=form.value("version") or None,
        all_the_same=form.value("all_the_same") == "yes", details=_details(choosing, form),
        channels=tuple(name for name in REACHED_BY if name in form.chosen("channels")) if choosing.reaches else (),
        how=form.value("how"), **days,
    )  # fmt: skip


def _details(choosing: Choosing, form: TypedForm) -> ContactDetails | None:
    """How they are reached; None where nothing of it was written, or whoever writes may not."""
    said = {name: form.value(name) for name in _DETAILS} | {"phone": plain_number(form.value("phone"))}
    if not choosing.reaches or not (any(said.values()) or form.chosen("channels")):
        return None
    return ContactDetails(**said, language=form.value("language") or "en")  # type: ignore[arg-type]


# -- the page -----------------------------------------------------------------------------------


def _choosing(session: Session, code: str) -> Choosing:
    study = find_study(session, scope(), code)
    design = installation().designs.of(session, study)
    rows = [row for row in sites_of(session, study.id) if scope().covers(study.id, row.id)]
    zone = rows[0].zone if rows else "UTC"
    return Choosing(
        study.code, study.title, [(row.code, row.name) for row in rows], _arms(design),
        _cohorts(design, cohort_rooms(session, design, study)),
        [(read.protocol.version, read.protocol.version) for read in design.versions],
        [(tag, language_name(tag)) for tag in LANGUAGES], _missing(design), local_day(clock.now(), zone),
        asking().scope(Permission.CONTACTS_WRITE).covers(study.id),
    )  # fmt: skip


def _arms(design: StudyDesign) -> Choices:
    return [(name, arm.label) for name, arm in design.versions[-1].protocol.arms.items()]


def _cohorts(design: StudyDesign, rooms: list[Room]) -> Choices:
    """The study's cohorts with the room in each, and those of the protocol of which it has set up none."""
    set_up = {room.part for room in rooms}
    parts = design.versions[-1].protocol.cohorts
    found = [(room.code, f"{room.label} ({_room_words(room)})") for room in rooms]
    return [*found, *((name, cohort.label) for name, cohort in parts.items() if name not in set_up)]


def _room_words(room: Room) -> str:
    full = "full" if not room.places else f"{room.places} of {room.size} places free"
    return full if room.state == "open" else f"{room.state}, {full}"


def _missing(design: StudyDesign) -> tuple[str, ...]:
    """The labels of the protocol's values without which nobody can be enrolled."""
    labels = {
        name: read.protocol.parameters[name].label
        for read in design.versions
        for name in read.missing
        if read.protocol.parameters[name].needed_for == "enrolment"
    }
    return tuple(labels.values())


def _page(choosing: Choosing, form: TypedForm, looked: Looked | None, status: int) -> Response:
    plan = looked.plan if looked is not None else None
    sections = calendar_view.plan_sections(naming_all(looked.design.versions), plan) if looked and plan else []
    also = {
        name: sentence(f"{', '.join(numbers)} {'is' if len(numbers) == 1 else 'are'} reached by it too")
        for name, numbers in (looked.also if looked is not None else {}).items()
    }
    made = render_template(
        "desk/newcomer.html", choosing=choosing, form=form, looked=looked, sections=sections, also=also,
        rows=calendar_view.rows(sections),
    )  # fmt: skip
    return make_response(made, status)

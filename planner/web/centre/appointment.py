"""One appointment at a chair: who it is, what was ordered and released, and recording how it goes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, NotFound, PlannerError
from planner.request_log import request_id
from planner.services.access import not_allowed
from planner.services.checklists import ARRIVED, VisitAddress, tick, untick
from planner.services.fact_records import read_facts
from planner.services.facts import Recorded, RecordFacts, preview_facts, record_facts
from planner.services.facts_of_care import record_doses
from planner.services.seats import Seat, seat_of, seats_between
from planner.web.centre.dose_form import (
    BECOMES,
    WENT,
    ChairForm,
    begun,
    dose_facts,
    not_dosed_facts,
    taken_back_facts,
)
from planner.web.centre.ok_form import RESULT_ROWS, OkForm
from planner.web.centre.seat_view import seat_view, seat_views
from planner.web.centre.site import looking, note_names
from planner.web.desk.changes_view import preview_of
from planner.web.desk.fact_fields import FIELDS, options_of
from planner.web.desk.fact_form import typed
from planner.web.desk.record import FORM_ERRORS
from planner.web.desk.seen import Seen, look_at

pages = Blueprint("appointment", __name__)
HERE = "/studies/<study>/participants/<number>/visits/<visit>/infusion"
NOT_DOSED, TAKEN_BACK, ARRIVAL = "not-dosed", "taken-back", "arrival"
_OTHER_DAY = InputProblem("arrival", "the appointment is not today", "look at the day again")
Facts = Callable[[ChairForm], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Chair:
    """An appointment with the participant whose it is."""

    seen: Seen
    seat: Seat
    #: whether somebody else of the same name has an appointment there on that day
    namesake: bool

    def form(self, name: str) -> ChairForm:
        """The form of that name as it begins: with what is known already."""
        dose = begun(self.seat, name)
        drug = next((each for each in self.seat.drugs if each.name == name), None)
        values: dict[str, Sequence[str]] = {"level": [drug.level if drug is not None else ""]}
        if dose is not None:
            values |= {"start": [f"{dose.start:%H:%M}"], "amount": [dose.amount or ""], "note": [dose.note or ""]}
            values["level"] = [dose.level or ""]
        if name == NOT_DOSED:
            values = {"drugs": [each.name for each in self.seat.drugs if not each.given], "becomes": [""]}
        return ChairForm(name, self.seat, values, self.seen.row.revision)


@pages.get(HERE)
@needs(Permission.PARTICIPANTS_READ)
def show(study: str, number: str, visit: str) -> ResponseReturnValue:
    """Show the appointment."""
    return chair_page(installation().store.read(lambda session: chair_of(session, study, number, visit)), None, 200)


@pages.post(f"{HERE}/arrival")
@needs(Permission.CARE_WRITE)
def arrive(study: str, number: str, visit: str) -> ResponseReturnValue:
    """Record that the participant is there, or that it was a mistake. No date moves by it."""
    planner, why = installation(), request.form.get("why", "").strip()[:2_000].replace("\0", "")
    address = VisitAddress(study=study, participant=number, visit=visit)

    def work(uow: UnitOfWork) -> None:
        if request.form.get("do") == "undo":
            untick(uow, planner.designs, scope(), address, ARRIVED[0], why)
        else:
            tick(uow, planner.designs, scope(), address, ARRIVED[0])

    chair = planner.store.read(lambda session: chair_of(session, study, number, visit))
    if request.form.get("do") != "undo" and chair.seat.booking.day != chair.seen.today:
        return _again(study, number, visit, ARRIVAL, InvalidInput([_OTHER_DAY]))
    try:
        planner.store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        return _again(study, number, visit, ARRIVAL, error)
    return back_to(study, number, visit, "arrival")


@pages.post(f"{HERE}/dose")
@needs(Permission.DOSES_WRITE)
def dose(study: str, number: str, visit: str) -> ResponseReturnValue:
    """Record a dose: that it began, that it is over, how it went. Or show first what would move."""
    return _record(study, number, visit, request.form.get("drug", ""), dose_facts)


@pages.post(f"{HERE}/not-dosed")
@needs(Permission.DOSES_WRITE)
def not_dosed(study: str, number: str, visit: str) -> ResponseReturnValue:
    """Record that the participant came and was not dosed, once it was looked at what would move."""
    return _record(study, number, visit, NOT_DOSED, not_dosed_facts)


@pages.post(f"{HERE}/taken-back")
@needs(Permission.DOSES_WRITE)
def take_back(study: str, number: str, visit: str) -> ResponseReturnValue:
    """Take a recorded dose back, or that somebody was not dosed: it was a mistake."""
    fact, why = request.form.get("fact", "")[:40], request.form.get("why", "").strip()[:2_000].replace("\0", "")
    return _record(study, number, visit, TAKEN_BACK, lambda form: taken_back_facts(form, fact, why))


def _record(study: str, number: str, visit: str, name: str, facts: Facts) -> ResponseReturnValue:
    do = request.form.get("do")

    def look(session: Session) -> tuple[Chair, ChairForm, PlannerError | None]:
        chair = chair_of(session, study, number, visit)
        form = chair.form(name)
        form.values = typed(dict(request.form.lists()))
        said = form.value("expected")
        form.expected = int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else form.expected
        return chair, form, _look_ahead(session, chair, form, facts)

    chair, form, error = installation().store.read(look)
    unseen = name == NOT_DOSED and form.value("seen") != digest_of(form)
    if error is None and do == "save" and unseen:
        form.general.append("Look at what would move first, then save.")
    if error is not None or do != "save" or unseen:
        status = int(error.status) if error is not None else 200
        return chair_page(chair, form, status)
    return _save(chair, form, facts)


def _look_ahead(session: Session, chair: Chair, form: ChairForm, facts: Facts) -> PlannerError | None:
    """Work out what would move; what is wrong is kept in the form, and given."""
    if form.name not in (NOT_DOSED, TAKEN_BACK) and form.name not in [drug.name for drug in chair.seat.drugs]:
        raise NotFound([InputProblem("drug", "the appointment has no such drug", "look at the appointment")])
    try:
        command = _command(chair, form, facts)
        found = preview_facts(session, installation().designs, scope(), command, clock.now())
    except FORM_ERRORS as error:
        form.take(error)
        form.expected = chair.seen.row.revision
        return error
    form.preview = preview_of(found.changes, chair.seen)
    return None


def _save(chair: Chair, form: ChairForm, facts: Facts) -> ResponseReturnValue:
    planner, command = installation(), _command(chair, form, facts)
    judged = form.name == NOT_DOSED and form.value("becomes") in ("held", "omitted")
    recording = record_facts if judged else record_doses

    def work(uow: UnitOfWork) -> Recorded:
        return recording(uow, planner.designs, scope(), command)

    try:
        planner.store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        form.take(error)
        return chair_page(chair, form, int(error.status))
    return back_to(chair.seen.study.code, chair.seen.number, chair.seat.visit.key, form.name)


def _command(chair: Chair, form: ChairForm, facts: Facts) -> RecordFacts:
    """What the form says. Raises InvalidInput, and NotAllowed for a judgement of whoever may not judge."""
    if form.name == NOT_DOSED and form.value("becomes"):
        if form.value("becomes") not in BECOMES:
            raise NotFound([InputProblem("becomes", "there is no such answer", "choose one")])
        if not chair.seen.may(Permission.FACTS_WRITE):
            raise not_allowed("to say what becomes of a dose")
    return RecordFacts(
        study=chair.seen.study.code, participant=chair.seen.number, facts=read_facts(facts(form)),
        expected=form.expected, booking_reason="not dosed" if form.name == NOT_DOSED else "",
    )  # fmt: skip


def digest_of(form: ChairForm) -> str:
    """Of what a form about doses that were not given says: what is saved has to be what was looked at."""
    names = ("drugs", "reason", "becomes", "resume")
    said = json.dumps([form.expected, *(list(form.values.get(name, ())) for name in names)])
    return hashlib.sha256(said.encode()).hexdigest()


def chair_of(session: Session, study: str, number: str, visit: str) -> Chair:
    """The appointment of a visit with whose it is. Raises NotFound."""
    seen = look_at(session, study, number)
    looks = looking(session)
    seat = seat_of(looks, seen.row, visit)
    if seat is None:
        raise NotFound([InputProblem("visit", "there is no appointment for this visit", "look at the day again")])
    day = seats_between(looks, session.get_one(SiteRow, seat.booking.site_id), seat.booking.day, seat.booking.day)
    alike = [view for view in seat_views(day, str(seat.booking.zone)) if view.namesake]
    return Chair(seen, seat, any(view.seat.participant.id == seen.row.id for view in alike))


def _again(study: str, number: str, visit: str, name: str, error: PlannerError) -> Response:
    chair = installation().store.read(lambda session: chair_of(session, study, number, visit))
    form = chair.form(name)
    form.take(error)
    return chair_page(chair, form, int(error.status))


def back_to(study: str, number: str, visit: str, saved: str) -> Response:
    """Lead to the appointment again, which says that it was recorded."""
    address = url_for("centre.appointment.show", study=study, number=number, visit=visit, saved=saved)
    return redirect(address, 303)  # type: ignore[return-value]


def chair_page(chair: Chair, sent: ChairForm | None, status: int) -> Response:
    """The page with all its forms; the one that was sent as it was sent."""
    seen, seat = chair.seen, chair.seat
    note_names(f"participant:{seen.number}", [seat])
    zone = str(seat.booking.zone)
    drugs = [drug.name for drug in seat.drugs]
    forms = {name: chair.form(name) for name in (*drugs, NOT_DOSED)}
    forms |= {ok.name: ok for ok in (OkForm(OkForm.name_of(name), seat) for name in drugs)}
    if sent is not None:
        forms[sent.name] = sent
    here: dict[str, Any] = {"study": seen.study.code, "number": seen.number, "visit": seat.visit.key}
    made = render_template(
        "centre/appointment.html", seen=seen, seat=seat, forms=forms, sent=sent,
        view=replace(seat_view(seat, zone), namesake=chair.namesake),
        not_dosed=forms[NOT_DOSED], seen_digest=digest_of(forms[NOT_DOSED]), went=WENT, becomes=BECOMES,
        reasons=options_of(FIELDS["reason"], seen, {}), saved=request.args.get("saved"),
        zone=zone, site=_site_code(seen, seat),
        address=lambda part: url_for(f"centre.appointment.{part}", **here), here=here,
        may_dose=seen.may(Permission.DOSES_WRITE) and seat.booking.day <= seen.today,
        may_dose_then=seen.may(Permission.DOSES_WRITE),
        may_release=seen.may(Permission.DOSES_RELEASE), ok_name=OkForm.name_of, result_rows=range(RESULT_ROWS),
        may_tick=seen.may(Permission.CARE_WRITE), may_judge=seen.may(Permission.FACTS_WRITE),
    )  # fmt: skip
    return make_response(made, status)


def _site_code(seen: Seen, seat: Seat) -> str:
    """The site at which the appointment is."""
    return next(code for code, site_id in seen.life.study.site_ids.items() if site_id == seat.booking.site_id)

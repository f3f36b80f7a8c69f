"""One visit: why it is on its day, and an appointment on a day that is possible, best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.bookings import Booking
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, NotFound, PlannerError
from planner.request_log import request_id
from planner.services.booking_load import Load, load_on
from planner.services.chairs import minutes_of
from planner.services.fact_records import read_facts
from planner.services.facts import Recorded, RecordFacts, preview_facts, record_facts
from planner.web.calendar_view import VisitRow, visit_row
from planner.web.desk.changes_view import Preview, preview_of
from planner.web.desk.fact_form import typed
from planner.web.desk.fact_words import fact_words
from planner.web.desk.record import FORM_ERRORS, recorded_address
from planner.web.desk.seen import Seen, look_at
from planner.web.words import sentence
from schedules.feasible_days import FeasibleDay, RefusedDay, feasible_days, refused_days
from schedules.history import Fact
from schedules.scheduled import ScheduledVisit

pages = Blueprint("visit", __name__)
HERE = "/studies/<study>/participants/<number>/visits/<visit>"
#: days that are shown at once; the others of a long window are a click away
FIRST_DAYS = 8
_FIELDS = ("day", "other_day", "time", "minutes", "chair", "reason")


@dataclass(slots=True)
class BookingForm:
    """An appointment being made: what was typed, and what is wrong with it."""

    values: dict[str, Sequence[str]] = field(default_factory=dict)
    expected: int = 0
    errors: dict[str, list[str]] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    preview: Preview | None = None

    def value(self, name: str) -> str:
        """What was typed into a field."""
        return next(iter(self.values.get(name, ())), "")

    @property
    def day(self) -> str:
        """The day that was chosen from the list, or another one."""
        return self.value("other_day") if self.value("day") in ("", "other") else self.value("day")

    def take(self, error: PlannerError) -> None:
        """Keep what is wrong, next to the field that it is about."""
        for problem in error.problems:
            place = problem.place.rpartition("/")[2]
            name = "day" if place == "date" else place
            words = sentence(f"{problem.wrong}; {problem.remedy}")
            if name in _FIELDS:
                self.errors.setdefault(name, []).append(words)
            else:
                self.general.append(words)


@dataclass(frozen=True, slots=True)
class VisitPage:
    """A visit as its page shows it."""

    seen: Seen
    visit: ScheduledVisit
    row: VisitRow
    possible: tuple[tuple[FeasibleDay, Load], ...]
    refused: tuple[RefusedDay, ...]
    usual_minutes: int
    facts: tuple[tuple[date, str], ...]
    chair: int | None


@pages.get(HERE)
@needs(Permission.PARTICIPANTS_READ)
def show(study: str, number: str, visit: str) -> ResponseReturnValue:
    """Show a visit."""

    def work(session: Session) -> Response:
        seen = look_at(session, study, number)
        page = _page_of(session, seen, visit)
        form = BookingForm(_usual(page), seen.row.revision)
        return _answer(page, form, 200)

    return installation().store.read(work)


@pages.post(f"{HERE}/booking")
@needs(Permission.BOOKINGS_WRITE)
def book(study: str, number: str, visit: str) -> ResponseReturnValue:
    """Make an appointment, or move it."""
    form = BookingForm(typed(dict(request.form.lists())))

    def look(session: Session) -> tuple[VisitPage, PlannerError | None]:
        seen = look_at(session, study, number)
        page = _page_of(session, seen, visit)
        said = form.value("expected")
        form.expected = int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else seen.row.revision
        return page, _look_ahead(session, page, form)

    page, error = installation().store.read(look)
    if form.value("day") not in ("", "other", *(each.day.isoformat() for each, _ in page.possible)):
        form.values |= {"other_day": [form.value("day")], "day": ["other"]}  # one that is not in the list any more
    if error is not None or request.form.get("do") == "preview":
        return _answer(page, form, int(error.status) if error is not None else 200)
    return _save(page, form)


def _look_ahead(session: Session, page: VisitPage, form: BookingForm) -> PlannerError | None:
    planner = installation()
    try:
        found = preview_facts(session, planner.designs, scope(), _command(page, form), clock.now())
    except FORM_ERRORS as error:
        form.take(error)
        form.expected = page.seen.row.revision
        return error
    form.preview = preview_of(found.changes, page.seen)
    return None


def _save(page: VisitPage, form: BookingForm) -> ResponseReturnValue:
    planner, command = installation(), _command(page, form)

    def work(uow: UnitOfWork) -> Recorded:
        return record_facts(uow, planner.designs, scope(), command)

    try:
        found = planner.store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        form.take(error)
        return _answer(page, form, int(error.status))
    return redirect(recorded_address(page.seen, found), 303)


def _command(page: VisitPage, form: BookingForm) -> RecordFacts:
    """The appointment as a fact: a first one, or one that moves the one that there is."""
    if not form.day:
        raise InvalidInput([InputProblem("day", "no day is chosen", "choose one")])
    fact: dict[str, Any] = {"fact": "booked", "date": form.day, "visit": page.visit.key}
    if page.visit.booking is not None:
        fact |= {"fact": "rebooked", "instead_of": page.visit.booking.date.isoformat()}
    minutes = form.value("minutes")
    fact |= {name: form.value(name) for name in ("time", "chair") if form.value(name)}
    if minutes:
        fact["minutes"] = int(minutes) if minutes.isascii() and minutes.isdecimal() and len(minutes) < 6 else minutes
    return RecordFacts(
        study=page.seen.study.code, participant=page.seen.number, facts=read_facts([fact]), expected=form.expected,
        booking_reason=form.value("reason")[:500],
    )  # fmt: skip


def _page_of(session: Session, seen: Seen, key: str) -> VisitPage:
    visit = next((each for each in seen.visits if each.key == key), None)
    if visit is None:
        raise NotFound([InputProblem("visit", "the participant has no such visit", "look at the calendar")])
    possible = feasible_days(visit)
    loads = load_on(session, seen.site, [each.day for each in possible])
    facts = [fact for fact in seen.life.live if _is_about(fact, key)]
    return VisitPage(
        seen, visit, visit_row(visit, seen.protocol), tuple((each, loads[each.day]) for each in possible),
        refused_days(visit), minutes_of(visit), tuple((fact.day, fact_words(seen, fact)) for fact in reversed(facts)),
        _chair_of(session, seen, key) if visit.booking is not None else None,
    )  # fmt: skip


def _chair_of(session: Session, seen: Seen, key: str) -> int | None:
    """The chair that the appointment has."""
    holding = (Booking.participant_id == seen.row.id, Booking.visit_key == key, Booking.ended_at.is_(None))
    row = session.query(Booking).filter(*holding).first()
    return row.chair if row is not None else None


def _is_about(fact: Fact, key: str) -> bool:
    return bool(getattr(fact, "visit", None) == key)


def _usual(page: VisitPage) -> dict[str, Sequence[str]]:
    """What the form begins with: the appointment as it is, or else the best day."""
    booking = page.visit.booking
    if booking is None:
        return {"day": [page.possible[0][0].day.isoformat()] if page.possible else ["other"]}
    known = booking.date in [each.day for each, _ in page.possible]
    day = {"day": [booking.date.isoformat()]} if known else {"day": ["other"], "other_day": [booking.date.isoformat()]}
    hour = [f"{booking.time:%H:%M}"] if booking.time else []
    return {**day, "time": hour, "minutes": [str(booking.minutes)] if booking.minutes else []}


def _answer(page: VisitPage, form: BookingForm, status: int) -> Response:
    seen = page.seen
    here: dict[str, Any] = {"study": seen.study.code, "number": seen.number}
    made = render_template(
        "desk/visit.html", page=page, seen=seen, form=form, first_days=FIRST_DAYS,
        may_book=seen.may(Permission.BOOKINGS_WRITE) and page.visit.is_open,
        may_record=seen.may(Permission.FACTS_WRITE),
        record=lambda kind=None, **about: url_for("desk.record.show", **here, kind=kind, **about),
        participant=url_for("desk.participant.show", **here),
        telling=url_for("desk.telling.show", **here, visit=page.visit.key),
        action=url_for("desk.visit.book", **here, visit=page.visit.key),
    )  # fmt: skip
    return make_response(made, status)

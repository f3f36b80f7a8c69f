"""Calendars that apps subscribe to: whose and about what, which app has seen which change, withdrawn, and made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.feeds import CENTRE, COORDINATOR, PARTICIPANT, SITE, STUDY
from planner.persistence.paging import Asked
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, NotFound
from planner.request_log import request_id
from planner.services.feeds import STATES, Linked, MakeFeed, find_feed, list_feeds, make_feed, revoke_feed, rotate_feed
from planner.web.desk.choices import sites_of, studies_of
from planner.web.frame import may
from planner.web.office.forms import Form, save, sent_form
from planner.web.office.search import asked_for, list_address
from planner.web.words import sentence

pages = Blueprint("calendars", __name__)
ONE = "/calendars/<int:feed>"
PER_PAGE = 50
AUDIENCES = {
    PARTICIPANT: "A participant: what they were told, nothing else",
    CENTRE: "An infusion centre: chairs and doses by code",
    COORDINATOR: "Whoever makes it: their own participants, or one of them",
    STUDY: "A study: everybody in it",
    SITE: "A site: everybody there",
}
#: how each audience is called in a list
SHORT = {PARTICIPANT: "Participant", CENTRE: "Infusion centre", COORDINATOR: "Own participants", STUDY: "Study",
         SITE: "Site"}  # fmt: skip
STATE_LABELS = {
    "active": "In use", "behind": "An app is behind", "never-fetched": "Never fetched",
    "expired": "Run out", "withdrawn": "Withdrawn",
}  # fmt: skip
_ABOUT = ("study", "site", "participant")
_FIELDS = ("audience", *_ABOUT, "label", "windows", "busy_only", "alarm_minutes", "bring", "days")


@pages.get("/calendars")
@needs(Permission.FEEDS_READ)
def show() -> str:
    """Show the links that whoever looks may look after, without their secrets."""
    return _list_page([])


def _list_page(wrong: list[str]) -> str:
    said = asked_for("state")
    state = said["state"] if said["state"] in STATES else ""
    asked = Asked(PER_PAGE, request.args.get("cursor") or None)

    def work(session: Session) -> str:
        states = (state,) if state else ()
        found = list_feeds(session, scope(), asking().person.user_id, states, clock.now(), asked)
        further = list_address("office.calendars.show", {"state": state}, cursor=found.next) if found.next else None
        return render_template(
            "office/calendars.html", found=found, state=state, states=STATE_LABELS, audiences=SHORT, further=further,
            first=asked.cursor is None, may_make=may(asking(), Permission.FEEDS_WRITE), done=request.args.get("done"),
            wrong=wrong,
        )  # fmt: skip

    return installation().store.read(work)


@pages.get("/calendars/new")
@needs(Permission.FEEDS_WRITE)
def ask() -> Response:
    """Show the form that makes a calendar."""
    return _new_page(Form("calendar", asked_for("audience", *_ABOUT)), 200)


@pages.post("/calendars/new")
@needs(Permission.FEEDS_WRITE)
def make() -> ResponseReturnValue:
    """Make a calendar, and lead to the page that shows its link, this once."""
    form = sent_form("calendar")

    def work(uow: UnitOfWork) -> Linked:
        try:
            return make_feed(uow, installation().designs, scope(), _command(form))
        except NotFound as error:  # in a form it is a slip of the pen
            raise InvalidInput(error.problems) from None

    return save(form, _FIELDS, work, _page_of, _new_page)


@pages.post(f"{ONE}/revocation")
@needs(Permission.FEEDS_WRITE)
def revoke(feed: int) -> ResponseReturnValue:
    """Withdraw a link: for a month the calendar says so, then it is gone."""
    _write(lambda uow: revoke_feed(uow, find_feed(uow.session, scope(), _me(), feed, lock=True)))
    return redirect(url_for("office.calendars.show", done="withdrawn"), 303)


@pages.post(f"{ONE}/rotation")
@needs(Permission.FEEDS_WRITE)
def rotate(feed: int) -> ResponseReturnValue:
    """Give the same calendar another link, shown this once, and withdraw the old one."""
    try:
        linked = _write(lambda uow: rotate_feed(uow, find_feed(uow.session, scope(), _me(), feed, lock=True)))
    except InvalidInput as error:  # somebody else has withdrawn it meanwhile
        wrong = [sentence(f"{problem.wrong}; {problem.remedy}") for problem in error.problems]
        return make_response(_list_page(wrong), int(error.status))
    return redirect(_page_of(linked), 303)


def _write(work: Callable[[UnitOfWork], Any]) -> Any:
    return installation().store.write(asking().actor, clock.now(), work, request_id())


def _me() -> int:
    return asking().person.user_id


def _page_of(linked: Linked) -> str:
    return url_for("feeds.subscribe", token=linked.token)


def _command(form: Form) -> MakeFeed:
    about = {name: form.value(name) or None for name in _ABOUT}
    return MakeFeed(
        audience=form.value("audience"), label=form.value("label"), windows=bool(form.value("windows")),
        busy_only=bool(form.value("busy_only")), alarm_minutes=_alarms(form), bring=form.value("bring"),
        days=form.number("days"), **about,
    )  # fmt: skip


def _alarms(form: Form) -> tuple[int, ...]:
    parts = [part.strip() for part in form.value("alarm_minutes").replace(";", ",").split(",") if part.strip()]
    if not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts):
        wrong = "these are no minutes"
        raise InvalidInput([InputProblem("alarm_minutes", wrong, "write e.g. 60, or 60, 1440")])
    return tuple(int(part) for part in parts)


def _new_page(form: Form, status: int) -> Response:
    def work(session: Session) -> str:
        return render_template(
            "office/calendar_new.html", form=form, audiences=AUDIENCES, studies=studies_of(session, None).known,
            sites=sites_of(session),
        )  # fmt: skip

    return make_response(installation().store.read(work), status)

"""Studies: the list of them, one set up from its protocol, and what is missing before somebody can be enrolled."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.paging import Asked
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import Conflict, InvalidInput, Refused
from planner.request_log import request_id
from planner.services.access import find_site, find_study
from planner.services.studies import confirm_assumptions, join_site, refuse_other_settings, set_open, supply_parameters
from planner.services.study_list import overview_of_studies
from planner.services.study_setup import require_fitting, set_up_study, study_setup
from planner.web.desk.choices import sites_of
from planner.web.office.forms import Form, save, sent_form
from planner.web.office.parts import address_of
from planner.web.office.protocol_form import LARGEST, ProtocolForm, offers, sent_protocol, values_of
from planner.web.office.search import list_address

pages = Blueprint("studies", __name__)
ONE = "/studies/<study>"
PER_PAGE = 50
_FIELDS = ("protocol", "file", "source", "code", "title", "sites", "confirmed", "opened")


@pages.get("/studies")
@needs(Permission.STUDIES_READ)
def show() -> str:
    """Show the studies."""
    asked = Asked(PER_PAGE, request.args.get("cursor") or None)

    def work(session: Session) -> str:
        found = overview_of_studies(session, scope(), asked)
        further = list_address("office.studies.show", {}, cursor=found.next) if found.next else None
        return render_template(
            "office/studies.html", found=found, further=further, first=asked.cursor is None, address=_schedule_of
        )

    return installation().store.read(work)


@pages.get("/studies/new")
@needs(Permission.STUDIES_WRITE, everything=True)
def ask() -> Response:
    """Ask for the protocol of a new study."""
    return _new_page(ProtocolForm("study"), 200)


@pages.post("/studies/new")
@needs(Permission.STUDIES_WRITE, everything=True, largest=LARGEST)
def create() -> ResponseReturnValue:
    """Look at the protocol that was chosen; set the study up, if that is what was looked at."""
    form = sent_protocol()
    if form.errors:
        return _new_page(form, 400)
    try:
        form.look()
        if request.form.get("do") != "save" or form.value("seen") != form.digest:
            return _new_page(form, 200)
        command = form.command()
        made = installation().store.write(
            asking().actor, clock.now(), lambda uow: set_up_study(uow, scope(), command).code, request_id()
        )
    except (InvalidInput, Conflict, Refused) as error:
        form.take(error, _fields_of(form))
        return _new_page(form, int(error.status))
    return redirect(url_for("office.studies.show_one", study=made, done="added"), 303)


@pages.get(ONE)
@needs(Permission.STUDIES_READ)
def show_one(study: str) -> Response:
    """Show what a study has, and what is missing before somebody can be enrolled."""
    return _page(study, {}, 200)


@pages.post(f"{ONE}/sites")
@needs(Permission.STUDIES_WRITE, whole=True)
def join(study: str) -> ResponseReturnValue:
    """Let a site take part. The first one is the home site."""
    form = sent_form("join")

    def work(uow: UnitOfWork, found: Study) -> None:
        join_site(uow, found, find_site(uow.session, scope(), form.value("site")))

    return _change(study, form, ("site",), work, "joined")


@pages.post(f"{ONE}/values")
@needs(Permission.STUDIES_WRITE, whole=True)
def supply(study: str) -> ResponseReturnValue:
    """Give the values that the protocol leaves open."""
    form = sent_form("values")
    fields = [name for name in form.values if name.startswith("values-")]

    def work(uow: UnitOfWork, found: Study) -> None:
        setup = study_setup(uow.session, found)
        values = values_of(form, setup.open_values)
        for version in setup.versions:
            require_fitting(version.row.source, values)
        if values:
            supply_parameters(uow, found, values, bool(form.value("made_up")))

    return _change(study, form, fields, work, "supplied")


@pages.post(f"{ONE}/confirmation")
@needs(Permission.STUDIES_CONFIRM, whole=True)
def confirm(study: str) -> ResponseReturnValue:
    """Confirm that whoever is signed in has read a version's assumptions and stands by them."""
    form = sent_form("confirm")

    def work(uow: UnitOfWork, found: Study) -> None:
        confirm_assumptions(uow, found, form.value("version"))

    return _change(study, form, ("version",), work, "confirmed")


@pages.post(f"{ONE}/state")
@needs(Permission.STUDIES_WRITE, whole=True)
def set_state(study: str) -> ResponseReturnValue:
    """Open a study to new participants, or close it to them."""
    form = sent_form("state")

    def work(uow: UnitOfWork, found: Study) -> None:
        refuse_other_settings(uow.session, found, form.number("expected"))
        set_open(uow, found, form.value("state") == "open")

    return _change(study, form, ("state",), work, "state")


def _change(
    study: str, form: Form, fields: list[str] | tuple[str, ...], change: Callable[[UnitOfWork, Study], None], done: str
) -> ResponseReturnValue:
    def work(uow: UnitOfWork) -> None:
        change(uow, find_study(uow.session, scope(), study, lock=True, whole=True))

    def again(sent: Form, status: int) -> Response:
        return _page(study, {sent.name: sent}, status)

    return save(form, fields, work, lambda _: url_for("office.studies.show_one", study=study, done=done), again)


def _page(study: str, forms: dict[str, Form], status: int) -> Response:
    def work(session: Session) -> str:
        found = find_study(session, scope(), study)
        setup, who = study_setup(session, found), asking()
        theirs = {code for code, _ in setup.sites}
        return render_template(
            "office/study.html", setup=setup, done=request.args.get("done"), elsewhere=_elsewhere(found),
            others=[(code, name) for code, name in sites_of(session) if code not in theirs],
            forms={name: forms.get(name, Form(name)) for name in ("join", "values", "confirm", "state")},
            may_change=who.scope(Permission.STUDIES_WRITE).covers_whole(found.id),
            may_confirm=who.scope(Permission.STUDIES_CONFIRM).covers_whole(found.id),
        )  # fmt: skip

    return make_response(installation().store.read(work), status)


#: where the rest of a study is set: what that is, the page, and the permission without which it shows nothing
_ELSEWHERE = (
    ("Settings: values, sites, attempts to reach somebody", "studies.settings.show", Permission.STUDIES_READ),
    ("Schedule of activities", "studies.schedule.show", Permission.STUDIES_READ),
    ("Versions and amendments", "studies.versions.show", Permission.STUDIES_READ),
    ("Cohorts", "studies.cohorts.show", Permission.PARTICIPANTS_READ),
    ("By which rules it sends", "office.rules.ask", Permission.MESSAGES_WRITE),
    ("The texts that participants read", "office.texts.show", Permission.MESSAGES_READ),
    ("Its audit", "office.audit.show_study", Permission.AUDIT_READ),
)


def _elsewhere(study: Study) -> list[tuple[str, str]]:
    """The other pages about a study that whoever looks may open."""
    found = (
        (label, address_of(endpoint, study=study.code))
        for label, endpoint, permission in _ELSEWHERE
        if asking().scope(permission).covers_whole(study.id)
    )
    return [(label, address) for label, address in found if address is not None]


def _schedule_of(study: str) -> str | None:
    return address_of("studies.schedule.show", study=study)


def _fields_of(form: ProtocolForm) -> list[str]:
    return [*_FIELDS, *(f"values-{name}" for name in form.open_values)]


def _new_page(form: ProtocolForm, status: int) -> Response:
    def work(session: Session) -> str:
        return render_template("office/study_new.html", form=form, offers=offers(), sites=sites_of(session))

    return make_response(installation().store.read(work), status)

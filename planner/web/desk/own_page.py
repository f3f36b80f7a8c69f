"""A participant's own page, as the desk looks after it: the link, a code to let a device in, and the devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import Conflict, InvalidInput, NotFound, PlannerError, Refused
from planner.request_log import request_id
from planner.services import home_links as service
from planner.services.feeds import LONGEST_BRING
from planner.services.home_changes import LONGEST_NAME, ChangePage, change_page, medicine_names
from planner.services.home_diary import diary_of
from planner.services.home_doses import home_drugs
from planner.web.desk.participant import names
from planner.web.desk.seen import look_at
from planner.web.feed_links import code_of, root_address
from planner.web.words import sentence

pages = Blueprint("own_page", __name__)
HERE = "/studies/<study>/participants/<number>/page"


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown this once: a link, or a code that lets a device in; what was typed, and what is wrong with it.

    ``medicines`` and ``wrong`` are by the drug that they are about; ``wrong`` also by the name of a field.
    """

    link: str = ""
    code: str = ""
    bring: str = ""
    no_driving: bool = False
    medicines: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    #: whether it is what the page says that was to be changed
    changing: bool = False


@pages.get(HERE)
@needs(Permission.CONTACTS_READ)
def show(study: str, number: str) -> ResponseReturnValue:
    """Show how somebody's page stands."""
    return _page(study, number, Shown())


@pages.post(f"{HERE}/link")
@needs(Permission.CONTACTS_WRITE)
def give(study: str, number: str) -> ResponseReturnValue:
    """Give somebody a link, and show it, this once."""
    planner = installation()
    bring = _text("bring", LONGEST_BRING)
    no_driving = request.form.get("no_driving") == "yes"
    command = service.GiveLink(study=study, participant=number, bring=bring, no_driving=no_driving)
    typed = Shown(bring=bring, no_driving=no_driving)

    def work(uow: UnitOfWork) -> str:
        return service.give_link(uow, planner.designs, planner.keys, scope(), command).token

    return _done(study, number, work, lambda token: Shown(link=_address(token)), typed)


@pages.post(f"{HERE}/change")
@needs(Permission.CONTACTS_WRITE)
def change(study: str, number: str) -> ResponseReturnValue:
    """Change what somebody's page says besides their visits."""
    planner = installation()
    names = {drug: _text(f"medicine-{drug}", LONGEST_NAME) for drug in request.form.getlist("medicine")[:50]}
    bring, no_driving = _text("bring", LONGEST_BRING), request.form.get("no_driving") == "yes"
    command = ChangePage(study=study, participant=number, bring=bring, no_driving=no_driving, medicines=names)
    typed = Shown(bring=bring, no_driving=no_driving, medicines=names, changing=True)
    return _done(study, number, lambda uow: change_page(uow, planner.designs, scope(), command), None, typed)


@pages.post(f"{HERE}/renewal")
@needs(Permission.CONTACTS_WRITE)
def renew(study: str, number: str) -> ResponseReturnValue:
    """Give somebody another link; the old one ends."""

    def work(uow: UnitOfWork) -> str:
        return service.renew_link(uow, scope(), study, number).token

    return _done(study, number, work, lambda token: Shown(link=_address(token)), Shown())


@pages.post(f"{HERE}/code")
@needs(Permission.CONTACTS_WRITE)
def show_code(study: str, number: str) -> ResponseReturnValue:
    """Show a code that lets one device in."""
    keys = installation().keys

    def work(uow: UnitOfWork) -> str:
        return service.let_in(uow, keys, scope(), study, number)

    return _done(study, number, work, lambda code: Shown(code=code), Shown())


@pages.post(f"{HERE}/end")
@needs(Permission.CONTACTS_WRITE)
def end(study: str, number: str) -> ResponseReturnValue:
    """Take the link back."""
    return _done(study, number, lambda uow: service.take_link_back(uow, scope(), study, number), None, Shown())


@pages.post(f"{HERE}/devices/<int:device>/end")
@needs(Permission.CONTACTS_WRITE)
def end_device(study: str, number: str, device: int) -> ResponseReturnValue:
    """Let a device in no more."""
    return _done(study, number, lambda uow: service.end_device(uow, scope(), study, number, device), None, Shown())


def _done(
    study: str, number: str, work: Callable[[UnitOfWork], object], shows: Callable[[str], Shown] | None, typed: Shown
) -> ResponseReturnValue:
    """Do it, and show what is shown once, or the page again; what was refused stands on it."""
    try:
        made = installation().store.write(asking().actor, clock.now(), work, request_id())
    except (InvalidInput, Conflict, Refused, NotFound) as error:
        return _page(study, number, _wrong(typed, error))
    if shows is None:
        return redirect(url_for("desk.own_page.show", study=study, number=number), 303)
    return _page(study, number, shows(str(made)))


def _wrong(typed: Shown, error: PlannerError) -> Shown:
    said = sentence("; ".join(f"{one.wrong}; {one.remedy}" for one in error.problems))
    wrong = {one.place.removeprefix("medicines/"): sentence(f"{one.wrong}; {one.remedy}") for one in error.problems}
    return replace(typed, error=said, wrong=wrong, status=int(error.status))


def _text(name: str, longest: int) -> str:
    return request.form.get(name, "").strip().replace("\0", "\N{REPLACEMENT CHARACTER}")[: longest + 1]


def _address(token: str) -> str:
    return f"{root_address()}/home/{token}"


def _page(study: str, number: str, shown: Shown) -> Response:
    def work(session: Session) -> str:
        seen = look_at(session, study, number)
        now = clock.now()
        state = service.page_state(session, scope(), study, number, now)
        known = medicine_names(session, state.link) if state.link is not None else {}
        drugs = [(drug, seen.activity_words(drug)) for drug in home_drugs(seen.life.study)]
        return render_template(
            "desk/own_page.html", seen=seen, state=state, shown=shown, longest=LONGEST_BRING,
            longest_name=LONGEST_NAME, known=known, drugs=drugs, diary=diary_of(seen.life, known, now),
            picture=code_of(shown.link) if shown.link else "",
            reached=service.may_be_contacted(session, seen.row.id), **names(seen),
        )  # fmt: skip

    return make_response(installation().store.read(work), shown.status)

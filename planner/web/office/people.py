"""People: who may sign in and what each may do where; one of them let in, locked, given roles and a fresh password."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.paging import Asked
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import User
from planner.problems import InputProblem, InvalidInput, shown
from planner.services.access import find_site, find_study
from planner.services.people import STATES, SearchPeople, find_person, find_user, search_people
from planner.services.users import (
    CreateUser,
    Role,
    create_user,
    end_role,
    end_tokens,
    grant_role,
    set_enabled,
    set_password,
    take_off_totp,
    tokens_of,
)
from planner.web.desk.choices import sites_of, studies_of
from planner.web.office.forms import Form, end_token_of, save, sent_form
from planner.web.office.search import asked_for, list_address

pages = Blueprint("people", __name__)
ONE = "/people/<int:user>"
PER_PAGE = 50
STATE_LABELS = {
    "active": "May sign in", "locked": "Locked", "no-codes": "Without one-time codes", "no-role": "Without a role",
}  # fmt: skip
#: what each role is called, and what it is for
ROLES = {
    Role.ADMINISTRATOR: ("Administrator", "sets up studies, sites and people"),
    Role.COORDINATOR: ("Coordinator", "looks after participants day by day"),
    Role.INVESTIGATOR: ("Investigator", "the same, releases doses and signs"),
    Role.INFUSION_CENTRE: ("Infusion centre", "chairs and doses, no names"),
    Role.MONITOR: ("Monitor", "reads, and never whom it is about"),
}
_NEW = ("email", "name", "password", "role", "study", "site")
_ROLE = ("role", "study", "site")
_PASSWORD = ("password",)


@dataclass(slots=True)
class Forms:
    """The forms of a person's page; the one that was sent has what was typed and what is wrong."""

    role: Form = field(default_factory=lambda: Form("role"))
    password: Form = field(default_factory=lambda: Form("password"))
    other: Form = field(default_factory=lambda: Form("other"))


@pages.get("/people")
@needs(Permission.USERS_READ, everything=True)
def show() -> str:
    """Show the people who were asked for."""
    said = asked_for("q", "role", "site", "state")
    said["state"] = said["state"] if said["state"] in STATES else ""
    said["role"] = said["role"] if said["role"] in set(Role) else ""
    search = SearchPeople(text=said["q"], role=said["role"], site=said["site"], state=said["state"])
    asked = Asked(PER_PAGE, request.args.get("cursor") or None)

    def work(session: Session) -> str:
        found = search_people(session, search, asked)
        further = list_address("office.people.show", said, cursor=found.next) if found.next else None
        return render_template(
            "office/people.html", found=found, said=said, roles=ROLES, states=STATE_LABELS, sites=sites_of(session),
            further=further, first=asked.cursor is None,
        )  # fmt: skip

    return installation().store.read(work)


@pages.get("/people/new")
@needs(Permission.USERS_WRITE, everything=True)
def ask() -> Response:
    """Show the form that lets somebody in."""
    return _new_page(Form("new", {"role": request.args.get("role", ""), "study": request.args.get("study", "")}), 200)


@pages.post("/people/new")
@needs(Permission.USERS_WRITE, everything=True)
def create() -> ResponseReturnValue:
    """Let somebody sign in, with their first role where one is chosen."""
    form, password = sent_form("new", _PASSWORD), request.form.get("password", "")
    command = CreateUser(email=form.value("email"), name=form.value("name"), password=password)
    shortest = installation().settings.shortest_password

    def work(uow: UnitOfWork) -> int:
        user = create_user(uow, command, shortest)
        if form.value("role"):
            _grant(uow, user, form)
        return user.id

    return save(form, _NEW, work, lambda made: _address(made, "added"), _new_page)


@pages.get(ONE)
@needs(Permission.USERS_READ, everything=True)
def show_one(user: int) -> Response:
    """Show somebody: their roles, whether they may sign in, and with what programs of theirs do."""
    return _page(user, Forms(), 200)


@pages.post(f"{ONE}/roles")
@needs(Permission.USERS_WRITE, everything=True)
def grant(user: int) -> ResponseReturnValue:
    """Give somebody a role, in one study or all, at one site or all."""
    form = sent_form("role")
    return save(
        form, _ROLE, lambda uow: _grant(uow, find_user(uow.session, user), form),
        lambda _: _address(user, "granted"), lambda sent, status: _page(user, Forms(role=sent), status),
    )  # fmt: skip


@pages.post(f"{ONE}/roles/<int:role>/end")
@needs(Permission.USERS_WRITE, everything=True)
def take_back(user: int, role: int) -> ResponseReturnValue:
    """Take a role back. It stays on record."""
    return _change(user, lambda uow, found: end_role(uow, found, role), "taken-back")


@pages.post(f"{ONE}/lock")
@needs(Permission.USERS_WRITE, everything=True)
def lock(user: int) -> ResponseReturnValue:
    """Let somebody sign in no more: their sessions end, and their tokens are good for nothing."""
    return _change(user, lambda uow, found: set_enabled(uow, found, enabled=False), "locked")


@pages.post(f"{ONE}/unlock")
@needs(Permission.USERS_WRITE, everything=True)
def unlock(user: int) -> ResponseReturnValue:
    """Let somebody sign in again."""
    return _change(user, lambda uow, found: set_enabled(uow, found, enabled=True), "unlocked")


@pages.post(f"{ONE}/password")
@needs(Permission.USERS_WRITE, everything=True)
def reset_password(user: int) -> ResponseReturnValue:
    """Give somebody a fresh password; their sessions end, and tokens that are not kept."""
    form, password = sent_form("password", _PASSWORD), request.form.get("password", "")
    shortest = installation().settings.shortest_password

    def work(uow: UnitOfWork) -> None:
        found = find_user(uow.session, user)
        if found.id == asking().person.user_id:
            raise InvalidInput([InputProblem("password", "that is you", "ask another administrator for a fresh one")])
        set_password(uow, found, password, shortest)
        if not form.value("keep_tokens"):
            end_tokens(uow, found)

    def again(sent: Form, status: int) -> Response:
        return _page(user, Forms(password=sent), status)

    return save(form, _PASSWORD, work, lambda _: _address(user, "password"), again)


@pages.post(f"{ONE}/codes/end")
@needs(Permission.USERS_WRITE, everything=True)
def take_off_codes(user: int) -> ResponseReturnValue:
    """Ask somebody for no one-time codes any more, whose phone is lost, until they set them up again."""
    return _change(user, take_off_totp, "codes-off")


@pages.post(f"{ONE}/tokens/<int:token>/end")
@needs(Permission.USERS_WRITE, everything=True)
def end_token(user: int, token: int) -> ResponseReturnValue:
    """Make a token worthless."""
    return _change(user, lambda uow, found: end_token_of(uow, found.id, token), "token")


def _change(user: int, change: Callable[[UnitOfWork, User], object], done: str) -> ResponseReturnValue:
    def work(uow: UnitOfWork) -> None:
        change(uow, find_user(uow.session, user))

    def again(sent: Form, status: int) -> Response:
        return _page(user, Forms(other=sent), status)

    return save(Form("other"), (), work, lambda _: _address(user, done), again)


def _grant(uow: UnitOfWork, user: User, form: Form) -> None:
    role = form.value("role")
    if role not in set(Role):
        raise InvalidInput([InputProblem("role", f'there is no role "{shown(role)}"', "choose one")])
    study = find_study(uow.session, scope(), form.value("study")) if form.value("study") else None
    site = find_site(uow.session, scope(), form.value("site")) if form.value("site") else None
    grant_role(uow, user, Role(role), study, site.id if site else None)


def _address(user: int, done: str) -> str:
    return url_for("office.people.show_one", user=user, done=done)


def _new_page(form: Form, status: int) -> Response:
    def work(session: Session) -> str:
        return render_template(
            "office/person_new.html", form=form, roles=ROLES, studies=studies_of(session, None).known,
            sites=sites_of(session), shortest=installation().settings.shortest_password,
        )  # fmt: skip

    return make_response(installation().store.read(work), status)


def _page(user: int, forms: Forms, status: int) -> Response:
    def work(session: Session) -> str:
        found = find_person(session, user)
        return render_template(
            "office/person.html", person=found, forms=forms, roles=ROLES, studies=studies_of(session, None).known,
            sites=sites_of(session), tokens=tokens_of(session, user), now=clock.now(), done=request.args.get("done"),
            me=user == asking().person.user_id, shortest=installation().settings.shortest_password,
            may_change=asking().scope(Permission.USERS_WRITE).everything(),
        )  # fmt: skip

    return make_response(installation().store.read(work), status)

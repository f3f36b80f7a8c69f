"""Signing in on a page: the password, then a one-time code where somebody has set them up; and signing out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from planner import clock
from planner.auth.door import asking, installation, needs
from planner.auth.permissions import Permission
from planner.config import ConfigurationError
from planner.persistence.unit_of_work import Actor, UnitOfWork
from planner.persistence.users import User
from planner.problems import InputProblem, NotSignedIn, PlannerError
from planner.request_log import request_id
from planner.services.users import Person, asks_for_code, end_sessions, hash_that_fits, person_of, sign_in
from planner.web import door
from planner.web.beginning import commands_to_begin
from planner.web.frame import first_page
from planner.web.words import sentence

pages = Blueprint("sign_in", __name__)
pages.before_request(door.check)
pages.after_request(door.private)
pages.after_request(door.keep_visitor)
#: how long the page that asks for the code may be left open
CODE_WITHIN = timedelta(minutes=5)
_LONGEST_EMAIL, _LONGEST_CODE = 254, 20


@dataclass(slots=True)
class SignInForm:
    """What was typed, where to go afterwards, and what is wrong. ``ticket``: the password was right."""

    email: str = ""
    next: str = ""
    ticket: str = ""
    error: str = ""
    old: bool = field(default=False)


@pages.get("/sign-in")
@needs(None)
def show() -> ResponseReturnValue:
    """Show the form, or go on where somebody is signed in."""
    next_place = door.place_of_ours(request.args.get("next", "")) or ""
    looks = door.who_looks()
    if looks is not None:
        return redirect(next_place or first_page(looks.person), 303)
    return _page(SignInForm(next=next_place, old=door.SESSION in request.cookies), 200)


@pages.post("/sign-in")
@needs(None)
def begin() -> ResponseReturnValue:
    """Take the password; ask for a code where there is one to ask for."""
    form = SignInForm(email=_text("email", _LONGEST_EMAIL), next=door.place_of_ours(request.form.get("next", "")) or "")
    planner, password = installation(), request.form.get("password", "")
    fitting = planner.store.read(lambda session: hash_that_fits(session, form.email, password))
    try:
        return _ask_or_enter(form, fitting)
    except NotSignedIn as error:
        return _again(form, error)


def _ask_or_enter(form: SignInForm, fitting: str) -> ResponseReturnValue:
    planner, most = installation(), installation().settings.sign_in_attempts
    asked = planner.store.write(
        Actor("nobody"), clock.now(), lambda uow: asks_for_code(uow, planner.keys, form.email, fitting, most)
    )
    if not asked:
        return _enter(form, fitting, "")
    ticket = {"email": form.email, "fitting": fitting, "until": (clock.now() + CODE_WITHIN).isoformat()}
    form.ticket = planner.keys.seal(ticket).decode()
    return _page(form, 200)


@pages.post("/sign-in/code")
@needs(None)
def finish() -> ResponseReturnValue:
    """Take the one-time code."""
    form = SignInForm(next=door.place_of_ours(request.form.get("next", "")) or "")
    form.email, fitting = _opened(request.form.get("ticket", ""))
    if not fitting:
        form.error = "The page was open for too long; write your password again."
        return _page(form, 400)
    form.ticket = request.form["ticket"]
    try:
        return _enter(form, fitting, _text("code", _LONGEST_CODE))
    except NotSignedIn as error:
        return _again(form, error)


@pages.post("/sign-out")
@needs(Permission.SELF)
def sign_out() -> ResponseReturnValue:
    """End the session."""
    who = asking()
    installation().store.write(
        who.actor,
        clock.now(),
        lambda uow: end_sessions(uow, uow.session.get_one(User, who.person.user_id), who.secret),
        request_id(),
    )
    return door.take_session(make_response(redirect(url_for("sign_in.show"), 303)))


def _enter(form: SignInForm, fitting: str, code: str) -> ResponseReturnValue:
    """Begin a session, if everything is right; a failure is counted either way."""
    planner, most = installation(), installation().settings.sign_in_attempts

    def work(uow: UnitOfWork) -> tuple[Person, str] | None:
        entered = sign_in(uow, planner.keys, form.email, fitting, code, most)
        return (person_of(uow.session, entered[0]), entered[1]) if entered is not None else None

    found = planner.store.write(Actor("nobody"), clock.now(), work, request_id())
    if found is None:
        wrong = "the code is wrong, or was used before" if form.ticket else "the address or the password is wrong"
        raise NotSignedIn([InputProblem("password", wrong, "check it, and try again")])
    answer = make_response(redirect(form.next or first_page(found[0]), 303))
    return door.give_session(answer, found[1])


def _opened(ticket: str) -> tuple[str, str]:
    """Whose password was right, and the hash that it fits; nothing for a ticket that is none or too old."""
    try:
        said = installation().keys.open(ticket.encode())
        until = datetime.fromisoformat(said["until"])
    except (ConfigurationError, KeyError, ValueError):
        return "", ""
    return (said["email"], said["fitting"]) if until > clock.now() else (said["email"], "")


def _text(name: str, longest: int) -> str:
    return request.form.get(name, "").strip()[:longest].replace("\0", "\N{REPLACEMENT CHARACTER}")


def _again(form: SignInForm, error: PlannerError) -> Response:
    form.error = sentence("; ".join(f"{problem.wrong}; {problem.remedy}" for problem in error.problems))
    return _page(form, error.status)


def _page(form: SignInForm, status: int) -> Response:
    return make_response(render_template("sign_in.html", form=form, beginning=commands_to_begin()), int(status))

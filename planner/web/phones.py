"""The simulated phone: what would have been texted to whom and when, and a box to write back. For a demo only."""

from __future__ import annotations

import hmac
import secrets
import time
from datetime import datetime
from typing import cast

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from notifications.inbox import take_in
from planner import clock
from planner.persistence.unit_of_work import SYSTEM, UnitOfWork
from planner.problems import InputProblem, NotAllowed
from planner.services.address_book import ContactBook
from planner.services.dispatching import worker_state
from planner.services.installation import Installation
from planner.services.phones import is_waiting, phone_lines, phone_of, wrote_from
from planner.services.tasks import sealed

phones = Blueprint("phones", __name__, url_prefix="/phones")
#: holds by chance what the forms of this browser repeat: who writes from elsewhere does not know it
COOKIE = "phones"
LONGEST = 1_600
QUICK = ("1", "2", "STOP", "START", "HELP")
#: so many texts are shown at once, the newest; the others are folded away above them
SHOWN = 8
#: how many seconds an answer is waited for before the page is shown without it
_PATIENCE, _BETWEEN = 6.0, 0.25


@phones.before_request
def only_in_a_demo() -> None:
    """Show nothing of anybody unless the settings say that there is nobody."""
    settings = _planner().settings
    if not settings.show_phones or settings.channel != "handset":
        abort(404)
    _planner().require_schema()


@phones.get("")
def index() -> str:
    """Show every phone that has something on it."""
    lines = _planner().store.read(phone_lines)
    studies: dict[str, list[object]] = {}
    for line in lines:
        studies.setdefault(line.study, []).append(line)
    return render_template("phones.html", studies=studies)


@phones.get("/<study>/<number>")
def show(study: str, number: str) -> Response:
    """Show one phone: its texts, what is still to come, and what came of what was written back."""
    planner, whom = _planner(), request.args.get("whom", "")
    phone = planner.store.read(lambda session: phone_of(session, planner.keys, planner.designs, study, number, whom))
    cookie = request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    page = make_response(render_template("phone.html", phone=phone, shown=SHOWN, quick=QUICK, token=_token(cookie)))
    page.headers["Cache-Control"] = "no-store"
    page.set_cookie(COOKIE, cookie, path="/phones", httponly=True, samesite="Strict")
    return page


@phones.post("/<study>/<number>")
def write(study: str, number: str) -> ResponseReturnValue:
    """Write back from a phone, as a provider would hand it in. What comes of it is on the page."""
    _check_form()
    planner, whom = _planner(), request.args.get("whom", "")
    text = (request.form.get("text") or request.form.get("quick") or "")[:LONGEST].replace("\0", "")
    name = f"handset-in-{secrets.token_hex(16)}"

    def work(uow: UnitOfWork) -> int:
        wrote, recipient = wrote_from(uow.session, planner.keys, study, number, whom, text, name)
        take_in(uow.session, wrote, ContactBook(planner.keys), lambda said: sealed(planner.keys, said), uow.now)
        return recipient

    _await_the_answer(planner, planner.store.write(SYSTEM, clock.now(), work))
    here = url_for("phones.show", study=study, number=number, whom=whom or None, _anchor="newest")
    return redirect(here, 303)


def _await_the_answer(planner: Installation, recipient_id: int) -> None:
    """Give the worker the moment that it needs to answer; without a worker nothing comes."""
    until = clock.seconds() + _PATIENCE
    while _is_coming(planner, recipient_id, clock.now()) and clock.seconds() < until:
        time.sleep(_BETWEEN)


def _is_coming(planner: Installation, recipient_id: int, now: datetime) -> bool:
    return planner.store.read(
        lambda session: worker_state(session, now) == "ok" and is_waiting(session, recipient_id, now)
    )


def _planner() -> Installation:
    return cast(Installation, current_app.extensions["installation"])


def _token(cookie: str) -> str:
    return _planner().keys.find(f"phones form {cookie}")


def _check_form() -> None:
    """Raise NotAllowed for a form that no page of ours has shown to this browser."""
    cookie, token = request.cookies.get(COOKIE, ""), request.form.get("token", "")
    if not cookie or not hmac.compare_digest(_token(cookie).encode(), token.encode("utf-8", "replace")):
        wrong = "the form was not sent from the page of the phone, or the page is too old"
        raise NotAllowed([InputProblem("form", wrong, "open the phone again, and write there")])

"""Making a browser the screen of a day room, which shows codes only, and making it somebody's own again."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner.auth.door import asking, confirm_password, installation, needs
from planner.auth.permissions import Permission
from planner.problems import InvalidInput
from planner.web import door
from planner.web.centre.site import place_of
from planner.web.office.forms import Form, sent_form
from planner.web.shared_screen import screen_here

pages = Blueprint("screen", __name__)
HERE = "/infusions/<site>/screen"
_SECRET = ("password",)


@pages.post(HERE)
@needs(Permission.PARTICIPANTS_READ)
def share(site: str) -> Response:
    """Make this browser a screen that everybody may read."""
    secret = asking().secret
    assert secret is not None  # noqa: S101 - whoever sends a form of a page has a session
    return door.give_screen(_to_the_day(site), secret, site)


@pages.get(HERE)
@needs(Permission.PARTICIPANTS_READ)
def ask(site: str) -> ResponseReturnValue:
    """Ask for the password without which the screen stays one."""
    return _page(site, Form("screen"), 200) if screen_here() is not None else _to_the_day(site)


@pages.post(f"{HERE}/end")
@needs(Permission.PARTICIPANTS_READ)
def leave(site: str) -> Response:
    """Make it the browser of whoever had shared it again, once they have written their password."""
    form, screen = sent_form("screen", _SECRET), screen_here()
    if screen is None:
        return _to_the_day(site)
    try:
        confirm_password(request.form.get("password", "")[:1_000])
    except InvalidInput as error:
        form.take(error, _SECRET)
        return _page(site, form, int(error.status))
    return door.give_session(_to_the_day(site), screen.secret)


def _to_the_day(site: str) -> Response:
    return make_response(redirect(url_for("centre.day.show", site=site), 303))


def _page(site: str, form: Form, status: int) -> Response:
    def work(session: Session) -> str:
        return render_template("centre/screen.html", place=place_of(session, site), form=form, who=asking().person)

    return make_response(installation().store.read(work), status)

"""The way in to a participant's own page: their link, and a one-time code for a telephone or computer that is new."""

from __future__ import annotations

import re

from flask import Blueprint, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import installation, needs
from planner.persistence.home_links import HomeLink
from planner.persistence.unit_of_work import Actor
from planner.request_log import request_id
from planner.services.home_codes import DIGITS
from planner.services.home_doors import Asked, ask_for_code, enter, language_of_link, linked
from planner.web.home.entrance import give_cookie, lost, shown, who_is_there
from planner.web.home.texts import Texts, texts_in

pages = Blueprint("door", __name__)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
#: whoever has the link, before it is known who it is
_SOMEBODY = Actor("link")
#: more than a code with spaces in it
_LONGEST = 20
_ASKED = ("sent", "too-often", "have")


@pages.get("/<token>")
@needs(None)
def show(token: str) -> ResponseReturnValue:
    """Show how to get a code; a device that was let in goes straight to the page."""
    found = _read(token)
    if found is None:
        return lost()
    link, t = found
    seen = who_is_there()
    if seen is not None and seen.link.id == link.id:
        return redirect(url_for("home.page.show"), 303)
    asked = request.args.get("asked", "")
    return shown("door", t, token=token, asked=asked if asked in _ASKED else "", wrong=False, typed="")


@pages.post("/<token>/code")
@needs(None)
def ask(token: str) -> ResponseReturnValue:
    """Text a code, if there is a number that it can go to; the answer does not say whether there is."""
    planner = installation()
    asked: Asked | None = None
    if _TOKEN.fullmatch(token):
        asked = planner.store.write(
            _SOMEBODY, clock.now(), lambda uow: ask_for_code(uow, planner.keys, token), request_id()
        )
    if asked is None:
        return lost()
    return redirect(url_for("home.door.show", token=token, asked=asked.value), 303)


@pages.post("/<token>/enter")
@needs(None)
def come_in(token: str) -> ResponseReturnValue:
    """Let the device in, if the code is right."""
    found = _read(token)
    if found is None:
        return lost()
    planner, said = installation(), request.form.get("code", "")[:_LONGEST]
    secret = None
    if len("".join(said.split())) == DIGITS:
        secret = planner.store.write(
            _SOMEBODY, clock.now(), lambda uow: enter(uow, planner.keys, token, said), request_id()
        )
    if secret is None:
        return shown("door", found[1], 400, token=token, asked="have", wrong=True, typed=said)
    return give_cookie(make_response(redirect(url_for("home.page.show"), 303)), secret)


@pages.get("/<token>/code")
@pages.get("/<token>/enter")
@needs(None)
def come_back(token: str) -> ResponseReturnValue:
    """Lead to where a code is entered: a telephone that was away opens the last address anew, without its form."""
    return redirect(url_for("home.door.show", token=token, asked="have"), 303)


def _read(token: str) -> tuple[HomeLink, Texts] | None:
    """The link, and the texts in its participant's language."""
    if not _TOKEN.fullmatch(token):
        return None

    def work(session: Session) -> tuple[HomeLink, Texts] | None:
        link = linked(session, token)
        return (link, texts_in(language_of_link(session, link))) if link is not None else None

    return installation().store.read(work)

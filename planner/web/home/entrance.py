"""Who stands before a participant's own page: a device that was let in, by its cookie; and what nobody else is told."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from planner import clock
from planner.auth.door import installation, needs
from planner.problems import PlannerError
from planner.request_log import request_id
from planner.services.home_doors import LASTS, AtHome, at_home, is_to_be_noted, note_seen
from planner.web.door import is_https
from planner.web.home.texts import LANGUAGES, Texts, texts_in

#: holds the secret of a device that was let in
COOKIE = "visit-planner-home"
PATH = "/home"


def inside(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """A page for a device that was let in; for any other it is not there."""

    @needs(None)
    @wraps(view)
    def opened(**names: Any) -> ResponseReturnValue:
        seen = who_is_there()
        return lost() if seen is None else view(seen, **names)

    return opened


def who_is_there() -> AtHome | None:
    """Whose page this device may see."""
    secret = request.cookies.get(COOKIE, "")
    planner = installation()
    now = clock.now()
    seen = planner.store.read(lambda session: at_home(session, secret, now)) if secret else None
    if seen is not None and is_to_be_noted(seen, now):
        planner.store.write(seen.actor, now, lambda uow: note_seen(uow, seen.device.id), request_id())
    return seen


def give_cookie(response: Response, secret: str) -> Response:
    """Let the device open the page by itself from now on."""
    response.set_cookie(
        COOKIE, secret, path=PATH, max_age=int(LASTS.total_seconds()), httponly=True, samesite="Lax", secure=is_https()
    )
    return response


def take_cookie(response: Response) -> Response:
    """Take that from the device, and what it has kept of the page."""
    response.delete_cookie(COOKIE, path=PATH)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def private(response: Response) -> Response:
    """Nobody keeps these pages, and nobody finds them."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def shown(name: str, t: Texts, status: int = 200, **values: Any) -> Response:
    """A page in that language."""
    return make_response(render_template(f"home/{name}.html", t=t, **values), status)


def lost() -> Response:
    """There is nothing here: the same for a link that was guessed, one that has ended, and a device that has none."""
    return shown("notice", texts_of_reader(), 404, title="lost_title", text="lost")


def trouble(status: int) -> Response:
    """What somebody is told where no page of theirs has that address, or the planner itself fails."""
    if status == HTTPStatus.NOT_FOUND:
        return private(lost())
    return private(shown("notice", texts_of_reader(), status, title="trouble_title", text="trouble"))


def refused(error: PlannerError) -> Response:
    """What went wrong, in the reader's language: a form that is too old; the rest is said beside its field."""
    token = (request.view_args or {}).get("token")
    back = url_for("home.door.show", token=token) if token else url_for("home.page.show")
    return shown("notice", texts_of_reader(), int(error.status), title="error", text="old_form", back=back)


def texts_of_reader() -> Texts:
    """The texts in a language that the browser asks for, where nobody knows whose it is."""
    return texts_in(request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0])

"""The door of the pages: whose session it is, whether they may, and whether a form was sent from a page of ours."""

from __future__ import annotations

import hmac
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from planner.auth.asking import Asking
from planner.auth.door import USUAL_BODY, installation, known, let_in, said_needs
from planner.persistence.database import DatabaseUnavailable
from planner.persistence.schema import WrongSchema
from planner.problems import InputProblem, NotAllowed, NotSignedIn
from planner.web.shared_screen import SCREEN, paper, screen_here

#: holds the secret of the session; it ends with the browser, and before it on the server
SESSION = "visit-planner"
#: holds something by chance that forms repeat as long as nobody is signed in
VISITOR = "visit-planner-visitor"
#: the field that every form has
TOKEN = "form_token"  # noqa: S105 - a name
_CHANGING = ("POST", "PUT", "PATCH", "DELETE")
#: the desk runs one script, which is ours to serve, and asks nobody else for anything
DESK_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def check() -> ResponseReturnValue | None:
    """Let in whoever may use the page, and whatever was sent from one; who is not signed in is asked to."""
    wanted, names, screen = said_needs(request.endpoint), request.view_args or {}, screen_here()
    if wanted.permission is not None:
        if screen is not None and screen.secret and not screen.shows(request.endpoint, names):
            return _ask_at_screen(screen.site)
        try:
            let_in(_secret(), wanted, names)
        except NotSignedIn:
            return ask_to_sign_in()
    if wanted.largest > USUAL_BODY:  # whoever may send a file is known by now
        request.max_content_length = request.max_form_memory_size = wanted.largest
    check_form()
    return None


def ask_to_sign_in() -> Response:
    """Lead to the sign-in page, and from there back to the page that was asked for."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    address = url_for("sign_in.show", next=wanted)
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": url_for("sign_in.show")})
    return redirect(address, 303)  # type: ignore[return-value]


def _ask_at_screen(site: str) -> ResponseReturnValue:
    """Lead from a screen that everybody can read to the page that asks for the password."""
    address = url_for("centre.screen.ask", site=site)
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, 303)


def _secret() -> str:
    """The secret of the session by which this browser asks: its own, or that of whoever has shared the screen."""
    screen = screen_here()
    return screen.secret if screen is not None else request.cookies.get(SESSION, "")


def check_form() -> None:
    """Raise NotAllowed for a form that no page of ours has shown to this browser."""
    if request.method not in _CHANGING:
        return
    sent = request.form.get(TOKEN, "").encode("utf-8", "replace")
    holder = _holder()
    if not holder or not hmac.compare_digest(_token_of(holder).encode(), sent):
        wrong = "the form was not sent from a page of the planner, or the page is too old"
        raise NotAllowed([InputProblem("form", wrong, "open the page again, and send it from there")])


def form_token() -> str:
    """What the forms of this page repeat, so that it is known that they are ours."""
    holder = _holder()
    if not holder:
        holder = g.visitor = secrets.token_urlsafe(24)
    return _token_of(holder)


def _holder() -> str:
    """What only this browser sends: its session's secret, or else something by chance."""
    kept = request.cookies
    return kept.get(SCREEN) or kept.get(SESSION) or g.get("visitor") or kept.get(VISITOR, "")


def _token_of(holder: str) -> str:
    return installation().keys.find(f"form {holder}")


def keep_visitor(response: Response) -> Response:
    """Give the browser what its forms repeat, where a page has just been made for it."""
    if "visitor" in g:
        response.set_cookie(VISITOR, g.visitor, **_cookie())
    return response


def give_session(response: Response, secret: str) -> Response:
    """Give the browser its session, as a cookie that no script can read and no other site sends along with a form."""
    response.set_cookie(SESSION, secret, **_cookie())
    return _without(response, VISITOR, SCREEN)


def give_screen(response: Response, secret: str, site: str) -> Response:
    """Take the session from the browser, which shows one site from now on, to everybody who stands before it."""
    response.set_cookie(SCREEN, paper(secret, site), **_cookie())
    return _without(response, VISITOR, SESSION)


def take_session(response: Response) -> Response:
    """Take the session from the browser; of the pages it has kept nothing."""
    return _without(response, SESSION, SCREEN)


def _without(response: Response, *cookies: str) -> Response:
    for cookie in cookies:
        response.delete_cookie(cookie, path="/")
    return response


def _cookie() -> dict[str, Any]:
    return {"path": "/", "httponly": True, "samesite": "Lax", "secure": is_https()}


def is_https() -> bool:
    """Whether whoever asks came by https, here or in front of us."""
    public = str(current_app.extensions["installation"].settings.public_url)
    return request.is_secure or public.startswith("https:")


def private(response: Response) -> Response:
    """Headers of a page that is for one person: nothing keeps it, and it may run the one script."""
    response.headers["Cache-Control"] = "no-store"
    response.headers.setdefault("Content-Security-Policy", DESK_POLICY)
    return response


def who_looks() -> Asking | None:
    """Whoever is signed in, on a page that anybody may see; None if nobody is, or if that cannot be said now."""
    if "asking" in g:
        return g.asking  # type: ignore[no-any-return]
    secret = request.cookies.get(SESSION)
    if not secret or screen_here() is not None:
        return None
    try:
        planner = installation()
        found = planner.store.read(lambda session: known(planner, session, secret))
    except (NotSignedIn, DatabaseUnavailable, WrongSchema):
        return None
    g.asking = found
    return found


def place_of_ours(address: str) -> str | None:
    """The address, if it is a page of this planner and of nobody else's; it came with a request."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    ours = not parts.scheme and not parts.netloc and address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if ours and address.isprintable() and "\\" not in address else None

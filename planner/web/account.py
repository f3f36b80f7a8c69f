"""One's own account: another password, one-time codes from now on, and the tokens of one's programs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, confirm_password, installation, needs
from planner.auth.permissions import Permission
from planner.config import ConfigurationError
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import User
from planner.problems import InvalidInput
from planner.services.one_time_codes import address_for_app
from planner.services.people import find_person
from planner.services.users import new_totp_secret, set_password, set_up_totp, tokens_of
from planner.web import door
from planner.web.feed_links import code_of
from planner.web.office.forms import Form, end_token_of, save, sent_form

pages = Blueprint("account", __name__)
pages.before_request(door.check)
pages.after_request(door.private)
#: how long the page with the secret may be left open
WITHIN = timedelta(minutes=15)
_PASSWORD = ("password", "new_password")
_CODES = ("password", "code")


@pages.get("/account")
@needs(Permission.SELF)
def show() -> Response:
    """Show what is known of whoever is signed in, and what they may change about themselves."""
    return _page({}, 200)


@pages.post("/account/password")
@needs(Permission.SELF)
def change_password() -> ResponseReturnValue:
    """Take another password; all sessions end, this one too."""
    form, new = sent_form("password", _PASSWORD), request.form.get("new_password", "")
    shortest = installation().settings.shortest_password
    if (wrong := _wrong_password(form)) is not None:
        return wrong

    def work(uow: UnitOfWork) -> None:
        set_password(uow, _me(uow.session), new, shortest, "new_password")

    answer = save(form, _PASSWORD, work, lambda _: url_for("sign_in.show"), _again)
    return answer if form.wrong else door.take_session(make_response(answer))


@pages.post("/account/codes")
@needs(Permission.SELF)
def begin_codes() -> ResponseReturnValue:
    """Show a secret for an app that makes one-time codes. None is asked for before one of them was entered."""
    form = sent_form("codes", _CODES)
    if (wrong := _wrong_password(form)) is not None:
        return wrong
    ticket = {"secret": new_totp_secret(), "user": asking().person.user_id, "until": (clock.now() + WITHIN).isoformat()}
    sealed = installation().keys.seal(ticket).decode()
    return _page({"codes": Form("codes")}, 200, _shown(ticket, sealed))


@pages.post("/account/codes/first")
@needs(Permission.SELF)
def finish_codes() -> ResponseReturnValue:
    """Ask for one-time codes from now on, the first one having been entered."""
    form, sealed = sent_form("codes"), request.form.get("ticket", "")
    opened = _opened(sealed)
    if opened is None:
        form.general.append("The page was open for too long. Begin again.")
        return _page({"codes": form}, 400)

    def work(uow: UnitOfWork) -> None:
        set_up_totp(uow, installation().keys, _me(uow.session), opened["secret"], form.value("code"))

    def again(sent: Form, status: int) -> Response:
        return _page({"codes": sent}, status, _shown(opened, sealed))

    return save(form, _CODES, work, lambda _: url_for("account.show", done="codes"), again)


@pages.post("/account/tokens/<int:token>/end")
@needs(Permission.SELF)
def end_token(token: int) -> ResponseReturnValue:
    """Make a token of one's own worthless."""

    def work(uow: UnitOfWork) -> None:
        end_token_of(uow, asking().person.user_id, token)

    return save(sent_form("token"), (), work, lambda _: url_for("account.show", done="token"), _again)


def _wrong_password(form: Form) -> Response | None:
    """The page again, where the password that was written is not theirs; a wrong one counts as a failed sign-in."""
    try:
        confirm_password(request.form.get("password", "")[:1_000])
    except InvalidInput as error:
        form.take(error, ("password",))
        return _again(form, int(error.status))
    return None


def _me(session: Session) -> User:
    return session.get_one(User, asking().person.user_id)


def _opened(sealed: str) -> dict[str, Any] | None:
    """What the ticket holds, if it is this person's and of just now."""
    try:
        said = installation().keys.open(sealed.encode())
        mine = said["user"] == asking().person.user_id and datetime.fromisoformat(said["until"]) > clock.now()
    except (ConfigurationError, KeyError, ValueError):
        return None
    return said if mine else None


def _shown(ticket: dict[str, Any], sealed: str) -> dict[str, Any]:
    """What the page shows of a secret: itself, and as a code for the app's camera."""
    secret = str(ticket["secret"])
    parts = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    return {
        "ticket": sealed,
        "secret": " ".join(parts),
        "code": code_of(address_for_app(secret, asking().person.email)),
    }


def _again(form: Form, status: int) -> Response:
    return _page({form.name: form}, status)


def _page(forms: dict[str, Form], status: int, setting_up: dict[str, Any] | None = None) -> Response:
    def work(session: Session) -> str:
        me = asking().person.user_id
        return render_template(
            "account.html", person=find_person(session, me), tokens=tokens_of(session, me), now=clock.now(),
            forms={name: forms.get(name, Form(name)) for name in ("password", "codes", "token")},
            setting_up=setting_up, done=request.args.get("done"), shortest=installation().settings.shortest_password,
        )  # fmt: skip

    return make_response(installation().store.read(work), status)

"""A token for a program of one's own: what it is for, what it may do, how long; its secret is shown once."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from planner import clock
from planner.auth.door import asking, confirm_password, installation, needs
from planner.auth.permissions import MAY, Permission
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import User
from planner.problems import InvalidInput
from planner.request_log import request_id
from planner.services.program_tokens import MOST_DAYS, USUAL_DAYS, NewToken, make_program_token
from planner.services.users import Role
from planner.web import door
from planner.web.office.forms import Form, sent_form

pages = Blueprint("tokens", __name__, url_prefix="/account/tokens")
pages.before_request(door.check)
pages.after_request(door.private)
_FIELDS = ("label", "days", "password", "what", "scopes")
_SECRET = ("password",)
#: how much a program may do, before anything is chosen one by one
READ, SOME = "read", "some"
_CHOICES = ((READ, "Only read what I may read"), (SOME, "What I tick below"))


@pages.get("/new")
@needs(Permission.SELF)
def ask() -> Response:
    """Ask what the token is for."""
    return _page(Form("token", {"days": USUAL_DAYS, "what": READ}), 200)


@pages.post("/new")
@needs(Permission.SELF)
def make() -> ResponseReturnValue:
    """Make it, once the password was written again, and show its secret."""
    form, planner = sent_form("token", _SECRET), installation()

    def work(uow: UnitOfWork) -> str:
        me = uow.session.get_one(User, asking().person.user_id)
        return make_program_token(uow, me, _mine(), _command(form))

    try:
        confirm_password(request.form.get("password", "")[:1_000])
        secret = planner.store.write(asking().actor, clock.now(), work, request_id())
    except InvalidInput as error:
        form.take(error, _FIELDS)
        return _page(form, int(error.status))
    return make_response(render_template("token_made.html", secret=secret, label=form.value("label")))


def _command(form: Form) -> NewToken:
    """The token that is wanted. Raises InvalidInput for days that are no number."""
    reads = [scope for scope in _mine() if scope.endswith(":read")]
    scopes = reads if form.value("what") == READ else form.chosen("scopes")
    return NewToken(label=form.value("label"), scopes=tuple(scopes), days=form.number("days") or 0)


def _mine() -> list[str]:
    """What whoever is signed in may do in any of their roles, in the order of permissions."""
    may = frozenset().union(*(MAY[Role(role)] for role in asking().person.roles))
    return [permission.value for permission in Permission if permission in may and permission is not Permission.SELF]


def scope_words(scope: str) -> str:
    """A scope in words: Read participants (participants:read)."""
    what, _, does = scope.partition(":")
    return f"{does.capitalize()} {what.replace('-', ' ')} ({scope})"


def _page(form: Form, status: int) -> Response:
    scopes = [(scope, scope_words(scope)) for scope in _mine()]
    made = render_template("token_new.html", form=form, scopes=scopes, choices=_CHOICES, most=MOST_DAYS)
    return make_response(made, status)

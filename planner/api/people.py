"""Signing in, and what people do about themselves: their password, one-time codes and tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from planner import clock
from planner.api.requests import answer, asking, confirm_password, installation, needs, reading, writing
from planner.api.resource import resource
from planner.api.types import Answer, Body, Line, Path
from planner.auth.permissions import Permission
from planner.persistence.unit_of_work import Actor
from planner.persistence.users import User
from planner.problems import InputProblem, InvalidInput, NotSignedIn
from planner.request_log import request_id
from planner.services.users import (
    end_sessions,
    hash_that_fits,
    make_token,
    new_totp_secret,
    revoke_token,
    set_password,
    set_up_totp,
    sign_in,
    tokens_of,
)

api = resource("people", "Signing in, and one's own password, codes and tokens.")
SCOPES = tuple(permission.value for permission in Permission if permission is not Permission.SELF)
ScopeName = Literal[SCOPES]  # type: ignore[valid-type]


class SignIn(Body):
    """Somebody who signs in."""

    email: str = Field(max_length=254)
    password: str = Field(max_length=1_000)
    code: str = Field(default="", max_length=20, description="The one-time code, once one has been set up.")


class SessionAnswer(Answer):
    """A session: send its token as a bearer token."""

    token: str
    name: str


class MeAnswer(Answer):
    """Who asks."""

    id: int
    email: str
    name: str
    roles: list[str]
    scopes: list[str] | None = Field(description="Of the token; everything that the roles include if null.")


class NewToken(Body):
    """A bearer token for a program. It acts as you, within these scopes."""

    label: Line
    scopes: list[ScopeName] = Field(min_length=1, max_length=len(SCOPES))
    days: int = Field(default=90, ge=1, le=366)


class TokenAnswer(Answer):
    """A token, without its secret."""

    id: int
    label: str
    scopes: list[str]
    made_at: datetime
    expires_at: datetime


class TokenMade(Answer):
    """A token's secret, shown this once."""

    token: str


class TokenList(Answer):
    """Your tokens."""

    items: list[TokenAnswer]


class CodesAnswer(Answer):
    """The secret of one-time codes (TOTP, RFC 6238), shown this once."""

    secret: str


class OldPassword(Body):
    """Your password, once more."""

    password: str = Field(max_length=1_000)


class ConfirmedCodes(OldPassword):
    """The secret that was given out, and a code that the app has made of it."""

    secret: str = Field(max_length=64)
    code: str = Field(max_length=20)


class NewPassword(Body):
    """Another password."""

    password: str = Field(max_length=1_000, description="The one you have.")
    new_password: str = Field(max_length=1_000)


class TokenPath(Path):
    """A token of yours."""

    token: int = Field(ge=1, le=2**62)


# -- oneself ------------------------------------------------------------------------------------


@api.post("/sessions", responses={201: SessionAnswer}, operation_id="sign_in", security=[{}])
@needs(None, keyed=False)
def begin_session(body: SignIn) -> Response:
    """Sign in. A name that does not exist, a wrong password and a wrong code look alike."""
    planner = installation()
    nobody, most = Actor("nobody"), planner.settings.sign_in_attempts
    fitting = planner.store.read(lambda session: hash_that_fits(session, body.email, body.password))
    found = planner.store.write(
        nobody,
        clock.now(),
        lambda uow: sign_in(uow, planner.keys, body.email, fitting, body.code, most),
        request_id(),
    )
    if found is None:
        wrong = "the address, the password or the code is wrong"
        raise NotSignedIn([InputProblem("password", wrong, "check all three, and try again")])
    user, secret = found
    return answer(SessionAnswer(token=secret, name=user.name), 201, {"Cache-Control": "no-store"})


@api.delete("/sessions/current", responses={204: None}, operation_id="sign_out")
@needs(Permission.SELF)
def end_session() -> Response:
    """Sign out. A token is revoked instead."""
    secret = asking().secret
    if secret is None:
        wrong = "this is a token and no session"
        raise InvalidInput([InputProblem("Authorization", wrong, "revoke the token instead")])
    return writing(lambda uow: end_sessions(uow, _me(uow.session), secret), lambda _: None)


@api.get("/me", responses={200: MeAnswer}, operation_id="show_me")
@needs(Permission.SELF)
def me() -> Response:
    """Show who asks."""
    who = asking()
    person, scopes = who.person, who.token_scopes
    return answer(
        MeAnswer(
            id=person.user_id, email=person.email, name=person.name, roles=sorted(person.roles),
            scopes=None if scopes is None else sorted(scopes),
        )
    )  # fmt: skip


@api.put("/me/password", responses={204: None}, operation_id="change_password")
@needs(Permission.SELF)
def change_password(body: NewPassword) -> Response:
    """Change your password. All your sessions end."""
    confirm_password(body.password)
    shortest = installation().settings.shortest_password
    return writing(
        lambda uow: set_password(uow, _me(uow.session), body.new_password, shortest, "new_password"), lambda _: None
    )


@api.post("/me/codes", responses={201: CodesAnswer}, operation_id="set_up_codes")
@needs(Permission.SELF, keyed=False)
def set_up_codes(body: OldPassword) -> Response:
    """Get a secret for an app that makes one-time codes. None is asked for before you have confirmed one."""
    confirm_password(body.password)
    return answer(CodesAnswer(secret=new_totp_secret()), 201, {"Cache-Control": "no-store"})


@api.put("/me/codes", responses={204: None}, operation_id="confirm_codes")
@needs(Permission.SELF)
def confirm_codes(body: ConfirmedCodes) -> Response:
    """Sign in with one-time codes from now on, having entered the first one."""
    confirm_password(body.password)
    keys = installation().keys
    return writing(lambda uow: set_up_totp(uow, keys, _me(uow.session), body.secret, body.code), lambda _: None)


@api.get("/me/tokens", responses={200: TokenList}, operation_id="list_tokens")
@needs(Permission.SELF)
def list_tokens() -> Response:
    """List your tokens."""

    def work(session: Session) -> TokenList:
        return TokenList(items=[TokenAnswer.model_validate(row) for row in tokens_of(session, asking().person.user_id)])

    return reading(work)


@api.post("/me/tokens", responses={201: TokenMade}, operation_id="make_token")
@needs(Permission.SELF)
def new_token(body: NewToken) -> Response:
    """Make a bearer token for a program; it is shown this once.

    A token makes none with more scopes than its own, and none that outlives it.
    """
    held, ends = asking().token_scopes, asking().token_ends
    if held is not None and not held.issuperset(body.scopes):
        wrong = "the token in your hand has not all of these scopes"
        raise InvalidInput([InputProblem("scopes", wrong, "sign in, and make the token then")])
    if ends is not None and clock.now() + timedelta(days=body.days) > ends:
        wrong = "the token in your hand ends before that"
        raise InvalidInput([InputProblem("days", wrong, "give fewer days, or sign in, and make the token then")])
    return writing(
        lambda uow: make_token(uow, _me(uow.session), body.label, tuple(body.scopes), body.days),
        lambda secret: TokenMade(token=secret),
        201,
    )


@api.delete("/me/tokens/<int:token>", responses={204: None}, operation_id="revoke_token")
@needs(Permission.SELF)
def end_token(path: TokenPath) -> Response:
    """Make a token of yours worthless."""
    return writing(lambda uow: revoke_token(uow, asking().person.user_id, path.token), lambda _: None)


def _me(session: Session) -> User:
    return session.get_one(User, asking().person.user_id)

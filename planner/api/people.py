"""Signing in, one's own tokens and password, and the people who may sign in."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from planner import clock
from planner.api.requests import answer, asking, confirm_password, installation, needs, reading, scope, writing
from planner.api.resource import asked, page_of, resource
from planner.api.types import Answer, Body, Line, Name, PageQuery, Path
from planner.auth.permissions import Permission
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import Actor, UnitOfWork
from planner.persistence.users import Grant, User
from planner.problems import InputProblem, InvalidInput, NotFound, NotSignedIn
from planner.request_log import request_id
from planner.services.access import find_site, find_study
from planner.services.lists import list_users
from planner.services.users import (
    CreateUser,
    Role,
    create_user,
    end_role,
    end_sessions,
    grant_role,
    make_token,
    revoke_token,
    roles_of,
    set_enabled,
    set_password,
    set_up_totp,
    sign_in,
    tokens_of,
)

api = resource("people", "Signing in, tokens, users and their roles.")
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


class RoleAnswer(Answer):
    """A role, in one study or all, at one site or all."""

    id: int
    role: str
    study: str | None = Field(description="All studies if null.")
    site: str | None = Field(description="All sites if null.")


class MeAnswer(Answer):
    """Who asks."""

    id: int
    email: str
    name: str
    roles: list[str]
    scopes: list[str] | None = Field(description="Of the token; everything that the roles include if null.")


class UserAnswer(Answer):
    """Somebody who may sign in."""

    id: int
    email: str
    name: str
    created_at: datetime
    disabled_at: datetime | None
    codes: bool = Field(description="Whether they sign in with one-time codes.")
    roles: list[RoleAnswer]


class NewUser(Body):
    """Somebody who is to sign in, with a first password."""

    email: str = Field(max_length=254)
    name: Line
    password: str = Field(max_length=1_000)


class NewRole(Body):
    """A role, in one study or all, at one site or all."""

    role: Literal[tuple(role.value for role in Role)]  # type: ignore[valid-type]
    study: Name | None = None
    site: Name | None = None


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


class NewPassword(Body):
    """Another password."""

    password: str = Field(max_length=1_000, description="The one you have.")
    new_password: str = Field(max_length=1_000)


class Enabled(Body):
    """Whether somebody may sign in."""

    enabled: bool


class UserPath(Path):
    """A user."""

    user: int = Field(ge=1, le=2**62)


class UserRolePath(UserPath):
    """A role of a user."""

    role: int = Field(ge=1, le=2**62)


class TokenPath(Path):
    """A token of yours."""

    token: int = Field(ge=1, le=2**62)


UserPage = page_of(UserAnswer)


# -- oneself ------------------------------------------------------------------------------------


@api.post("/sessions", responses={201: SessionAnswer}, operation_id="sign_in", security=[{}])
@needs(None, keyed=False)
def begin_session(body: SignIn) -> Response:
    """Sign in. A name that does not exist, a wrong password and a wrong code look alike."""
    planner = installation()
    nobody, most = Actor("nobody"), planner.settings.sign_in_attempts
    found = planner.store.write(
        nobody,
        clock.now(),
        lambda uow: sign_in(uow, planner.keys, body.email, body.password, body.code, most),
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
    return writing(lambda uow: set_password(uow, _me(uow.session), body.new_password, shortest), lambda _: None)


@api.post("/me/codes", responses={201: CodesAnswer}, operation_id="set_up_codes")
@needs(Permission.SELF)
def set_up_codes(body: OldPassword) -> Response:
    """Ask for one-time codes from now on, from an app that makes them from the secret."""
    confirm_password(body.password)
    keys = installation().keys
    return writing(lambda uow: set_up_totp(uow, keys, _me(uow.session)), lambda secret: CodesAnswer(secret=secret), 201)


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
    """Make a bearer token for a program; it is shown this once. A token makes none with more scopes than its own."""
    held = asking().token_scopes
    if held is not None and not held.issuperset(body.scopes):
        wrong = "the token in your hand has not all of these scopes"
        raise InvalidInput([InputProblem("scopes", wrong, "sign in, and make the token then")])
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


# -- everybody ----------------------------------------------------------------------------------


@api.get("/users", responses={200: UserPage}, operation_id="list_users")
@needs(Permission.USERS_READ, everything=True)
def list_all(query: PageQuery) -> Response:
    """List everybody who may sign in, or could once. Asks for a role in all studies."""

    def work(session: Session) -> Any:
        found = list_users(session, asked(query))
        return UserPage(items=[_shown(session, row) for row in found.rows], next=found.next)

    return reading(work)


@api.post("/users", responses={201: UserAnswer}, operation_id="create_user")
@needs(Permission.USERS_WRITE, everything=True)
def create(body: NewUser) -> Response:
    """Let somebody sign in; they may do nothing yet."""
    shortest = installation().settings.shortest_password

    def work(uow: UnitOfWork) -> UserAnswer:
        return _shown(uow.session, create_user(uow, CreateUser(**body.model_dump()), shortest))

    return writing(work, lambda made: made, 201)


@api.get("/users/<int:user>", responses={200: UserAnswer}, operation_id="show_user")
@needs(Permission.USERS_READ, everything=True)
def show(path: UserPath) -> Response:
    """Show somebody who may sign in."""
    return reading(lambda session: _shown(session, _user(session, path)))


@api.put("/users/<int:user>/enabled", responses={200: UserAnswer}, operation_id="enable_user")
@needs(Permission.USERS_WRITE, everything=True)
def enable(path: UserPath, body: Enabled) -> Response:
    """Let somebody sign in again, or not any more; then all their sessions end."""

    def work(uow: UnitOfWork) -> UserAnswer:
        user = _user(uow.session, path)
        if user.id == asking().person.user_id and not body.enabled:
            raise InvalidInput([InputProblem("user", "that is you", "ask another administrator")])
        set_enabled(uow, user, body.enabled)
        return _shown(uow.session, user)

    return writing(work, lambda made: made)


@api.post("/users/<int:user>/roles", responses={201: UserAnswer}, operation_id="grant_role")
@needs(Permission.USERS_WRITE, everything=True)
def grant(path: UserPath, body: NewRole) -> Response:
    """Give somebody a role, in one study or all, at one site or all."""

    def work(uow: UnitOfWork) -> UserAnswer:
        user = _user(uow.session, path)
        study = find_study(uow.session, scope(), body.study) if body.study else None
        site = find_site(uow.session, scope(), body.site) if body.site else None
        grant_role(uow, user, Role(body.role), study, site.id if site else None)
        uow.session.flush()
        return _shown(uow.session, user)

    return writing(work, lambda made: made, 201)


@api.delete("/users/<int:user>/roles/<int:role>", responses={200: UserAnswer}, operation_id="end_role")
@needs(Permission.USERS_WRITE, everything=True)
def take_back(path: UserRolePath) -> Response:
    """Take a role back. It stays on record."""

    def work(uow: UnitOfWork) -> UserAnswer:
        user = _user(uow.session, path)
        end_role(uow, user, path.role)
        uow.session.flush()
        return _shown(uow.session, user)

    return writing(work, lambda made: made)


def _user(session: Session, path: UserPath) -> User:
    user = session.get(User, path.user)
    if user is None:
        raise NotFound([InputProblem("user", "there is no such user", "look at the list")])
    return user


def _shown(session: Session, user: User) -> UserAnswer:
    roles = [_role(session, grant) for grant in roles_of(session, user)]
    return UserAnswer(
        id=user.id, email=user.email, name=user.name, created_at=user.created_at, disabled_at=user.disabled_at,
        codes=user.totp is not None, roles=roles,
    )  # fmt: skip


def _role(session: Session, grant: Grant) -> RoleAnswer:
    study = session.get(Study, grant.study_id) if grant.study_id is not None else None
    site = session.get(SiteRow, grant.site_id) if grant.site_id is not None else None
    return RoleAnswer(
        id=grant.id, role=grant.role, study=study.code if study else None, site=site.code if site else None
    )

"""The people who may sign in, and what each may do where."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from planner.api.requests import asking, installation, needs, reading, scope, writing
from planner.api.resource import asked, page_of, resource
from planner.api.types import Answer, Body, Line, Name, PageQuery, Path
from planner.auth.permissions import Permission
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import Grant, User
from planner.problems import InputProblem, InvalidInput, NotFound
from planner.services.access import find_site, find_study
from planner.services.lists import list_users
from planner.services.users import (
    CreateUser,
    Role,
    create_user,
    end_role,
    end_tokens,
    grant_role,
    roles_of,
    set_enabled,
    set_password,
    take_off_totp,
)

api = resource("users", "The people who may sign in, and their roles.")


class RoleAnswer(Answer):
    """A role, in one study or all, at one site or all."""

    id: int
    role: str
    study: str | None = Field(description="All studies if null.")
    site: str | None = Field(description="All sites if null.")


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


class FreshPassword(Body):
    """A password for somebody else, to be changed by them."""

    password: str = Field(max_length=1_000)
    keep_tokens: bool = Field(default=False, description="Let their programs go on with their tokens.")


class Enabled(Body):
    """Whether somebody may sign in."""

    enabled: bool


class UserPath(Path):
    """A user."""

    user: int = Field(ge=1, le=2**62)


class UserRolePath(UserPath):
    """A role of a user."""

    role: int = Field(ge=1, le=2**62)


UserPage = page_of(UserAnswer)


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


@api.put("/users/<int:user>/password", responses={204: None}, operation_id="reset_password")
@needs(Permission.USERS_WRITE, everything=True)
def reset_password(path: UserPath, body: FreshPassword) -> Response:
    """Give somebody a fresh password, who has forgotten theirs; their sessions end, and tokens that are not kept."""
    shortest = installation().settings.shortest_password

    def work(uow: UnitOfWork) -> None:
        user = _user(uow.session, path)
        if user.id == asking().person.user_id:
            raise InvalidInput([InputProblem("user", "that is you", "change your own password under /me/password")])
        set_password(uow, user, body.password, shortest)
        if not body.keep_tokens:
            end_tokens(uow, user)

    return writing(work, lambda _: None)


@api.delete("/users/<int:user>/codes", responses={204: None}, operation_id="take_off_codes")
@needs(Permission.USERS_WRITE, everything=True)
def take_off_codes(path: UserPath) -> Response:
    """Ask somebody for no one-time codes any more, whose phone is lost, until they set them up again."""
    return writing(lambda uow: take_off_totp(uow, _user(uow.session, path)), lambda _: None)


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

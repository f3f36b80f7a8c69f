"""What every route says that it needs, and whether whoever asks has it: the same for programs and for pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar, cast

from flask import current_app, g
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.asking import Asking, who_asks
from planner.auth.permissions import Permission, roles_with
from planner.problems import InputProblem, InvalidInput, NotAllowed, NotFound
from planner.request_log import request_id
from planner.services.access import Scope, find_participant, find_site, find_study, not_allowed, require_everything
from planner.services.installation import Installation
from planner.services.users import note_use, password_again

F = TypeVar("F", bound=Callable[..., Any])
USUAL_BODY = 1_000_000
#: how much later a use of a session is worth noting
NOTED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a route asks of whoever calls it; no permission at all where everybody may. ``largest`` body in bytes."""

    permission: Permission | None
    largest: int = USUAL_BODY
    takes: str = "application/json"
    #: whether it needs the permission at all sites of the study
    whole: bool = False
    #: whether it needs the permission in all studies at all sites
    everything: bool = False
    #: whether a request may be sent again with its key and do nothing twice
    keyed: bool = True


def needs(permission: Permission | None, **said: Any) -> Callable[[F], F]:
    """Say what a route needs. One that does not say is refused to everybody."""

    def marked(view: F) -> F:
        view.__dict__["needs"] = Needs(permission, **said)
        return view

    return marked


def needs_of(endpoint: str | None) -> Needs | None:
    """What the route of that endpoint needs; None if it has not said."""
    view = current_app.view_functions.get(endpoint or "")
    return cast("Needs | None", getattr(view, "needs", None))


def said_needs(endpoint: str | None) -> Needs:
    """What the route of that endpoint needs. Raises NotAllowed if it has not said."""
    wanted = needs_of(endpoint)
    if wanted is None:
        raise NotAllowed([InputProblem("address", "this route does not say who may use it", "report this")])
    return wanted


def installation() -> Installation:
    """The installation that answers. Raises WrongSchema while its database is of another version."""
    found = cast(Installation, current_app.extensions["installation"])
    found.require_schema()
    return found


def asking() -> Asking:
    """Who asks."""
    return cast(Asking, g.asking)


def scope() -> Scope:
    """Where whoever asks may do what the route is for."""
    return cast(Scope, g.scope)


def let_in(secret: str, wanted: Needs, names: Mapping[str, Any]) -> None:
    """Let whoever has that secret do what a route is for, in the study and at the place that its address names.

    Raises NotSignedIn, NotAllowed, or NotFound for what they may not know of.
    """
    permission = wanted.permission
    assert permission is not None  # noqa: S101 - the caller has looked
    planner = installation()

    def look(session: Session) -> tuple[Asking, Scope]:
        who = known(planner, session, secret)
        where = who.scope(permission)
        with _saying_whose_it_is(permission):
            _check_place(session, where, wanted, names)
        return who, where

    g.asking, g.scope = planner.store.read(look)
    _note_use(planner)


def known(planner: Installation, session: Session, secret: str) -> Asking:
    """Whose token or session this is, by the limits that the installation sets. Raises NotSignedIn."""
    settings = planner.settings
    idle, longest = timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)
    return who_asks(session, secret, clock.now(), idle, longest)


@contextmanager
def _saying_whose_it_is(permission: Permission) -> Iterator[None]:
    """A refusal also names the roles that may, so that whoever is refused knows what to ask for."""
    try:
        yield
    except NotAllowed as refused:
        roles = ", ".join(role.value for role in roles_with(permission))
        raise NotAllowed(
            replace(problem, remedy=f"{problem.remedy}; it takes one of these roles there: {roles}")
            for problem in refused.problems
        ) from None


def _check_place(session: Session, where: Scope, wanted: Needs, names: Mapping[str, Any]) -> None:
    """Whether they may do it there: what they may not know of is not there, what they may only look at is refused."""
    if any("\0" in str(name) for name in names.values()):
        raise NotFound([InputProblem("address", "no name has a character U+0000", "check the address")])
    if "study" in names:
        study = find_study(session, where, names["study"], whole=wanted.whole)
        if "number" in names:
            find_participant(session, where, study, names["number"])
    elif "site" in names:
        find_site(session, where, names["site"])
    elif wanted.everything:
        require_everything(where)
    elif not where.pairs and wanted.permission is not None and wanted.permission != "self":
        raise not_allowed("anywhere")


def _note_use(planner: Installation) -> None:
    """A session that is used goes on; noted once a minute, not at every request."""
    who = asking()
    secret, seen, now = who.secret, who.seen_at, clock.now()
    if secret is not None and seen is not None and now - seen > NOTED:
        planner.store.write(who.actor, now, lambda uow: note_use(uow, secret))


def confirm_password(password: str) -> None:
    """Make sure that it is still whoever signed in. A wrong password counts as a failed sign-in, also by a token.

    Raises InvalidInput, or NotSignedIn once there were too many.
    """
    planner, who = installation(), asking()
    most = planner.settings.sign_in_attempts
    right = planner.store.write(
        who.actor,
        clock.now(),
        lambda uow: password_again(uow, planner.keys, who.person.user_id, password, most),
        request_id(),
    )
    if not right:
        raise InvalidInput([InputProblem("password", "this is not your password", "write the one you sign in with")])

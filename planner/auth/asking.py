"""Finds out who asks: the owner of a bearer token, or of a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from planner.auth.permissions import Permission, roles_with
from planner.persistence.unit_of_work import Actor
from planner.problems import InputProblem, NotAllowed, NotSignedIn
from planner.services.access import Scope
from planner.services.users import Person, person_of, session_user, token_user

TOKEN_PREFIX = "vp_"  # noqa: S105 - no secret, how one begins


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody who is signed in, and what the token in their hand lets them do: everything they may, if None.

    ``secret`` is the session's, so that it can be ended, and ``seen_at`` when it was used last; none for a token,
    which has ``token_ends`` instead.
    """

    person: Person
    actor: Actor
    token_scopes: frozenset[str] | None = None
    secret: str | None = None
    seen_at: datetime | None = None
    token_ends: datetime | None = None

    def scope(self, permission: Permission) -> Scope:
        """Where they may do it, and what they may know of at all. Raises NotAllowed for a token that may not."""
        if self.token_scopes is not None and permission not in (*self.token_scopes, Permission.SELF):
            wrong = f"the token has not the scope {permission}"
            raise NotAllowed([InputProblem("Authorization", wrong, "make a token that has it")])
        return self.person.may_as(*roles_with(permission))


def who_asks(session: Session, secret: str, now: datetime, idle: timedelta, longest: timedelta) -> Asking:
    """Whose token or session this is. Raises NotSignedIn."""
    if secret.startswith(TOKEN_PREFIX):
        found = token_user(session, secret, now)
        if found is not None:
            user, token = found
            actor = Actor(f"user:{user.id} by token:{token.id}", user.id)
            return Asking(person_of(session, user), actor, frozenset(token.scopes), token_ends=token.expires_at)
    else:
        signed_in = session_user(session, secret, now, idle, longest)
        if signed_in is not None:
            user, row = signed_in
            return Asking(person_of(session, user), Actor(f"user:{user.id}", user.id), None, secret, row.seen_at)
    raise not_signed_in("the token is none, or is no longer valid")


def not_signed_in(wrong: str) -> NotSignedIn:
    """What somebody is told who is not signed in."""
    return NotSignedIn([InputProblem("Authorization", wrong, "sign in, or send: Authorization: Bearer TOKEN")])

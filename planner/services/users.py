"""People who may sign in, and what each may do where."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import (
    ApiToken,
    Grant,
    SignInAttempt,
    User,
    WebSession,
    one_at_a_time,
    user_by_email,
)
from planner.problems import Conflict, InputProblem, InvalidInput, NotFound, NotSignedIn
from planner.services.access import Scope
from planner.services.feed_scope import scope_changed
from planner.services.keyring import Keys

LOCKED_OUT = timedelta(minutes=15)
LONGEST_PASSWORD = 1_000
_SECRET = re.compile(r"[A-Z2-7]{32}")
_HASHER = PasswordHasher()


class Role(StrEnum):
    """What somebody is in a study, or everywhere."""

    ADMINISTRATOR = "administrator"
    COORDINATOR = "coordinator"
    INVESTIGATOR = "investigator"
    INFUSION_CENTRE = "infusion-centre"
    MONITOR = "monitor"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in: who they are, and the scope of each of their roles."""

    user_id: int
    email: str
    name: str
    roles: dict[Role, Scope]

    def may_as(self, *roles: Role) -> Scope:
        """What lies within the scope of any of these roles; all roles say what one may know of."""
        pairs = tuple(pair for role in roles if role in self.roles for pair in self.roles[role].pairs)
        return Scope(pairs, tuple(pair for scope in self.roles.values() for pair in scope.pairs))


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateUser:
    """A new user: the address they sign in with, their name, and a first password."""

    email: str
    name: str
    password: str


def create_user(uow: UnitOfWork, command: CreateUser, shortest: int = 12) -> User:
    """Let somebody sign in; they may do nothing yet. Raises InvalidInput, or Conflict if the address is taken."""
    email = command.email.strip().lower()
    problems = password_problems(command.password, shortest, email)
    if "@" not in email[1:-1] or len(email) > 254:
        problems.append(InputProblem("email", "this is no e-mail address", "write e.g. somebody@example.org"))
    if not command.name.strip() or len(command.name) > 200:
        problems.append(InputProblem("name", "the name is missing or too long", "write 1 to 200 characters"))
    if problems:
        raise InvalidInput(problems)
    if user_by_email(uow.session, email) is not None:
        raise Conflict([InputProblem("email", "somebody signs in with this address already", "give another one")])
    user = User(
        email=email, name=command.name.strip(), password=_HASHER.hash(command.password), totp_step=0,
        created_at=uow.now,
    )  # fmt: skip
    uow.session.add(user)
    uow.session.flush()
    uow.audit("user.created", f"user:{user.id}", after={"name": user.name})
    return user


def password_problems(password: str, shortest: int, email: str = "") -> list[InputProblem]:
    """What is wrong with a password. Its length is what counts; it is asked for no special characters."""
    if len(password) < shortest or len(password) > LONGEST_PASSWORD:
        wrong = f"the password has {len(password)} characters"
        return [InputProblem("password", wrong, f"write {shortest} to {LONGEST_PASSWORD}; a few words are good")]
    if len(set(password)) < 5 or (email and password.lower() in (email, email.partition("@")[0] * 2)):
        return [InputProblem("password", "the password is easy to guess", "write a few words that do not go together")]
    return []


def set_password(uow: UnitOfWork, user: User, password: str, shortest: int = 12, field: str = "password") -> None:
    """Give somebody another password, and end all their sessions. ``field`` is what they wrote it into."""
    problems = password_problems(password, shortest, user.email)
    if problems:
        raise InvalidInput(replace(problem, place=field) for problem in problems)
    user.password = _HASHER.hash(password)
    end_sessions(uow, user)
    uow.audit("user.password-set", f"user:{user.id}")


def grant_role(
    uow: UnitOfWork, user: User, role: Role, study: Study | None = None, site_id: int | None = None
) -> Grant:
    """Give somebody a role, in one study or all, at one site or all. Raises Conflict if they have it already.

    Twice the same would have to be taken back twice, and who takes it back once believes it gone.
    """
    uow.session.refresh(user, with_for_update=True)
    same = (role.value, study.id if study else None, site_id)
    if any((grant.role, grant.study_id, grant.site_id) == same for grant in roles_of(uow.session, user)):
        raise Conflict([InputProblem("role", "the user has this role already", "nothing is left to do")])
    grant = Grant(
        user_id=user.id, role=role.value, study_id=study.id if study else None, site_id=site_id, granted_at=uow.now
    )
    uow.session.add(grant)
    after = {"role": role.value, "study": study.code if study else None, "site_id": site_id}
    uow.audit("user.role-granted", f"user:{user.id}", after=after)
    scope_changed(uow, user)
    return grant


def person_of(session: Session, user: User) -> Person:
    """A user with the scope of each of their roles."""
    grants = session.scalars(select(Grant).where(Grant.user_id == user.id, Grant.ended_at.is_(None)))
    pairs: dict[Role, list[tuple[int | None, int | None]]] = {}
    for grant in grants:
        pairs.setdefault(Role(grant.role), []).append((grant.study_id, grant.site_id))
    return Person(user.id, user.email, user.name, {role: Scope(tuple(found)) for role, found in pairs.items()})


def end_role(uow: UnitOfWork, user: User, grant_id: int) -> None:
    """Take a role back. It stays on record. Raises NotFound."""
    grant = uow.session.get(Grant, grant_id)
    if grant is None or grant.user_id != user.id or grant.ended_at is not None:
        raise NotFound([InputProblem("role", "the user has no such role", "look at the user's roles")])
    grant.ended_at = uow.now
    _keep_an_administrator(uow.session)
    uow.audit("user.role-ended", f"user:{user.id}", before={"role": grant.role, "grant": grant.id})
    scope_changed(uow, user)


def roles_of(session: Session, user: User) -> list[Grant]:
    """The roles that a user has."""
    query = select(Grant).where(Grant.user_id == user.id, Grant.ended_at.is_(None)).order_by(Grant.id)
    return list(session.scalars(query))


def set_enabled(uow: UnitOfWork, user: User, enabled: bool) -> None:
    """Let a user sign in again, or not any more: then all their sessions end, and no token of theirs is good."""
    if enabled == (user.disabled_at is None):
        return
    user.disabled_at = None if enabled else uow.now
    if not enabled:
        end_sessions(uow, user)
        end_tokens(uow, user)
        _keep_an_administrator(uow.session)
    scope_changed(uow, user)
    uow.audit("user.enabled" if enabled else "user.disabled", f"user:{user.id}")


def _keep_an_administrator(session: Session) -> None:
    """Raise Conflict if nobody is left who may let people in: it could not be undone over HTTP."""
    session.flush()
    everywhere = (Grant.role == Role.ADMINISTRATOR.value, Grant.study_id.is_(None), Grant.site_id.is_(None))
    query = select(func.count()).select_from(Grant).join(User, User.id == Grant.user_id)
    if not session.scalar(query.where(*everywhere, Grant.ended_at.is_(None), User.disabled_at.is_(None))):
        wrong = "nobody would be left who may let people in"
        raise Conflict([InputProblem("role", wrong, "make somebody else an administrator of everything first")])


# -- signing in ---------------------------------------------------------------------------------


def hash_that_fits(session: Session, email: str, password: str) -> str:
    """The hash that is kept for that name, if the password fits it, else nothing: for ``sign_in``.

    To be asked before the transaction that signs in: it takes long on purpose, and whoever holds SQLite's only writer's
    place meanwhile keeps everybody else from recording anything.
    """
    user = user_by_email(session, email)
    return user.password if _password_fits(user, password) and user is not None else ""


def sign_in(uow: UnitOfWork, keys: Keys, email: str, fitting: str, code: str, most: int) -> tuple[User, str] | None:
    """Sign somebody in: the user and the session's secret, or None, with the failure counted.

    ``fitting`` is the hash that the password fits; it counts only if it still is the user's.

    Raises NotSignedIn for a name that is locked out. A name that does not exist, a wrong password and a wrong code
    look alike, and take as long.
    """
    who = keys.find(f"sign-in:{email}")
    _refuse_too_many(uow, who, most)
    user = user_by_email(uow.session, email)
    if (
        user is None
        or user.disabled_at is not None
        or user.password != fitting
        or not _code_fits(keys, user, code, uow.now)
    ):
        uow.session.add(SignInAttempt(who=who, at=uow.now))
        return None
    uow.session.execute(delete(SignInAttempt).where(SignInAttempt.who == who))
    secret = secrets.token_urlsafe(32)
    uow.session.add(WebSession(digest=digest(secret), user_id=user.id, began_at=uow.now, seen_at=uow.now))
    uow.audit("user.signed-in", f"user:{user.id}")
    return user, secret


def asks_for_code(uow: UnitOfWork, keys: Keys, email: str, fitting: str, most: int) -> bool:
    """Whether this name with this password is asked for a one-time code as well; nothing counts as a failure.

    Raises NotSignedIn for a name that is locked out: else the question would say that the password is right.
    """
    _refuse_too_many(uow, keys.find(f"sign-in:{email}"), most)
    user = user_by_email(uow.session, email)
    return user is not None and user.disabled_at is None and user.password == fitting and user.totp is not None


def password_again(uow: UnitOfWork, keys: Keys, user_id: int, password: str, most: int) -> bool:
    """Whether this is the user's password, asked for once more; a wrong one counts as a failed sign-in.

    Raises NotSignedIn for a name that is locked out.
    """
    user = uow.session.get_one(User, user_id)
    who = keys.find(f"sign-in:{user.email}")
    _refuse_too_many(uow, who, most)
    right = _password_fits(user, password)
    if not right:
        uow.session.add(SignInAttempt(who=who, at=uow.now))
    return right


def _refuse_too_many(uow: UnitOfWork, who: str, most: int) -> None:
    one_at_a_time(uow.session, who)
    if _failures(uow.session, who, uow.now) >= most:
        wrong = "there were too many failed attempts"
        raise NotSignedIn([InputProblem("email", wrong, "wait a quarter of an hour, and try again")])


def _failures(session: Session, who: str, now: datetime) -> int:
    query = select(func.count()).where(SignInAttempt.who == who, SignInAttempt.at > now - LOCKED_OUT)
    return session.scalar(query) or 0


def _password_fits(user: User | None, password: str) -> bool:
    try:
        _HASHER.verify(user.password if user else _nobodys_password(), password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return user is not None


@cache
def _nobodys_password() -> str:
    """A hash of nothing that anybody has: a name that does not exist takes as long as one that does."""
    return _HASHER.hash(secrets.token_hex(32))


def _code_fits(keys: Keys, user: User, code: str, now: datetime) -> bool:
    """Whether the one-time code is right and new; anything is, while none has been set up."""
    if user.totp is None:
        return True
    step = _step_of(keys.open(user.totp)["secret"], code, now)
    if step is None or step <= user.totp_step:
        return False
    user.totp_step = step
    return True


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step of which this is the code, of those just now; the latest one."""
    totp = pyotp.TOTP(secret)
    current = int(now.timestamp()) // totp.interval
    steps = (current + 1, current, current - 1)
    said = code.strip().encode()
    return next((step for step in steps if secrets.compare_digest(totp.generate_otp(step).encode(), said)), None)


def new_totp_secret() -> str:
    """A fresh secret for an app that makes one-time codes; nothing is asked for before a code of it was entered."""
    return pyotp.random_base32()


def set_up_totp(uow: UnitOfWork, keys: Keys, user: User, secret: str, code: str) -> None:
    """Ask a user for the codes of this secret from now on. Raises InvalidInput for a secret or a code that is none."""
    if not _SECRET.fullmatch(secret):
        raise InvalidInput([InputProblem("secret", "this is no secret that the planner gives out", "ask for one")])
    step = _step_of(secret, code, uow.now)
    if step is None:
        wrong = "the code is not of this secret, or not of now"
        raise InvalidInput([InputProblem("code", wrong, "let your app make another one, and check its clock")])
    user.totp, user.totp_step = keys.seal({"secret": secret}), step
    uow.audit("user.totp-set-up", f"user:{user.id}")


def take_off_totp(uow: UnitOfWork, user: User) -> None:
    """Ask a user for no one-time codes any more, until they set them up again: their phone is lost."""
    if user.totp is not None:
        user.totp, user.totp_step = None, 0
        end_sessions(uow, user)
        uow.audit("user.totp-taken-off", f"user:{user.id}")


def session_user(
    session: Session, secret: str, now: datetime, idle: timedelta, longest: timedelta
) -> tuple[User, WebSession] | None:
    """Who a session's secret belongs to; None once it has ended, was idle for too long, or is too old."""
    row = session.scalar(select(WebSession).where(WebSession.digest == digest(secret), WebSession.ended_at.is_(None)))
    if row is None or now - row.seen_at > idle or now - row.began_at > longest:
        return None
    user = session.get(User, row.user_id)
    return (user, row) if user is not None and user.disabled_at is None else None


def note_use(uow: UnitOfWork, secret: str) -> None:
    """A session was used: it ends so much later."""
    uow.session.execute(update(WebSession).where(WebSession.digest == digest(secret)).values(seen_at=uow.now))


def end_sessions(uow: UnitOfWork, user: User, secret: str | None = None) -> None:
    """End the session of that secret, or all of the user's."""
    query = select(WebSession).where(WebSession.user_id == user.id, WebSession.ended_at.is_(None))
    if secret is not None:
        query = query.where(WebSession.digest == digest(secret))
    for row in uow.session.scalars(query):
        row.ended_at = uow.now
    uow.audit("user.signed-out", f"user:{user.id}")


# -- tokens -------------------------------------------------------------------------------------


def make_token(uow: UnitOfWork, user: User, label: str, scopes: tuple[str, ...], days: int = 90) -> str:
    """A bearer token that acts as its user within its scopes; shown once, kept as a digest."""
    secret = f"vp_{secrets.token_urlsafe(32)}"
    row = ApiToken(
        digest=digest(secret), user_id=user.id, label=label[:100], scopes=list(scopes), made_at=uow.now,
        expires_at=uow.now + timedelta(days=days),
    )  # fmt: skip
    uow.session.add(row)
    uow.audit("token.made", f"user:{user.id}", after={"label": row.label, "scopes": list(scopes), "days": days})
    return secret


def tokens_of(session: Session, user_id: int) -> list[ApiToken]:
    """The tokens of a user that are not revoked, expired ones too."""
    query = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None)).order_by(ApiToken.id)
    return list(session.scalars(query))


def end_tokens(uow: UnitOfWork, user: User) -> None:
    """Make all tokens of a user worthless."""
    for row in tokens_of(uow.session, user.id):
        row.revoked_at = uow.now
        uow.audit("token.revoked", f"user:{user.id}", before={"label": row.label})


def revoke_token(uow: UnitOfWork, user_id: int, token_id: int) -> None:
    """Make a token worthless. Raises NotFound for one that is not the user's, or was made worthless before."""
    row = uow.session.get(ApiToken, token_id)
    if row is None or row.user_id != user_id or row.revoked_at is not None:
        wrong = "there is no such token, or it is good for nothing already"
        raise NotFound([InputProblem("token", wrong, "look at the tokens that there are")])
    row.revoked_at = uow.now
    uow.audit("token.revoked", f"user:{user_id}", before={"label": row.label})


def token_user(session: Session, secret: str, now: datetime) -> tuple[User, ApiToken] | None:
    """Who a token acts as; None for one that is none, has expired or was revoked."""
    row = session.scalar(select(ApiToken).where(ApiToken.digest == digest(secret), ApiToken.revoked_at.is_(None)))
    if row is None or row.expires_at <= now:
        return None
    user = session.get(User, row.user_id)
    return (user, row) if user is not None and user.disabled_at is None else None


def digest(secret: str) -> str:
    """What is kept of a secret with 256 random bits: they need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()

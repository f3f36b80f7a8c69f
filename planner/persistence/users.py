"""People who sign in, what each may do where, their sessions, tokens, and failed attempts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, func, literal, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant, Json


class User(Base):
    """Somebody who may sign in."""

    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    #: what they sign in with, in lower case
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    #: argon2
    password: Mapped[str] = mapped_column(String(200))
    #: the TOTP secret, encrypted; none until it is set up
    totp: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: the last time step whose code was used, so that none is used twice
    totp_step: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)


class Grant(Base):
    """A role of a user, in one study or all, at one site or all."""

    __tablename__ = "role_grant"
    __table_args__ = (Index("ix_role_grant_user", "user_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    #: administrator, coordinator, investigator, infusion-centre, monitor
    role: Mapped[str] = mapped_column(String(20))
    study_id: Mapped[int | None] = mapped_column(ForeignKey("study.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    granted_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class WebSession(Base):
    """A signed-in browser. Only a digest of its secret is kept."""

    __tablename__ = "web_session"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    began_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class ApiToken(Base):
    """A bearer token for programs: acts as its user, within its scopes. Only a digest of it is kept."""

    __tablename__ = "api_token"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    label: Mapped[str] = mapped_column(String(100))
    #: such as ["participants:read", "facts:write"]
    scopes: Mapped[list[str]] = mapped_column(Json)
    made_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class SignInAttempt(Base):
    """A failed sign-in, counted to lock a name out. The name is kept as a keyed digest: people type passwords there."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_who", "who", "at"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    who: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant)


def user_by_email(session: Session, email: str) -> User | None:
    """The user who signs in with that address."""
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def names_of(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """The names of users by their numbers, for what says who did something."""
    wanted = {one for one in ids if one is not None}
    return {row.id: row.name for row in session.scalars(select(User).where(User.id.in_(wanted)))} if wanted else {}


def one_at_a_time(session: Session, who: str) -> None:
    """Let nobody else try to sign in with that name until this transaction ends: tries at once are counted too.

    On SQLite there is one writer at a time anyway. ``who`` is the keyed digest of the name, there or not.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(literal(int(who[:15], 16), BigInteger))))

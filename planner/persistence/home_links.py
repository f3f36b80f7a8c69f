"""The page of a participant's own: the link that leads there, the devices that were let in, and one-time codes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant, code

_OPEN = text("ended_at IS NULL")


class HomeLink(Base):
    """A participant's personal link. Only a digest of its secret is kept; a participant has one at a time."""

    __tablename__ = "home_link"
    __table_args__ = (
        Index("uq_home_link_open", "participant_id", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    #: SHA-256 of the secret, 64 hexadecimal digits
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: whether whoever is given a study drug at a visit is not to drive on that day
    no_driving: Mapped[bool] = mapped_column(default=False)
    #: their own calendar, and what its link's secret is made from, with a key of the installation
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feed.id"))
    seed: Mapped[str] = mapped_column(String(64))
    #: when it ended, and in a word why: ended, renewed, died, withdrew, erased
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_why: Mapped[str] = mapped_column(String(20), default="")


class HomeDevice(Base):
    """A telephone or computer that was let in by a link. Only a digest of the secret in its cookie is kept."""

    __tablename__ = "home_device"
    __table_args__ = (Index("ix_home_device_link", "link_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("home_link.id"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    #: how its code came to them: text, or desk
    how: Mapped[str] = mapped_column(code(10))
    began_at: Mapped[datetime] = mapped_column(Instant)
    #: to within a day
    seen_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class HomeCode(Base):
    """A one-time code that lets one device in. Only a keyed digest of it is kept; each wrong try counts here."""

    __tablename__ = "home_code"
    __table_args__ = (Index("ix_home_code_link", "link_id", "made_at"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("home_link.id"))
    digest: Mapped[str] = mapped_column(String(64))
    #: text: asked for on the page, sent or not; desk: shown to a coordinator
    how: Mapped[str] = mapped_column(code(10))
    made_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


def open_link(session: Session, participant_id: int, lock: bool = False) -> HomeLink | None:
    """The link that a participant has now."""
    query = select(HomeLink).where(HomeLink.participant_id == participant_id, HomeLink.ended_at.is_(None))
    return session.scalar(query.with_for_update() if lock else query)


def link_by_digest(session: Session, digest: str, lock: bool = False) -> HomeLink | None:
    """The link of that secret, if it still leads anywhere."""
    query = select(HomeLink).where(HomeLink.digest == digest, HomeLink.ended_at.is_(None))
    return session.scalar(query.with_for_update() if lock else query)


def end_link(session: Session, link: HomeLink, why: str, now: datetime) -> None:
    """End a link, its devices and its codes."""
    link.ended_at, link.ended_why = now, why
    alive = (HomeDevice.link_id == link.id, HomeDevice.ended_at.is_(None))
    session.execute(update(HomeDevice).where(*alive).values(ended_at=now))
    unused = (HomeCode.link_id == link.id, HomeCode.used_at.is_(None), HomeCode.expires_at > now)
    session.execute(update(HomeCode).where(*unused).values(expires_at=now))


def end_home(session: Session, participant_id: int, why: str, now: datetime) -> bool:
    """End a participant's link, if they have one; whether they had."""
    link = open_link(session, participant_id, lock=True)
    if link is not None:
        end_link(session, link, why, now)
    return link is not None

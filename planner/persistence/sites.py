"""Sites, the days on which they are closed, and the public holidays stored when they were first used."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, UniqueConstraint, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.studies import StudySite
from planner.persistence.types import Id, Instant, Json, code


class SiteRow(Base):
    """A place where participants are seen. Its dates are local to it."""

    __tablename__ = "site"
    __table_args__ = (CheckConstraint("chairs >= 0", name="chairs_not_negative"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(code(), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    #: IANA name, such as America/New_York
    zone: Mapped[str] = mapped_column(String(64))
    #: ISO 3166, for public holidays; none without a country
    country: Mapped[str | None] = mapped_column(String(2))
    region: Mapped[str | None] = mapped_column(String(3))
    #: the days of every week on which it is closed, such as ["saturday", "sunday"]
    weekend: Mapped[list[str]] = mapped_column(Json)
    #: the hours of each weekday, such as {"monday": ["08:00", "17:00"]}
    opening: Mapped[dict[str, list[str]]] = mapped_column(Json)
    chairs: Mapped[int] = mapped_column(default=0)
    #: where to come, as participants read it
    address: Mapped[str] = mapped_column(String(500), default="")
    phone: Mapped[str] = mapped_column(String(50), default="")
    #: grows with every change, also of its closures: whoever saves says which one they had seen
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(Instant)


class Closure(Base):
    """A day, a span of days or a recurring rule on which a site, or some of its resources, is closed."""

    __tablename__ = "closure"
    __table_args__ = (CheckConstraint("last >= first", name="days_in_order"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    first: Mapped[date]
    last: Mapped[date | None]
    #: RFC 5545 RRULE, where the closure recurs
    rule: Mapped[str | None] = mapped_column(String(300))
    #: infusion, clinic, laboratory, pharmacy; all of them if empty
    resources: Mapped[list[Any]] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)


class StoredHoliday(Base):
    """A public holiday as it was computed when first used: a newer library does not rewrite the past."""

    __tablename__ = "stored_holiday"
    __table_args__ = (UniqueConstraint("site_id", "day"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    day: Mapped[date]
    name: Mapped[str] = mapped_column(String(200))


def site_by_code(session: Session, wanted: str) -> SiteRow | None:
    """The site of that code."""
    return session.scalar(select(SiteRow).where(SiteRow.code == wanted))


def sites_of(session: Session, study_id: int) -> list[SiteRow]:
    """The sites of a study, home site first."""
    query = (
        select(SiteRow)
        .join(StudySite, StudySite.site_id == SiteRow.id)
        .where(StudySite.study_id == study_id)
        .order_by(StudySite.position)
    )
    return list(session.scalars(query))


def closures_of(session: Session, site_ids: list[int], known_at: datetime | None = None) -> list[Closure]:
    """The closures of these sites that hold, or held at an instant."""
    holds: ColumnElement[bool] = Closure.removed_at.is_(None)
    if known_at is not None:
        holds = and_(Closure.created_at <= known_at, or_(holds, Closure.removed_at > known_at))
    return list(session.scalars(select(Closure).where(Closure.site_id.in_(site_ids), holds).order_by(Closure.id)))


def holidays_of(session: Session, site_ids: list[int]) -> list[StoredHoliday]:
    """The stored public holidays of these sites."""
    query = select(StoredHoliday).where(StoredHoliday.site_id.in_(site_ids)).order_by(StoredHoliday.day)
    return list(session.scalars(query))

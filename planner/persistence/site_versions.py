"""From which day on a protocol version holds at a site."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.studies import ProtocolVersion
from planner.persistence.types import Id, Instant


class SiteVersion(Base):
    """A protocol version at one site: approved there on a day, and in effect from another one on."""

    __tablename__ = "site_version"
    __table_args__ = (
        UniqueConstraint("site_id", "version_id"),
        CheckConstraint("approved_on <= effective_on", name="approved_before_it_is_effective"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("protocol_version.id"))
    #: dates at the site
    approved_on: Mapped[date]
    effective_on: Mapped[date]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)


def site_versions_of(session: Session, study_id: int) -> list[tuple[SiteVersion, str]]:
    """Where which version of a study holds, each with its number; the oldest version first."""
    query = (
        select(SiteVersion, ProtocolVersion.version)
        .join(ProtocolVersion, ProtocolVersion.id == SiteVersion.version_id)
        .where(SiteVersion.study_id == study_id)
        .order_by(ProtocolVersion.position, SiteVersion.site_id)
    )
    return [(row, version) for row, version in session.execute(query)]


def version_at(session: Session, study_id: int, site_id: int, day: date) -> str | None:
    """The newest version in effect at a site on a day; None where nobody has said so of any."""
    return version_among(effective_from(session, study_id), site_id, day)


def effective_from(session: Session, study_id: int) -> list[tuple[int, date, str]]:
    """At which site, from which day on, which version of a study holds; the oldest version first."""
    return [(row.site_id, row.effective_on, version) for row, version in site_versions_of(session, study_id)]


def version_among(known: Iterable[tuple[int, date, str]], site_id: int, day: date) -> str | None:
    """The newest of these versions in effect at a site on a day."""
    held = [version for at, since, version in known if at == site_id and since <= day]
    return held[-1] if held else None

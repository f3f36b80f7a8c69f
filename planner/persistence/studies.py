"""Studies, their immutable protocol versions, and the values of parameters."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant, Json, code


class Study(Base):
    """A study. ``revision`` grows with every change that can move dates: versions, parameters, sites, closures."""

    __tablename__ = "study"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(code(), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    #: ``open`` to new participants, or ``closed``
    state: Mapped[str] = mapped_column(String(16), default="open")
    #: whether a booking is told to the participant as it is made; otherwise a person releases each
    releases_bookings: Mapped[bool] = mapped_column(default=False)
    #: how many attempts to reach somebody the protocol wants before they are lost to follow-up, where it says so
    attempts_wanted: Mapped[int | None]
    revision: Mapped[int] = mapped_column(default=1)
    #: grows with everything that is set or added: whoever saves says which one they had seen
    settings_revision: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(Instant)


class ProtocolVersion(Base):
    """The text of one version of a study's protocol, exactly as it was handed in. Never changed."""

    __tablename__ = "protocol_version"
    __table_args__ = (UniqueConstraint("study_id", "version"), UniqueConstraint("study_id", "position"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    #: oldest first, from 0
    position: Mapped[int]
    version: Mapped[str] = mapped_column(String(100))
    source: Mapped[str] = mapped_column(Text)
    #: SHA-256 of the text, as 64 hexadecimal digits
    digest: Mapped[str] = mapped_column(String(64))
    #: who confirmed the assumptions, and when; nobody is enrolled before
    confirmed_by: Mapped[int | None]
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    added_at: Mapped[datetime] = mapped_column(Instant)


class ParameterValue(Base):
    """The value of a parameter that the protocol's text leaves open; the newest one counts."""

    __tablename__ = "parameter_value"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    name: Mapped[str] = mapped_column(code(100))
    value: Mapped[Any] = mapped_column(Json)
    #: whether it is made up, for a demonstration; shown wherever the protocol is
    made_up: Mapped[bool] = mapped_column(default=False)
    set_at: Mapped[datetime] = mapped_column(Instant)


class StudySite(Base):
    """A site that takes part in a study, in the order in which they joined: the first is the home site."""

    __tablename__ = "study_site"
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), primary_key=True, index=True)
    position: Mapped[int]


def study_by_code(session: Session, wanted: str, lock: bool = False) -> Study | None:
    """The study of that code."""
    query = select(Study).where(Study.code == wanted)
    return session.scalar(query.with_for_update() if lock else query)


def versions_of(session: Session, study_id: int) -> list[ProtocolVersion]:
    """The protocol versions of a study, oldest first."""
    query = select(ProtocolVersion).where(ProtocolVersion.study_id == study_id).order_by(ProtocolVersion.position)
    return list(session.scalars(query))


def parameter_values(session: Session, study_id: int, known_at: datetime | None = None) -> dict[str, ParameterValue]:
    """The value of each parameter that has one, or had one at an instant."""
    query = select(ParameterValue).where(ParameterValue.study_id == study_id).order_by(ParameterValue.id)
    if known_at is not None:
        query = query.where(ParameterValue.set_at <= known_at)
    return {row.name: row for row in session.scalars(query)}

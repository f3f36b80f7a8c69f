"""Appointments with their hour and chair; the database lets no chair be booked twice."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant, code

#: chairs are given out in quarters of an hour
SLOT_MINUTES = 15


class Booking(Base):
    """An appointment: a day and an hour on the site's clock, for so many minutes, in a chair where one is needed."""

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes_positive"),
        CheckConstraint("starts >= 0 AND starts < 1440", name="starts_within_the_day"),
        Index("ix_booking_site_day", "site_id", "day"),
        Index("ix_booking_participant", "participant_id", "visit_key"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    visit_key: Mapped[str] = mapped_column(code(120))
    #: the fact that made it
    fact_id: Mapped[str] = mapped_column(code())
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    day: Mapped[date]
    #: minutes after midnight, on the site's clock
    starts: Mapped[int]
    minutes: Mapped[int]
    #: 1 to the number of chairs; none for a visit without an infusion
    chair: Mapped[int | None]
    #: IANA name of the zone in which the hour was meant
    zone: Mapped[str] = mapped_column(String(64))
    #: why it is outside the window or inside a spacing, where it is
    reason: Mapped[str] = mapped_column(String(500), default="")
    #: when it was given back
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    made_at: Mapped[datetime] = mapped_column(Instant)


class ChairSlot(Base):
    """A quarter of an hour of one chair on one day, taken by one booking: its primary key is the whole rule."""

    __tablename__ = "chair_slot"
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    chair: Mapped[int] = mapped_column(primary_key=True)
    #: minutes after midnight, a multiple of 15
    starts: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)

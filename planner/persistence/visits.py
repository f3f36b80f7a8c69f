"""The newest plan of every participant, for queries: visits and gates. Rows are never removed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Instant, Json, code

#: which visits stand in an index, in the words of PostgreSQL; a query says the same in these very words to use it
UNRECORDED, HELD = "status = 'unrecorded' AND gone IS false", "status = 'held' AND gone IS false"
COUNTED = "gone IS false"
FIXED = "gone IS false AND tentative IS false"


def _only(name: str, which: str, *columns: str) -> Index:
    of_sqlite = text(which.replace("IS false", "IS 0"))
    return Index(name, *columns, postgresql_where=text(which), sqlite_where=of_sqlite)


class VisitRow(Base):
    """One visit of one participant: when it is due and where it stands.

    ``revision`` grows with every change that somebody can see (it becomes iCalendar's SEQUENCE), and never goes
    back: a visit that leaves the plan keeps its row, and goes on from there if it returns.
    """

    __tablename__ = "visit"
    __table_args__ = (
        Index("ix_visit_study_target", "study_id", "target"),
        # a site's month numbers and counts all of its visits: by this index alone, without reading any of them
        Index(
            "ix_visit_site_month", "site_id", "target", "status", "gone", "study_id", "booked", "participant_id", "key"
        ),
        # what waits for somebody: few of all visits, hence each an index of its own
        _only("ix_visit_overdue", UNRECORDED, "closes", "study_id", "site_id"),
        _only("ix_visit_held", HELD, "participant_id"),
        _only("ix_visit_fixed", FIXED, "status", "opens"),
        # what reports count, in the order in which they count it, with the days by which periods cut it; those of one
        # participant stand together, so that whoever is added with many others comes behind them
        _only("ix_visit_tally", COUNTED, "study_id", "site_id", "tally", "participant_id", "nominal", "target"),
        # somebody's next visit
        Index("ix_visit_participant_target", "participant_id", "target", "status", "gone"),
        Index(
            "ix_visit_fell",
            "fell_at",
            postgresql_where=text("fell_at IS NOT NULL"),
            sqlite_where=text("fell_at IS NOT NULL"),
        ),
    )
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    #: such as induction.c2.d8: the same for life
    key: Mapped[str] = mapped_column(code(120), primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    #: the site that sees the participant on that day
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    revision: Mapped[int] = mapped_column(default=0)
    label: Mapped[str] = mapped_column(String(200))
    epoch: Mapped[str] = mapped_column(code(100))
    cycle: Mapped[int | None]
    #: dates are local to the site, which never moves
    nominal: Mapped[date | None]
    opens: Mapped[date | None]
    closes: Mapped[date | None]
    target: Mapped[date | None]
    actual: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(20))
    tentative: Mapped[bool]
    #: clinic, remote or inpatient
    setting: Mapped[str] = mapped_column(String(12))
    activities: Mapped[list[str]] = mapped_column(Json)
    #: the appointment: 2026-01-12T09:30/180, or nothing
    booked: Mapped[str] = mapped_column(String(40), default="")
    #: the study drugs that staff give at it, each with its dose level where it has one: [["Inotuzumab", "level 1"]]
    doses: Mapped[list[list[str]]] = mapped_column(Json, default=list, server_default="[]")
    #: how long it takes where its appointment does not say, and how much of that the participant is watched
    minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    observes: Mapped[int] = mapped_column(default=0, server_default="0")
    #: where it stands in calendars, or stood last: 2026-01-12T09:30/180, or 2026-01-12; nothing if it never did
    stood: Mapped[str] = mapped_column(String(40), default="", server_default="")
    #: since when it stands there no more
    fell_at: Mapped[datetime | None] = mapped_column(Instant)
    #: what reports count of it, as services.tallies writes it: missed, or done/0/-1
    tally: Mapped[str] = mapped_column(code(40), default="", server_default="")
    #: what is in the way of a date, or wrong with the one it has
    conflicts: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    #: whether it has left the plan
    gone: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime] = mapped_column(Instant)


class GateRow(Base):
    """One gate on one participant's path, and how it stands."""

    __tablename__ = "gate"
    __table_args__ = (Index("ix_gate_study_status", "study_id", "status", "due"),)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    key: Mapped[str] = mapped_column(code(120), primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    label: Mapped[str] = mapped_column(String(200))
    due: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str | None] = mapped_column(code(100))
    decided_on: Mapped[date | None]
    told_on: Mapped[date | None]
    tentative: Mapped[bool]
    gone: Mapped[bool] = mapped_column(default=False)


def visits_of(session: Session, participant_id: int) -> dict[str, VisitRow]:
    """All visits that a participant has or ever had, by key."""
    found = session.scalars(select(VisitRow).where(VisitRow.participant_id == participant_id))
    return {row.key: row for row in found}


def gates_of(session: Session, participant_id: int) -> dict[str, GateRow]:
    """All gates that a participant has or ever had, by key."""
    return {row.key: row for row in session.scalars(select(GateRow).where(GateRow.participant_id == participant_id))}

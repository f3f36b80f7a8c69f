"""What happened to participants: appended, never changed, never removed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base
from planner.persistence.types import Id, Instant, Json, code


class FactRow(Base):
    """One fact about one participant: the day it is about, who recorded it when, and what it says."""

    __tablename__ = "fact"
    __table_args__ = (UniqueConstraint("participant_id", "fact_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    #: its name for life: facts that void or tell name it
    fact_id: Mapped[str] = mapped_column(code())
    #: given, attended, booked, …: the kinds of docs/reference/facts.md
    kind: Mapped[str] = mapped_column(code(40))
    #: the day it is about, at the site; the first possible one where only the month is known
    day: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    #: who recorded it; none for the planner itself
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: everything else that it says, as the file format writes it
    content: Mapped[dict[str, Any]] = mapped_column(Json)


def facts_of(session: Session, participant_id: int) -> list[FactRow]:
    """The facts about one participant, in the order in which they were recorded."""
    return list(session.scalars(select(FactRow).where(FactRow.participant_id == participant_id).order_by(FactRow.id)))


def facts_of_each(session: Session, participant_ids: Collection[int]) -> dict[int, list[FactRow]]:
    """The same of several participants; an empty list for those of whom nothing is known."""
    found: dict[int, list[FactRow]] = {one: [] for one in participant_ids}
    query = select(FactRow).where(FactRow.participant_id.in_(tuple(participant_ids))).order_by(FactRow.id)
    for row in session.scalars(query):
        found[row.participant_id].append(row)
    return found


def facts_of_kinds(session: Session, study_id: int, kinds: Iterable[str]) -> Iterable[FactRow]:
    """The facts of these kinds about all participants of a study, in the order in which they were recorded."""
    query = select(FactRow).where(FactRow.study_id == study_id, FactRow.kind.in_(tuple(kinds)))
    return session.scalars(query.order_by(FactRow.id))

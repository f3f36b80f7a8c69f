"""What stands in a site's calendar between two days, of all studies that somebody sees there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from planner.persistence.bookings import Booking
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.visits import VisitRow
from planner.services.access import Scope, within
from schedules.statuses import Status

#: what is asked of a visit to be shown: everything, an infusion, none, or no appointment yet
KINDS = ("", "infusions", "others", "unbooked")
_SHOWN = (
    Status.PLANNED, Status.DUE, Status.BOOKED, Status.DONE, Status.UNRECORDED, Status.MISSED,
)  # fmt: skip
#: their appointment stands where it was made until somebody makes another one, or gives it back
_UNSETTLED = (Status.TO_REBOOK, Status.NEEDS_DECISION, Status.HELD)
_WAITS = (Status.PLANNED, Status.DUE)


@dataclass(frozen=True, slots=True)
class Stands:
    """A visit on its day: whose it is in which study, at what hour (``09:30``, or empty) and for how many minutes."""

    study: str
    number: str
    key: str
    label: str
    day: date
    hour: str
    minutes: int
    status: str
    tentative: bool
    setting: str
    drugs: tuple[str, ...]


def site_calendar(
    session: Session, scope: Scope, site: SiteRow, first: date, last: date, study: str | None = None, kind: str = ""
) -> list[Stands]:
    """The visits of those days, both included, by day and hour; ``kind`` is one of ``KINDS``. In two queries.

    A visit whose appointment does not fit any more stands on the day of the appointment: its chair is held.
    """
    on_their_day = (
        VisitRow.site_id == site.id, VisitRow.target.between(first, last),
        VisitRow.status.in_([status.value for status in _SHOWN]),
    )  # fmt: skip
    holding = select(Booking.id).where(
        Booking.participant_id == VisitRow.participant_id, Booking.visit_key == VisitRow.key,
        Booking.site_id == site.id, Booking.day.between(first, last), Booking.ended_at.is_(None),
    )  # fmt: skip
    no_longer_fit = (holding.exists(), VisitRow.status.in_([status.value for status in _UNSETTLED]))
    found = [
        _stands(row, code, number)
        for which in (on_their_day, no_longer_fit)
        for row, code, number in session.execute(_query(scope, study).where(*which))
    ]
    shown = (one for one in found if _is_of(one, kind))
    return sorted(shown, key=lambda one: (one.day, one.hour or "~", one.study, one.number, one.key))


def _query(scope: Scope, study: str | None) -> Select[Any]:
    columns: tuple[Any, ...] = (VisitRow, Study.code, Participant.number)
    query: Select[Any] = (
        select(*columns)
        .join(Participant, Participant.id == VisitRow.participant_id)
        .join(Study, Study.id == VisitRow.study_id)
        .where(VisitRow.gone.is_(False), within(scope, VisitRow.study_id, VisitRow.site_id))
    )
    return query.where(Study.code == study) if study else query


def _stands(row: VisitRow, study: str, number: str) -> Stands:
    booked, _, _ = row.booked.partition("T")
    hour, _, minutes = row.booked.partition("T")[2].partition("/")
    long = int(minutes) if minutes.isdecimal() else row.minutes
    drugs = tuple(drug for drug, _ in row.doses)
    day = date.fromisoformat(booked) if booked and row.status in _UNSETTLED else row.target or date.max
    return Stands(
        study, number, row.key, row.label, day, hour, long, row.status, row.tentative, row.setting, drugs
    )  # fmt: skip


def _is_of(one: Stands, kind: str) -> bool:
    if kind == "unbooked":
        return not one.hour and one.status in _WAITS and not one.tentative
    return {"infusions": bool(one.drugs), "others": not one.drugs}.get(kind, True)

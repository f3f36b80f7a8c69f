"""What stands in a site's calendar between two days, of all studies that somebody sees there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, and_, cast, func, not_, select, tuple_
from sqlalchemy.orm import Session

from planner.persistence.bookings import Booking
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.visits import VisitRow
from planner.services.access import Scope, within
from planner.services.standing import UNSETTLED
from schedules.statuses import Status

#: what is asked of a visit to be shown: everything, an infusion, none, or no appointment yet
KINDS = ("", "infusions", "others", "unbooked")
_SHOWN = (
    Status.PLANNED, Status.DUE, Status.BOOKED, Status.DONE, Status.UNRECORDED, Status.MISSED,
)  # fmt: skip
_WAITS = (Status.PLANNED, Status.DUE)
_COLUMNS: tuple[Any, ...] = (
    Study.code, Participant.number, VisitRow.key, VisitRow.label, VisitRow.target, VisitRow.booked, VisitRow.minutes,
    VisitRow.status, VisitRow.tentative, VisitRow.setting, VisitRow.doses,
)  # fmt: skip
#: of 2026-01-12T09:30/180: 09:30; empty where there is no appointment
_HOUR = func.substr(VisitRow.booked, 12, 5)


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a site's calendar is wanted: days, both included, and visits of one study or all, of one of ``KINDS``.

    ``most``: so many visits of a day, at least 1; all of them where it is None.
    """

    first: date
    last: date
    study: str | None = None
    kind: str = ""
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands on a day: the first visits of it that are wanted, and how many there are."""

    visits: tuple[Stands, ...] = ()
    total: int = 0


def site_calendar(session: Session, scope: Scope, site: SiteRow, wanted: Wanted) -> dict[date, Standing]:
    """The visits of every day that has one, by hour, and how many they are. In two queries.

    A visit whose appointment does not fit any more stands on the day of the appointment: its chair is held.
    """
    on_their_day = (
        VisitRow.gone.is_(False), VisitRow.site_id == site.id, VisitRow.target.between(wanted.first, wanted.last),
        VisitRow.status.in_([status.value for status in _SHOWN]), *_asked(scope, wanted),
    )  # fmt: skip
    totals: Counter[date] = Counter()
    by_day: dict[date, list[Stands]] = defaultdict(list)
    for one, total in _first_ones(session, on_their_day, wanted.most):
        by_day[one.day].append(one)
        totals[one.day] = total or totals[one.day] + 1
    for one in _no_longer_fit(session, scope, site, wanted):
        by_day[one.day].append(one)
        totals[one.day] += 1
    return {day: Standing(tuple(sorted(found, key=_by_hour)[: wanted.most]), totals[day])
            for day, found in by_day.items()}  # fmt: skip


def _first_ones(session: Session, which: Sequence[Any], most: int | None) -> Iterator[tuple[Stands, int]]:
    """The first visits of each day, as many as are wanted, each with how many its day has; 0 where all are here.

    They are numbered and counted in the database, in one go and by visits alone: most are not shown.
    """
    query = _joined(select(*_COLUMNS))
    if most is None:
        yield from ((_stands(row), 0) for row in session.execute(query.where(*which)))
        return
    by_hour = (_HOUR == "", _HOUR, VisitRow.study_id, VisitRow.participant_id, VisitRow.key)
    place = func.row_number().over(partition_by=VisitRow.target, order_by=by_hour).label("place")
    total = func.count().over(partition_by=VisitRow.target).label("total")
    numbered = select(VisitRow.participant_id, VisitRow.key, place, total).where(*which).subquery()
    these = and_(numbered.c.participant_id == VisitRow.participant_id, numbered.c.key == VisitRow.key)
    shown = query.add_columns(numbered.c.total).join(numbered, these).where(numbered.c.place <= most)
    yield from ((_stands(row), row.total) for row in session.execute(shown))


def _no_longer_fit(session: Session, scope: Scope, site: SiteRow, wanted: Wanted) -> Iterator[Stands]:
    holding = select(Booking.participant_id, Booking.visit_key).where(
        Booking.site_id == site.id, Booking.day.between(wanted.first, wanted.last), Booking.ended_at.is_(None)
    )
    which = (
        VisitRow.gone.is_(False), tuple_(VisitRow.participant_id, VisitRow.key).in_(holding),
        VisitRow.status.in_([status.value for status in UNSETTLED]), *_asked(scope, wanted),
    )  # fmt: skip
    return map(_stands, session.execute(_joined(select(*_COLUMNS)).where(*which)))


def _joined(query: Select[Any]) -> Select[Any]:
    return query.join(Participant, Participant.id == VisitRow.participant_id).join(Study, Study.id == VisitRow.study_id)


def _asked(scope: Scope, wanted: Wanted) -> list[ColumnElement[bool]]:
    """What is within the scope, and as it is asked for, as conditions."""
    conditions = [within(scope, VisitRow.study_id, VisitRow.site_id)]
    if wanted.study:
        conditions.append(VisitRow.study_id == select(Study.id).where(Study.code == wanted.study).scalar_subquery())
    if wanted.kind in ("infusions", "others"):
        without = cast(VisitRow.doses, Text) == "[]"
        conditions.append(without if wanted.kind == "others" else not_(without))
    if wanted.kind == "unbooked":
        waits = VisitRow.status.in_([status.value for status in _WAITS])
        conditions.append(and_(_HOUR == "", waits, VisitRow.tentative.is_(False)))
    return conditions


def _by_hour(one: Stands) -> tuple[str, ...]:
    return one.hour or "~", one.study, one.number, one.key


def _stands(row: Row[Any]) -> Stands:
    booked, _, _ = row.booked.partition("T")
    hour, _, minutes = row.booked.partition("T")[2].partition("/")
    long = int(minutes) if minutes.isdecimal() else row.minutes
    drugs = tuple(drug for drug, _ in row.doses)
    day = date.fromisoformat(booked) if booked and row.status in UNSETTLED else row.target or date.max
    return Stands(
        row.code, row.number, row.key, row.label, day, hour, long, row.status, row.tentative, row.setting, drugs
    )  # fmt: skip

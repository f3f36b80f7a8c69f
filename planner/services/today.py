"""What a working day holds: who comes, whose window opens or closes, and what waits for somebody to do it.

Every list is one query, however many participants there are; "today" is each site's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.recipients import RecipientRow
from notifications.tasks import TaskRow
from planner.clock import local_day
from planner.persistence.deviations import DeviationRow
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.visits import GateRow, VisitRow
from planner.services.access import Scope, within
from planner.services.recipients import participant_of
from planner.services.tasks import Told, told_of
from schedules.statuses import GateStatus, Status

T = TypeVar("T")
#: the days after today that are shown as coming, and how near the end of a window is worth saying
COMING = 7
CLOSING = 3
#: how many days before a decision is due it is shown
DECIDED_BEFORE = 7
#: appointments of so many days are looked through for an answer
ASKED_FOR = 4
_STANDS = (Status.PLANNED.value, Status.DUE.value, Status.BOOKED.value, Status.TO_REBOOK.value)
_UNBOOKED = (Status.PLANNED.value, Status.DUE.value)
_MOST_APPOINTMENTS = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """Whom a line is about: where in which study they are, by code and by row."""

    study: str
    number: str
    site: str
    study_id: int
    site_id: int


@dataclass(frozen=True, slots=True)
class Line(Generic[T]):
    """One line of a list: whom it is about, what, and the date at their site."""

    place: Place
    row: T
    today: date


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """The first lines of a list, and how many there are in all."""

    lines: list[T]
    total: int


@dataclass(frozen=True, slots=True)
class Day:
    """What the lists of a day are made from: the date at each site, one study or all, how many lines at most."""

    session: Session
    dates: Mapping[int, date]
    study: str | None
    most: int


def day_of(session: Session, now: datetime, study: str | None, most: int) -> Day:
    """The day at every site; lists with at most ``most`` lines each, of one study where it is named."""
    zones = session.execute(select(SiteRow.id, SiteRow.zone))
    return Day(session, {site: local_day(now, zone) for site, zone in zones}, study, most)


# -- visits -------------------------------------------------------------------------------------


def who_comes(day: Day, scope: Scope) -> Found[Line[VisitRow]]:
    """Whose visit stands on today, or took place today; the earliest appointments first."""
    on_day = _by_site(day, VisitRow.site_id, lambda today: VisitRow.target == today)
    query = _visits(day, scope).where(on_day, VisitRow.status.in_((*_STANDS, Status.DONE.value)))
    return _lines(day, query, (VisitRow.booked == "", VisitRow.booked))


def coming_days(day: Day, scope: Scope) -> Found[Line[VisitRow]]:
    """Whose visit stands on one of the coming days."""

    def soon(today: date) -> ColumnElement[bool]:
        return VisitRow.target.between(today + timedelta(days=1), today + timedelta(days=COMING))

    query = _visits(day, scope).where(_by_site(day, VisitRow.site_id, soon), VisitRow.status.in_(_STANDS))
    return _lines(day, query, (VisitRow.target, VisitRow.booked == "", VisitRow.booked))


def windows(day: Day, scope: Scope) -> Found[Line[VisitRow]]:
    """Visits without an appointment whose window opens today or closes within three days."""

    def turns(today: date) -> ColumnElement[bool]:
        closes = VisitRow.closes.between(today, today + timedelta(days=CLOSING))
        return and_(or_(VisitRow.opens == today, closes), VisitRow.target != today)

    query = _visits(day, scope).where(
        _by_site(day, VisitRow.site_id, turns), VisitRow.status.in_(_UNBOOKED), VisitRow.tentative.is_(False)
    )
    return _lines(day, query, (VisitRow.closes,))


def overdue(day: Day, scope: Scope) -> Found[Line[VisitRow]]:
    """Visits whose window has closed without a record."""
    query = _visits(day, scope).where(VisitRow.status == Status.UNRECORDED.value)
    return _lines(day, query, (VisitRow.closes,))


def without_a_day(day: Day, scope: Scope) -> Found[Line[VisitRow]]:
    """Visits that no day is left for, or whose appointment does not fit any more."""
    stuck = (Status.NEEDS_DECISION.value, Status.TO_REBOOK.value)
    query = _visits(day, scope).where(VisitRow.status.in_(stuck), VisitRow.tentative.is_(False))
    return _lines(day, query, (func.coalesce(VisitRow.closes, VisitRow.nominal),))


def _visits(day: Day, scope: Scope) -> Select[Any]:
    query = _placed(VisitRow, VisitRow.study_id, VisitRow.site_id).where(VisitRow.gone.is_(False))
    return _narrowed(day, query, scope, VisitRow.study_id, VisitRow.site_id)


# -- decisions, deviations ----------------------------------------------------------------------


def decisions(day: Day, scope: Scope) -> Found[Line[GateRow]]:
    """Gates that nobody has decided, overdue or due within a week."""

    def waits(today: date) -> ColumnElement[bool]:
        return GateRow.due <= today + timedelta(days=DECIDED_BEFORE)

    query = _placed(GateRow, GateRow.study_id, Participant.site_id).where(
        GateRow.gone.is_(False), GateRow.status.in_([GateStatus.OPEN.value, GateStatus.OVERDUE.value]),
        GateRow.tentative.is_(False), _by_site(day, Participant.site_id, waits),
    )  # fmt: skip
    return _lines(day, _narrowed(day, query, scope, GateRow.study_id, Participant.site_id), (GateRow.due,))


def to_confirm(day: Day, scope: Scope) -> Found[Line[DeviationRow]]:
    """Deviations that were found and that nobody has judged."""
    query = _placed(DeviationRow, DeviationRow.study_id, Participant.site_id).where(DeviationRow.state == "candidate")
    query = _narrowed(day, query, scope, DeviationRow.study_id, Participant.site_id)
    return _lines(day, query, (DeviationRow.day, DeviationRow.id))


# -- messages -----------------------------------------------------------------------------------


def replies(day: Day, scope: Scope) -> Found[Line[Told]]:
    """What somebody has to look at because of messages, oldest first."""
    open_tasks = (
        select(TaskRow)
        .add_columns(Study.code, SiteRow.code)
        .join(Study, Study.id == TaskRow.study_id)
        .join(SiteRow, SiteRow.id == TaskRow.site_id)
        .where(TaskRow.done_at.is_(None))
    )
    found = _rows(day, _narrowed(day, _counted(open_tasks), scope, TaskRow.study_id, TaskRow.site_id), (TaskRow.id,))
    told = told_of(day.session, [row[0] for row in found])
    lines = [
        Line(Place(study, one.number or "", site, one.row.study_id, one.row.site_id), one, day.dates[one.row.site_id])
        for one, (_, study, site, _) in zip(told, found, strict=True)
    ]
    return Found(lines, found[0][-1] if found else 0)


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """An appointment that a participant knows of and has not confirmed. ``answer``: empty, or they want another."""

    key: str
    label: str
    day: date
    starts: int | None
    answer: str


def unconfirmed(day: Day, scope: Scope) -> Found[Line[Unconfirmed]]:
    """Appointments of the coming days that neither the participant nor their caregiver has confirmed."""

    def near(today: date) -> ColumnElement[bool]:
        return AppointmentRow.day.between(today, today + timedelta(days=ASKED_FOR - 1))

    query = (
        select(AppointmentRow)
        .add_columns(Study.code, SiteRow.code, RecipientRow.reference)
        .join(RecipientRow, RecipientRow.id == AppointmentRow.recipient_id)
        .join(Study, Study.id == AppointmentRow.study_id)
        .join(SiteRow, SiteRow.id == AppointmentRow.site_id)
        .where(AppointmentRow.cancelled.is_(False), _by_site(day, AppointmentRow.site_id, near))
    )
    query = _narrowed(day, query, scope, AppointmentRow.study_id, AppointmentRow.site_id)
    rows: list[Any] = list(day.session.execute(query.order_by(AppointmentRow.starts_at).limit(_MOST_APPOINTMENTS)))
    answered = {_whose(reference, row) for row, _, _, reference in rows if row.answer == "confirmed"}
    open_ones = {_whose(reference, row): (row, study, site) for row, study, site, reference in rows}
    waiting = {whose: found for whose, found in open_ones.items() if whose not in answered}
    numbers = _numbers(day.session, (participant_id for participant_id, _ in waiting))
    labels = _labels(day.session, waiting)
    lines = [
        Line(
            Place(study, numbers[who], site, row.study_id, row.site_id),
            Unconfirmed(key, labels.get((who, key), key), row.day, row.starts, row.answer), day.dates[row.site_id],
        )
        for (who, key), (row, study, site) in waiting.items()
    ]  # fmt: skip
    return Found(lines[: day.most], len(lines))


def _whose(reference: str, row: AppointmentRow) -> tuple[int, str]:
    return participant_of(reference)[0], row.reference


def _numbers(session: Session, ids: Iterable[int]) -> dict[int, str]:
    query = select(Participant.id, Participant.number).where(Participant.id.in_(set(ids)))
    return {who: number for who, number in session.execute(query)}  # noqa: C416 - rows are no pairs to the types


def _labels(session: Session, whose: Collection[tuple[int, str]]) -> dict[tuple[int, str], str]:
    query = select(VisitRow.participant_id, VisitRow.key, VisitRow.label).where(
        VisitRow.participant_id.in_({who for who, _ in whose}), VisitRow.key.in_({key for _, key in whose})
    )
    return {(who, key): label for who, key, label in session.execute(query)}


# -- how a list is looked up --------------------------------------------------------------------


def _placed(table: Any, study_id: Any, site_id: Any) -> Select[Any]:
    query = (
        select(table, Study.code, Participant.number, SiteRow.code, study_id, site_id)
        .join(Participant, Participant.id == table.participant_id)
        .join(Study, Study.id == study_id)
        .join(SiteRow, SiteRow.id == site_id)
    )
    return _counted(query)


def _counted(query: Select[Any]) -> Select[Any]:
    return query.add_columns(func.count().over())


def _narrowed(day: Day, query: Select[Any], scope: Scope, study_id: Any, site_id: Any) -> Select[Any]:
    query = query.where(within(scope, study_id, site_id))
    return query.where(Study.code == day.study) if day.study else query


def _rows(day: Day, query: Select[Any], order: tuple[Any, ...]) -> list[Any]:
    return list(day.session.execute(query.order_by(*order).limit(day.most)).all())


def _lines(day: Day, query: Select[Any], order: tuple[Any, ...]) -> Found[Line[Any]]:
    rows = _rows(day, query, (*order, Participant.number))
    lines = [
        Line(Place(study, number, site, study_id, site_id), row, day.dates[site_id])
        for row, study, number, site, study_id, site_id, _ in rows
    ]
    return Found(lines, rows[0][-1] if rows else 0)


def _by_site(day: Day, site_id: Any, wanted: Callable[[date], ColumnElement[bool]]) -> ColumnElement[bool]:
    """A condition on the date, for each of the two or three dates that it is at the sites."""
    sites: dict[date, list[int]] = {}
    for site, today in day.dates.items():
        sites.setdefault(today, []).append(site)
    return or_(false(), *(and_(site_id.in_(ids), wanted(today)) for today, ids in sites.items()))

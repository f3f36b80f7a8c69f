"""What a working day holds: who comes, whose window opens or closes, and what waits for somebody to do it.

Every list is counted, and looked up a page at a time, in a fixed number of queries, however many participants there
are; "today" is each site's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, Text, and_, cast, false, func, inspect, or_, select, tuple_
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.recipients import RecipientRow
from notifications.tasks import TaskRow
from planner.clock import local_day
from planner.persistence.bookings import Booking
from planner.persistence.deviations import DeviationRow
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.types import said
from planner.persistence.visits import GateRow, VisitRow
from planner.services.access import Scope, within
from planner.services.recipients import participant_of
from planner.services.standing import UNSETTLED
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
#: they stand on their target, and whose appointment is not settled where that was made
_STANDS = (Status.PLANNED.value, Status.DUE.value, Status.BOOKED.value)
_UNSETTLED = tuple(status.value for status in UNSETTLED)
_UNBOOKED = (Status.PLANNED.value, Status.DUE.value)


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
    """Some lines of a list, and how many there are in all."""

    lines: list[T]
    total: int


@dataclass(frozen=True, slots=True)
class Day:
    """What the lists of a day are made from: the date at each site, one study or all, and which lines of them.

    ``skip`` lines, none or more, are passed over, and ``most`` follow at most.
    """

    session: Session
    dates: Mapping[int, date]
    study: str | None
    most: int
    skip: int = 0
    #: by how many clocks the sites go
    clocks: int = 1

    def part(self, lines: Sequence[T]) -> Found[T]:
        """The lines that are wanted of a whole list."""
        return Found(list(lines[self.skip : self.skip + self.most]), len(lines))


def day_of(session: Session, now: datetime, study: str | None, most: int, skip: int = 0) -> Day:
    """The day at every site; of each list at most ``most`` lines after ``skip``, of one study where it is named."""
    zones = dict(session.execute(select(SiteRow.id, SiteRow.zone)).all())
    dates = {site: local_day(now, zone) for site, zone in zones.items()}
    return Day(session, dates, study, most, skip, len(set(zones.values())))


# -- visits -------------------------------------------------------------------------------------


def who_comes(day: Day, scope: Scope) -> Found[Line[VisitRow]]:
    """Whose visit stands on today, or took place today; the earliest appointments first."""
    stand = _stand(day, (*_STANDS, Status.DONE.value), lambda column, today: column == today)
    return _visits(day, scope, (stand,), (VisitRow.booked == "", VisitRow.booked))


def coming_days(day: Day, scope: Scope) -> Found[Line[VisitRow]]:
    """Whose visit stands on one of the coming days."""

    def soon(column: Any, today: date) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column.between(today + timedelta(days=1), today + timedelta(days=COMING))
        return found

    on_day = func.coalesce(func.nullif(func.substr(VisitRow.booked, 1, 10), ""), cast(VisitRow.target, Text))
    order = (on_day, VisitRow.booked == "", VisitRow.booked)
    return _visits(day, scope, (_stand(day, _STANDS, soon),), order)


def _stand(
    day: Day, statuses: Sequence[str], wanted: Callable[[Any, date], ColumnElement[bool]]
) -> ColumnElement[bool]:
    """Which visits stand on such a day: on their target, or, not settled, where their appointment holds a chair.

    The latter are few, and looked up by their appointments first: so an index leads to the others.
    """
    on_target = _by_site(day, VisitRow.site_id, lambda today: wanted(VisitRow.target, today))
    on_their_day = and_(on_target, VisitRow.status.in_(statuses))
    these = (Booking.participant_id == VisitRow.participant_id) & (Booking.visit_key == VisitRow.key)
    holding = select(VisitRow.participant_id, VisitRow.key).join(Booking, these).where(
        _by_site(day, Booking.site_id, lambda today: wanted(Booking.day, today)), Booking.ended_at.is_(None),
        VisitRow.status.in_(_UNSETTLED), VisitRow.gone.is_(False),
    )  # fmt: skip
    found = [(who, key) for who, key in day.session.execute(holding)]
    return or_(on_their_day, tuple_(VisitRow.participant_id, VisitRow.key).in_(found)) if found else on_their_day


def windows(day: Day, scope: Scope) -> Found[Line[VisitRow]]:
    """Visits without an appointment whose window opens today or closes within three days."""

    def turns(today: date) -> ColumnElement[bool]:
        closes = VisitRow.closes.between(today, today + timedelta(days=CLOSING))
        return and_(or_(VisitRow.opens == today, closes), VisitRow.target != today)

    # said once more for all sites together: so far an index leads, and most visits open later
    begun = VisitRow.opens <= max(day.dates.values(), default=date.min) + timedelta(days=CLOSING)
    which = (
        _by_site(day, VisitRow.site_id, turns), VisitRow.status.in_(_UNBOOKED), VisitRow.tentative.is_(False), begun,
    )  # fmt: skip
    return _visits(day, scope, which, (VisitRow.closes,))


def overdue(day: Day, scope: Scope) -> Found[Line[VisitRow]]:
    """Visits whose window has closed without a record."""
    return _visits(day, scope, (VisitRow.status == said(Status.UNRECORDED.value),), (VisitRow.closes,))


def without_a_day(day: Day, scope: Scope) -> Found[Line[VisitRow]]:
    """Visits that no day is left for, or whose appointment does not fit any more."""
    stuck = (Status.NEEDS_DECISION.value, Status.TO_REBOOK.value)
    which = (VisitRow.status.in_(stuck), VisitRow.tentative.is_(False))
    return _visits(day, scope, which, (func.coalesce(VisitRow.closes, VisitRow.nominal),))


def _visits(day: Day, scope: Scope, which: Sequence[Any], order: Sequence[Any]) -> Found[Line[VisitRow]]:
    return _lines(day, scope, VisitRow, VisitRow.site_id, (VisitRow.gone.is_(False), *which), order)


# -- decisions, deviations ----------------------------------------------------------------------


def decisions(day: Day, scope: Scope) -> Found[Line[GateRow]]:
    """Gates that nobody has decided, overdue or due within a week."""

    def waits(today: date) -> ColumnElement[bool]:
        return GateRow.due <= today + timedelta(days=DECIDED_BEFORE)

    which = (
        GateRow.gone.is_(False), GateRow.status.in_([GateStatus.OPEN.value, GateStatus.OVERDUE.value]),
        GateRow.tentative.is_(False), _by_site(day, Participant.site_id, waits),
    )  # fmt: skip
    return _lines(day, scope, GateRow, Participant.site_id, which, (GateRow.due,))


def to_confirm(day: Day, scope: Scope) -> Found[Line[DeviationRow]]:
    """Deviations that were found and that nobody has judged."""
    which = (DeviationRow.state == said("candidate"),)
    return _lines(day, scope, DeviationRow, Participant.site_id, which, (DeviationRow.day, DeviationRow.id))


# -- messages -----------------------------------------------------------------------------------


def replies(day: Day, scope: Scope) -> Found[Line[Told]]:
    """What somebody has to look at because of messages, oldest first."""
    waits = (TaskRow.done_at.is_(None), *_wanted(day, scope, TaskRow.study_id, TaskRow.site_id))
    query = (
        select(TaskRow)
        .add_columns(Study.code, SiteRow.code)
        .join(Study, Study.id == TaskRow.study_id)
        .join(SiteRow, SiteRow.id == TaskRow.site_id)
        .where(*waits)
    )
    found = day.session.execute(query.order_by(TaskRow.id).limit(day.most).offset(day.skip)).all()
    told = told_of(day.session, [row[0] for row in found])
    lines = [
        Line(Place(study, one.number or "", site, one.row.study_id, one.row.site_id), one, day.dates[one.row.site_id])
        for one, (_, study, site) in zip(told, found, strict=True)
    ]
    return Found(lines, _count(day, select(func.count()).select_from(TaskRow).where(*waits)))


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

    row = AppointmentRow
    query = (
        select(row.study_id, row.site_id, row.reference, row.day, row.starts, row.answer)
        .add_columns(Study.code, SiteRow.code, RecipientRow.reference)
        .join(RecipientRow, RecipientRow.id == row.recipient_id)
        .join(Study, Study.id == row.study_id)
        .join(SiteRow, SiteRow.id == row.site_id)
        .where(row.cancelled.is_(False), _by_site(day, row.site_id, near))
        .where(*_wanted(day, scope, row.study_id, row.site_id))
    )
    answered, asked = set(), {}
    for study_id, site_id, key, on, starts, answer, study, site, reference in day.session.execute(
        query.order_by(row.starts_at)
    ):
        whose = (participant_of(reference)[0], key)
        asked[whose] = (Place(study, "", site, study_id, site_id), Unconfirmed(key, key, on, starts, answer))
        if answer == "confirmed":
            answered.add(whose)
    return _named(day, [(whose, *found) for whose, found in asked.items() if whose not in answered])


def _named(day: Day, waiting: list[tuple[tuple[int, str], Place, Unconfirmed]]) -> Found[Line[Unconfirmed]]:
    """Whose appointments they are, and what those are called: of the lines that are wanted."""
    part = day.part(waiting)
    numbers = _numbers(day.session, (who for (who, _), *_ in part.lines))
    labels = _labels(day.session, [whose for whose, *_ in part.lines])
    lines = [
        Line(replace(place, number=numbers[whose[0]]), replace(row, label=labels.get(whose, row.key)),
             day.dates[place.site_id])
        for whose, place, row in part.lines
    ]  # fmt: skip
    return Found(lines, part.total)


def _numbers(session: Session, ids: Iterable[int]) -> dict[int, str]:
    query = select(Participant.id, Participant.number).where(Participant.id.in_(set(ids)))
    return {who: number for who, number in session.execute(query)}  # noqa: C416 - rows are no pairs to the types


def _labels(session: Session, whose: Collection[tuple[int, str]]) -> dict[tuple[int, str], str]:
    query = select(VisitRow.participant_id, VisitRow.key, VisitRow.label).where(
        VisitRow.participant_id.in_({who for who, _ in whose}), VisitRow.key.in_({key for _, key in whose})
    )
    return {(who, key): label for who, key, label in session.execute(query)}


# -- how a list is looked up --------------------------------------------------------------------


def _lines(
    day: Day, scope: Scope, table: Any, site_id: Any, which: Sequence[Any], order: Sequence[Any]
) -> Found[Line[Any]]:
    """The lines that are wanted, in this order and then by number, and how many there are in all.

    Which rows those are is found first, by their keys alone: whole rows are wide, and there may be very many.
    """
    keys = inspect(table).primary_key
    about = (*which, *_wanted(day, scope, table.study_id, site_id))
    here = select(*keys).join(Participant, Participant.id == table.participant_id).where(*about)
    by = (*order, Participant.number)
    first = here.order_by(*by).limit(day.most).offset(day.skip).subquery()
    query = (
        select(table, Study.code, Participant.number, SiteRow.code, table.study_id, site_id)
        .join(first, and_(*(first.c[key.name] == key for key in keys)))
        .join(Participant, Participant.id == table.participant_id)
        .join(Study, Study.id == table.study_id)
        .join(SiteRow, SiteRow.id == site_id)
    )
    lines = [
        Line(Place(study, number, site, study_id, place), row, day.dates[place])
        for row, study, number, site, study_id, place in day.session.execute(query.order_by(*by))
    ]
    counted = select(func.count()).select_from(table).where(*about)
    if site_id is Participant.site_id:
        counted = counted.join(Participant, Participant.id == table.participant_id)
    return Found(lines, _count(day, counted))


def _count(day: Day, query: Select[Any]) -> int:
    return day.session.scalar(query) or 0


def _wanted(day: Day, scope: Scope, study_id: Any, site_id: Any) -> list[ColumnElement[bool]]:
    """The scope, and the study if one is named, as conditions."""
    conditions = [within(scope, study_id, site_id)]
    if day.study:
        conditions.append(study_id == select(Study.id).where(Study.code == day.study).scalar_subquery())
    return conditions


def _by_site(day: Day, site_id: Any, wanted: Callable[[date], ColumnElement[bool]]) -> ColumnElement[bool]:
    """A condition on the date, for each of the two or three dates that it is at the sites."""
    sites: dict[date, list[int]] = {}
    for site, today in day.dates.items():
        sites.setdefault(today, []).append(site)
    return or_(false(), *(and_(site_id.in_(ids), wanted(today)) for today, ids in sites.items()))

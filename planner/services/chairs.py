"""Appointments with their chairs, kept in step with the facts; no chair is given out twice."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from planner.persistence.bookings import SLOT_MINUTES, Booking, ChairSlot
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import ChairTaken, InputProblem, Refused
from planner.services.histories import Life, site_on
from planner.services.standing import DEFAULT_MINUTES
from schedules.closures import Weekday
from schedules.history import Booked, Rebooked
from schedules.limits import Limits
from schedules.scheduled import Plan, ScheduledVisit
from schedules.statuses import Status

#: a visit that fell away gives its chair back at once
_GIVEN_BACK = frozenset({Status.CANCELLED, Status.OMITTED, Status.MISSED, Status.SUSPENDED})


def sync_bookings(uow: UnitOfWork, life: Life, plan: Plan | None, reason: str) -> None:
    """Bring the appointments of a participant to what the facts say: take chairs, and give them back."""
    rows = {
        row.visit_key: row
        for row in uow.session.scalars(
            select(Booking).where(Booking.participant_id == life.participant.id, Booking.ended_at.is_(None))
        )
    }
    wanted = {visit.key: visit for visit in held_visits(plan)}
    for key, row in rows.items():
        visit = wanted.get(key)
        if visit is None or visit.booking is None or visit.booking.id != row.fact_id:
            _give_back(uow, row)
    uow.session.flush()
    for key, visit in wanted.items():
        fact = visit.booking
        if fact is not None and (key not in rows or rows[key].fact_id != fact.id):
            _book(uow, life, visit, fact, reason)


def held_visits(plan: Plan | None) -> list[ScheduledVisit]:
    """The visits of a plan that have an appointment which holds."""
    return [visit for visit in plan.visits if _holds(visit)] if plan else []


def _holds(visit: ScheduledVisit) -> bool:
    return visit.booking is not None and visit.status not in _GIVEN_BACK


def _give_back(uow: UnitOfWork, row: Booking) -> None:
    row.ended_at = uow.now
    uow.session.execute(delete(ChairSlot).where(ChairSlot.booking_id == row.id))


def _book(uow: UnitOfWork, life: Life, visit: ScheduledVisit, fact: Booked | Rebooked, reason: str) -> None:
    where = site_on(life.moves(), fact.date)
    site = uow.session.get_one(SiteRow, life.study.site_ids[where])
    misfit = misfit_of(visit) or _outside_opening(site, visit, fact)
    if misfit and not reason:
        raise Refused([InputProblem("reason", misfit, "choose another day or hour, or give the reason for it")])
    starts = fact.time.hour * 60 + fact.time.minute if fact.time else None
    chair = _chair_number(fact.chair, site)
    if starts is None:
        if chair is not None:
            raise Refused([InputProblem("time", "a chair is booked without an hour", "give the hour")])
        starts, minutes = 0, 24 * 60
    else:
        minutes = fact.minutes or minutes_of(visit)
        _refuse_the_night(fact, starts + minutes)
    booking = Booking(
        study_id=life.study.study_id, participant_id=life.participant.id, visit_key=visit.key, fact_id=fact.id,
        site_id=site.id, day=fact.date, starts=starts, minutes=minutes, chair=None, zone=site.zone,
        reason=reason if misfit else "", made_at=uow.now,
    )  # fmt: skip
    uow.session.add(booking)
    uow.session.flush()
    # A dose needs a chair; whoever asks for one gets it for any visit, so that nobody else does.
    if fact.time is not None and site.chairs and visit.setting == "clinic" and (visit.spec.doses or chair):
        booking.chair = _take_chair(uow, booking, site, [chair] if chair else range(1, site.chairs + 1))


def _refuse_the_night(fact: Booked | Rebooked, ends: int) -> None:
    """A chair is given out by the day: what goes on after midnight would leave it free for somebody else."""
    if ends > 24 * 60:
        wrong = f"the appointment on {fact.date} would go on after midnight"
        raise Refused([InputProblem("time", wrong, "choose an earlier hour, or give the minutes")])


def misfit_of(visit: ScheduledVisit) -> str | None:
    """What is wrong with the day of an appointment, in words; None if it fits."""
    return next((conflict.text for conflict in visit.conflicts if conflict.kind == "to-rebook"), None)


def _outside_opening(site: SiteRow, visit: ScheduledVisit, fact: Booked | Rebooked) -> str | None:
    """What is wrong with the hour of an appointment at the site, in words; None where no hours are known."""
    if fact.time is None or visit.setting != "clinic" or not site.opening:
        return None
    weekday = list(Weekday)[fact.date.weekday()].value
    hours = site.opening.get(weekday)
    if hours is None:
        return f"{site.name} has no opening hours on a {weekday.capitalize()}"
    opens, closes = (int(hour[:2]) * 60 + int(hour[3:]) for hour in hours)
    starts, minutes = fact.time.hour * 60 + fact.time.minute, fact.minutes or minutes_of(visit)
    if opens <= starts and starts + minutes <= closes:
        return None
    return f"{site.name} is open from {hours[0]} to {hours[1]}, not for {minutes} minutes from {fact.time:%H:%M} on"


def minutes_of(visit: ScheduledVisit) -> int:
    """How long an appointment takes that does not say: its activities one after the other, an hour at least."""
    limits: Limits | None = visit.limits
    if limits is None:
        return DEFAULT_MINUTES
    known = limits.course.compiled.protocol.activities
    named = [known[name] for name in visit.spec.activities if name in known]
    return max(DEFAULT_MINUTES, sum((item.minutes or 0) + (item.observe_minutes or 0) for item in named))


def _chair_number(text: str | None, site: SiteRow) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= site.chairs:
        wrong = f"{site.name} has no such chair"
        raise Refused([InputProblem("chair", wrong, f"write a number from 1 to {site.chairs}, or leave it out")])
    return int(text)


def _take_chair(uow: UnitOfWork, booking: Booking, site: SiteRow, chairs: Iterable[int]) -> int:
    """The first of these chairs that is free throughout. Its quarter hours' primary key decides, not a look before."""
    first = booking.starts - booking.starts % SLOT_MINUTES
    quarters = range(first, booking.starts + booking.minutes, SLOT_MINUTES)
    insert = (postgresql if uow.session.get_bind().dialect.name == "postgresql" else sqlite).insert
    for chair in chairs:
        slots = [
            {"site_id": site.id, "day": booking.day, "chair": chair, "starts": quarter, "booking_id": booking.id}
            for quarter in quarters
        ]
        taken = uow.session.execute(
            insert(ChairSlot).values(slots).on_conflict_do_nothing().returning(ChairSlot.starts)
        ).all()
        if len(taken) == len(slots):
            return chair
        uow.session.execute(delete(ChairSlot).where(ChairSlot.booking_id == booking.id))
    hour = f"{booking.starts // 60:02}:{booking.starts % 60:02}"
    wrong = f"no chair is free at {site.name} on {booking.day} from {hour} for {booking.minutes} minutes"
    raise ChairTaken([InputProblem("chair", wrong, "choose another hour, day or chair")])

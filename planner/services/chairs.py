"""Appointments with their chairs, kept in step with the facts; no chair is given out twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from planner.persistence.bookings import SLOT_MINUTES, Booking, ChairSlot
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import ChairTaken, InputProblem, Refused
from planner.services.histories import Life, site_of, site_on
from planner.services.standing import DEFAULT_MINUTES
from schedules.closures import Weekday
from schedules.history import Booked, Rebooked
from schedules.limits import Limits
from schedules.scheduled import Plan, ScheduledVisit
from schedules.statuses import Status

#: a visit that fell away gives its chair back at once
_GIVEN_BACK = frozenset({Status.CANCELLED, Status.OMITTED, Status.MISSED, Status.SUSPENDED})


@dataclass(frozen=True, slots=True)
class _Appointment:
    """An appointment that is to be made: its hour, and which chairs would do. Nothing in it is refused any more."""

    visit: ScheduledVisit
    fact: Booked | Rebooked
    site: SiteRow
    #: minutes after midnight, and how many; the whole day where no hour is said
    starts: int
    minutes: int
    #: in the order in which they are tried; empty where none is needed
    chairs: Sequence[int]
    reason: str

    @property
    def quarters(self) -> range:
        """The quarters of an hour that a chair is needed for, as minutes after midnight."""
        first = self.starts - self.starts % SLOT_MINUTES
        return range(first, self.starts + self.minutes, SLOT_MINUTES)

    def no_chair(self) -> ChairTaken:
        """What is said where none of the chairs is free throughout."""
        hour = f"{self.starts // 60:02}:{self.starts % 60:02}"
        one = f"chair {self.chairs[0]} is not free" if self.fact.chair else "no chair is free"
        wrong = f"{one} at {self.site.name} on {self.fact.date} from {hour} for {self.minutes} minutes"
        right = (
            "leave the chair out, and any that is free is taken" if self.fact.chair else "choose another hour or day"
        )
        return ChairTaken([InputProblem("chair", wrong, right)])


def days_of_visits(plan: Plan | None) -> dict[str, date | None]:
    """On which day somebody came to each visit, if they did.

    Whoever came on the day of an appointment has its chair for as long as was booked, however far their doses are
    recorded.
    """
    return {visit.key: visit.actual for visit in plan.visits} if plan else {}


def sync_bookings(uow: UnitOfWork, life: Life, plan: Plan | None, reason: str) -> None:
    """Bring the appointments of a participant to what the facts say: take chairs, and give them back."""
    ended, made = _what_differs(uow.session, life, plan)
    for row in ended:
        _give_back(uow, row)
    uow.session.flush()
    for visit, fact in made:
        _book(uow, life, _checked(uow.session, life, visit, fact, reason))
    _show_elsewhere(uow, life)


def _show_elsewhere(uow: UnitOfWork, life: Life) -> None:
    """Whoever looks after the chairs of another site than the one that sees the participant sees their appointments."""
    moves = life.moves()
    now = (Booking.ended_at.is_(None)) | (Booking.ended_at == uow.now)
    held = select(Booking.site_id, Booking.day).where(Booking.participant_id == life.participant.id, now)
    for site_id, day in uow.session.execute(held):
        if site_id != life.study.site_ids[site_on(moves, day)]:
            uow.shows(life.study.study_id, site_id, life.participant.id)


def check_bookings(session: Session, life: Life, plan: Plan | None, reason: str) -> None:
    """Raise what ``sync_bookings`` would raise now: nothing is taken or given back."""
    ended, made = _what_differs(session, life, plan)
    free = {row.id for row in ended}
    imagined: set[tuple[int, date, int, int]] = set()
    for visit, fact in made:
        wanted = _checked(session, life, visit, fact, reason)
        if wanted.chairs:
            imagined |= _imagined_slots(session, wanted, free, imagined)


def _what_differs(
    session: Session, life: Life, plan: Plan | None
) -> tuple[list[Booking], list[tuple[ScheduledVisit, Booked | Rebooked]]]:
    """The appointments that hold no more, and those that are to be made."""
    query = select(Booking).where(Booking.participant_id == life.participant.id, Booking.ended_at.is_(None))
    rows = {row.visit_key: row for row in session.scalars(query)}
    wanted = {visit.key: (visit, visit.booking) for visit in held_visits(plan) if visit.booking is not None}
    same = {key for key, (_, fact) in wanted.items() if key in rows and _is_of(life, rows[key], fact)}
    came = days_of_visits(plan)
    ended = [row for key, row in rows.items() if key not in same and came.get(key) != row.day]
    return ended, [entry for key, entry in wanted.items() if key not in same]


def _is_of(life: Life, row: Booking, fact: Booked | Rebooked) -> bool:
    """Whether an appointment is the one that a fact made, at the site that it is at as far as is known by now."""
    return row.fact_id == fact.id and row.site_id == life.study.site_ids[site_of(life, fact)]


def held_visits(plan: Plan | None) -> list[ScheduledVisit]:
    """The visits of a plan that have an appointment which holds."""
    return [visit for visit in plan.visits if _holds(visit)] if plan else []


def _holds(visit: ScheduledVisit) -> bool:
    return visit.booking is not None and visit.status not in _GIVEN_BACK


def _give_back(uow: UnitOfWork, row: Booking) -> None:
    row.ended_at = uow.now
    uow.session.execute(delete(ChairSlot).where(ChairSlot.booking_id == row.id))


def _checked(session: Session, life: Life, visit: ScheduledVisit, fact: Booked | Rebooked, reason: str) -> _Appointment:
    """The appointment, unless it cannot be made, or not without a reason. Whether a chair is free is not asked here."""
    site = session.get_one(SiteRow, life.study.site_ids[site_of(life, fact)])
    misfit = misfit_of(visit) or _outside_opening(site, visit, fact)
    if misfit and not reason:
        raise Refused([InputProblem("reason", misfit, "choose another day or hour, or give the reason for it")])
    chair = _chair_number(fact.chair, site)
    if fact.time is None:
        if chair is not None:
            raise Refused([InputProblem("time", "a chair is booked without an hour", "give the hour")])
        starts, minutes = 0, 24 * 60
    else:
        starts, minutes = fact.time.hour * 60 + fact.time.minute, fact.minutes or minutes_of(visit)
        _refuse_the_night(fact, starts + minutes)
        _refuse_a_skipped_hour(site, datetime.combine(fact.date, fact.time))
    # A dose needs a chair; whoever asks for one gets it for any visit, so that nobody else does.
    sits = fact.time is not None and site.chairs and visit.setting == "clinic" and (visit.spec.doses or chair)
    chairs = ([chair] if chair else range(1, site.chairs + 1)) if sits else ()
    return _Appointment(visit, fact, site, starts, minutes, chairs, reason if misfit else "")


def _book(uow: UnitOfWork, life: Life, wanted: _Appointment) -> None:
    site = wanted.site
    booking = Booking(
        study_id=life.study.study_id, participant_id=life.participant.id, visit_key=wanted.visit.key,
        fact_id=wanted.fact.id, site_id=site.id, day=wanted.fact.date, starts=wanted.starts, minutes=wanted.minutes,
        chair=None, zone=site.zone, reason=wanted.reason, made_at=uow.now,
    )  # fmt: skip
    uow.session.add(booking)
    uow.session.flush()
    if wanted.chairs:
        booking.chair = _take_chair(uow, booking, wanted)


def _refuse_the_night(fact: Booked | Rebooked, ends: int) -> None:
    """A chair is given out by the day: what goes on after midnight would leave it free for somebody else."""
    if ends > 24 * 60:
        wrong = f"the appointment on {fact.date} would go on after midnight"
        raise Refused([InputProblem("time", wrong, "choose an earlier hour, or give the minutes")])


def _refuse_a_skipped_hour(site: SiteRow, hour: datetime) -> None:
    """Nobody can come at an hour that the clocks leave out; of one that comes twice the first is meant."""
    before, after = (hour.replace(tzinfo=ZoneInfo(site.zone), fold=fold).utcoffset() for fold in (0, 1))
    if before is not None and after is not None and before < after:  # only where clocks go forward
        wrong = f"at {site.name} the clocks leave out {hour:%H:%M} on {hour.date()}"
        raise Refused([InputProblem("time", wrong, "choose another hour")])


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


def _take_chair(uow: UnitOfWork, booking: Booking, wanted: _Appointment) -> int:
    """The first of its chairs that is free throughout. Its quarter hours' primary key decides, not a look before."""
    insert = (postgresql if uow.session.get_bind().dialect.name == "postgresql" else sqlite).insert
    for chair in wanted.chairs:
        slots = [
            {"site_id": booking.site_id, "day": booking.day, "chair": chair, "starts": at, "booking_id": booking.id}
            for at in wanted.quarters
        ]
        taken = uow.session.execute(
            insert(ChairSlot).values(slots).on_conflict_do_nothing().returning(ChairSlot.starts)
        ).all()
        if len(taken) == len(slots):
            return chair
        uow.session.execute(delete(ChairSlot).where(ChairSlot.booking_id == booking.id))
    raise wanted.no_chair()


def _imagined_slots(
    session: Session, wanted: _Appointment, free: set[int], imagined: set[tuple[int, date, int, int]]
) -> set[tuple[int, date, int, int]]:
    """What taking the first free chair would take. ``free`` are bookings whose chairs would be given back before."""
    site, day = wanted.site.id, wanted.fact.date
    query = select(ChairSlot.chair, ChairSlot.starts).where(
        ChairSlot.site_id == site, ChairSlot.day == day, ChairSlot.booking_id.not_in(free)
    )
    taken = {(site, day, chair, at) for chair, at in session.execute(query)} | imagined
    for number in wanted.chairs:
        slots = {(site, day, number, at) for at in wanted.quarters}
        if not slots & taken:
            return slots
    raise wanted.no_chair()

"""What participants are told of their appointments: booked, firm, released, on the days that they know of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.message import Appointment
from notifications.rules import Rules, timings_for
from planner.persistence.bookings import Booking
from planner.persistence.participants import Contact
from planner.persistence.sites import SiteRow
from planner.services.histories import Life, site_of
from schedules.history import Booked, Rebooked
from schedules.history_checks import renamer_of
from schedules.participant_view import told_visits
from schedules.record import Record
from schedules.scheduled import ScheduledVisit
from schedules.statuses import Status

#: nobody came, as far as is recorded: of an appointment that is not ahead any more that is no news to anybody
_OVER = frozenset({Status.MISSED, Status.UNRECORDED})
#: nobody has said yet on which other day it will be: whoever does, tells the participant by that
_UNSETTLED = frozenset({Status.TO_REBOOK, Status.NEEDS_DECISION})
#: where a participant's preferences name the timings of reminders that they want
TIMINGS = "reminders"
#: it is today somewhere for so long: appointments are looked at from yesterday on
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Naming:
    """What a study calls the clinic towards participants (the site's name if empty), and whether it reminds at all."""

    alias: str = ""
    reminds: bool = True
    #: which reminders the study wants of which visits
    rules: Rules = field(default_factory=Rules)


def has_appointments(session: Session, participant_id: int, recipient_id: int | None, today: date) -> bool:
    """Whether there is an appointment from today on, or somebody has been told of one: else there is nothing to do."""
    booked = select(Booking.id).where(
        Booking.participant_id == participant_id, Booking.ended_at.is_(None), Booking.day >= today - _DAY
    )
    if session.scalar(booked.limit(1)) is not None:
        return True
    return recipient_id is not None and next(_still_to_come(session, recipient_id, today), None) is not None


def _still_to_come(session: Session, recipient_id: int, today: date) -> Iterator[AppointmentRow]:
    yield from session.scalars(
        select(AppointmentRow).where(
            AppointmentRow.recipient_id == recipient_id,
            AppointmentRow.cancelled.is_(False),
            AppointmentRow.day >= today - _DAY,
        )
    )


def known_appointments(session: Session, recipient_id: int, today: date) -> dict[str, AppointmentRow]:
    """The appointments from today on that a recipient has, by the visit's key."""
    return {row.reference: row for row in _still_to_come(session, recipient_id, today)}


def wanted_appointments(
    session: Session, life: Life, now: datetime, naming: Naming, known: Mapping[str, AppointmentRow]
) -> list[Appointment]:
    """The appointments from today on as the participant is to know them.

    What took place on its day, and what waits for another day, stays as it was told, without reminders: that an
    appointment no longer fits is no news for a text before somebody has made another one. One that was made where it
    does not fit, for a reason, is known once it is told, also without reminders. Who has come on another day
    has no appointment for it any more. In hospital there are no reminders at all.
    Raises Refused for facts that cannot be.
    """
    today = life.today(now)
    withheld = not naming.reminds or life.course(now).is_in_hospital(today.toordinal())
    wants = wants_of(session.get(Contact, life.participant.id))
    told = told_visits(life.study.design, life.history, today, releases_bookings=life.study.releases_bookings)
    found, stand = [], _standing(life) if known else {}
    for visit in told:
        fact = visit.booking
        if visit.status is Status.BOOKED and not visit.tentative and fact is not None and fact.date >= today - _DAY:
            own = wants_of_visit(naming.rules, visit.key, wants)
            found.append(_appointment(session, life, visit, fact, naming, withheld, own))
        elif fact is not None and (_waits(visit) if visit.key in known else _never_fitted(visit, today)):
            found.append(_appointment(session, life, visit, fact, naming, withheld=True, wants=wants))
        elif visit.key in known and (
            _is_over(visit, known[visit.key], today) or _stands_untold(visit, known[visit.key], stand)
        ):
            found.append(as_it_was(known[visit.key], withheld=True, wants=wants))
    return found


def _standing(life: Life) -> dict[str, Booked | Rebooked]:
    """What made the appointment of each visit that has one, whoever knows of it."""
    bookings = Record(life.live, renamer_of(life.study.design, life.live)).bookings
    return {key: booking.fact for key, booking in bookings.items()}


def _stands_untold(visit: ScheduledVisit, row: AppointmentRow, stand: Mapping[str, Booked | Rebooked]) -> bool:
    """Whether it was a mistake that they were told, and what they were told is so: it cannot be untold, and is not off.

    A text that calls off what stands would keep somebody at home whom the centre expects.
    """
    fact = stand.get(visit.key)
    if fact is None or visit.booking is not None or not visit.is_open:
        return False
    return (fact.date, _minutes(fact)) == (row.day, row.starts)


def _minutes(fact: Booked | Rebooked) -> int | None:
    return fact.time.hour * 60 + fact.time.minute if fact.time else None


def _waits(visit: ScheduledVisit) -> bool:
    """Whether its appointment stands, and is to be another one: one that was moved to where it does not fit, too."""
    return visit.status in _UNSETTLED or visit.tentative


def _never_fitted(visit: ScheduledVisit, today: date) -> bool:
    """Whether its appointment was made on a day that the plan would not have chosen, and holds a chair there."""
    fact = visit.booking
    return visit.status is Status.TO_REBOOK and not visit.tentative and fact is not None and fact.date >= today - _DAY


def _is_over(visit: ScheduledVisit, row: AppointmentRow, today: date) -> bool:
    """Whether what was told of it is no more than what happened."""
    if visit.actual is not None:
        return visit.actual == row.day
    return visit.status in _OVER and (row.day <= today or visit.booking is not None)


def _appointment(
    session: Session, life: Life, visit: ScheduledVisit, fact: Booked | Rebooked, naming: Naming, withheld: bool,
    wants: tuple[str, ...] | None,
) -> Appointment:  # fmt: skip
    site = session.get_one(SiteRow, life.study.site_ids[site_of(life, fact)])
    return Appointment(
        reference=visit.key, study_id=life.study.study_id, site_id=site.id, day=fact.date, starts=_minutes(fact),
        zone=site.zone, place=naming.alias or site.name, phone=site.phone, withheld=withheld, wants=wants,
        minutes=fact.minutes or life.carer.of(visit.spec.activities).minutes, address=site.address,
    )  # fmt: skip


def as_it_was(row: AppointmentRow, withheld: bool, wants: tuple[str, ...] | None) -> Appointment:
    """An appointment just as the recipient has it."""
    return Appointment(
        reference=row.reference, study_id=row.study_id, site_id=row.site_id, day=row.day, starts=row.starts,
        zone=row.zone, place=row.place, phone=row.phone, withheld=withheld, wants=wants, minutes=row.minutes,
        address=row.address,
    )  # fmt: skip


def wants_of(contact: Contact | None) -> tuple[str, ...] | None:
    """The timings of reminders that a participant has asked for; None: whatever their study does."""
    said = contact.preferences.get(TIMINGS) if contact is not None else None
    return tuple(str(name) for name in said) if isinstance(said, list) else None


def wants_of_visit(rules: Rules, key: str, wants: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The timings of one visit: what the participant asked for, else what its kind has, else (None) the study's."""
    return timings_for(rules, kinds_of(key)) if wants is None else wants


def kinds_of(key: str) -> tuple[str, str]:
    """Of what kind the visit of a key is, in the words of rules: induction.d8, and induction, of induction.c2.d8#2."""
    names = key.partition("#")[0].split(".")
    return f"{names[0]}.{names[-1]}", names[0]

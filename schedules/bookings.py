"""Appointments of visits that have no day: planning never takes one away, it says what is to be done with it."""

from __future__ import annotations

from datetime import date

from schedules.course import Course
from schedules.history import Transferred
from schedules.record import Booking, entered_at
from schedules.scheduled import Conflict, ScheduledVisit
from schedules.statuses import Status
from schedules.walk import Walk
from schedules.wording import day_words, given_back_words


def elsewhere(course: Course, booking: Booking) -> str | None:
    """Why an appointment is not at the site that sees the participant on its day; None where it is."""
    fact = booking.fact
    if fact.site is None and len(course.sites) == 1:
        return None
    seen = course.site_on(booking.day).site
    at = fact.site or _site_when_made(course, booking)
    if at == seen.id:
        return None
    unsure = " as far as is recorded" if fact.site is None and fact.recorded is None else ""
    way = f" (write site: {seen.id} if it was made there)" if unsure else ""
    name = course.design.calendar(at).site.name
    return f"it is at {name}{unsure}, and the participant is seen at {seen.name} on {day_words(booking.day)}{way}"


def _site_when_made(course: Course, booking: Booking) -> str:
    """The site that an appointment was made at: the one on its day by the transfers that were recorded before it.

    Nobody makes an appointment on its own day: one that does not say when it was recorded may be older than
    any transfer.
    """
    made = booking.fact.recorded
    if made is None:
        return course.sites[0][1].site.id
    transfers = course.record.all(Transferred)
    known = [each.site for each in transfers if each.date <= booking.fact.date and entered_at(each) <= made]
    return known[-1] if known else course.sites[0][1].site.id


def with_booking(walk: Walk, visit: ScheduledVisit) -> ScheduledVisit:
    """The visit with its appointment: to be given back where the visit fell away, else one that does not fit."""
    booking = walk.record.bookings.get(visit.spec.key)
    if booking is None:
        return visit
    if not visit.is_open or visit.status is Status.SUSPENDED:
        return visit._replace(booking=booking.fact, notes=(*visit.notes, given_back_words(booking.day)))
    text = f"the booking for {day_words(booking.day)} does not fit: the visit has no date now"
    misfit = Conflict("to-rebook", text, blocks=False)
    return visit._replace(booking=booking.fact, conflicts=(misfit, *visit.conflicts))


def may_stand(visit: ScheduledVisit, booked: date) -> bool:
    """Whether a booked visit stands on that day, or, while a decision is asked first, may stand there."""
    if visit.target is not None or visit.limits is None:
        return visit.target in (None, booked)
    day = booked.toordinal()
    return visit.limits.first <= day <= visit.limits.last and visit.limits.allows(day)


def is_booked(visit: ScheduledVisit) -> bool:
    """Whether its doses may stand on its booked day: not where it was missed or left out, or cannot be on that day."""
    return visit.booking is not None and visit.is_open and may_stand(visit, visit.booking.date)

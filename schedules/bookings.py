"""Appointments of visits that have no day: planning never takes one away, it says what is to be done with it."""

from __future__ import annotations

from schedules.scheduled import Conflict, ScheduledVisit
from schedules.walk import Walk
from schedules.wording import day_words, given_back_words


def with_booking(walk: Walk, visit: ScheduledVisit) -> ScheduledVisit:
    """The visit with its appointment: to be given back where the visit fell away, else one that does not fit."""
    booking = walk.record.bookings.get(visit.spec.key)
    if booking is None:
        return visit
    if not visit.is_open:
        return visit._replace(booking=booking.fact, notes=(*visit.notes, given_back_words(booking.day)))
    text = f"the booking for {day_words(booking.day)} does not fit: the visit has no date now"
    misfit = Conflict("to-rebook", text, blocks=False)
    return visit._replace(booking=booking.fact, conflicts=(misfit, *visit.conflicts))

"""Visits that have no date: held without an end, suspended, fallen away, counted from what has none.

Days are ordinals.
"""

from __future__ import annotations

from datetime import date

from schedules.bookings import with_booking
from schedules.course import FOREVER
from schedules.endings import cut_off, fall_words
from schedules.happened import active_doses
from schedules.holds import dose_holds, overdue_from, overtaken
from schedules.scheduled import Basis, Conflict, ScheduledVisit
from schedules.slots import Slot, slot_of
from schedules.specs import VisitSpec
from schedules.statuses import Status
from schedules.waits import Wait
from schedules.walk import UndatedDose, Walk
from schedules.wording import day_words, given_back_words

_day = date.fromordinal


def waiting_visit(walk: Walk, spec: VisitSpec, basis: Basis, wait: Wait, nominal: int) -> ScheduledVisit:
    """A visit under a hold without an end: held, unless it fell away or the next doses were given meanwhile."""
    slot = slot_of(walk, spec, nominal, basis, None, None)
    fallen = fell_away(walk, spec, FOREVER)
    if fallen is not None:
        return without_date(walk, spec, slot, fallen)
    drugs = () if spec.is_day_1 else tuple(dose_holds(walk, spec))
    later = overtaken(walk, spec, nominal, wait, drugs, wait.words) if drugs else None
    if later is None or later.day >= walk.course.as_of:
        walk.undated_doses.update(dict.fromkeys(active_doses(walk, spec), UndatedDose(spec.label)))
        return _held(walk, spec, basis, wait, nominal)
    visit = without_date(walk, spec, slot, Status.UNRECORDED)
    return visit._replace(conflicts=(Conflict("held", later.words, True, None, True, _day(later.day + 1)),))


def _held(walk: Walk, spec: VisitSpec, basis: Basis, wait: Wait, nominal: int) -> ScheduledVisit:
    """A visit that waits for the end of a hold without an end: no date, and from when a decision is late.

    Of somebody who is lost to follow-up nobody decides anything: like every other visit it is suspended.
    """
    lost = walk.course.lost_since != FOREVER
    conflicts = () if lost else (open_hold(walk, nominal, wait),)
    status = Status.SUSPENDED if lost else Status.HELD
    visit = ScheduledVisit(spec, _day(nominal), None, None, None, None, status, walk.doubt, basis, conflicts=conflicts)
    return with_booking(walk, visit)


def open_hold(walk: Walk, nominal: int, wait: Wait) -> Conflict:
    """What a hold without an end asks for, and from when on that is late."""
    overdue = overdue_from(walk, nominal, wait)
    late = f"; a decision is overdue from {day_words(overdue)}" if overdue else ""
    return Conflict("held", f"{wait.words}, without an end{late}", True, may_omit=True, overdue_from=overdue)


def place_cancelled(walk: Walk, spec: VisitSpec, nominal: int, basis: Basis) -> ScheduledVisit:
    """A visit that is counted from one that was cancelled: it falls away with it."""
    slot = slot_of(walk, spec, nominal, basis, None, None)
    why = "" if slot.closes >= cut_off(walk, spec) else f"it is counted from {basis.what}, which is cancelled"
    visit = without_date(walk, spec, slot, Status.CANCELLED, why)
    walk.visits.append(visit)
    return visit


def undated(walk: Walk, spec: VisitSpec, basis: Basis, reason: str) -> ScheduledVisit:
    """A visit that hangs on something without a date: it has none either."""
    fallen = fell_away(walk, spec, FOREVER) or (Status.SUSPENDED if walk.course.lost_since != FOREVER else None)
    conflicts = () if fallen else (Conflict("no-anchor", reason),)
    status = fallen or Status.HELD
    notes = fall_words(walk, spec, status)
    doubt = walk.doubt if status in (Status.HELD, Status.SUSPENDED) else None
    visit = ScheduledVisit(
        spec, None, None, None, None, None, status, doubt, basis,
        conflicts=conflicts, notes=notes,
    )  # fmt: skip
    visit = with_booking(walk, visit)
    walk.visits.append(visit)
    return visit


def fell_away(walk: Walk, spec: VisitSpec, closes: int) -> Status | None:
    """Why a visit whose window closes on that day is not to be made any more; None if it is."""
    record = walk.record
    if spec.key in record.missed:
        return Status.MISSED
    omitted = record.omitted.get(spec.key)
    if omitted and (None in omitted or (spec.doses and not active_doses(walk, spec))):
        return Status.OMITTED
    cut = cut_off(walk, spec)
    return Status.CANCELLED if closes >= cut and cut != FOREVER else None


def without_date(walk: Walk, spec: VisitSpec, slot: Slot, status: Status, why: str = "") -> ScheduledVisit:
    """A visit that has a window and no day in it: it fell away, or is not made as things are."""
    booking = walk.record.bookings.get(spec.key)
    given_back = (given_back_words(booking.day),) if booking else ()
    return ScheduledVisit(
        spec, _day(slot.nominal), _day(slot.due), _day(slot.opens), _day(slot.closes), None,
        status, None if status is Status.CANCELLED else walk.doubt, slot.basis,
        booking=booking.fact if booking else None, notes=(*fall_words(walk, spec, status, why), *given_back),
    )  # fmt: skip

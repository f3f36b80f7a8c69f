"""Puts one visit on its day: its window, what happened to it, and where it may still be. Days are ordinals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from schedules.bookings import elsewhere, is_booked
from schedules.course import FOREVER
from schedules.dateless import fell_away, waiting_visit, without_date
from schedules.happened import active_doses, doses_missing, occurred_on
from schedules.holds import (
    held_for_long,
    not_before,
    visit_hold,
    waiting_doses,
    with_held_doses,
)
from schedules.labels import labels_of
from schedules.limits import SEARCH_DAYS, Limits
from schedules.made import DAYS, made
from schedules.same_day import days_of, never_days, note_activities, note_days
from schedules.scheduled import Basis, Conflict, ScheduledVisit
from schedules.slots import Slot, ends_by, is_counted_back, is_narrowed, slot_of
from schedules.spacing import Bound, How, between
from schedules.specs import DoseRule, VisitSpec
from schedules.statuses import Status
from schedules.waits import Wait, both
from schedules.walk import UndatedDose, Walk
from schedules.wording import day_words, span_words

_NO_DAYS: Mapping[int, str] = {}


def place(
    walk: Walk,
    spec: VisitSpec,
    nominal: int,
    basis: Basis,
    wait: Wait | None = None,
    blocked: tuple[Conflict, ...] = (),
) -> ScheduledVisit:
    """Place one visit that is due on ``nominal`` and take it into the walk."""
    if spec.variations and walk.course.marks:
        came = occurred_on(walk, spec, None) if spec.key in walk.course.touched else None
        spec = _as_it_is_now(walk, spec, nominal if came is None else min(came, nominal))
    actual = None
    touched = spec.key in walk.course.touched
    if (
        not (touched or wait or blocked or walk.delayed_by_hold or walk.undated_doses or walk.starts_before)
        and not (spec.narrowed and is_narrowed(walk, spec, nominal))
        and nominal + spec.after < walk.quiet_until
    ):
        plain = _plain(walk, spec, nominal, basis)
        if plain is not None:
            return plain
    if touched:
        wait = both(wait, visit_hold(walk, spec))
        actual = occurred_on(walk, spec, wait)
    if wait is not None and wait.until is None and actual is None:
        visit = waiting_visit(walk, spec, basis, wait, nominal)
        if blocked and visit.status is Status.HELD:
            visit = visit._replace(conflicts=(*blocked, *visit.conflicts))
    else:
        slot = slot_of(walk, spec, nominal, basis, wait, actual)
        if actual is None and spec.key in walk.record.held:
            slot = slot._replace(first=max(slot.first, not_before(walk, spec, slot.due)))
        visit = _still_to_come(walk, spec, slot, blocked) if actual is None else _happened(walk, spec, slot, actual)
        visit = _bound_by_doses(walk, visit, wait)
    walk.visits.append(visit)
    return visit


def _bound_by_doses(walk: Walk, visit: ScheduledVisit, wait: Wait | None) -> ScheduledVisit:
    """What the doses before a visit leave unsure about it, and what its own mean for those after it."""
    spec = visit.spec
    if wait is not None and visit.is_open and visit.nominal is not None:
        asks = held_for_long(walk, visit.nominal.toordinal(), wait)
        visit = visit._replace(doubt=visit.doubt or asks.text, conflicts=(*visit.conflicts, asks)) if asks else visit
    if walk.undated_doses and visit.is_open and visit.target is not None:
        visit = _unsure(walk, visit)
    asked = any(conflict.kind == "gate" for conflict in visit.conflicts)
    if (spec.doses or spec.never_with) and (visit.target is not None or (not asked and is_booked(visit))):
        _note_doses(walk, visit)
    if visit.target is None and visit.is_open and not asked:
        walk.undated_doses.update(dict.fromkeys(spec.doses, UndatedDose(spec.label)))
    return with_held_doses(walk, visit) if spec.key in walk.record.held else visit


def _unsure(walk: Walk, visit: ScheduledVisit) -> ScheduledVisit:
    """A dose whose spacing counts from one without a date is tentative, and says from which."""
    found: dict[UndatedDose, list[str]] = {}
    for rule in _active_rules(walk, visit.spec, visit.due):
        if rule.drug in walk.undated_doses:
            found.setdefault(walk.undated_doses[rule.drug], []).append(rule.drug)
    if not found:
        return visit
    named = [(undated, labels_of(walk.course.compiled, drugs)) for undated, drugs in found.items()]
    notes = [
        f"its spacing counts{', dose by dose,' if undated.passed else ''} from {drugs} at {undated.label}, "
        "which has no date yet"
        for undated, drugs in named
        if undated.passed <= 1
    ]
    undated, drugs = named[0]
    doubt = visit.doubt or f"there is no date yet for {drugs} at {undated.label}"
    return visit._replace(doubt=doubt, notes=(*visit.notes, *notes))


def _plain(walk: Walk, spec: VisitSpec, nominal: int, basis: Basis) -> ScheduledVisit | None:
    """Most visits: nothing is recorded, nothing holds or ends them. The same as the long way, only sooner.

    None where no day is left: then the long way says why.
    """
    course, first, last = walk.course, nominal - spec.before, nominal + spec.after
    bounds = walk.ledger.bounds(spec.rules, nominal) if spec.rules else ()
    never = days_of(walk, spec.never_with) if spec.never_with else _NO_DAYS
    throughout = course.closed_throughout
    closed = course.closed_days(spec.needs, spec.remote) if throughout is None else throughout[spec.needs]
    limits = made(Limits, (course, closed, bounds, never, first, last, spec.remote, None))
    target = nominal if limits.allows(nominal) else limits.nearest(nominal)
    if target is None:
        return None
    due = DAYS[nominal]
    status = _status(walk, first, last, last) if walk.begun else Status.PLANNED
    warnings = _warnings(limits, target) if course.compiled.warns else ()
    visit = made(ScheduledVisit, (
        spec, due, due, DAYS[first], DAYS[last], DAYS[target], status, walk.doubt, basis, limits, None, None, warnings,
        1, (), False,
    ))  # fmt: skip
    if spec.doses:
        walk.ledger.note_all(spec.doses, target, How.PLANNED)
    if spec.never_with:
        note_days(walk, spec.guarded, target)
    walk.visits.append(visit)
    return visit


def _as_it_is_now(walk: Walk, spec: VisitSpec, day: int) -> VisitSpec:
    """What the visit has become by that day, after a progression, a new therapy or a withdrawal from visits."""
    for variation, becomes in spec.variations:
        if any(walk.course.marks.get(mark, FOREVER) <= day for mark in variation.when):
            return becomes
    return spec


def _happened(walk: Walk, spec: VisitSpec, slot: Slot, actual: int) -> ScheduledVisit:
    return ScheduledVisit(
        spec, DAYS[slot.nominal], DAYS[slot.due], DAYS[slot.opens], DAYS[slot.closes], DAYS[actual],
        Status.DONE, None, slot.basis, actual=DAYS[actual], notes=doses_missing(walk, spec, waiting_doses(walk, spec)),
    )  # fmt: skip


# -- still to come ------------------------------------------------------------------------------


def _still_to_come(walk: Walk, spec: VisitSpec, slot: Slot, blocked: tuple[Conflict, ...]) -> ScheduledVisit:
    course = walk.course
    if course.waits_for_consent:
        return _with_consent(walk, spec, slot, blocked)
    return _placed(walk, spec, slot, blocked)


def _with_consent(walk: Walk, spec: VisitSpec, slot: Slot, blocked: tuple[Conflict, ...]) -> ScheduledVisit:
    """What is new in an amendment waits for consent to it: all of a visit, or only some of its activities."""
    course, epoch = walk.course, spec.stay.epoch
    version = course.compiled.protocol.version
    name = (epoch, course.compiled.name_of(epoch, spec.name))
    if name not in course.waits_for_consent:
        return _placed(walk, spec, slot, blocked)
    activities = course.waits_for_consent[name]
    waits = f"new in version {version}, to which the participant has not consented yet"
    if activities is None:
        return _placed(walk, spec, slot, (*blocked, Conflict("consent", waits)))
    visit = _placed(walk, spec, slot, blocked)
    added = [activity for activity in spec.activities if activity in activities]
    if not added or not visit.is_open:
        return visit
    text = f"without {labels_of(course.compiled, added)}: {waits}"
    return visit._replace(conflicts=(*visit.conflicts, Conflict("consent", text, blocks=False)))


def _placed(walk: Walk, spec: VisitSpec, slot: Slot, blocked: tuple[Conflict, ...]) -> ScheduledVisit:
    course = walk.course
    closes = max(slot.closes, slot.last)
    if spec.key in course.touched or closes >= walk.first_cut:
        fallen = fell_away(walk, spec, closes)
        if fallen is not None:
            return without_date(walk, spec, slot, fallen)
    if closes >= course.lost_since:
        over = course.cut.all != FOREVER
        return without_date(walk, spec, slot, Status.CANCELLED if over else Status.SUSPENDED)
    bounds = _bounds(walk, spec, slot.due) if spec.rules else ()
    never = never_days(walk, spec, slot.due) if spec.never_with else _NO_DAYS
    closed = course.closed_days(spec.needs, spec.remote)
    limits = Limits(
        course, closed, bounds, never, slot.first, slot.last, spec.remote, ends_by(walk, spec, slot.nominal)
    )
    if spec.key in walk.record.bookings:
        return _booked(walk, spec, slot, limits, blocked)
    target = None if blocked else limits.nearest(slot.due)
    conflicts = blocked or (() if target is not None else (no_day_left(walk, slot, limits, spec),))
    return _planned(walk, spec, slot, limits, target, conflicts)


def _planned(
    walk: Walk, spec: VisitSpec, slot: Slot, limits: Limits, target: int | None, conflicts: tuple[Conflict, ...]
) -> ScheduledVisit:
    status = Status.NEEDS_DECISION if target is None else _status(walk, slot.opens, slot.closes, slot.last)
    if target is not None and walk.course.compiled.warns:
        conflicts += _warnings(limits, target)
    nominal = DAYS[slot.nominal]
    due = nominal if slot.due == slot.nominal else DAYS[slot.due]
    stands = None if target is None else due if target == slot.due else DAYS[target]
    return ScheduledVisit(
        spec, nominal, due, DAYS[slot.opens], DAYS[slot.closes], stands, status, walk.doubt, slot.basis, limits,
        conflicts=conflicts,
    )  # fmt: skip


def _status(walk: Walk, opens: int, closes: int, last: int) -> Status:
    """How a visit with a date stands on the day of the plan, as long as nothing is recorded about it."""
    as_of = walk.course.as_of
    if not walk.begun:
        return Status.PLANNED
    if last < as_of:
        return Status.UNRECORDED
    return Status.DUE if opens <= as_of <= closes else Status.PLANNED


def _warnings(limits: Limits, target: int) -> tuple[Conflict, ...]:
    return tuple(Conflict("spacing", text, blocks=False) for text in limits.warnings(target))


def _booked(walk: Walk, spec: VisitSpec, slot: Slot, limits: Limits, blocked: tuple[Conflict, ...]) -> ScheduledVisit:
    """A booking that fits is where the visit stands; one that does not is never moved, but marked."""
    booking = walk.record.bookings[spec.key]
    away = elsewhere(walk.course, booking)
    fits = limits.first <= booking.day <= limits.last and limits.allows(booking.day) and not blocked and not away
    if fits:
        visit = _planned(walk, spec, slot, limits, booking.day, ())
        return visit._replace(booking=booking.fact, status=_unless_unrecorded(visit, Status.BOOKED))
    target = None if blocked else limits.nearest(slot.due)
    outside = not limits.first <= booking.day <= limits.last
    window = "it may be only within " + span_words(limits.first, max(limits.first, limits.last))
    if slot.over_before is not None:
        window = f"it must be over before {day_words(slot.over_before)}"
    why = away or limits.why_not(booking.day) or (window if outside or not blocked else blocked[0].text)
    misfit = Conflict("to-rebook", f"the booking for {day_words(booking.day)} does not fit: {why}", blocks=False)
    left = blocked or (() if target is not None else (no_day_left(walk, slot, limits, spec),))
    visit = _planned(walk, spec, slot, limits, target, (misfit, *left))
    status = Status.NEEDS_DECISION if target is None else _unless_unrecorded(visit, Status.TO_REBOOK)
    return visit._replace(booking=booking.fact, status=status)


def _unless_unrecorded(visit: ScheduledVisit, status: Status) -> Status:
    return visit.status if visit.status is Status.UNRECORDED else status


def no_day_left(walk: Walk, slot: Slot, limits: Limits, spec: VisitSpec) -> Conflict:
    """No day of the window is possible: why, the earliest safe day, and whether its doses can be left out."""
    if slot.over_before is not None:
        return _too_late(walk, slot, limits, spec, slot.over_before)
    safe = limits.earliest_safe()
    may_omit = bool(spec.doses) and not (spec.is_day_1 and not walk.anchors)  # without its Day 1 there is no study
    ways = f"the earliest safe day is {day_words(safe)}" if safe else _none_possible(limits)
    ways += ", or omit it" if may_omit else ""
    text = f"no day is left within {span_words(slot.first, slot.last)}: {'; '.join(limits.why_none())}; {ways}"
    return Conflict("no-day", text, True, DAYS[safe] if safe else None, may_omit, overdue_from=DAYS[slot.last + 1])


def _too_late(walk: Walk, slot: Slot, limits: Limits, spec: VisitSpec, before: int) -> Conflict:
    """A visit that must be over before something which comes before its window: the day to make it on, if any."""
    since = max(before - SEARCH_DAYS, walk.study_day_1 or 0)
    earlier = limits._replace(first=since, last=before - 1).nearest(before - 1)
    what = "conditioning" if spec.ends_before == "conditioning" else "the next Day 1"
    way = f"the last day before it is {day_words(earlier)}" if earlier else "no day before it is possible"
    text = (
        f"it must be over before {what} on {day_words(before)}, and its window begins on {day_words(slot.opens)}; {way}"
    )
    return Conflict("no-day", text, True, DAYS[earlier] if earlier else None, overdue_from=DAYS[before])


def _none_possible(limits: Limits) -> str:
    if limits.too_late is None or limits.too_late > limits.first + SEARCH_DAYS:
        return "no day within a year is possible"
    return f"no day before {day_words(limits.too_late)} is possible"


def _bounds(walk: Walk, spec: VisitSpec, due: int) -> tuple[Bound, ...]:
    """What other doses leave a visit. One that is counted backwards lies before some that stand already."""
    rules = _active_rules(walk, spec, DAYS[due])
    if not is_counted_back(spec):
        return walk.ledger.bounds(rules, due)
    return tuple(between(rule, _doses_of(walk, rule.drug), due) for rule in rules)


def _doses_of(walk: Walk, drug: str) -> dict[int, How]:
    """All days on which doses of a drug were given, or stand so far, and how they are known."""
    days = dict.fromkeys(walk.ledger.given.get(drug, ()), How.GIVEN)
    for visit in walk.visits:
        stands = drug in visit.spec.doses and (visit.target is not None or is_booked(visit))
        if stands and drug in _doses_with(walk, visit.spec, visit.due):
            day, how = _dose_day(visit)
            days.setdefault(day, how)
    return days


def _active_rules(walk: Walk, spec: VisitSpec, due: date | None) -> tuple[DoseRule, ...]:
    if spec.key not in walk.course.touched:
        return spec.rules
    goes_on = _doses_with(walk, spec, due)
    return tuple(rule for rule in spec.rules if rule.drug in goes_on)


def _doses_with(walk: Walk, spec: VisitSpec, due: date | None) -> tuple[str, ...]:
    """The drugs that are given with the visit: neither left out nor held while the others go on."""
    waiting = waiting_doses(walk, spec, due.toordinal() if due else 0)
    return tuple(drug for drug in active_doses(walk, spec) if drug not in waiting)


def _note_doses(walk: Walk, visit: ScheduledVisit) -> None:
    """Note where this visit's doses stand, for the spacing of later ones and for what shares no day."""
    spec = visit.spec
    day, how = _dose_day(visit)
    doses = _doses_with(walk, spec, visit.due) if spec.key in walk.course.touched else spec.doses
    walk.ledger.note_all(doses, day, how)  # the doses really given the ledger has already
    for drug in doses:
        if drug in walk.undated_doses:
            _pass_undated(walk, drug, visit)
    if spec.never_with:
        note_activities(walk, spec, day, visit.due.toordinal() if visit.due else 0)


def _pass_undated(walk: Walk, drug: str, visit: ScheduledVisit) -> None:
    """A dose that was given leaves nothing open behind it; one that is only planned is as unsure as those before."""
    if visit.actual is not None:
        del walk.undated_doses[drug]
    elif visit.spec.label != walk.undated_doses[drug].label:
        undated = walk.undated_doses[drug]
        walk.undated_doses[drug] = undated._replace(passed=min(undated.passed + 1, 2))


def _dose_day(visit: ScheduledVisit) -> tuple[int, How]:
    if visit.actual is not None:
        return visit.actual.toordinal(), How.PLANNED
    if visit.booking is not None and visit.target in (None, visit.booking.date):
        return visit.booking.date.toordinal(), How.BOOKED
    assert visit.target is not None  # noqa: S101 - the caller has looked
    return visit.target.toordinal(), How.PLANNED

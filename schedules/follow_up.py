"""What comes after the treatment, and what hangs on events: follow-up, status contacts, tests after a transplant."""

from __future__ import annotations

from schedules.amended import asked_for, required
from schedules.bases import base_of, stay_start
from schedules.dateless import place_cancelled, undated
from schedules.happened import occurred_on
from schedules.in_force import as_it_was, visits_of
from schedules.keys import Stay
from schedules.made import made
from schedules.placing import place
from schedules.protocol import Stage
from schedules.scheduled import Basis, ScheduledVisit
from schedules.slots import late_cause
from schedules.specs import VisitSpec
from schedules.walk import Base, Walk


def place_follow_up(walk: Walk) -> None:
    """Place every follow-up visit whose starting point exists."""
    walk.doubt = None
    for epoch_id in walk.course.compiled.follow_up:
        stay = walk.course.compiled.stay(Stay(epoch_id, 1, None))
        for spec in asked_for(walk, stay, visits_of(walk, stay)):
            place_counted(walk, spec)


def _place_again(walk: Walk, spec: VisitSpec) -> None:
    """An event that happened more than once starts its visits each time: ``follow-up.skin#2``."""
    event = spec.base.event if spec.base else None
    for count, (day, known) in enumerate(walk.course.later_events.get(event or "", ()), start=2):
        again = as_it_was(walk, spec.again(f"{spec.key}#{count}"))
        nominal = spec.by.after_day(day)
        base = Base(f"the {(event or '').replace('-', ' ')}", day, "event", known)
        wait = late_cause(walk, again, nominal, base)
        place(walk, again, nominal, Basis(base.what, day, base.how, spec.by_words), wait)


def place_counted(walk: Walk, spec: VisitSpec) -> None:
    """Place a visit that is counted from something else; nothing if that is an event that has not come about."""
    _place_once(walk, spec)
    if walk.course.later_events:
        _place_again(walk, spec)


def _place_once(walk: Walk, spec: VisitSpec) -> ScheduledVisit | None:
    base = base_of(walk, spec.base, spec.stay) if spec.base is not None else stay_start(walk, spec.stay)
    if base is None:
        return _without_base(walk, spec)
    if base.day is None:
        return _without_start(walk, spec, base)
    nominal = spec.by.after_day(base.day)
    if not required(walk, spec, nominal):
        return None
    basis = made(Basis, (base.what, base.day, base.how, spec.by_words, ""))
    before = walk.doubt
    walk.doubt = before or base.doubt
    if base.gone and occurred_on(walk, spec, None) is None:
        visit = place_cancelled(walk, spec, nominal, basis)
    else:
        visit = place(walk, spec, nominal, basis, late_cause(walk, spec, nominal, base))
    walk.doubt = before
    return visit


def _without_base(walk: Walk, spec: VisitSpec) -> ScheduledVisit | None:
    """A visit before or during the treatment that nothing planned or done leads to: it is shown, without a date.

    An event need not come about, nor after the treatment what the path might have led to.
    """
    base = spec.base
    if base is None or spec.stage is Stage.FOLLOW_UP or base.event not in (None, "last-dose"):
        return None
    if not required(walk, spec, _end_of_stay(walk, spec.stay)):
        return None
    what = base.visit or (f"the latest {base.activity}" if base.activity else "the last dose")
    return _without_start(walk, spec, Base(what, None, "is neither planned nor done", 0))


def _end_of_stay(walk: Walk, stay: Stay) -> int:
    """The last day on which a visit of the stay may be asked for, more or less."""
    anchor = walk.anchors.get(stay)
    epoch = walk.course.compiled.protocol.epochs[stay.epoch]
    length = epoch.cycles.length if epoch.cycles else epoch.length
    day = anchor.day if anchor and anchor.day is not None else walk.study_day_1 or walk.course.as_of
    return length.after_day(day) if length else day


def _without_start(walk: Walk, spec: VisitSpec, base: Base) -> ScheduledVisit:
    """A visit whose starting point has no date yet has none either, unless it took place all the same."""
    came = occurred_on(walk, spec, None)
    if came is not None:
        return place(walk, spec, came, Basis("it", came, "attended"))
    return undated(walk, spec, Basis(base.what, None, base.how), f"{base.what} {base.how}")

"""What comes after the treatment, and what hangs on events: follow-up, status contacts, tests after a transplant."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from schedules.compiled import VisitSpec
from schedules.happened import occurred_on
from schedules.keys import Stay
from schedules.placing import place
from schedules.protocol import Reference
from schedules.scheduled import Basis, ScheduledVisit
from schedules.spacing import last_given
from schedules.statuses import Status
from schedules.waits import Wait
from schedules.walk import Anchor, Base, Walk
from schedules.wording import day_words


def place_follow_up(walk: Walk) -> None:
    """Place every follow-up visit whose starting point exists."""
    walk.tentative = False
    for epoch_id in walk.course.compiled.follow_up:
        stay = walk.course.compiled.stay(Stay(epoch_id, 1, None))
        for spec in stay.visits:
            place_counted(walk, spec)
            _place_again(walk, spec)


def _place_again(walk: Walk, spec: VisitSpec) -> None:
    """An event that happened more than once starts its visits each time: ``follow-up.skin#2``."""
    event = spec.base.event if spec.base else None
    for count, (day, known) in enumerate(walk.course.later_events.get(event or "", ()), start=2):
        again = replace(spec, key=f"{spec.key}#{count}", variations=())
        nominal = spec.by.after(date.fromordinal(day)).toordinal()
        base = Base(f"the {(event or '').replace('-', ' ')}", day, "event", known)
        wait = _late_cause(again, nominal, base, walk)
        place(walk, again, nominal, Basis(base.what, day, base.how, spec.by_words), wait)


def place_counted(walk: Walk, spec: VisitSpec) -> ScheduledVisit | None:
    """Place a visit that is counted from something else; nothing if that has not come about."""
    base = base_of(walk, spec.base, spec.stay) if spec.base is not None else _stay_start(walk, spec.stay)
    if base is None:
        return None
    nominal = spec.by.after(date.fromordinal(base.day)).toordinal()
    if not required(walk, spec, nominal):
        return None
    basis = Basis(base.what, base.day, base.how, spec.by_words)
    before = walk.tentative
    walk.tentative = before or base.tentative
    visit = place(walk, spec, nominal, basis, _late_cause(spec, nominal, base, walk))
    walk.tentative = before
    return visit


def _late_cause(spec: VisitSpec, nominal: int, base: Base, walk: Walk) -> Wait | None:
    """A visit whose window had closed before its cause was known is due at once, and no deviation."""
    if nominal + spec.after >= base.known:
        return None
    came = occurred_on(walk, spec, None)
    if came is not None and came < base.known:
        return None
    return Wait(base.known, nominal, True, f"its cause was known only on {day_words(base.known)}")


def required(walk: Walk, spec: VisitSpec, nominal: int) -> bool:
    """Whether a visit that an amendment added is still to be asked for: not if its window closed before."""
    since = walk.course.amended
    if since is None or nominal + spec.after >= since or spec.key in walk.course.touched:
        return True
    before = walk.course.compiled_on(since - 1)
    if spec.stay.epoch not in before.protocol.epochs:
        return False
    return any(other.key == spec.key for other in before.stay(spec.stay, walk.stopped).visits)


def base_of(walk: Walk, reference: Reference, stay: Stay) -> Base | None:
    """The starting point that a reference names, or None while there is none."""
    if reference.visit is not None:
        return _visit_base(walk, reference.visit, stay)
    if reference.activity is not None:
        return _activity_base(walk, reference.activity)
    return _event_base(walk, reference.event or "")


def _visit_base(walk: Walk, name: str, stay: Stay) -> Base | None:
    found = _named_visit(walk, name, stay)
    if found is None or found.status is Status.CANCELLED:
        return None
    if found.actual is not None:
        return Base(found.spec.label, found.actual.toordinal(), "attended", 0)
    if found.nominal is None:
        return None
    if not found.spec.planned.anchor:
        return Base(found.spec.label, found.nominal.toordinal(), "nominal", 0, found.tentative)
    moved = found.booking.date if found.booking else found.target
    how = "booked" if found.booking else "planned"
    tentative = found.tentative or moved is None
    return Base(found.spec.label, (moved or found.nominal).toordinal(), how, 0, tentative)


def _named_visit(walk: Walk, name: str, stay: Stay) -> ScheduledVisit | None:
    """A visit by its id: of the same stay; with its epoch before it, the latest one of that epoch."""
    epoch, _, visit_name = name.rpartition(".")
    found = [
        visit
        for visit in walk.visits
        if visit.spec.name == visit_name and (visit.spec.stay.epoch == epoch if epoch else visit.spec.stay == stay)
    ]
    return found[-1] if found else None


def _activity_base(walk: Walk, activity: str) -> Base | None:
    """The latest day of an activity among the visits that the path has come to."""
    what, known = f"the latest {activity}", [day for v in walk.visits for day in _days_of(walk, v, activity)]
    if not known:
        return None
    day, how, tentative = max(known)
    return Base(what, day, how, 0, tentative)


def _days_of(walk: Walk, visit: ScheduledVisit, activity: str) -> list[tuple[int, str, bool]]:
    """When an activity was done at a visit, else when it is planned there."""
    if activity not in visit.spec.activities or visit.status is Status.CANCELLED:
        return []
    facts = [*walk.record.given.get(visit.spec.key, ()), *walk.record.assessed.get(visit.spec.key, ())]
    done = [(fact.date.toordinal(), "attended", False) for fact in facts if fact.activity == activity]
    if done or visit.target is None:
        return done
    return [(visit.target.toordinal(), "attended" if visit.actual else "planned", visit.tentative)]


def _event_base(walk: Walk, event: str) -> Base | None:
    if event in ("end-of-treatment", "last-dose"):
        return _base_after_treatment(walk, event)
    if event == "day-1":
        anchor = next(iter(walk.anchors.values()), None)
        return None if anchor is None or anchor.day is None else anchor_base(anchor)
    if event in walk.course.events:
        day, known = walk.course.events[event]
        return Base(f"the {event.replace('-', ' ')}", day, "event", known)
    return None


def _base_after_treatment(walk: Walk, event: str) -> Base | None:
    """The end of treatment or the last dose; once the treatment is walked, worked out once."""
    if walk.end is None:
        return _last_dose_so_far(walk) if event == "last-dose" and not walk.walked else None
    if event not in walk.bases:
        walk.bases[event] = _treatment_end_base(walk) if event == "end-of-treatment" else _last_dose_base(walk)
    return walk.bases[event]


def _last_dose_so_far(walk: Walk) -> Base | None:
    """The last dose before the stay that the path has come to: what a washout counts from."""
    doses = list(walk.ledger.latest.values())
    if not doses:
        return None
    last = max(day for day, _ in doses)
    given = any(last in days for days in walk.ledger.given.values())
    return Base("the last dose", last, "given" if given else "planned", 0, not given and walk.tentative)


def anchor_base(anchor: Anchor) -> Base:
    """A Day 1 as a starting point."""
    assert anchor.day is not None  # noqa: S101 - the caller has looked
    return Base(anchor.label, anchor.day, anchor.how, 0, anchor.tentative)


def _stay_start(walk: Walk, stay: Stay) -> Base | None:
    """A follow-up epoch without a reference of its visits counts from the end of treatment."""
    epoch = walk.course.compiled.protocol.epochs[stay.epoch]
    return base_of(walk, epoch.starts, stay) if epoch.starts else _treatment_end_base(walk)


def _treatment_end_base(walk: Walk) -> Base | None:
    end = walk.end
    if end is None:
        return None
    known = walk.course.end.known if walk.course.end else 0
    how = "event" if end.recorded else "expected"
    return Base("the end of treatment", end.day.toordinal(), how, known, end.tentative)


def _last_dose_base(walk: Walk) -> Base | None:
    """The last dose of any study drug: the last one given once the treatment has ended, else the last one planned.

    Somebody who was never dosed is followed from the end of treatment.
    """
    end = walk.course.end
    if walk.end is None:
        return None
    given = last_given(walk.record.dose_days)
    at_home = max((doses.days[-1].toordinal() for doses in walk.home_doses if doses.days), default=None)
    if end is not None:
        days = [day for day in (given, at_home) if day is not None]
        return Base("the last dose", max(days), "given", end.known) if days else _treatment_end_base(walk)
    planned = [day for day, _ in walk.ledger.latest.values()]
    days = [day for day in (given, at_home, *planned) if day is not None]
    if not days:
        return _treatment_end_base(walk)
    last = max(days)
    return Base("the last dose", last, "given" if last == given else "planned", 0, walk.end.tentative)

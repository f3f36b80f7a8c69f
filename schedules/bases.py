"""What visits are counted from: another visit, an activity, the end of treatment, the last dose, an event."""

from __future__ import annotations

from datetime import date

from schedules.course import Cause
from schedules.history import Given
from schedules.home import last_home_dose
from schedules.keys import Stay
from schedules.labels import label_of
from schedules.protocol import ActivityKind, Reference
from schedules.scheduled import Doubt, ScheduledVisit, doubt_about
from schedules.spacing import last_given
from schedules.statuses import Status
from schedules.walk import Anchor, Base, Walk


def base_of(walk: Walk, reference: Reference, stay: Stay, moves: bool = False) -> Base | None:
    """The starting point that a reference names, or None while there is none.

    ``moves``: what is counted follows a visit when it is booked or moved, as it follows an anchor.
    """
    if reference.visit is not None:
        return _visit_base(walk, reference.visit, stay, moves)
    if reference.activity is not None:
        return _activity_base(walk, reference.activity)
    return _event_base(walk, reference.event or "", stay)


def _visit_base(walk: Walk, name: str, stay: Stay, moves: bool) -> Base | None:
    found = _named_visit(walk, name, stay)
    if found is None:
        return None
    label = found.spec.label
    doubt = found.doubt or (doubt_about(found) if found.status is Status.UNRECORDED else None)
    if found.actual is not None:
        return Base(label, found.actual.toordinal(), "attended", 0)
    if found.nominal is None:
        return Base(label, None, "has no date yet", 0)
    if found.due is None:
        return Base(label, None, "is held and has no date yet", 0)
    if found.status is Status.CANCELLED or not (moves or found.spec.planned.anchor or found.spec.is_day_1):
        gone = found.status is Status.CANCELLED
        return Base(label, found.nominal.toordinal(), "nominal", 0, None if gone else doubt, gone)
    return _where_it_stands(found, found.nominal, doubt)


def _where_it_stands(visit: ScheduledVisit, nominal: date, doubt: Doubt | None) -> Base:
    """An anchor as a starting point: the booked day, else the moved one; a booking that does not fit is neither."""
    fits = visit.booking is not None and visit.booking.date == visit.target and visit.status is not Status.TO_REBOOK
    if doubt is None and (visit.target is None or (visit.booking is not None and not fits)):
        doubt = doubt_about(visit)
    day = (visit.target or nominal).toordinal()
    return Base(visit.spec.label, day, "booked" if fits else "planned", 0, doubt)


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
    """The latest day of an activity among the visits that the path has come to; None if none of them has it."""
    visits = [v for v in walk.visits if activity in v.spec.activities and v.status is not Status.CANCELLED]
    if not visits:
        return None
    what = f"the latest {label_of(walk.course.compiled, activity)}"
    known = [day for v in visits for day in _days_of(walk, v, activity)]
    last = max(known, key=lambda done: (done[0], done[1], done[2] is not None), default=None)
    if any(_stands_undated_after(visit, last[0] if last else 0) for visit in visits):
        return Base(what, None, "has no date yet", 0)
    return Base(what, last[0], last[1], 0, last[2]) if last else Base(what, None, "was not done", 0)


def _days_of(walk: Walk, visit: ScheduledVisit, activity: str) -> list[tuple[int, str, Doubt | None]]:
    """When an activity was done at a visit, else when it is planned there."""
    record, key = walk.record, visit.spec.key
    facts = [*record.given.get(key, ()), *record.assessed.get(key, ())]
    done: list[tuple[int, str, Doubt | None]] = [
        (fact.date.toordinal(), "attended", None) for fact in facts if fact.activity == activity
    ]
    left_out = activity in record.omitted.get(key, ())
    left_out = left_out or any(activity in fact.not_done for fact in record.attended.get(key, ()))
    if done or left_out or visit.target is None:
        return done
    return [(visit.target.toordinal(), "attended" if visit.actual else "planned", visit.doubt)]


def _stands_undated_after(visit: ScheduledVisit, last: int) -> bool:
    """Whether a visit is still to come after that day and has no date itself: nothing counts from it yet."""
    if visit.target is not None or not visit.is_open:
        return False
    due = visit.due or visit.nominal
    asked = any(conflict.kind == "gate" for conflict in visit.conflicts)
    return not asked and (due is None or due.toordinal() > last)


def _has_undated_dose(visit: ScheduledVisit, last: int) -> bool:
    """Whether one drug of the visit waits without a date, although another one of it was given or goes ahead."""
    if not visit.conflicts:
        return False
    waits = any(conflict.kind == "dose-held" and conflict.earliest_safe is None for conflict in visit.conflicts)
    return waits and visit.target is not None and visit.target.toordinal() >= last


def _event_base(walk: Walk, event: str, stay: Stay) -> Base | None:
    if event in ("end-of-treatment", "last-dose"):
        return _base_after_treatment(walk, event, stay)
    if event == "day-1":
        return _day_1_base(walk)
    if event in walk.course.events:
        day, known = walk.course.events[event]
        return Base(f"the {event.replace('-', ' ')}", day, "event", known)
    return None


def _day_1_base(walk: Walk) -> Base:
    """Day 1 of the study; while it is held it has no date, and nothing that is counted from it has one."""
    anchor = next(iter(walk.anchors.values()), None)
    if anchor is None or anchor.day is None:
        return Base(anchor.label if anchor else "Day 1", None, "has no date yet", 0)
    return anchor_base(anchor)


def _base_after_treatment(walk: Walk, event: str, stay: Stay) -> Base | None:
    """The end of treatment or the last dose; once the treatment is walked, worked out once."""
    if walk.end is None:
        return _last_dose_so_far(walk, stay) if event == "last-dose" and not walk.walked else None
    if event not in walk.bases:
        walk.bases[event] = _treatment_end_base(walk) if event == "end-of-treatment" else _last_dose_base(walk)
    return walk.bases[event]


def _last_dose_so_far(walk: Walk, stay: Stay) -> Base | None:
    """The last dose before the stay that the path has come to: what a washout counts from."""
    given = _given_before(walk, stay)
    days = [*(day for day, _ in walk.ledger.latest.values()), *given]
    if not days:
        return None
    at_home = last_home_dose(walk, [anchor for anchor in walk.anchors.values() if anchor.stay != stay])
    last = max([*days, *([at_home] if at_home is not None else [])])
    if undated := _undated_dose(walk, last):
        return undated
    known = last in given or any(last in days for days in walk.ledger.given.values())
    doubt = None if known else walk.doubt or _unrecorded_dose(walk, last)
    return Base("the last dose", last, "given" if known else "planned", 0, doubt)


def _given_before(walk: Walk, stay: Stay) -> list[int]:
    """The days of all doses really given before the stay began: at visits of the path so far, or outside of it."""
    record = walk.record
    began = [fact.date for key, facts in record.given.items() if key.startswith(f"{stay}.") for fact in facts]
    loose = [fact.date for fact in record.all(Given) if fact.visit is None and fact.date < min(began, default=date.max)]
    keys = {visit.spec.key for visit in walk.visits if visit.actual is not None and visit.spec.stay != stay}
    at_visits = [fact.date for key in keys & record.given.keys() for fact in record.given[key]]
    return [day.toordinal() for day in (*loose, *at_visits)]


def anchor_base(anchor: Anchor) -> Base:
    """A Day 1 as a starting point."""
    assert anchor.day is not None  # noqa: S101 - the caller has looked
    return Base(anchor.label, anchor.day, anchor.how, 0, anchor.doubt)


def stay_start(walk: Walk, stay: Stay) -> Base | None:
    """A follow-up epoch without a reference of its visits counts from the end of treatment."""
    epoch = walk.course.compiled.protocol.epochs[stay.epoch]
    return base_of(walk, epoch.starts, stay) if epoch.starts else _treatment_end_base(walk)


def _treatment_end_base(walk: Walk) -> Base | None:
    end = walk.end
    if end is None:
        return None
    known = walk.course.end.known if walk.course.end else 0
    how = "event" if end.recorded else "expected"
    return Base("the end of treatment", end.day.toordinal(), how, known, walk.end_doubt)


def _last_dose_base(walk: Walk) -> Base | None:
    """The last dose of any study drug: the last one given once the treatment has ended, else the last one planned.

    Somebody who was never dosed is followed from the end of treatment.
    """
    end = walk.course.end
    if walk.end is None:
        return None
    given = last_given(walk.record.dose_days)
    known = walk.course.compiled.protocol.activities
    taken = [doses for doses in walk.home_doses if doses.days and known[doses.activity].kind is ActivityKind.HOME_DOSE]
    at_home = max((doses.days[-1].toordinal() for doses in taken), default=None)
    if end is not None and not end.completes:
        return _last_dose_of_ended(walk, given or 0, at_home or 0, end)
    planned = [day for day, _ in walk.ledger.latest.values()]
    days = [day for day in (given, at_home, *planned) if day is not None]
    if not days:
        return _treatment_end_base(walk)
    last = max(days)
    if undated := _undated_dose(walk, last):
        return undated
    doubt = walk.end_doubt or (_unrecorded_dose(walk, last) if last != given else None)
    return Base("the last dose", last, "given" if last == given else "planned", end.known if end else 0, doubt)


def _last_dose_of_ended(walk: Walk, given: int, at_home: int, end: Cause) -> Base | None:
    """The last dose that was given, or that was to be taken at home.

    A later one without a record leaves it open, and so does one that is still to come before an end in the future.
    """
    last = max(given, at_home)
    if not last:
        return _treatment_end_base(walk)
    doubt = next((doubt_about(visit) for visit in walk.visits if _may_be_dosed_after(visit, last)), None)
    return Base("the last dose", last, "given" if last == given else "expected", end.known, doubt)


def _may_be_dosed_after(visit: ScheduledVisit, last: int) -> bool:
    """Whether a visit stands behind that day whose doses are to come, or of which nothing tells whether they came."""
    if not visit.spec.doses or visit.target is None or visit.target.toordinal() <= last:
        return False
    return visit.is_open or visit.status is Status.UNRECORDED


def _unrecorded_dose(walk: Walk, day: int) -> str | None:
    """What makes a dose unsure that was planned on that day and of which nothing tells whether it was given."""
    for visit in walk.visits:
        if visit.spec.doses and visit.status is Status.UNRECORDED and visit.target == date.fromordinal(day):
            return doubt_about(visit)
    return None


def _undated_dose(walk: Walk, last: int) -> Base | None:
    """A dose that is still to come after the last one with a date, and has none itself: nothing counts from it yet."""
    for visit in walk.visits:
        if visit.target is not None and not visit.conflicts:
            continue
        if visit.spec.doses and (_stands_undated_after(visit, last) or _has_undated_dose(visit, last)):
            return Base("the last dose", None, "has no date yet", 0)
    return None

"""Where a visit differs from what was asked of it: late or early, missed, unrecorded, held or left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from operator import itemgetter
from typing import Literal

from schedules.course import FOREVER
from schedules.deviation import Deviation, Kind, found
from schedules.dose_deviations import drugs_of
from schedules.endings import cut_off
from schedules.happened import active_doses
from schedules.history import Assessed, Attended, Held, Omitted
from schedules.holds import Overtaken, dose_holds, left_open, own_window
from schedules.in_force import spec_on
from schedules.protocol import Resource
from schedules.scheduled import ScheduledVisit
from schedules.specs import VisitSpec
from schedules.statuses import Status
from schedules.walk import Walk
from schedules.windows import Window, days_outside
from schedules.wording import day_words, days_words

WORKING_DAYS_TO_CANDIDATE = 5
_CLINIC = frozenset({Resource.CLINIC})
_TO_COME = frozenset({Status.PLANNED, Status.DUE, Status.BOOKED, Status.TO_REBOOK, Status.HELD})


def of_visit(walk: Walk, visit: ScheduledVisit) -> Iterator[Deviation]:
    """Everything in which one visit differs from what was asked of it."""
    unrecorded = visit.status is Status.UNRECORDED and not _its_start_is_to_come(walk, visit)
    if unrecorded or _was_left_undecided(walk, visit):
        yield _unrecorded(walk, visit)
    if visit.key not in walk.course.touched:
        return
    if visit.status is Status.MISSED:
        missed = walk.record.missed[visit.key]
        yield found(Kind.MISSED, visit.key, f"{visit.spec.label} was missed", day=missed.date)
    yield from _outside_window(walk, visit)
    yield from _left_out(walk, visit)
    yield from _holds(walk, visit)
    yield from _own_windows(walk, visit)
    yield from drugs_of(walk, visit)
    yield from _doses_unrecorded(walk, visit)


def _its_start_is_to_come(walk: Walk, visit: ScheduledVisit) -> bool:
    """Whether what the visit is counted from, in the same stay, may itself still be made: then it cannot be late."""
    name, stay = visit.spec.base.visit if visit.spec.base else None, visit.spec.stay
    if visit.spec.base is not None and name is None:
        return False
    for start in walk.visits:
        if start.spec.stay == stay and (start.spec.name == name if name else start.spec.is_day_1):
            overdue = start.status is Status.UNRECORDED and start.key != visit.key
            return start.status in _TO_COME or (overdue and _its_start_is_to_come(walk, start))
    return False


def _unrecorded(walk: Walk, visit: ScheduledVisit) -> Deviation:
    assert visit.closes is not None  # noqa: S101 - an unrecorded visit had a window
    closes = visit.closes
    text = f"nothing is recorded about {visit.spec.label}; its window closed on {day_words(closes)}"
    for conflict in visit.conflicts:
        if conflict.kind == "held" and conflict.overdue_from is not None:  # by now the next dose was given
            closes = conflict.overdue_from - timedelta(days=1)
            text = f"{visit.spec.label}: {conflict.text}"
    return found(Kind.UNRECORDED, visit.key, text, day=visit.closes, state=_state(walk, closes))


def _state(walk: Walk, closes: date) -> Literal["query", "candidate"]:
    """What is not recorded is a query at first, and a candidate once somebody had time to record it."""
    late = walk.course.as_of > _working_days_after(walk, closes.toordinal(), WORKING_DAYS_TO_CANDIDATE)
    return "candidate" if late else "query"


def _was_left_undecided(walk: Walk, visit: ScheduledVisit) -> bool:
    """Whether a visit that needed a decision got none until its window had closed.

    One that waits for a gate or for consent is rightly not made.
    """
    if (
        visit.status is not Status.NEEDS_DECISION
        or visit.closes is None
        or walk.course.as_of <= visit.closes.toordinal()
    ):
        return False
    return not any(conflict.kind in ("gate", "consent") for conflict in visit.conflicts)


def _doses_unrecorded(walk: Walk, visit: ScheduledVisit) -> Iterator[Deviation]:
    """Drugs of a visit that took place of which nothing tells whether they were given, once its window has closed."""
    if visit.actual is None or visit.closes is None:
        return
    given = {fact.activity for fact in walk.record.given.get(visit.key, ())}
    if given.issuperset(visit.spec.doses):
        return
    for drug in active_doses(walk, visit.spec):
        asked = _asked_about(walk, visit, drug) if drug not in given else None
        if asked is not None and asked.day < walk.course.as_of:
            state = _state(walk, date.fromordinal(asked.day))
            yield found(Kind.DOSE_UNRECORDED, visit.key, asked.words, activity=drug, day=visit.actual, state=state)


def _asked_about(walk: Walk, visit: ScheduledVisit, drug: str) -> Overtaken | None:
    """Until when a drug of the visit may be given, with the window or later after a hold, and what is asked then.

    None while a hold is open and no later dose was given, and where the treatment was over before the hold.
    """
    assert visit.closes is not None  # noqa: S101 - the caller has looked
    assert visit.actual is not None  # noqa: S101
    spec, cut, hold = visit.spec, cut_off(walk, visit.spec), dose_holds(walk, visit.spec).get(drug)
    closes = visit.closes.toordinal()
    if hold is not None and hold.until is None:
        nominal = (visit.nominal or visit.actual).toordinal()
        later = left_open(walk, spec, nominal, drug, hold) if cut == FOREVER else None
        return None if later is None else later._replace(words=f"{spec.label}: {later.words}")
    if hold is not None and hold.until is not None:
        if hold.until >= cut:
            return None
        closes = max(closes, hold.until + spec.after)
    text = f"{spec.label} took place on {day_words(visit.actual)}, and nothing is recorded about"
    return Overtaken(closes, f"{text} {walk.course.label(drug)}")


def _working_days_after(walk: Walk, day: int, count: int) -> int:
    for candidate in range(day + 1, day + 61):
        site = walk.course.site_on(candidate)
        count -= site.why_closed(candidate, _CLINIC) is None
        if count == 0:
            return candidate
    return day + 60


def _outside_window(walk: Walk, visit: ScheduledVisit) -> Iterator[Deviation]:
    if visit.actual is None or visit.opens is None or visit.status is Status.EXPIRED:
        return
    given = walk.record.given.get(visit.spec.key, ())
    days = {(None, visit.actual), *((fact.activity, fact.date) for fact in given if fact.date != visit.actual)}
    for activity, day in sorted(days, key=itemgetter(1)):
        off = days_outside(day, *_window_of_dose(walk, visit, activity, day))
        if off:
            side = f"{days_words(abs(off))} {'before' if off < 0 else 'after'} its window"
            what = f"{walk.course.label(activity)} at {visit.spec.label}" if activity else visit.spec.label
            text = f"{what} took place on {day_words(day)}, {side}"
            washout = off < 0 and visit.spec.is_day_1 and _starts_after(walk, visit)
            yield found(Kind.OUTSIDE_WINDOW, visit.key, text, activity=activity, day=day, days=off, important=washout)


def _window_of_dose(walk: Walk, visit: ScheduledVisit, activity: str | None, day: date) -> tuple[date, date]:
    """The visit's window; that of a dose which was held alone is its own."""
    assert visit.opens is not None  # noqa: S101 - what took place has a window
    assert visit.closes is not None  # noqa: S101
    hold = dose_holds(walk, visit.spec).get(activity or "")
    if hold is None or visit.nominal is None:
        return visit.opens, visit.closes
    spec = spec_on(walk, visit.spec, day.toordinal())
    first, last = own_window(spec, visit.nominal.toordinal(), hold, day.toordinal())
    return date.fromordinal(first), date.fromordinal(last)


def _starts_after(walk: Walk, visit: ScheduledVisit) -> bool:
    """Whether the visit's epoch waits for something, a washout say, so that too early is more than untidy."""
    epoch = walk.course.compiled.protocol.epochs.get(visit.spec.stay.epoch)
    return epoch is not None and epoch.starts is not None


def _left_out(walk: Walk, visit: ScheduledVisit) -> Iterator[Deviation]:
    for omitted in walk.record.omitted.get(visit.key, {}).values():
        known = walk.course.protocol_on(omitted.date).activities
        activities = (omitted.activity,) if omitted.activity else visit.spec.doses or visit.spec.activities
        for activity in activities:
            if activity not in known or omitted.reason not in known[activity].omit_for:
                yield _not_done(walk, visit, activity, omitted)
    for attended in walk.record.attended.get(visit.key, ()):
        for activity in attended.not_done:
            if not _is_explained(walk, visit, activity, attended):
                yield _not_done(walk, visit, activity, attended)


def _is_explained(walk: Walk, visit: ScheduledVisit, activity: str, attended: Attended) -> bool:
    """Whether what was not done that day was done later, or is recorded as left out or waiting, with its reason."""
    record, key = walk.record, visit.key
    if record.omitted.get(key, {}).keys() & {activity, None}:
        return True
    waits = any(hold.activity in (None, activity) for hold in record.held.get(key, ()))
    waits = waits or (visit.spec.is_day_1 and bool(record.cycle_holds(str(visit.spec.stay))))
    if waits and activity in visit.spec.doses:
        return True
    done = (*record.given.get(key, ()), *record.assessed.get(key, ()))
    return any(fact.activity == activity and fact.date >= attended.date for fact in done)


def _not_done(walk: Walk, visit: ScheduledVisit, activity: str, fact: Omitted | Attended) -> Deviation:
    reason = f" ({fact.reason})" if isinstance(fact, Omitted) else ""
    text = f"{walk.course.label(activity)} was not done at {visit.spec.label}{reason}"
    return found(Kind.NOT_DONE, visit.key, text, activity=activity, day=fact.date)


def _holds(walk: Walk, visit: ScheduledVisit) -> Iterator[Deviation]:
    for hold in walk.record.held.get(visit.key, ()):
        yield from _hold_reason(walk, visit.key, visit.spec, hold)


def _hold_reason(walk: Walk, key: str, spec: VisitSpec, hold: Held) -> Iterator[Deviation]:
    known = walk.course.protocol_on(hold.date).activities
    for drug in (hold.activity,) if hold.activity else spec.doses:
        allowed = known[drug].hold_for if drug in known else ()
        if allowed and hold.reason not in allowed:
            held = f"{walk.course.label(drug)} at {spec.label} was held for {hold.reason}"
            text = f"{held}, which the protocol does not give as a reason"
            yield found(Kind.HOLD_NOT_ALLOWED, key, text, activity=drug, day=hold.date)


def _own_windows(walk: Walk, visit: ScheduledVisit) -> Iterator[Deviation]:
    """Activities with a window of their own, of which none was within it: of repeated ones the nearest counts."""
    if visit.actual is None:
        return
    nearest: dict[str, tuple[int, Assessed]] = {}
    for fact in walk.record.assessed.get(visit.key, ()):
        window = _window_of(visit.spec, fact)
        if window is not None:
            off = days_outside(fact.date, *window.around(visit.actual))
            before = nearest.get(fact.activity)
            if before is None or abs(off) < abs(before[0]):
                nearest[fact.activity] = off, fact
    for off, fact in nearest.values():
        if off:
            what = f"{walk.course.label(fact.activity)} for {visit.spec.label}"
            text = f"{what} was done on {day_words(fact.date)}, outside its window"
            yield found(Kind.ACTIVITY_OUTSIDE_WINDOW, visit.key, text, activity=fact.activity, day=fact.date, days=off)


def _window_of(spec: VisitSpec, fact: Assessed) -> Window | None:
    window = next((item.window for item in spec.details if item.activity == fact.activity), None)
    return window if isinstance(window, Window) else None

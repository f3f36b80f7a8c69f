"""The heart: a design and a history become a calendar.

``plan`` is a pure function. It knows no clock and no database; the same input gives the same plan, to the
byte, on every machine. The path is walked once, stay by stay: where Day 1 stands, the visits that hang on
it, the gates that follow, and then what comes after the treatment.
"""

from __future__ import annotations

from datetime import date, datetime

from schedules.amended import asked_for, day_1_as_due, required
from schedules.bases import base_of
from schedules.bookings import may_stand
from schedules.course import Course
from schedules.dateless import open_hold, place_cancelled, undated
from schedules.day_one import study_day_1
from schedules.design import Design
from schedules.deviations import find_deviations
from schedules.errors import DateOutOfRange
from schedules.follow_up import place_counted, place_follow_up
from schedules.happened import occurred_on
from schedules.history import History
from schedules.home import place_home_doses
from schedules.in_force import visits_of
from schedules.keys import Stay
from schedules.leftovers import place_leftover_gates, place_leftovers
from schedules.made import made
from schedules.notices import advisories
from schedules.observation import observation
from schedules.path import dosed_stays, enter_first, first_stay, last_day_of, near_limit, next_dosed, onward
from schedules.placing import place
from schedules.record import known_by
from schedules.same_day import activity_days
from schedules.scheduled import Basis, Conflict, GateState, Plan, ScheduledVisit, TreatmentEnd, doubt_about
from schedules.screening import place_screening
from schedules.set_aside import walked
from schedules.spacing import DoseLedger
from schedules.specs import VisitSpec
from schedules.statuses import Status
from schedules.undecided import ASKING, ask_after_progression
from schedules.waits import Wait, cycle_wait
from schedules.walk import Anchor, Step, Walk

#: Grows when the same input may give other dates than before.
ENGINE = "3"


def plan(design: Design, history: History, as_of: date, known_at: datetime | None = None) -> Plan:
    """The calendar of one participant, as it stands on ``as_of``, a date local to the site.

    ``as_of`` touches only statuses. With ``known_at`` the facts recorded after that instant are left out:
    the plan of any past moment. Raises DesignError if the design does not fit the history (no such site,
    version or arm; no Day 1), and DateOutOfRange for a date outside 1900 to 2200.
    """
    facts = known_by(history.facts, known_at)
    walk = walked(lambda aside: _walked(Course(design, history, as_of, facts, aside)))
    if not walk.course.marks.keys().isdisjoint(ASKING):
        ask_after_progression(walk)
    try:
        place_follow_up(walk)
    except DateOutOfRange as error:
        raise _too_far(walk, error) from None
    place_leftovers(walk)
    place_leftover_gates(walk)
    return _finished(walk)


def _walked(course: Course) -> Walk:
    walk = _walk(course)
    try:
        _walk_the_path(walk)
    except DateOutOfRange as error:
        raise _too_far(walk, error) from None
    return walk


def _too_far(walk: Walk, error: DateOutOfRange) -> DateOutOfRange:
    """Where the plan left the years that are planned in: what a person may have to mend is not a date of the study."""
    wrong = str(error).partition("; ")[0]
    after = f"after {walk.visits[-1].spec.label} " if walk.visits else ""
    return DateOutOfRange(f"{after}the plan runs too far: {wrong}; mend Day 1, or the lengths in the protocol")


def _walk(course: Course) -> Walk:
    for days in course.record.dose_days.values():
        days.sort()
    first_cut = course.cut.treatment  # a death, or a withdrawal from visits or contact, ends the treatment too
    quiet_until = 0 if course.waits_for_consent else min(first_cut, course.lost_since)
    ledger = DoseLedger(course.record.dose_days)
    walk = Walk(course, course.record, ledger, bool(course.record.facts), first_cut, quiet_until)
    if course.compiled.protocol.never_same_day:
        activity_days(walk, course.compiled.protocol.never_same_day)
    return walk


# -- the path -----------------------------------------------------------------------------------


def _walk_the_path(walk: Walk) -> None:
    dosed = dosed_stays(walk.record, walk.course.compiled)
    first = first_stay(walk)
    day_1, how = study_day_1(walk, first, dosed)
    walk.study_day_1 = day_1
    label = walk.course.compiled.stay(first).visits[0].label
    blocked = place_screening(walk, day_1, label, how, started=how in ("given", "attended"))
    entered = enter_first(walk, Step(first, day_1, Basis("Day 1", day_1, how)), dosed)
    step, asked = entered.step, entered.asked
    if first in dosed:
        walk.doubt = None
    anchor, ends = None, None  # what never began does not end by a default
    while step is not None:
        anchor = _place_stay(walk, step, dosed, blocked, asked)
        stops = anchor.day is None or asked is not None or (walk.course.end is not None and step.stay not in dosed)
        if stops and next_dosed(walk, dosed) is None:
            break
        found = onward(walk, anchor, dosed)
        ends = found.ends
        if found.step is None or _is_moot(walk, found.step.stay, dosed):
            break
        step, blocked, asked = found.step, (), found.asked
        if step.stay in dosed:
            walk.doubt = None
    _end_path(walk, anchor, ends, asked is not None)


def _is_moot(walk: Walk, stay: Stay, dosed: dict[Stay, int]) -> bool:
    """Whether a stay beyond an open gate need not even be shown as cancelled, since the treatment has ended."""
    if walk.course.end is None or walk.doubt is None or stay in dosed:
        return False
    name = str(stay)
    recorded = name in walk.record.cycle_held or name in walk.record.cycle_delayed
    return not recorded and not any(key.startswith(f"{name}.") for key in walk.course.touched)


def _place_stay(
    walk: Walk, step: Step, dosed: dict[Stay, int], blocked: tuple[Conflict, ...], asked: GateState | None
) -> Anchor:
    """Place all visits of one stay, its Day 1 first."""
    stay = walk.course.compiled.stay(step.stay, walk.stopped)
    if stay.epoch.cycles is not None:
        walk.treatment_cycles += 1
    walk.delayed_by_hold.clear()
    if walk.stopped:
        walk.stopped_in[step.stay] = walk.stopped
    visits = visits_of(walk, stay)
    nominal, basis = _stay_nominal(walk, step, dosed)
    if asked is not None and nominal is not None and visits:
        return _ask(walk, step.stay, visits[0], nominal, basis, asked)
    anchor = _place_day_1(walk, step.stay, visits, nominal, basis, blocked, step.stay in dosed)
    walk.anchors[step.stay] = anchor
    _note_next_day_1(walk, step.stay, dosed)
    walk.doubt = walk.doubt or anchor.doubt
    begins = 1 if visits and visits[0].is_day_1 else 0
    gone = bool(begins) and walk.visits[-1].status is Status.CANCELLED
    for spec in asked_for(walk, stay, visits[begins:]):
        _place_in_stay(walk, spec, anchor, gone)
    return anchor


def _stay_nominal(walk: Walk, step: Step, dosed: dict[Stay, int]) -> tuple[int | None, Basis]:
    """Where the Day 1 of a stay is due: one cycle length after the last, or where the epoch says it starts."""
    epoch = walk.course.compiled.protocol.epochs[step.stay.epoch]
    if epoch.starts is None or (step.stay.cycle or 1) > 1 or not walk.anchors:
        return step.nominal, step.basis
    base = base_of(walk, epoch.starts, step.stay, moves=True)
    if base is None and epoch.starts.event is not None:
        return None, Basis(f"the {epoch.starts.event.replace('-', ' ')}", None, "has not come about yet")
    if base is None or base.day is None:
        return None, Basis(base.what if base else "its starting point", None, "has no date yet")
    nominal = epoch.starts.by.after_day(base.day)
    walk.doubt = walk.doubt or (base.doubt if step.stay not in dosed else None)
    return nominal, Basis(base.what, base.day, base.how, str(epoch.starts.by))


def _ask(walk: Walk, stay: Stay, spec: VisitSpec, nominal: int, basis: Basis, gate: GateState) -> Anchor:
    """Show the first visit beyond a gate that must be decided before it has a date."""
    text = f"{gate.label}: this needs a decision before it has a date ({gate.key})"
    overdue = date.fromordinal(gate.due.toordinal() + 1) if gate.due else None
    wait = _wait_of(walk, stay, first=not walk.anchors)
    asks = [Conflict("gate", text, overdue_from=overdue)]
    if wait is not None and wait.until is None:  # what is decided first is not only held
        asks, wait = [*asks, open_hold(walk, nominal, wait)], None
    place(walk, spec, nominal, basis, wait, tuple(asks))
    return Anchor(stay, spec.label, nominal, "nominal", gate)


def _place_day_1(
    walk: Walk,
    stay: Stay,
    specs: tuple[VisitSpec, ...],
    nominal: int | None,
    basis: Basis,
    blocked: tuple[Conflict, ...],
    begun: bool,
) -> Anchor:
    """Place the Day 1 of a stay; a limit binds only one that has not ``begun``, by any dose of it."""
    spec = specs[0] if specs and specs[0].is_day_1 else None
    wait = _wait_of(walk, stay, first=not walk.anchors)
    if spec is None:
        return _unvisited_day_1(walk, stay, specs, nominal, wait)
    if walk.course.amended is not None and wait is None:
        spec = day_1_as_due(walk, spec, nominal)
    if nominal is None:
        nominal = occurred_on(walk, spec, wait)
        if nominal is None:
            undated(walk, spec, basis, "what it is counted from has no date yet")
            return Anchor(stay, spec.label, None, "nominal", f"{spec.label} has no date yet")
        basis = Basis("it", nominal, "attended")
    walk.starts_before = None if begun else near_limit(walk, spec, nominal)
    visit = place(walk, spec, nominal, basis, wait, blocked)
    walk.starts_before = None
    return _anchor(walk, stay, visit)


def _unvisited_day_1(
    walk: Walk, stay: Stay, specs: tuple[VisitSpec, ...], nominal: int | None, wait: Wait | None
) -> Anchor:
    """Where a stay without a visit on its Day 1 starts; a recorded hold or delay moves it all the same."""
    label = f"the start of {walk.course.compiled.protocol.epochs[stay.epoch].label}"
    if wait is None or nominal is None:
        return Anchor(stay, label, nominal, "nominal", None)
    label = f"{label}, since {wait.words},"
    if wait.over is not None:
        return Anchor(stay, label, max(nominal, wait.over), "planned", None)
    begun = any(spec.key in walk.record.given for spec in specs)
    doubt = None if begun else f"{label} has no date yet"
    return Anchor(stay, label, nominal if begun else None, "nominal", doubt)


def _wait_of(walk: Walk, stay: Stay, first: bool) -> Wait | None:
    """The recorded wait of this stay; the study's own Day 1 simply moves, so a delay of it is no wait."""
    if not (walk.record.cycle_held or walk.record.cycle_delayed):
        return None
    wait = cycle_wait(walk.record, str(stay))
    if wait is None or not first:
        return wait
    return wait._replace(then=None) if wait.moves_window else None


def _anchor(walk: Walk, stay: Stay, visit: ScheduledVisit) -> Anchor:
    """What the stay's other visits count from: the actual Day 1, else the booked, else the moved one."""
    label = visit.spec.label
    if visit.due is None:  # held without an end
        return Anchor(stay, label, None, "nominal", doubt_about(visit))
    if visit.actual is not None and (not visit.spec.doses or visit.key in walk.record.given):
        return Anchor(stay, label, visit.actual.toordinal(), "given" if visit.spec.doses else "attended", None)
    passed = visit.status in (Status.UNRECORDED, Status.DONE, Status.TO_REBOOK, Status.NEEDS_DECISION)
    doubt = doubt_about(visit) if passed else visit.doubt
    if visit.booking is not None and visit.status is not Status.CANCELLED and may_stand(visit, visit.booking.date):
        return Anchor(stay, label, visit.booking.date.toordinal(), "booked", doubt)
    if visit.target is not None and visit.actual is None:
        return Anchor(stay, label, visit.target.toordinal(), "planned", doubt)
    return _due_anchor(walk, stay, visit)


def _due_anchor(walk: Walk, stay: Stay, visit: ScheduledVisit) -> Anchor:
    """A Day 1 that has no day itself: where it is due, else, once there is a first one, the first day it may be on.

    One that was missed or left out in a cycle that went on all the same is nothing to wait for.
    """
    assert visit.due is not None  # noqa: S101 - only a held one is not due, and the caller has looked
    due = visit.due.toordinal()
    safe = [each.earliest_safe.toordinal() for each in visit.conflicts if each.blocks and each.earliest_safe]
    if safe and max(safe) > due and walk.anchors:
        return Anchor(stay, visit.spec.label, max(safe), "possible", doubt_about(visit))
    passed_over = visit.status in (Status.MISSED, Status.OMITTED)
    went_on = passed_over and any(key.startswith(f"{stay}.") for key in walk.record.given)
    return Anchor(stay, visit.spec.label, due, "nominal", walk.doubt or (None if went_on else doubt_about(visit)))


def _note_next_day_1(walk: Walk, stay: Stay, dosed: dict[Stay, int]) -> None:
    """The actual Day 1 of the stay that came next: some visits must be over before it."""
    if stay in dosed:
        later = [day for other, day in dosed.items() if day > dosed[stay] and other not in walk.anchors]
        if later:
            walk.next_day_1[stay] = min(later)


def _place_in_stay(walk: Walk, spec: VisitSpec, anchor: Anchor, gone: bool) -> None:
    """Place a visit that hangs on Day 1; with a Day 1 that is ``gone`` go all visits of which nothing is recorded."""
    if spec.base is not None:
        place_counted(walk, spec)
        return
    if anchor.day is None:
        _place_without_day_1(walk, spec, anchor)
        return
    basis = made(Basis, (anchor.label, anchor.day, anchor.how, spec.by_words, ""))
    nominal = spec.by.after_day(anchor.day)
    if walk.course.amended is not None and not required(walk, spec, nominal):
        return
    if gone and walk.record.keys().isdisjoint({spec.key}):
        place_cancelled(walk, spec, nominal, basis)
    else:
        place(walk, spec, nominal, basis)


def _place_without_day_1(walk: Walk, spec: VisitSpec, anchor: Anchor) -> None:
    """A visit of a stay whose Day 1 has no date: where it took place, else without a date."""
    came = occurred_on(walk, spec, None)
    if came is not None:
        place(walk, spec, came, Basis("it", came, "attended"))
        return
    basis = Basis(anchor.label, None, "has no date yet")
    first = next((visit for visit in walk.visits if visit.spec.stay == spec.stay), None)
    waits = first is not None and any(conflict.kind == "no-anchor" for conflict in first.conflicts)
    undated(walk, spec, basis, f"{anchor.label} {'' if waits else 'is held and '}has no date yet")


# -- the end ------------------------------------------------------------------------------------


def _end_path(walk: Walk, anchor: Anchor | None, ends: str | None, asked: bool) -> None:
    """Settle when the treatment ends: as recorded, or, so far, when the last planned cycle is over."""
    cause = walk.course.end
    if cause is not None:
        walk.end = TreatmentEnd(date.fromordinal(cause.day), cause.reason, recorded=True)
    elif anchor is not None and anchor.day is not None and ends is not None:
        last = date.fromordinal(anchor.day if asked else _last_day(walk, anchor, anchor.day))
        undated = (doubt_about(visit) for visit in walk.visits if visit.target is None and visit.is_open)
        walk.end_doubt = walk.doubt or next(undated, None)
        walk.end = TreatmentEnd(last, "completed", False, walk.end_doubt is not None)
    walk.walked = True
    place_home_doses(walk)


def _last_day(walk: Walk, anchor: Anchor, day_1: int) -> int:
    """When the last stay is over: after its length, else on the day of its last visit; never before the last dose."""
    epoch = walk.course.compiled.protocol.epochs[anchor.stay.epoch]
    length = epoch.cycles.length if epoch.cycles else epoch.length
    over = length.after_day(day_1) if length else last_day_of(walk, anchor)
    return max([over, *(day for day, _ in walk.ledger.latest.values())])


def _finished(walk: Walk) -> Plan:
    course = walk.course
    protocol = course.compiled.protocol
    visits = tuple(sorted(_with_setting(walk), key=_calendar_order))
    day_1 = next((anchor.day for anchor in walk.anchors.values()), None)
    found = find_deviations(walk, visits)
    return Plan(
        protocol.protocol, protocol.version, ENGINE, protocol.title, date.fromordinal(course.as_of), course.arm,
        course.cohort, date.fromordinal(day_1) if day_1 else None, protocol.assumptions, visits, tuple(walk.gates),
        tuple(walk.home_doses), walk.end, observation(walk), (*walk.notices, *advisories(walk)),
        tuple(d for d in found if d.state == "candidate"), tuple(d for d in found if d.state == "query"),
        tuple(stay for stay, _ in walk.off_path),
    )  # fmt: skip


def _with_setting(walk: Walk) -> list[ScheduledVisit]:
    """The visits, those marked that fall into a stay in hospital."""
    course = walk.course
    if not course.in_hospital:
        return walk.visits
    return [
        visit._replace(inpatient=True) if (day := visit.target or visit.due) and course.is_in_hospital(day.toordinal())
        else visit
        for visit in walk.visits
    ]  # fmt: skip


def _calendar_order(visit: ScheduledVisit) -> date:
    """Visits stand in the order of their days; one without a day stands where it was due."""
    return visit.target or visit.due or visit.nominal or date.max

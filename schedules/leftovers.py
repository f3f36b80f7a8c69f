"""What happened outside the schedule: unscheduled visits, and visits that the plan as it is now does not have."""

from __future__ import annotations

from datetime import date

from schedules.bookings import with_booking
from schedules.course import Course
from schedules.gates import decided_state
from schedules.history import Attended, Died, Fact, Given, UnscheduledVisit
from schedules.in_force import spec_on
from schedules.keys import Stay, parse_key
from schedules.offsets import Offset, Unit
from schedules.protocol import PlannedVisit, Stage
from schedules.record import fact_id
from schedules.scheduled import Basis, Conflict, GateState, ScheduledVisit
from schedules.specs import GateSpec, VisitSpec
from schedules.statuses import GateStatus, Status
from schedules.walk import Walk

#: what is said of something recorded about a visit that the plan has no place for
NO_SUCH = "the plan as it is now has no such visit"
UNSCHEDULED = Stay("unscheduled", 1, None)


def place_leftovers(walk: Walk) -> None:
    """Place everything that happened and that the path did not come to."""
    recorded = walk.record.keys() | set(walk.record.bookings)
    if not walk.begun or not (recorded or walk.record.has(UnscheduledVisit, Given)):
        return
    placed = {visit.key: visit for visit in walk.visits}
    for key in sorted(recorded - set(placed)):
        _place_unplanned(walk, key)
    for fact in walk.record.all(UnscheduledVisit):
        walk.visits.append(_unscheduled(walk, fact, fact.activities))
    for attended in walk.record.all(Attended):
        visit = placed.get(walk.record.rename(attended.visit))
        if visit is not None and not _is_the_visit(walk, visit, attended):
            walk.visits.append(_unscheduled(walk, attended, (), visit.spec.label))
    at_home = {doses.activity for doses in walk.home_doses}
    for given in walk.record.all(Given):
        if given.visit is None and given.activity not in at_home:
            walk.visits.append(_unscheduled(walk, given, (given.activity,)))


def place_leftover_gates(walk: Walk) -> None:
    """Show every decision that was recorded, also at a gate that the path did not come to."""
    shown = {gate.key for gate in walk.gates}
    for key, decision in sorted(walk.record.decided.items()):
        parts = parse_key(key)
        gate = walk.course.gate_with(key, decision.outcome)
        if key not in shown and parts is not None and gate is not None:
            walk.gates.append(decided_state(walk, GateSpec.of(key, parts.stay, gate), None, decision))


def _is_the_visit(walk: Walk, visit: ScheduledVisit, attended: Attended) -> bool:
    if visit.actual == attended.date:
        return True
    return any(given.date == attended.date for given in walk.record.given.get(visit.spec.key, ()))


def _unscheduled(walk: Walk, fact: Fact, activities: tuple[str, ...], instead: str = "") -> ScheduledVisit:
    """An unscheduled visit under the id of its fact; one in the future is still to come."""
    day = fact.day
    note = f"attended for {instead}, which was not dosed that day" if instead else "outside the schedule"
    spec = _spec(f"unscheduled.{fact_id(fact)}", "Unscheduled visit", activities)
    done = day.toordinal() <= walk.course.as_of
    if (fallen := _fell_away(walk, fact)) is not None:
        basis = Basis("it", day.toordinal(), "planned")
        return ScheduledVisit(spec, day, day, day, day, None, fallen, None, basis, notes=(note,))
    return ScheduledVisit(
        spec, day, day, day, day, day, Status.DONE if done else Status.PLANNED, None,
        Basis("it", day.toordinal(), "attended" if done else "planned"), actual=day if done else None, notes=(note,),
    )  # fmt: skip


def _fell_away(walk: Walk, fact: Fact) -> Status | None:
    """Why an unscheduled visit that was only planned is not made: a death, a withdrawal, nobody reaches them."""
    course, day = walk.course, fact.day.toordinal()
    if any(fact.day > died.last_day for died in walk.record.all(Died)):
        return Status.CANCELLED
    was_to_come = fact.recorded is not None and fact.recorded.date() < fact.day
    if not isinstance(fact, UnscheduledVisit) or (day <= course.as_of and not was_to_come):
        return None
    if day >= min(course.cut.visits, course.cut.all):
        return Status.CANCELLED
    return Status.SUSPENDED if day >= course.lost_since else None


def _place_unplanned(walk: Walk, key: str) -> None:
    """A visit that something is recorded about and that the plan has no place for: of another version, off the path."""
    spec = _spec_of_any_version(walk.course, key)
    days = [fact.date for facts in (walk.record.given, walk.record.attended) for fact in facts.get(key, ())]
    days = days or [fact.date for fact in walk.record.assessed.get(key, ())]
    if spec is None:
        return
    if not days:
        walk.visits.append(_not_made(walk, spec))
        return
    actual = min(days)
    spec = spec_on(walk, spec, actual.toordinal())
    nominal = _nominal(walk, spec) or actual
    basis = Basis(spec.label, nominal.toordinal(), "nominal")
    opens, closes = (date.fromordinal(nominal.toordinal() + days) for days in (-spec.before, spec.after))
    walk.visits.append(
        ScheduledVisit(
            spec, nominal, nominal, opens, closes, actual, Status.DONE, None, basis, actual=actual, notes=(NO_SUCH,)
        )
    )


def _not_made(walk: Walk, spec: VisitSpec) -> ScheduledVisit:
    """A visit that the plan has no place for and that was missed, left out, or has only an appointment."""
    status = Status.MISSED if spec.key in walk.record.missed else Status.CANCELLED
    status = Status.OMITTED if status is Status.CANCELLED and spec.key in walk.record.omitted else status
    nominal = _nominal(walk, spec)
    basis = Basis(spec.label, nominal.toordinal() if nominal else None, "nominal" if nominal else "has no date")
    conflicts: tuple[Conflict, ...] = ()
    gate = _waiting_at(walk, spec.stay) if status is Status.CANCELLED else None
    if gate is not None:
        status = Status.NEEDS_DECISION
        conflicts = (Conflict("gate", f"{gate.label}: nothing is planned beyond it until it is decided ({gate.key})"),)
    notes = () if conflicts else (NO_SUCH,)
    visit = ScheduledVisit(
        spec, nominal, nominal, None, None, None, status, gate, basis, conflicts=conflicts, notes=notes
    )
    return with_booking(walk, visit)


def _waiting_at(walk: Walk, stay: Stay) -> GateState | None:
    """The open gate beyond which nothing is planned, where this stay may yet come to lie."""
    if walk.end is not None or stay in walk.anchors:
        return None
    is_open = (GateStatus.OPEN, GateStatus.OVERDUE)
    return next((gate for gate in walk.gates if gate.status in is_open and gate.default is None), None)


def _nominal(walk: Walk, spec: VisitSpec) -> date | None:
    anchor = walk.anchors.get(spec.stay)
    if anchor is None or anchor.day is None or spec.offset is None:
        return None
    return date.fromordinal(anchor.day + spec.offset)


def _spec_of_any_version(course: Course, key: str) -> VisitSpec | None:
    parts = parse_key(key)
    if parts is None:
        return None
    first = parts.stay.key(parts.name)
    for _, compiled in reversed(course.versions):
        if parts.stay.epoch in compiled.protocol.epochs:
            found = [spec for spec in compiled.stay(parts.stay).visits if spec.key == first]
            if found:
                return found[0] if key == first else found[0].again(key)
    return None


def _spec(key: str, label: str, activities: tuple[str, ...]) -> VisitSpec:
    return VisitSpec(
        key=key, name=key.partition(".")[2], stay=UNSCHEDULED, stage=Stage.TREATMENT, label=label, day=None,
        planned=PlannedVisit(label=label), base=None, by=Offset(0, Unit.DAYS), offset=None, before=0, after=0,
        activities=activities, details=(), doses=(), needs=frozenset(), rules=(), never_with=frozenset(), guarded=(),
        remote=False, is_day_1=False, by_words="", ends_before=None, narrowed=False,
    )  # fmt: skip

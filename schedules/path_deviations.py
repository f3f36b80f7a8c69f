"""Where the way through the protocol differs from the one that was decided: gates, holds, cycles, screening."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from schedules.course import leads_to
from schedules.deviation import Deviation, Kind, found
from schedules.in_force import gate_stood, spec_on
from schedules.keys import Stay
from schedules.protocol import Epoch
from schedules.scheduled import GateState, ScheduledVisit
from schedules.statuses import GateStatus, Status
from schedules.walk import Walk
from schedules.wording import day_words, days_words


def expired_at_day_1(walk: Walk) -> Iterator[Deviation]:
    """A first dose on a screening visit that was too old, and of which no repeat was in time."""
    first = next(iter(walk.anchors.values()), None)
    if first is None or first.day is None or first.how not in ("given", "attended"):
        return
    made = [visit for visit in walk.visits if visit.actual is not None]
    lasting = {visit.spec.name for visit in made if visit.spec.planned.valid_for and visit.status is not Status.EXPIRED}
    for visit in made:
        if visit.status is Status.EXPIRED and visit.spec.name not in lasting and visit.actual is not None:
            age = first.day - visit.actual.toordinal()
            limit = spec_on(walk, visit.spec, first.day).planned.valid_for
            text = f"{visit.spec.label} was {days_words(age)} old on {day_words(first.day)}, and is valid for {limit}"
            day = date.fromordinal(first.day)
            yield found(Kind.EXPIRED_AT_DAY_1, visit.key, text, day=day, days=age, important=True)


def held_too_long(walk: Walk) -> Iterator[Deviation]:
    """Cycles that waited longer than the version in force at the end of the wait allows."""
    for stay, holds in walk.record.cycle_held.items():
        visit = _day_1(walk, stay)
        if visit is None:
            continue
        since = visit.nominal.toordinal() if visit.nominal else holds[0].date.toordinal()
        until = visit.actual.toordinal() if visit.actual else min(walk.course.as_of, walk.course.lost_since)
        longest = walk.course.compiled_on(until).longest_hold
        if longest is None:
            continue
        over = until - since - longest
        if over > 0 and (visit.actual or visit.due is None):
            text = f"{visit.spec.label} was held for {days_words(until - since)}, at most {longest} are allowed"
            yield found(Kind.HELD_TOO_LONG, visit.key, text, day=visit.actual or holds[0].date, days=over)


def _day_1(walk: Walk, stay: str) -> ScheduledVisit | None:
    return next((visit for visit in walk.visits if str(visit.spec.stay) == stay and visit.spec.is_day_1), None)


def cycle_holds(walk: Walk) -> Iterator[Deviation]:
    """Cycles held for a reason that the protocol gives for none of the drugs of their Day 1."""
    for stay, holds in walk.record.cycle_held.items():
        visit = _day_1(walk, stay)
        for hold in holds if visit is not None else ():
            assert visit is not None  # noqa: S101 - for the type checker
            known = walk.course.protocol_on(hold.date).activities
            allowed = [known[drug].hold_for for drug in visit.spec.doses if drug in known]
            if allowed and all(allowed) and not any(hold.reason in reasons for reasons in allowed):
                text = f"{stay} was held for {hold.reason}, which the protocol does not give as a reason"
                yield found(Kind.HOLD_NOT_ALLOWED, stay, text, day=hold.date)


def at_gates(walk: Walk) -> Iterator[Deviation]:
    """Cycles begun before the gate in front of them was decided, or against it; the decision's own date counts."""
    for gate in walk.gates:
        anchor = walk.anchors.get(gate.leads_to) if gate.leads_to else None
        if anchor is None or anchor.day is None or anchor.how not in ("given", "attended"):
            continue
        began = date.fromordinal(anchor.day)
        if not gate_stood(walk, gate, anchor.day) or _is_told_elsewhere(walk, gate, anchor.day):
            continue
        if gate.status is GateStatus.DECIDED and gate.decided_on is not None and gate.decided_on <= began:
            if _ends_treatment(walk, gate):
                yield _against(gate, anchor.stay, began)
            continue
        late = f"it was decided on {day_words(gate.decided_on)}" if gate.decided_on else "nobody has decided it"
        text = f"{anchor.stay} was begun on {day_words(began)} without {gate.key}: {late}"
        elsewhere = any(stay == anchor.stay for stay, _ in walk.off_path)
        yield found(Kind.WITHOUT_GATE, gate.key, text, day=began, important=elsewhere)


def _is_told_elsewhere(walk: Walk, gate: GateState, day: int) -> bool:
    """Whether one deviation says it: the gate is answered by another one, or the treatment had ended by then."""
    if gate.status is GateStatus.NOT_NEEDED and walk.course.end is not None and walk.course.end.day < day:
        return True
    compiled = walk.course.compiled
    specs = compiled.stay(gate.stay).gates.values()
    answers = next((spec.gate.answered_by for spec in specs if spec.key == gate.key), None)
    if answers is None:
        return False
    others = [other for other in walk.gates if other.leads_to == gate.leads_to]
    return any(other.key == other.stay.key(compiled.name_of(other.stay.epoch, answers)) for other in others)


def _ends_treatment(walk: Walk, gate: GateState) -> bool:
    """Whether the decision at a gate was to go no further."""
    outcome = walk.course.outcome(gate.key, gate.outcome or "")
    return outcome is not None and outcome.ask is None and leads_to(outcome, gate.key, walk.course.compiled) == "end"


def _against(gate: GateState, stay: Stay, day: date | None) -> Deviation:
    decided = dict(gate.options).get(gate.outcome or "", gate.outcome)
    text = f'{stay} was begun, although {gate.key} was decided as "{decided}"'
    return found(Kind.AGAINST_GATE, str(stay), text, day=day, important=True)


def off_path(walk: Walk) -> Iterator[Deviation]:
    """Cycles to which the path did not lead, by the version in force on the day on which they were begun."""
    for stay, gate in walk.off_path:
        anchor = walk.anchors.get(stay)
        day = date.fromordinal(anchor.day) if anchor and anchor.day else None
        epoch = _epoch_on(walk, stay, day)
        most = epoch.cycles.at_most if epoch.cycles else None
        if most is not None and (stay.cycle or 1) > most:
            text = f"{stay} was begun; {epoch.label} has at most {most} cycles"
            yield found(Kind.BEYOND_MOST_CYCLES, str(stay), text, day=day, important=True)
        elif gate is not None and gate.status is GateStatus.DECIDED:
            yield _against(gate, stay, day) if not _leads_into(walk, gate, stay) else _other_cycle(gate, stay, day)
        elif gate is None or not _is_open_on(walk, gate, day):
            text = f"{stay} was begun, and no decision leads there"
            yield found(Kind.WITHOUT_GATE, str(stay), text, day=day, important=True)


def _leads_into(walk: Walk, gate: GateState, stay: Stay) -> bool:
    """Whether the decision at a gate led into the epoch of the stay, only to another cycle of it."""
    outcome = walk.course.outcome(gate.key, gate.outcome or "")
    return outcome is not None and leads_to(outcome, gate.key, walk.course.compiled) == stay.epoch


def _other_cycle(gate: GateState, stay: Stay, day: date | None) -> Deviation:
    text = f"{stay} was begun, which is not the cycle that follows the decision at {gate.key}"
    return found(Kind.AGAINST_GATE, str(stay), text, day=day, important=True)


def _is_open_on(walk: Walk, gate: GateState, day: date | None) -> bool:
    """Whether nobody has decided a gate that stood on that day: then it is the gate that the deviation names."""
    undecided = gate.status in (GateStatus.OPEN, GateStatus.OVERDUE)
    return undecided and day is not None and gate_stood(walk, gate, day.toordinal())


def _epoch_on(walk: Walk, stay: Stay, day: date | None) -> Epoch:
    epochs = walk.course.compiled.protocol.epochs
    then = walk.course.protocol_on(day).epochs if day else epochs
    return then.get(stay.epoch, epochs[stay.epoch])

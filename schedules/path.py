"""Which stay of treatment follows which: by gates, by their defaults, and by what really happened."""

from __future__ import annotations

from typing import NamedTuple

from schedules.compiled import CompiledProtocol
from schedules.gates import Place, answer, standing
from schedules.holds import visit_hold
from schedules.in_force import before, gate_stood
from schedules.keys import Stay, parse_key
from schedules.limits import Limits
from schedules.made import made
from schedules.protocol import Epoch
from schedules.record import Record
from schedules.scheduled import Basis, GateState, Notice
from schedules.specs import VisitSpec
from schedules.statuses import GateStatus
from schedules.waits import both, cycle_wait
from schedules.walk import Anchor, Step, Walk
from schedules.wording import day_words

MOST_STAYS = 200
MOST_ENTRIES = 20


class Onward(NamedTuple):
    """Where the path goes from a stay. ``step`` None: the treatment ends here (``ends``), or nothing is known.

    ``asked``: the gate that the first visit of the step waits for; ``off_path``: it was dosed although the
    protocol's path does not lead there.
    """

    step: Step | None
    ends: str | None = None
    asked: GateState | None = None


def dosed_stays(record: Record, compiled: CompiledProtocol) -> dict[Stay, int]:
    """Every stay in which treatment really began, with the day of its first dose (or first visit, without drugs)."""
    found: dict[Stay, int] = {}
    facts = [fact for facts in record.given.values() for fact in facts]
    events = [(record.rename(fact.visit or ""), fact.date) for fact in facts]
    events += [(key, fact.date) for key, attended in record.attended.items() for fact in attended]
    dosed = len(facts)
    for place, (key, day) in enumerate(events):
        parts = parse_key(key)
        if parts is not None and (place < dosed or parts.stay.epoch in compiled.drugless):
            found[parts.stay] = min(found.get(parts.stay, day.toordinal()), day.toordinal())
    return {stay: day for stay, day in found.items() if stay.epoch in compiled.within_reach}


def first_stay(walk: Walk) -> Stay:
    """The first stay of treatment."""
    return stay_of(walk, walk.course.compiled.sequence[0], 1, 1)


def enter_first(walk: Walk, step: Step, dosed: dict[Stay, int]) -> Onward:
    """Past the gates that stand before the very first cycle, if there are any."""
    passed = len(walk.gates)
    found = _enter(walk, step.stay, step.nominal, step.basis, None, step.stay if step.stay in dosed else None)
    _lead_to(walk, passed, step.stay, dosed)
    return found


def stay_of(walk: Walk, epoch_id: str, entry: int, cycle: int) -> Stay:
    """A stay of an epoch; one without cycles has no cycle number."""
    epoch = walk.course.compiled.protocol.epochs[epoch_id]
    return Stay(epoch_id, entry, cycle if epoch.cycles else None)


def onward(walk: Walk, anchor: Anchor, dosed: dict[Stay, int]) -> Onward:
    """The next stay after this one; the gates on the way are told where the path went."""
    passed = len(walk.gates)
    found = _onward(walk, anchor, dosed)
    if found.step is not None:
        _lead_to(walk, passed, found.step.stay, dosed)
    return found


def _lead_to(walk: Walk, passed: int, stay: Stay, dosed: dict[Stay, int]) -> None:
    """Tell the gates since that number that the path led from them to this stay.

    One that an amendment put behind a stay already begun asks for nothing.
    """
    amended = dosed.get(stay) if len(walk.course.versions) > 1 else None
    for place in range(passed, len(walk.gates)):
        gate = walk.gates[place].leading_to(stay)
        if amended is not None and gate.decided_on is None and not gate_stood(walk, gate, amended):
            gate = gate._replace(status=GateStatus.NOT_NEEDED, tentative=False)
        walk.gates[place] = gate


def _onward(walk: Walk, anchor: Anchor, dosed: dict[Stay, int]) -> Onward:
    happened = next_dosed(walk, dosed)
    in_force = before(walk, happened, dosed, anchor.stay)
    nominal, basis = _next_day_1(walk, anchor, in_force)
    to = _through_gates(walk, anchor.stay, nominal)
    entered = walk.gates[-1] if walk.gates and walk.gates[-1].stay == anchor.stay else None
    planned = _lead(walk, anchor.stay, to, in_force.protocol.epochs[anchor.stay.epoch])
    if planned is not None and planned not in dosed and walk.record.attended:
        _note_undosed_start(walk, planned, dosed)
        happened = next_dosed(walk, dosed)
    if happened is not None and happened != planned and not _was_passed_over(walk, planned, nominal, happened, dosed):
        walk.off_path.append((happened, entered))
        return Onward(Step(happened, nominal, basis))
    if planned is None:
        return Onward(None, ends=None if to == "nothing" else _end_reason(to))
    return _enter(walk, planned, nominal, basis, entered, happened)


def _was_passed_over(
    walk: Walk, planned: Stay | None, nominal: int | None, happened: Stay, dosed: dict[Stay, int]
) -> bool:
    """Whether a cycle without a dose lies between, in number and in time: it is on the path, with nothing recorded."""
    if planned is None or nominal is None or planned in dosed or len(walk.anchors) >= MOST_STAYS:
        return False
    cycle, later = planned.cycle or 1, happened.cycle or 1
    if later <= cycle or planned != happened._replace(cycle=planned.cycle):
        return False
    length = walk.course.compiled.stay(planned).length
    day = dosed[happened]
    return length is not None and length.after_day(nominal) - day <= day - nominal


def _note_undosed_start(walk: Walk, stay: Stay, dosed: dict[Stay, int]) -> None:
    """A cycle whose Day 1 has no dose any more (the drug was stopped) begins when that visit is attended."""
    specs = walk.course.compiled.stay(stay, walk.stopped).visits
    if specs and specs[0].is_day_1 and not specs[0].doses:
        days = [fact.date.toordinal() for fact in walk.record.attended.get(specs[0].key, ())]
        if days:
            dosed[stay] = min(days)


def _through_gates(walk: Walk, stay: Stay, nominal: int | None) -> str:
    """Where the gates after a stay lead; ``nothing`` beyond one that nobody decided and that has no default."""
    behind = walk.course.compiled.stay(stay)
    for spec in standing(behind, behind.after, walk.treatment_cycles):
        found = answer(walk, spec, Place(nominal, None))
        if found.stops:
            walk.stopped |= frozenset(found.stops)
        if found.to != "proceed":
            return found.to or "nothing"
    return "proceed"


def _end_reason(to: str) -> str:
    return "completed" if to in ("proceed", "next-cycle") else "decision"


def _enter(
    walk: Walk, stay: Stay, nominal: int | None, basis: Basis, entered: GateState | None, happened: Stay | None
) -> Onward:
    """Go into the next stay, past the gates that stand before it, unless a limit forbids it."""
    if happened is None and (bound := _beyond_limit(walk, stay, nominal)):
        walk.notices.append(bound)
        return Onward(None, ends="completed" if bound.kind == "limit" else None)
    asked: GateState | None = None
    ahead = walk.course.compiled.stay(stay)
    for spec in standing(ahead, ahead.before, walk.treatment_cycles + 1):
        found = answer(walk, spec, Place(nominal, entered))
        if found.stops:
            walk.stopped |= frozenset(found.stops)
        if found.asked is not None and happened is None:
            return Onward(Step(stay, nominal, basis), ends=found.to, asked=found.asked)
        if found.to != "proceed" and happened is None:
            return Onward(None, ends=_end_reason(found.to) if found.to else None)
    return Onward(Step(stay, nominal, basis), asked=asked)


def _lead(walk: Walk, stay: Stay, to: str, epoch: Epoch) -> Stay | None:
    """The stay that an answer leads to from one of the epoch; None for the end."""
    compiled = walk.course.compiled
    if to in ("end", "nothing"):
        return None
    if to in ("proceed", "next-cycle"):
        if epoch.cycles:
            following = _next_cycle(walk, stay)
            if epoch.cycles.at_most is None or (following.cycle or 1) <= epoch.cycles.at_most:
                return following
        place = compiled.sequence.index(stay.epoch) + 1 if stay.epoch in compiled.sequence else len(compiled.sequence)
        to = compiled.sequence[place] if place < len(compiled.sequence) else ""
    if not to:
        return None
    entry = 1 + max((known.entry for known in walk.anchors if known.epoch == to), default=0)
    if entry > MOST_ENTRIES:
        walk.notices.append(Notice("bound", f"{to} was entered {MOST_ENTRIES} times; the plan stops here"))
        return None
    return stay_of(walk, to, entry, 1)


def _next_cycle(walk: Walk, stay: Stay) -> Stay:
    """The cycle after this one that the path has not come to: cycles may have been begun in another order."""
    cycle = (stay.cycle or 1) + 1
    while Stay(stay.epoch, stay.entry, cycle) in walk.anchors:
        cycle += 1
    return Stay(stay.epoch, stay.entry, cycle)


def next_dosed(walk: Walk, dosed: dict[Stay, int]) -> Stay | None:
    """The stay that really came next: the earliest dosed one that the path has not come to yet."""
    left = [(day, stay) for stay, day in dosed.items() if stay not in walk.anchors]
    return min(left)[1] if left else None


def _beyond_limit(walk: Walk, stay: Stay, nominal: int | None) -> Notice | None:
    """Why the cycle cannot start any more by the protocol's limits, or is not shown yet."""
    epoch = walk.course.compiled.protocol.epochs[stay.epoch]
    if epoch.cycles is None:
        return None
    if len(walk.anchors) >= MOST_STAYS:
        return Notice("bound", f"the plan stops after {MOST_STAYS} cycles")
    if epoch.cycles.within is not None:
        return _beyond_duration(walk, epoch, stay, nominal)
    if epoch.cycles.at_most is None and (stay.cycle or 1) > _newest_cycle(walk, stay) + epoch.cycles.plan_ahead:
        text = f"{epoch.label} goes on until a gate ends it; {epoch.cycles.plan_ahead} cycles are shown ahead"
        return Notice("bound", text)
    return None


def _newest_cycle(walk: Walk, stay: Stay) -> int:
    known = [a.stay.cycle or 1 for a in walk.anchors.values() if a.stay.epoch == stay.epoch and a.how == "given"]
    return max(known, default=1)


def _beyond_duration(walk: Walk, epoch: Epoch, stay: Stay, nominal: int | None) -> Notice | None:
    limit = calendar_limit(walk, epoch)
    if limit is None or nominal is None:
        return None
    due = _due_after_wait(walk, stay, nominal)
    if due < limit and _can_start(walk, stay, nominal, due, limit):
        return None
    assert epoch.cycles is not None  # noqa: S101 - the caller has looked
    text = f"no cycle starts on or after {day_words(limit)}, {epoch.cycles.within} after Day 1"
    closed = ", and no day is left before the limit" if due < limit else ""
    return Notice("limit", f"{text}; {epoch.prefix}{stay.cycle} would be due on {day_words(due)}{closed}")


def _can_start(walk: Walk, stay: Stay, nominal: int, due: int, limit: int) -> bool:
    """Whether a cycle that is due just before the calendar limit has an open day left before it."""
    specs = walk.course.compiled.stay(stay, walk.stopped).visits
    if not specs or not specs[0].is_day_1 or due + specs[0].after < limit:
        return True
    spec = specs[0]
    closed = walk.course.closed_days(spec.needs, spec.remote)
    first = due - spec.before if due == nominal else due
    return Limits(walk.course, closed, (), {}, first, limit - 1, spec.remote).nearest(due) is not None


def near_limit(walk: Walk, spec: VisitSpec, nominal: int) -> int | None:
    """The calendar limit of the cycle that a Day 1 begins, where its window reaches it; None if it is far away."""
    limit = calendar_limit(walk, walk.course.compiled.protocol.epochs[spec.stay.epoch])
    near = limit is not None and _due_after_wait(walk, spec.stay, nominal) + spec.after >= limit
    return limit if near else None


def calendar_limit(walk: Walk, epoch: Epoch) -> int | None:
    """The first day on which no cycle of the epoch may start any more; None without such a limit."""
    if epoch.cycles is None or epoch.cycles.within is None or not walk.anchors:
        return None
    day_1 = next(iter(walk.anchors.values())).day
    return None if day_1 is None else epoch.cycles.within.after_day(day_1)


def _due_after_wait(walk: Walk, stay: Stay, nominal: int) -> int:
    """When a cycle is due after the recorded holds and delays: its own, and those of the doses of its Day 1."""
    record = walk.record
    if not (record.held or record.cycle_held or record.cycle_delayed):
        return nominal
    specs = walk.course.compiled.stay(stay, walk.stopped).visits
    at_visit = visit_hold(walk, specs[0]) if specs and specs[0].is_day_1 else None
    wait = both(cycle_wait(walk.record, str(stay)), at_visit)
    return nominal if wait is None else max(nominal, wait.over or nominal)


def _next_day_1(walk: Walk, anchor: Anchor, compiled: CompiledProtocol) -> tuple[int | None, Basis]:
    """When the stay after this one is due by that version, and how that is said."""
    stay = compiled.stay(anchor.stay)
    if anchor.day is None:
        return None, Basis(anchor.label, None, "has no date yet")
    if stay.length is None:
        last = last_day_of(walk, anchor)
        return last, Basis(f"the last visit of {stay.epoch.label}", last, "expected")
    basis = made(Basis, (anchor.label, anchor.day, anchor.how, stay.length_words, ""))
    return stay.length.after_day(anchor.day), basis


def last_day_of(walk: Walk, anchor: Anchor) -> int:
    """The day of the last visit of a stay: the end of an epoch that gives no length."""
    visits = [visit for visit in walk.visits if visit.spec.stay == anchor.stay]
    days = [day.toordinal() for visit in visits if (day := visit.target or visit.due)]
    return max([anchor.day or 0, *days])

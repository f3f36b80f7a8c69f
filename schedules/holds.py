"""Recorded holds of doses, drug by drug: what holds a whole visit, and which dose waits while the others go on.

A visit waits only while every drug of it is held. Where one is held and another is not, the visit goes on
with the other, and the held dose has a day of its own, or, while its hold has no end, none. Days are ordinals.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import NamedTuple

from schedules.course import FOREVER
from schedules.endings import cut_off, fall_words
from schedules.happened import active_doses
from schedules.history import CycleHeld, Given, Held
from schedules.labels import label_of
from schedules.limits import Limits
from schedules.protocol import ActivityKind
from schedules.scheduled import Conflict, ScheduledVisit
from schedules.spacing import How
from schedules.specs import VisitSpec
from schedules.statuses import Status
from schedules.waits import Wait, held
from schedules.walk import UndatedDose, Walk
from schedules.wording import day_words, days_words

_NONE: Mapping[str, Wait] = {}
_WAYS = "left out, on which day it was given, or when its hold ended"


class HeldDose(NamedTuple):
    """The window of a dose that a hold moved away from its visit, and the day in it; None if there is none."""

    opens: int
    closes: int
    day: int | None


def dose_holds(walk: Walk, spec: VisitSpec) -> Mapping[str, Wait]:
    """For each drug of the visit that was not left out the recorded hold of it, if there is one."""
    holds = walk.record.held.get(spec.key)
    if not holds:
        return _NONE
    found = {}
    for drug in active_doses(walk, spec):
        wait = held([hold for hold in holds if hold.activity in (None, drug)], partial(_words, walk))
        if wait is not None:
            found[drug] = wait
    return found


def _words(walk: Walk, hold: CycleHeld | Held) -> str:
    drug = hold.activity if isinstance(hold, Held) else None
    what = f"{label_of(walk.course.compiled, drug)} was" if drug else "its doses were"
    return f"{what} held on {day_words(hold.date)} ({hold.reason})"


def visit_hold(walk: Walk, spec: VisitSpec) -> Wait | None:
    """What holds the visit as a whole: the first hold to end of all its drugs; None if one of them is not held."""
    holds = dose_holds(walk, spec)
    if not holds or any(drug not in holds for drug in active_doses(walk, spec)):
        return None
    if spec.is_day_1 and _goes_on_at_home(walk, spec):
        return None
    dated = [wait for wait in holds.values() if wait.until is not None]
    return min(dated or holds.values(), key=lambda wait: wait.until or wait.since)


def _goes_on_at_home(walk: Walk, spec: VisitSpec) -> bool:
    """Whether the cycle begins all the same with another study drug, one that is taken at home."""
    if any(hold.activity is None for hold in walk.record.held[spec.key]):
        return False
    protocol = walk.course.compiled.protocol
    cycle = spec.stay.cycle or 1
    return any(
        protocol.activities[drug].kind is ActivityKind.HOME_DOSE and drug not in walk.stopped
        and (not dosing.arms or walk.course.arm in dosing.arms) and (dosing.cycles is None or cycle in dosing.cycles)
        for drug, dosing in protocol.epochs[spec.stay.epoch].home.items()
    )  # fmt: skip


def waiting_doses(walk: Walk, spec: VisitSpec, due: int = 0) -> Mapping[str, Wait]:
    """The held doses that do not go with their visit: not given, and it took place, or may, before their hold ends.

    A hold that is over by the day on which the visit is ``due`` leaves the dose with it.
    """
    holds = dose_holds(walk, spec)
    if not holds:
        return _NONE
    given = {fact.activity: fact.date.toordinal() for fact in walk.record.given.get(spec.key, ())}
    whole = visit_hold(walk, spec)
    if given:
        begins = min(given.values())
    elif whole is not None and whole.until is None:
        return _NONE
    else:
        begins = max(due, whole.until if whole is not None and whole.until is not None else 0)
    left = {drug: wait for drug, wait in holds.items() if drug not in given}
    return {drug: wait for drug, wait in left.items() if wait.until is None or wait.until > begins}


def not_before(walk: Walk, spec: VisitSpec, due: int) -> int:
    """The first day on which no drug is held any more that goes with the visit; 0 if none of them is held."""
    ends = (wait.until or 0 for wait in dose_holds(walk, spec).values())
    return max((end for end in ends if end <= due), default=0)


def own_window(spec: VisitSpec, nominal: int, hold: Wait, given: int | None = None) -> tuple[int, int]:
    """The window of one held dose; one that was given before the hold was over keeps the days before it too."""
    until = hold.until if hold.until is not None else given
    if until is None or until <= nominal or (given is not None and given <= nominal):
        return nominal - spec.before, nominal + spec.after
    if given is not None and given < until:
        return nominal - spec.before, until + spec.after
    return until, until + spec.after


def _own_day(walk: Walk, spec: VisitSpec, nominal: int, drug: str, hold: Wait) -> HeldDose | None:
    """Where a held dose stands by itself; None while its hold has no end."""
    if hold.until is None:
        return None
    opens, _ = own_window(spec, nominal, hold)
    rules = tuple(rule for rule in spec.rules if rule.drug == drug)
    bounds = walk.ledger.bounds(rules, max(nominal, hold.until))
    first = max([nominal, hold.until, *(bound.earliest or 0 for bound in bounds if bound.rule.blocks)])
    closed = walk.course.closed_days(spec.needs, spec.remote)
    limits = Limits(walk.course, closed, bounds, _never_days(walk, drug), first, first + spec.after)
    return HeldDose(opens, first + spec.after, limits.nearest(first))


def _never_days(walk: Walk, drug: str) -> Mapping[int, str]:
    """The days on which something happens that must never share a day with a dose that stands by itself, and what."""
    groups = [group for group in walk.course.compiled.protocol.never_same_day if drug in group]
    others = {other for group in groups for other in group if other != drug and other in walk.activity_days}
    return {day: what for other in sorted(others) for day, what in walk.activity_days[other].items()}


def with_held_doses(walk: Walk, visit: ScheduledVisit) -> ScheduledVisit:
    """Say at a visit which of its doses wait, and let what comes after them know where they stand."""
    spec = visit.spec
    if visit.nominal is None or not (visit.is_open or visit.actual or visit.status is Status.UNRECORDED):
        return visit
    nominal = visit.nominal.toordinal()
    conflicts = []
    for drug, hold in waiting_doses(walk, spec, (visit.due or visit.nominal).toordinal()).items():
        stands = _own_day(walk, spec, nominal, drug, hold)
        ended = _why_no_more(walk, spec, hold, stands)
        if ended is not None:
            visit = visit._replace(notes=(*visit.notes, f"{_named(walk, drug, hold)}; {ended}"))
            continue
        conflicts.append(_waits(walk, spec, nominal, drug, hold, stands))
        if stands is not None and stands.day is not None:
            walk.ledger.note(drug, stands.day, How.PLANNED)
            walk.activity_days[drug].setdefault(stands.day, drug)
            if drug in walk.undated_doses and walk.undated_doses[drug].label == spec.label:
                del walk.undated_doses[drug]
            walk.delayed_by_hold.add(drug)
        else:
            walk.undated_doses[drug] = UndatedDose(spec.label)
    _note_delays(walk, visit, nominal)
    return visit._replace(conflicts=(*visit.conflicts, *conflicts)) if conflicts else visit


def _why_no_more(walk: Walk, spec: VisitSpec, hold: Wait, stands: HeldDose | None) -> str | None:
    """Why a held dose is not waited for: the treatment is over by its day, or the participant is lost by then."""
    cut, lost = cut_off(walk, spec), walk.course.lost_since
    until = hold.until if stands is None or stands.day is None else stands.day
    if cut != FOREVER and (until is None or until >= cut):
        return fall_words(walk, spec, Status.CANCELLED)[0]
    return "the participant is lost to follow-up" if lost != FOREVER and (until is None or until >= lost) else None


def _named(walk: Walk, drug: str, hold: Wait) -> str:
    """The words of a hold, with the drug that they are about."""
    label = label_of(walk.course.compiled, drug)
    return hold.words if hold.words.startswith(label) else f"{label}: {hold.words}"


def _note_delays(walk: Walk, visit: ScheduledVisit, nominal: int) -> None:
    """Which drugs a hold has delayed at this visit: later doses of them are due when spacing allows."""
    given = {fact.activity: fact.date.toordinal() for fact in walk.record.given.get(visit.spec.key, ())}
    late = visit.due is not None and visit.due.toordinal() > nominal
    for drug in dose_holds(walk, visit.spec):
        if (late and drug not in given) or given.get(drug, nominal) > nominal:
            walk.delayed_by_hold.add(drug)


def _waits(walk: Walk, spec: VisitSpec, nominal: int, drug: str, hold: Wait, stands: HeldDose | None) -> Conflict:
    overdue = overdue_from(walk, nominal, hold)
    words = _named(walk, drug, hold)
    later = left_open(walk, spec, nominal, drug, hold)
    if later is not None:
        return Conflict("dose-held", later.words, False, None, True, date.fromordinal(later.day + 1))
    if stands is None:
        late = f"; a decision is overdue from {day_words(overdue)}" if overdue else ""
        return Conflict("dose-held", f"{words}, without an end{late}", False, None, True, overdue)
    closes = date.fromordinal(stands.closes + 1)
    if stands.day is None:
        text = f"{words}; no day is left for it until {day_words(stands.closes)}"
        return Conflict("dose-held", text, False, None, True, closes)
    day = date.fromordinal(stands.day)
    return Conflict("dose-held", f"{words}; it is due on {day_words(day)}", False, day, True, closes)


def overdue_from(walk: Walk, nominal: int | None, hold: Wait) -> date | None:
    """From when a decision is late: the longest hold after the due day, or after the first of a chain of holds."""
    longest = walk.course.compiled.longest_hold
    return None if longest is None else date.fromordinal(max(nominal or hold.since, hold.since) + longest + 1)


class Overtaken(NamedTuple):
    """A hold without an end that is none any more: until when a record of the held dose is in time, and what to say."""

    day: int
    words: str


def overtaken(
    walk: Walk, spec: VisitSpec, nominal: int, hold: Wait, drugs: tuple[str, ...], words: str
) -> Overtaken | None:
    """What to ask about a hold without an end after which the next doses of all these drugs were given."""
    if hold.until is not None:
        return None
    next_days = []
    for drug in drugs:
        facts = [fact for fact in walk.record.all(Given) if fact.activity == drug]
        others = [fact for fact in facts if fact.visit is None or walk.record.rename(fact.visit) != spec.key]
        days = [fact.date.toordinal() for fact in others if fact.date.toordinal() > max(nominal, hold.since)]
        if not days:
            return None
        next_days.append(min(days))
    day = max(next_days)
    text = f"{words}, without an end, and the next dose was given on {day_words(day)}: record that the held dose was "
    return Overtaken(max(day - 1, nominal + spec.after), text + _WAYS)


def left_open(walk: Walk, spec: VisitSpec, nominal: int, drug: str, hold: Wait) -> Overtaken | None:
    """The same for one dose of a visit that goes on without it."""
    return overtaken(walk, spec, nominal, hold, (drug,), _named(walk, drug, hold))


def held_for_long(walk: Walk, nominal: int, hold: Wait) -> Conflict | None:
    """A hold with an end that is longer than the protocol allows: it asks for a decision."""
    longest, overdue = walk.course.compiled.longest_hold, overdue_from(walk, nominal, hold)
    if longest is None or overdue is None or hold.until is None or not hold.moves_window:
        return None
    days = hold.until - max(nominal, hold.since)
    if days <= longest:
        return None
    text = f"it is held for {days_words(days)}, more than {longest}; a decision is overdue from {day_words(overdue)}"
    return Conflict("held-too-long", text, False, overdue_from=overdue)

"""Where a visit is due and on which days it may be, after holds, delays and held doses. Days are ordinals."""

from __future__ import annotations

from typing import NamedTuple

from schedules.happened import occurred_on
from schedules.protocol import Stage
from schedules.scheduled import Basis
from schedules.specs import VisitSpec
from schedules.waits import Wait
from schedules.walk import Base, Walk
from schedules.wording import day_words, days_words


class Slot(NamedTuple):
    """Where a visit is due: its nominal day, the due day with its window, and the days it may be placed on.

    ``over_before``: the day before which it must be over, where its window begins only then or later.
    """

    nominal: int
    due: int
    opens: int
    closes: int
    first: int
    last: int
    basis: Basis
    over_before: int | None = None


def slot_of(walk: Walk, spec: VisitSpec, nominal: int, basis: Basis, wait: Wait | None, actual: int | None) -> Slot:
    """Where a visit is due that is counted to ``nominal``."""
    slot = Slot(nominal, nominal, nominal - spec.before, nominal + spec.after,
                nominal - spec.before, nominal + spec.after, basis)  # fmt: skip
    if wait is not None:
        slot = (_after_hold if wait.moves_window else _after_delay)(slot, spec, wait, actual)
    elif walk.delayed_by_hold and spec.doses:
        slot = _after_held_dose(walk, slot, spec)
    if spec.stage is Stage.SCREENING and spec.planned.valid_for is not None and walk.study_day_1 is not None:
        slot = slot._replace(first=max(slot.first, walk.study_day_1 - (spec.planned.valid_for.in_days or 0)))
    if walk.starts_before is not None:
        slot = slot._replace(last=min(slot.last, walk.starts_before - 1))
    return _ends_in_time(walk, spec, slot, actual) if spec.ends_before else slot


def _after_hold(slot: Slot, spec: VisitSpec, hold: Wait, actual: int | None) -> Slot:
    """A hold moves the window to its end; a dose that was given before that is judged from the first window on."""
    until = hold.until if hold.until is not None else (actual or slot.due)
    early = actual is not None and actual < until
    due = max(slot.nominal, actual if early and actual is not None else until)
    cause = f"{hold.words}; it is due on {day_words(due)}" if due > slot.nominal else hold.words
    slot = slot._replace(due=due, basis=slot.basis._replace(cause=cause))
    if due > slot.nominal:
        opens = slot.opens if early else due
        slot = slot._replace(opens=opens, closes=due + spec.after, first=opens, last=due + spec.after)
    return slot if hold.then is None else _after_delay(slot, spec, hold.then, actual)


def _after_delay(slot: Slot, spec: VisitSpec, delay: Wait, actual: int | None) -> Slot:
    """A delay moves only the days on which the visit is placed, never its window; it makes no visit earlier."""
    assert delay.until is not None  # noqa: S101 - a delay has an end
    if delay.until < slot.due:
        cause = f"{delay.words} to {day_words(delay.until)}, which is before it is due and moves nothing"
        return slot._replace(basis=slot.basis._replace(cause="; ".join(filter(None, (slot.basis.cause, cause)))))
    cause = f"{delay.words}; it is planned for {day_words(delay.until)}"
    if delay.until > slot.closes:
        cause += f", {days_words(delay.until - slot.closes)} after its window closes"
    cause = "; ".join(filter(None, (slot.basis.cause, cause)))
    last = delay.until + spec.after
    return slot._replace(due=delay.until, first=delay.until, last=last, basis=slot.basis._replace(cause=cause))


def _after_held_dose(walk: Walk, slot: Slot, spec: VisitSpec) -> Slot:
    """After a dose that a recorded hold delayed, the next ones are due when spacing allows, and not before."""
    rules = tuple(rule for rule in spec.rules if rule.drug in walk.delayed_by_hold)
    bounds = walk.ledger.bounds(rules, slot.due)
    earliest = max((bound.earliest or 0 for bound in bounds if bound.rule.blocks), default=0)
    if earliest <= slot.nominal:
        return slot
    cause = f"a dose before it was held, so it is due when spacing allows, on {day_words(earliest)}"
    closes = earliest + spec.after
    return Slot(slot.nominal, earliest, earliest, closes, earliest, closes, slot.basis._replace(cause=cause))


def late_cause(walk: Walk, spec: VisitSpec, nominal: int, base: Base) -> Wait | None:
    """A visit whose window had closed before its cause was known is due at once, and no deviation."""
    if nominal + spec.after >= base.known:
        return None
    came = occurred_on(walk, spec, None)
    if came is not None and came < base.known:
        return None
    return Wait(base.known, nominal, True, f"its cause was known only on {day_words(base.known)}")


def ends_by(walk: Walk, spec: VisitSpec, nominal: int) -> int | None:
    """The first day that is too late for a visit which must be over before something: its Day 1, the next one."""
    if spec.ends_before == "conditioning":
        return walk.course.event_days.get("conditioning")
    if spec.ends_before is not None:
        return walk.next_day_1.get(spec.stay)
    by = spec.by.in_days
    return nominal - by if by is not None and by < 0 else None


def is_narrowed(walk: Walk, spec: VisitSpec, nominal: int) -> bool:
    """Whether something besides its window really shortens it: what it must precede has a day, or it can expire."""
    return spec.planned.valid_for is not None or is_counted_back(spec) or ends_by(walk, spec, nominal) is not None


def is_counted_back(spec: VisitSpec) -> bool:
    """Whether it is counted backwards from something else, which stands already and comes after it."""
    return spec.base is not None and spec.by.amount < 0


def _ends_in_time(walk: Walk, spec: VisitSpec, slot: Slot, actual: int | None) -> Slot:
    """A visit that must be over before something (the next Day 1, conditioning) ends its window the day before.

    Where the window begins only then, it was in time on any day before.
    """
    before = ends_by(walk, spec, slot.nominal)
    if before is None or before > slot.closes:
        return slot
    if before <= slot.first and actual is not None and actual < before:
        return slot._replace(opens=actual, closes=before - 1)
    if before <= slot.first:
        return slot._replace(last=before - 1, over_before=before)
    return slot._replace(due=min(slot.due, before - 1), closes=before - 1, last=min(slot.last, before - 1))

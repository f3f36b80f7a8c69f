"""Decisions at gates that the path does not come to: they stay on record, and end and mark nothing."""

from __future__ import annotations

from collections.abc import Callable

from schedules.course import leads_to
from schedules.keys import parse_key
from schedules.scheduled import Notice
from schedules.statuses import GateStatus
from schedules.walk import Walk
from schedules.wording import day_words


def walked(walk_the_path: Callable[[frozenset[str]], Walk]) -> Walk:
    """The walk along the path with the decisions that count, and without those that it does not come to.

    What a decision ends, the path may not come to because of that end alone; so it is walked once more without
    these decisions, and only those that it still does not come to are set aside.
    """
    walk = walk_the_path(frozenset())
    unmet = _unmet(walk)
    if not unmet:
        return walk
    without = walk_the_path(unmet)
    aside = _not_on_the_path(without, unmet)
    if not aside:
        return walk
    walk = without if aside == unmet else walk_the_path(aside)
    walk.notices += [_notice(walk, key) for key in sorted(aside)]
    return walk


def _unmet(walk: Walk) -> frozenset[str]:
    """The decisions that end or mark something, at gates of the version in force that the path did not come to."""
    if not walk.record.decided:
        return frozenset()
    met = {gate.key for gate in walk.gates}
    return frozenset(key for key in walk.record.decided if key not in met and _counts(walk, key))


def _counts(walk: Walk, key: str) -> bool:
    course, parts = walk.course, parse_key(key)
    outcome = course.outcome(key, walk.record.decided[key].outcome)
    if outcome is None or parts is None or parts.stay.epoch not in course.compiled.protocol.epochs:
        return False
    known = any(gate.key == key for gate in course.compiled.stay(parts.stay).gates.values())
    return known and bool(outcome.marks or leads_to(outcome, key, course.compiled) == "end")


def _not_on_the_path(walk: Walk, unmet: frozenset[str]) -> frozenset[str]:
    """Those of the gates that the path really passes by; what lies beyond an open gate without a default may come."""
    met = {gate.key for gate in walk.gates}
    waits = any(gate.default is None and gate.status in (GateStatus.OPEN, GateStatus.OVERDUE) for gate in walk.gates)
    stays = {stay.key("") for stay in walk.anchors}
    passed = (key for key in unmet if not waits or f"{key.rpartition('.')[0]}." in stays)
    return frozenset(passed) - met


def _notice(walk: Walk, key: str) -> Notice:
    day = day_words(walk.record.decided[key].date)
    return Notice("gate", f"the decision of {day} at {key} ends and marks nothing: the path does not come to that gate")

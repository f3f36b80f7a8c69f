"""What a person should know and that moves no date: labels' advice, and what the enrolment left open."""

from __future__ import annotations

from datetime import date

from schedules.history import Assessed, Transplanted
from schedules.protocol import Advisory
from schedules.scheduled import Notice
from schedules.walk import Anchor, Walk
from schedules.wording import list_words


def advisories(walk: Walk) -> tuple[Notice, ...]:
    """The protocol's advisories that this participant's history calls for."""
    found = (_advise(walk, advisory) for advisory in walk.course.compiled.protocol.advisories)
    return tuple(notice for notice in (*found, _without_cohort(walk)) if notice is not None)


def _without_cohort(walk: Walk) -> Notice | None:
    """An enrolment without a cohort, on which it depends whether the participant is under observation."""
    protocol, enrolled = walk.course.compiled.protocol, walk.course.enrolled
    rule = protocol.observation
    if rule is None or not rule.cohorts or enrolled is None or enrolled.cohort is not None:
        return None
    labels = list_words(protocol.cohorts[name].label for name in rule.cohorts if name in protocol.cohorts)
    text = f"the enrolment names no cohort; only in {labels} is a participant observed for dose-limiting toxicity"
    return Notice("cohort", text)


def _advise(walk: Walk, advisory: Advisory) -> Notice | None:
    if advisory.kind == "response-within" and not _no_response_within(walk, advisory):
        return None
    if advisory.kind == "cycles-before-transplant" and not _too_many_before_transplant(walk, advisory):
        return None
    return Notice(advisory.kind, advisory.text)


def _given_cycles(walk: Walk, until: int | None = None) -> int:
    days = [anchor.day for anchor in walk.anchors.values() if anchor.how == "given" and anchor.stay.cycle]
    return sum(1 for day in days if day is not None and (until is None or day <= until))


def _no_response_within(walk: Walk, advisory: Advisory) -> bool:
    """So many cycles are over, and none of the results was recorded in them; where none was at all, nobody knows."""
    limit = advisory.treatment_cycles or 1
    over = [anchor for anchor in walk.anchors.values() if anchor.how == "given" and anchor.stay.cycle]
    if len(over) < limit:
        return False
    until = _end_of_cycle(walk, over[limit - 1])
    if until is None or walk.course.as_of < until:
        return False
    results = [fact for fact in walk.record.all(Assessed) if fact.activity == advisory.activity and fact.result]
    found = any(fact.result in advisory.results and fact.date.toordinal() <= until for fact in results)
    return bool(results) and not found


def _end_of_cycle(walk: Walk, anchor: Anchor) -> int | None:
    """The day on which the cycle has had its length."""
    cycles = walk.course.compiled.protocol.epochs[anchor.stay.epoch].cycles
    if cycles is None or anchor.day is None:
        return None
    return cycles.length.after(date.fromordinal(anchor.day)).toordinal()


def _too_many_before_transplant(walk: Walk, advisory: Advisory) -> bool:
    transplant = walk.record.first(Transplanted)
    if transplant is None:
        return False
    return _given_cycles(walk, transplant.date.toordinal()) > (advisory.treatment_cycles or 0)

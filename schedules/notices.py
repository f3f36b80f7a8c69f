"""What a person should know and that moves no date: labels' advice, the observation for dose-limiting toxicity."""

from __future__ import annotations

from datetime import date

from schedules.history import Assessed, Transplanted
from schedules.keys import Stay
from schedules.protocol import Advisory
from schedules.scheduled import Notice, ObservationState
from schedules.walk import Anchor, Walk
from schedules.wording import day_words

_BY_THE_RULES = frozenset({"toxicity", "dlt"})


def advisories(walk: Walk) -> tuple[Notice, ...]:
    """The protocol's advisories that this participant's history calls for."""
    found = (_advise(walk, advisory) for advisory in walk.course.compiled.protocol.advisories)
    return tuple(notice for notice in found if notice is not None)


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
    """So many cycles are over, and none of the results was recorded in them."""
    limit = advisory.treatment_cycles or 1
    over = [anchor for anchor in walk.anchors.values() if anchor.how == "given" and anchor.stay.cycle]
    if len(over) < limit:
        return False
    until = _end_of_cycle(walk, over[limit - 1])
    if until is None or walk.course.as_of < until:
        return False
    results = [fact for fact in walk.record.all(Assessed) if fact.activity == advisory.activity]
    return not any(fact.result in advisory.results and fact.date.toordinal() <= until for fact in results)


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


def observation(walk: Walk) -> ObservationState | None:
    """Whether the participant is under observation for dose-limiting toxicity, was, or is to be replaced."""
    rule = walk.course.compiled.protocol.observation
    if rule is None or (rule.cohorts and walk.course.cohort not in rule.cohorts):
        return None
    epoch = walk.course.compiled.protocol.epochs[rule.epoch]
    stay = Stay(rule.epoch, 1, rule.cycle if epoch.cycles else None)
    anchor = walk.anchors.get(stay)
    if anchor is None or anchor.day is None:
        return None
    closes = anchor.day + (rule.length.in_days or 0) - 1
    state, why = _observed(walk, anchor, anchor.day, closes)
    return ObservationState(date.fromordinal(anchor.day), date.fromordinal(closes), state, why, rule.rule)


def _observed(walk: Walk, anchor: Anchor, opens: int, closes: int) -> tuple[str, str]:
    missed = _missed_doses(walk, anchor.stay, closes)
    if missed:
        return "to-be-replaced", f"{missed} was missed during the observation, for another reason than toxicity"
    if opens > walk.course.as_of:
        return "not-begun", f"begins on {day_words(opens)}"
    if anchor.how not in ("given", "attended"):
        return "not-begun", f"begins with {anchor.label}, of which nothing is recorded yet"
    if walk.course.as_of <= closes:
        return "observing", f"until {day_words(closes)}"
    return "evaluable", f"observed until {day_words(closes)}"


def _missed_doses(walk: Walk, stay: Stay, closes: int) -> str | None:
    """The first dose that was due during the observation and missed, or left out for another reason than toxicity."""
    for visit in walk.visits:
        due = visit.spec.stay == stay and visit.nominal is not None and visit.nominal.toordinal() <= closes
        if not due or not visit.spec.doses:
            continue
        if visit.spec.key in walk.record.missed:
            return visit.spec.label
        for omitted in walk.record.omitted.get(visit.spec.key, {}).values():
            is_dose = omitted.activity is None or omitted.activity in visit.spec.doses
            if is_dose and omitted.reason not in _BY_THE_RULES:
                return f"{visit.spec.label} {omitted.activity or ''}".strip()
    return None

"""The observation for dose-limiting toxicity: where a participant stands in it. Shown, never applied."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from schedules.happened import active_doses
from schedules.history import Died
from schedules.keys import Stay
from schedules.scheduled import ObservationState, ScheduledVisit
from schedules.statuses import Status
from schedules.walk import Anchor, Walk
from schedules.wording import day_words, known_day_words

_TOXICITY = frozenset({"toxicity", "dlt"})
_UNKNOWN = frozenset({Status.UNRECORDED, Status.SUSPENDED, Status.NEEDS_DECISION})


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
    visits = [visit for visit in walk.visits if visit.spec.stay == anchor.stay and _is_observed(visit, closes)]
    missed = next((what for visit in visits for what in _missed(walk, visit)), None)
    if missed:
        return "to-be-replaced", f"{missed} was missed during the observation, for another reason than toxicity"
    if opens > walk.course.as_of:
        return "not-begun", f"begins on {day_words(opens)}"
    if anchor.how not in ("given", "attended"):
        return "not-begun", f"begins with {anchor.label}, of which nothing is recorded yet"
    if ended := _ended_early(walk, closes):
        return "ended-early", f"{ended} during the observation; whether it counts is for a person to decide"
    if walk.course.as_of <= closes:
        return "observing", f"until {day_words(closes)}"
    unknown = next((what for visit in visits for what in _unknown(walk, visit)), None)
    if unknown:
        return "incomplete", f"observed until {day_words(closes)}, but {unknown}"
    return "evaluable", f"observed until {day_words(closes)}"


def _is_observed(visit: ScheduledVisit, closes: int) -> bool:
    """Whether doses of the visit belong to the observation."""
    return bool(visit.spec.doses) and (visit.nominal is not None and visit.nominal.toordinal() <= closes)


def _ended_early(walk: Walk, closes: int) -> str | None:
    """What ended the treatment before the observation was over, unless it was a toxicity."""
    end = walk.course.end
    if end is None or end.reason in _TOXICITY or end.day > min(closes, walk.course.as_of):
        return None
    if end.reason == "death":
        died = next(iter(walk.record.all(Died)), None)
        return f"the participant died {known_day_words(died.day, died.last_day) if died else ''}".strip()
    return f"the treatment ended on {day_words(end.day)} ({end.reason})"


def _missed(walk: Walk, visit: ScheduledVisit) -> Iterator[str]:
    """The doses of a visit that were missed for another reason than the toxicities its drugs are left out for."""
    missed = walk.record.missed.get(visit.spec.key)
    if missed is not None and not all(_is_toxicity(walk, drug, missed.reason) for drug in visit.spec.doses):
        yield visit.spec.label
    for omitted in walk.record.omitted.get(visit.spec.key, {}).values():
        drugs = visit.spec.doses if omitted.activity is None else (omitted.activity,)
        if any(drug in visit.spec.doses and not _is_toxicity(walk, drug, omitted.reason) for drug in drugs):
            yield f"{visit.spec.label} {walk.course.label(omitted.activity) if omitted.activity else ''}".strip()


def _is_toxicity(walk: Walk, drug: str, reason: str | None) -> bool:
    """Whether the reason is a toxicity, or one of those for which the protocol leaves the drug out."""
    activity = walk.course.activity(drug)
    return reason in _TOXICITY or (activity is not None and reason in activity.omit_for)


def _unknown(walk: Walk, visit: ScheduledVisit) -> Iterator[str]:
    """What is not known of a visit's doses once the observation is over."""
    if visit.status in _UNKNOWN:
        yield f"nothing is recorded about {visit.spec.label}"
    if visit.actual is None:
        return
    given = {fact.activity for fact in walk.record.given.get(visit.spec.key, ())}
    holds = walk.record.held.get(visit.spec.key, ())
    left_out = walk.record.omitted.get(visit.spec.key, {})
    for drug in visit.spec.doses:
        if drug in given or drug in left_out or None in left_out:
            continue
        label = walk.course.label(drug)
        reasons = [hold.reason for hold in holds if hold.activity in (drug, None)]
        if reasons:
            if not all(_is_toxicity(walk, drug, reason) for reason in reasons):
                yield f"{label} at {visit.spec.label} was held ({reasons[-1]}) and not given"
            continue
        said = "nothing is recorded about" if drug in active_doses(walk, visit.spec) else "no reason is recorded for"
        yield f"{said} {label} at {visit.spec.label}"

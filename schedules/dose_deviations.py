"""Where a dose differs from what was asked: the wrong drug or level, too soon after another, after the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations, pairwise

from schedules.deviation import Deviation, Kind, found
from schedules.dose_levels import Reduction, reduced_since, reduction_on
from schedules.history import Assessed, Died, Given, Reduced, TreatmentEnded, UnscheduledVisit, Withdrew
from schedules.in_force import spec_on
from schedules.labels import labels_of
from schedules.protocol import Protocol, Stage
from schedules.record import fact_id
from schedules.scheduled import ScheduledVisit
from schedules.walk import Walk
from schedules.wording import day_words, days_words, list_words


def drugs_of(walk: Walk, visit: ScheduledVisit) -> Iterator[Deviation]:
    """Doses of a visit that nobody planned there for this participant: the drug, how often, its level."""
    doses = walk.record.given.get(visit.key, [])
    for given in doses:
        why = _why_wrong(walk, visit, given)
        if why is not None:
            text = f"{walk.course.label(given.activity)} was given at {why}"
            yield found(Kind.WRONG_DRUG, visit.key, text, activity=given.activity, day=given.date, important=True)
        level = _level_on(walk, given) if given.level else None
        if level and given.level != level:
            text = f"{walk.course.label(given.activity)} was given at {given.level}, not at {level}"
            yield found(Kind.WRONG_LEVEL, visit.key, text, activity=given.activity, day=given.date, important=True)
    if len(doses) > len({given.activity for given in doses}):
        yield from _given_again(walk, visit, doses)


def _why_wrong(walk: Walk, visit: ScheduledVisit, given: Given) -> str | None:
    """Where a drug was given that is not planned there, and why it is not; None if it is."""
    if visit.spec.stage is Stage.TREATMENT and _is_of_another_arm(walk, visit):
        return f"{visit.key}, which is no visit of the arm {walk.course.arm}"
    if given.activity in walk.stopped_in.get(visit.spec.stay, ()):
        return f"{visit.spec.label}, although it was stopped before"
    if given.activity not in spec_on(walk, visit.spec, given.date.toordinal()).activities:
        return f"{visit.spec.label}, which does not plan it for this participant"
    return None


def _is_of_another_arm(walk: Walk, visit: ScheduledVisit) -> bool:
    """Whether the visit belongs to an epoch that this participant's arm cannot come to."""
    compiled, epoch_id = walk.course.compiled, visit.spec.stay.epoch
    epoch = compiled.protocol.epochs.get(epoch_id)
    return epoch is not None and walk.course.arm is not None and epoch_id not in compiled.within_reach


def _given_again(walk: Walk, visit: ScheduledVisit, doses: Sequence[Given]) -> Iterator[Deviation]:
    """Whole doses beyond the first, drug by drug; the rest of one that was given in part is none."""
    for drug in dict.fromkeys(given.activity for given in doses):
        of_drug = [given for given in doses if given.activity == drug]
        days = [given.date for given in of_drug]
        if len(days) > 1 and not all(given.partial for given in of_drug):
            when = list_words(day_words(day) for day in days)
            text = f"{walk.course.label(drug)} was given {len(days)} times at {visit.spec.label}, on {when}"
            yield found(Kind.GIVEN_AGAIN, visit.key, text, activity=drug, day=days[-1], important=True)


def _level_on(walk: Walk, given: Given) -> str | None:
    """The participant's level of a drug at a dose: what the last decision reduced it to, else that of the enrolment."""
    reductions = [fact for facts in walk.record.reduced.values() for fact in facts if fact.activity == given.activity]
    holds = reduction_on(given.date, [Reduction(fact.date, _reduced_since(walk, fact), fact.to) for fact in reductions])
    return holds.to if holds is not None else walk.course.dose_levels.get(given.activity)


def _reduced_since(walk: Walk, fact: Reduced) -> date:
    """From when on a reduction counts, by where its visit stands."""
    key = walk.record.rename(fact.visit)
    visit = next((visit for visit in walk.visits if visit.key == key), None)
    return reduced_since(fact.date, *((visit.nominal, visit.actual) if visit is not None else (None, None)))


def outside_visits(walk: Walk) -> Iterator[Deviation]:
    """Doses that staff gave outside any visit."""
    for given in walk.record.all(Given):
        activity = walk.course.activity(given.activity) if given.visit is None else None
        if activity is not None and activity.is_dose:
            text = f"{activity.label} was given on {day_words(given.date)}, outside any visit"
            day = given.date
            yield found(Kind.UNPLANNED_DOSE, fact_id(given), text, activity=given.activity, day=day, important=True)


def too_close(walk: Walk) -> Iterator[Deviation]:
    """Two doses nearer than the spacing of the version in force on the day of the later one."""
    if not walk.record.has(Given):
        return
    for drug in dict.fromkeys(rule.drug for protocol in _protocols(walk) for rule in protocol.spacing):
        doses = sorted((fact for fact in walk.record.all(Given) if fact.activity == drug), key=lambda fact: fact.date)
        for earlier, later in pairwise(doses):
            least = _least(walk, later)
            apart = (later.date - earlier.date).days
            if apart < least and (apart or not _at_one_visit(walk, earlier, later)):
                text = (
                    f"{walk.course.label(drug)} was given on {day_words(earlier.date)} and on {day_words(later.date)},"
                    f" {days_words(apart)} apart instead of at least {least}"
                )
                about = _about(walk, later)
                yield found(
                    Kind.TOO_CLOSE, about, text, activity=drug, day=later.date, days=least - apart, important=True
                )


def _protocols(walk: Walk) -> list[Protocol]:
    return [compiled.protocol for _, compiled in walk.course.versions]


def _least(walk: Walk, given: Given) -> int:
    """The least days between doses of its drug on the day of a dose; 0 where there is no such rule."""
    rules = walk.course.protocol_on(given.date).spacing
    return next((rule.at_least.in_days or 0 for rule in rules if rule.drug == given.activity), 0)


def _at_one_visit(walk: Walk, one: Given, other: Given) -> bool:
    """Whether two doses of a drug are administrations at one visit, which is told as such."""
    return one.visit is not None and _about(walk, one) == _about(walk, other)


def _about(walk: Walk, given: Given) -> str:
    return walk.record.rename(given.visit) if given.visit else fact_id(given)


def same_day(walk: Walk) -> Iterator[Deviation]:
    """Two things on one day that must never share one, by the version in force on that day."""
    if not walk.record.has(Given, Assessed, UnscheduledVisit):
        return
    groups = dict.fromkeys(group for protocol in _protocols(walk) for group in protocol.never_same_day)
    for group in groups:
        for one, other in combinations(group, 2):
            for day in sorted(_done_days(walk, one) & _done_days(walk, other)):
                if group in walk.course.protocol_on(day).never_same_day:
                    text = f"{labels_of(walk.course.compiled, (one, other))} were both given on {day_words(day)}"
                    text += "; they must never share a day"
                    about = f"{one}+{other}+{day.isoformat()}"
                    yield found(Kind.SAME_DAY, about, text, day=day, important=True)


def _done_days(walk: Walk, activity: str) -> set[date]:
    as_of = date.fromordinal(walk.course.as_of)
    done = [fact for fact in walk.record.facts if isinstance(fact, Given | Assessed) and fact.activity == activity]
    visits = [fact for fact in walk.record.all(UnscheduledVisit) if activity in fact.activities]
    return {fact.date for fact in (*done, *visits) if fact.date <= as_of}


def after_end(walk: Walk) -> Iterator[Deviation]:
    """Doses after the end of treatment."""
    end = _surely_ended(walk)
    if end is None:
        return
    for given in walk.record.all(Given):
        if given.date > end:
            what = f"{walk.course.label(given.activity)} was given on {day_words(given.date)}"
            text = f"{what}, after the end of treatment on {day_words(end)}"
            about, day = _about(walk, given), given.date
            yield found(Kind.AFTER_END, about, text, activity=given.activity, day=day, important=True)


def _surely_ended(walk: Walk) -> date | None:
    """The last day on which treatment may still have gone on: a death of which only the month is known may be its last.

    Nothing is recorded after a death, so only what else ended the treatment tells then.
    """
    end = walk.course.end
    if end is None or end.reason != "death":
        return date.fromordinal(end.day) if end is not None else None
    ends = [*walk.record.all(TreatmentEnded), *walk.record.all(Withdrew)]
    return min(fact.last_day for fact in (*walk.record.all(Died), *ends))

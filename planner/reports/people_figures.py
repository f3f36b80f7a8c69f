"""The figures about participants: retention, enrolment, observation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from planner.reports.choosing import NONE, Choice, month_of
from planner.reports.evidence import Evidence, Person
from planner.reports.report import EVERYBODY, Curve, Measure, Point, Row
from planner.reports.rows import groups, measure, share
from planner.reports.survival import Followed, aalen_johansen, kaplan_meier

LEFT, DIED, TRANSPLANTED = "left the study", "died", "transplanted"
IN_STUDY = "in the study"


class CohortSize(NamedTuple):
    """A cohort and how many participants are wanted in it."""

    code: str
    size: int


def _grouped(evidence: Evidence, choice: Choice) -> Iterator[tuple[str, list[Person]]]:
    """Everybody who is asked for and enrolled, then by groups."""
    people = [person for person in evidence.people if choice.has_now(person) and person.enrolled is not None]
    by_group = [(choice.group_now(person), person) for person in people]
    for group in groups(group for group, _ in by_group):
        yield group, [person for of, person in by_group if group in (EVERYBODY, of)]


# -- retention ----------------------------------------------------------------------------------


def retention(evidence: Evidence, choice: Choice) -> Measure:
    """Who is still in the study, and the curves of how that came about."""
    rows: list[Row] = []
    curves: list[Curve] = []
    for group, people in _grouped(evidence, choice):
        watched = [each for person in people if (each := followed(person, choice)) is not None]
        ends = Counter(each.end for each in watched)
        more = {LEFT: float(ends[LEFT]), DIED: float(ends[DIED])}
        rows.append(share(group, ends[""], len(watched), IN_STUDY, "none enrolled", **more))
        if not watched:
            continue  # of nobody no part is still in the study
        curves += [Curve(group, f"Kaplan-Meier: {IN_STUDY}", kaplan_meier(watched))]
        curves += [Curve(group, f"Aalen-Johansen: {end}", aalen_johansen(watched, end)) for end in (LEFT, DIED)]
        curves += [Curve(group, f"Aalen-Johansen: {TRANSPLANTED}", _transplants(people, choice))]
    return measure("retention", "curve", rows, unit="days since enrolment", curves=curves)


def _transplants(people: Iterable[Person], choice: Choice) -> tuple[Point, ...]:
    """To how many a transplant happened before anything else did."""
    found = [followed(person, choice, transplants=True) for person in people]
    return aalen_johansen([each for each in found if each is not None], TRANSPLANTED)


def followed(person: Person, choice: Choice, transplants: bool = False) -> Followed | None:
    """How long a participant was followed since the enrolment and what ended it; None if not within the period.

    With ``transplants`` one of those ends it too: the transition from one state to the other. Somebody to whom
    something happened on the day of the enrolment was followed for that day.
    """
    if person.enrolled is None:
        return None
    ends = [(person.died, DIED), (person.left, LEFT), (person.transplanted if transplants else None, TRANSPLANTED)]
    last = min(person.today, choice.filters.until or date.max)
    happened = [(day, end) for day, end in ends if day is not None and person.enrolled <= day <= last]
    day, end = min(happened, default=(last, ""))
    since = choice.filters.since
    entry = 0 if since is None else max(0, (since - person.enrolled).days)
    time = (day - person.enrolled).days
    if end and time == 0:
        time = 1
    return Followed(entry, time, end) if time >= entry and last >= person.enrolled else None


# -- enrolment and observation ------------------------------------------------------------------


def enrolment(evidence: Evidence, choice: Choice, planned: Sequence[CohortSize]) -> Measure:
    """Participants enrolled by month, and by cohort against what is planned."""
    rows = []
    for group, people in _grouped(evidence, choice):
        theirs = [person for person in people if choice.has_day(person.enrolled)]
        rows.append(Row(group=group, n=len(theirs)))
        months = Counter(month_of(person.enrolled) for person in theirs)
        running = 0
        for month in sorted(months):
            running += months[month]
            rows.append(Row(group=group, label=month, n=months[month], more=(("in all", float(running)),)))
        levels = Counter(person.level for person in theirs)
        rows += [_of_cohort(group, cohort, levels[cohort.code]) for cohort in planned]
    waiting = sum(choice.has_now(person) and person.enrolled is None for person in evidence.people)
    return measure("enrolment", "count", rows, {"not enrolled": waiting})


def _of_cohort(group: str, cohort: CohortSize, enrolled: int) -> Row:
    label = f"cohort {cohort.code}"
    if enrolled > cohort.size:
        return Row(
            group=group, label=label, n=enrolled, of=cohort.size, share=enrolled / cohort.size, note="over the plan"
        )
    return share(group, enrolled, cohort.size, label)


def observation(evidence: Evidence, choice: Choice) -> Measure:
    """How the participants of each cohort stand in the observation for dose-limiting toxicity."""
    rows = []
    unobserved = 0
    for group, people in _grouped(evidence, choice):
        seen = [person for person in people if person.observation is not None]
        unobserved = unobserved or len(people) - len(seen)
        rows.append(_standing(group, "", seen))
        by_level = {level: [one for one in seen if (one.level or NONE) == level] for level in sorted(_levels(seen))}
        rows += [_standing(group, level, theirs) for level, theirs in by_level.items()]
    return measure("observation", "share", rows, {"participants whom the protocol does not observe": unobserved})


def _levels(people: Iterable[Person]) -> set[str]:
    return {person.level or NONE for person in people}


def _standing(group: str, label: str, people: list[Person]) -> Row:
    states = Counter(person.observation for person in people)
    more = {str(state): float(count) for state, count in sorted(states.items(), key=str)}
    return share(group, states["evaluable"], len(people), label, "nobody observed", **more)

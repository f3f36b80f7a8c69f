"""Adds one participant's care to the evidence: of the visits and days that are asked for."""

from __future__ import annotations

from collections.abc import Iterator

from planner.reports.choosing import Choice
from planner.reports.drugs import drug_tallies
from planner.reports.evidence import Evidence, Person
from planner.reports.home import home_tallies
from planner.services.care_records import Care, VisitCare


def count_care(evidence: Evidence, person: Person, care: Care, choice: Choice) -> None:
    """Add what was done, given and taken."""
    chosen = list(_chosen(person, care, choice))
    for visit, group in chosen:
        for name, done in visit.activities:
            counted = evidence.activities.setdefault((group, care.labels[name]), [0, 0])
            counted[0] += done
            counted[1] += 1
    if choice.has_now(person):
        group = choice.group_now(person)
        evidence.drugs += drug_tallies(care, [visit for visit, _ in chosen], group)
        evidence.home += home_tallies(care, group, choice)


def _chosen(person: Person, care: Care, choice: Choice) -> Iterator[tuple[VisitCare, str]]:
    """The visits that are asked for, each with its group."""
    for visit in care.visits:
        version = person.version_on(visit.actual or visit.day)
        right = choice.filters.version in (None, version)
        if right and choice.has_site(visit.site) and choice.has_day(visit.day):
            yield visit, choice.group(person, visit.site, visit.day, version)

"""Participants as reports count them, from the facts that counted at a moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from planner.clock import local_day
from planner.persistence.cohorts import CohortRow, cohorts_of
from planner.persistence.participants import Participant
from planner.reports.evidence import Person
from planner.reports.known import live_by
from planner.services.designs import StudyDesign
from planner.services.histories import moves_of, site_on
from schedules.arms import dose_levels_of
from schedules.history import (
    AmendmentApplied,
    Died,
    Enrolled,
    Fact,
    FoundAgain,
    LostToFollowUp,
    Transferred,
    Transplanted,
    Withdrew,
)

_KINDS = (Enrolled, AmendmentApplied, Transferred, Died, Withdrew, LostToFollowUp, FoundAgain, Transplanted)


def people_of(
    session: Session, design: StudyDesign, participants: Iterable[Participant], moment: datetime
) -> list[Person]:
    """These participants by what counted at a moment. How they are observed is not among it."""
    known = live_by(session, design.study_id, moment, *_KINDS)
    cohorts = cohorts_of(session, design.study_id)
    homes = {site_id: code for code, site_id in design.site_ids.items()}
    return [
        person_of(design, one, homes[one.home_site_id], known.get(one.id, []), cohorts, moment) for one in participants
    ]


def person_of(
    design: StudyDesign, row: Participant, home: str, live: Iterable[Fact], cohorts: list[CohortRow], moment: datetime
) -> Person:
    """A participant by the facts that count, earliest first."""
    facts = list(live)
    enrolled = next((fact for fact in facts if isinstance(fact, Enrolled)), None)
    moves = moves_of(facts, home)
    today = local_day(moment, design.zones[site_on(moves, local_day(moment, design.zones[moves[0][1]]))])
    versions = _versions(design, row, enrolled, facts)
    plain = Person(
        id=row.id, number=row.number, site=site_on(moves, today), today=today, versions=versions,
        arm=enrolled.arm if enrolled else row.planned_arm, cohort=enrolled.cohort if enrolled else None,
        enrolled=enrolled.date if enrolled else None, level=_level(design, cohorts, enrolled, versions),
    )  # fmt: skip
    return _ended(plain, facts)


def _versions(
    design: StudyDesign, row: Participant, enrolled: Enrolled | None, facts: list[Fact]
) -> tuple[tuple[date, str], ...]:
    names = list(design.protocols)
    first = enrolled.version if enrolled is not None and enrolled.version in names else None
    start = first or (names[0] if enrolled is not None else row.version or names[0])
    later = [(fact.date, fact.version) for fact in facts if isinstance(fact, AmendmentApplied)]
    return ((date.min, start), *later)


def _level(
    design: StudyDesign, cohorts: list[CohortRow], enrolled: Enrolled | None, versions: tuple[tuple[date, str], ...]
) -> str:
    """The cohort of the dose escalation, else the protocol's cohort that they were enrolled into."""
    if enrolled is None or enrolled.cohort is None:
        return ""
    known = [design.protocols[name] for _, name in versions if name in design.protocols]
    levels = dose_levels_of(enrolled, known)
    fitting = (row for row in cohorts if row.part == enrolled.cohort)
    same = (row.code for row in fitting if all(levels.get(drug) == level for drug, level in row.dose_levels.items()))
    return next(same, enrolled.cohort)


def _ended(person: Person, facts: list[Fact]) -> Person:
    """The same with what ended or changed their time in the study, by today."""
    left, why = _left(person, facts)
    died = min((fact.day for fact in facts if isinstance(fact, Died)), default=None)
    moved = min((fact.date for fact in facts if isinstance(fact, Transplanted)), default=None)
    return replace(person, left=_by(left, person), why=why, died=_by(died, person), transplanted=_by(moved, person))


def _by(day: date | None, person: Person) -> date | None:
    return day if day is not None and day <= person.today else None


def _left(person: Person, facts: list[Fact]) -> tuple[date | None, str]:
    """The first day out of the study: withdrawn from visits or contact, or lost and not found again since."""
    ways = [(fact.date, "withdrew") for fact in facts if isinstance(fact, Withdrew) and fact.scope != "treatment"]
    found = max((fact.date for fact in facts if isinstance(fact, FoundAgain)), default=date.min)
    ways += [(fact.date, "lost") for fact in facts if isinstance(fact, LostToFollowUp) and fact.date > found]
    return min(ways, default=(None, ""))

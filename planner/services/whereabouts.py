"""Where participants are when they are not at home: in hospital now, and the days on which they cannot come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy.orm import Session

from planner.clock import local_day
from planner.persistence.participants import Participant
from planner.services.access import Scope, find_participant, find_study
from planner.services.designs import Designs, StudyDesign
from planner.services.histories import Life, life_of, lives_of
from planner.services.known_facts import known_of_each
from schedules.history import Admitted, Away, Died, Fact, Transplanted
from schedules.record import fact_id, live_facts


@dataclass(frozen=True, slots=True)
class InHospital:
    """A participant who is in hospital, since when, and by what: an admission, or (conditioning for) a transplant."""

    participant: str
    site: str
    since: date
    by: Literal["admitted", "transplanted"]
    note: str


@dataclass(frozen=True, slots=True)
class DaysAway:
    """Days on which a participant cannot come, both ends included. ``fact`` is what a void would name."""

    participant: str
    site: str
    first: date
    last: date
    note: str
    fact: str


def in_hospital(session: Session, designs: Designs, scope: Scope, study_code: str, now: datetime) -> list[InHospital]:
    """The participants within the scope who are in hospital today, by number. Raises NotFound."""
    study = find_study(session, scope, study_code)
    design = designs.of(session, study)
    those = [
        (participant, facts)
        for participant, facts in known_of_each(session, scope, study, Admitted, Transplanted, Died)
        if facts and not any(isinstance(fact, Died) for fact in facts)
    ]
    lives = lives_of(session, design, [participant for participant, _ in those])
    found: list[InHospital] = []
    for life, (participant, facts) in zip(lives, those, strict=True):
        site = _site(design, participant)
        stay = stay_today(life, facts, local_day(now, design.zones[site]), now)
        if stay is not None:
            found.append(InHospital(participant.number, site, *stay))
    return found


def stay_today(
    life: Life, facts: list[Fact], today: date, now: datetime
) -> tuple[date, Literal["admitted", "transplanted"], str] | None:
    """Since when somebody is in hospital today, by what, and the note; None if they are not.

    The stay is the one that the engine plans with, so that a list and a calendar never say different things.
    """
    course = life.course(now)
    starts = [first for first, last in course.in_hospital if first <= today.toordinal() <= last]
    if not starts:
        return None
    since = date.fromordinal(min(starts))
    admitted = next((fact for fact in facts if isinstance(fact, Admitted) and fact.date == since), None)
    note = next((fact.note for fact in facts if fact.note and _begins(fact, since)), "")
    return since, "transplanted" if admitted is None else "admitted", note


def _begins(fact: Fact, since: date) -> bool:
    if isinstance(fact, Transplanted):
        return (fact.conditioning or fact.date) == since
    return isinstance(fact, Admitted) and fact.date == since


def days_away(session: Session, designs: Designs, scope: Scope, study_code: str, number: str) -> list[DaysAway]:
    """All days on which a participant cannot come or could not, earliest first. Raises NotFound."""
    study = find_study(session, scope, study_code)
    participant = find_participant(session, scope, study, number)
    design = designs.of(session, study)
    return list(_away(design, participant, live_facts(life_of(session, design, participant).history.facts)))


def away_between(
    session: Session, designs: Designs, scope: Scope, study_code: str, first: date, last: date
) -> list[DaysAway]:
    """Who within the scope cannot come on some day from ``first`` to ``last``, by number and day. Raises NotFound."""
    study = find_study(session, scope, study_code)
    design = designs.of(session, study)
    known = known_of_each(session, scope, study, Away)
    found = (span for participant, facts in known for span in _away(design, participant, facts))
    return [span for span in found if span.first <= last and first <= span.last]


def _away(design: StudyDesign, participant: Participant, facts: list[Fact]) -> Iterator[DaysAway]:
    site = _site(design, participant)
    for fact in facts:
        if isinstance(fact, Away):
            yield DaysAway(participant.number, site, fact.date, fact.until, fact.note or "", fact_id(fact))


def _site(design: StudyDesign, participant: Participant) -> str:
    return next(code for code, site_id in design.site_ids.items() if site_id == participant.site_id)

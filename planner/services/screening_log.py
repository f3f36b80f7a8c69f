"""The screening log: everybody who was screened, what they consented to, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy.orm import Session

from planner.clock import local_day
from planner.persistence.participants import Participant
from planner.persistence.screening import ScreeningOutcome, outcomes_of
from planner.services.access import Scope, find_study
from planner.services.designs import Designs, StudyDesign
from planner.services.known_facts import known_of_each
from schedules.history import Consented, Died, Enrolled, Fact, Withdrew

Outcome = Literal["in-screening", "enrolled", "screen-failed", "withdrawn", "died"]


@dataclass(frozen=True, slots=True)
class ScreeningEntry:
    """One line of the log. ``site`` is the one that screened; ``screened_on`` its date when it was entered here.

    ``version`` is that of the first consent. ``decided_on`` and ``reason`` say how a screening ended without an
    enrolment; who withdrew or died after it was over is listed as it ended.
    """

    participant: str
    site: str
    screened_on: date
    consented_on: date | None
    version: str | None
    outcome: Outcome
    decided_on: date | None
    reason: str
    enrolled_on: date | None


def screening_log(session: Session, designs: Designs, scope: Scope, study_code: str) -> list[ScreeningEntry]:
    """Everybody within the scope who was screened for a study, by number. Raises NotFound."""
    study = find_study(session, scope, study_code)
    design = designs.of(session, study)
    ended = {row.participant_id: row for row in outcomes_of(session, study.id)}
    known = known_of_each(session, scope, study, Consented, Enrolled, Withdrew, Died)
    return [_entry(design, participant, facts, ended.get(participant.id)) for participant, facts in known]


def _entry(
    design: StudyDesign, participant: Participant, facts: list[Fact], ended: ScreeningOutcome | None
) -> ScreeningEntry:
    site = next(code for code, site_id in design.site_ids.items() if site_id == participant.home_site_id)
    consented = next((fact for fact in facts if isinstance(fact, Consented)), None)
    enrolled = next((fact for fact in facts if isinstance(fact, Enrolled)), None)
    outcome, decided_on, reason = _outcome(facts, enrolled, ended if participant.screen_failed else None)
    return ScreeningEntry(
        participant.number, site, local_day(participant.created_at, design.zones[site]),
        consented.date if consented else None, consented.version if consented else None,
        outcome, decided_on, reason, enrolled.date if enrolled else None,
    )  # fmt: skip


def _outcome(
    facts: list[Fact], enrolled: Enrolled | None, ended: ScreeningOutcome | None
) -> tuple[Outcome, date | None, str]:
    if enrolled is not None:
        return "enrolled", None, ""
    if ended is not None:
        return "screen-failed", ended.decided_on, ended.reason
    died = next((fact for fact in facts if isinstance(fact, Died)), None)
    if died is not None:
        return "died", died.day, ""
    withdrew = next((fact for fact in facts if isinstance(fact, Withdrew)), None)
    if withdrew is not None:
        return "withdrawn", withdrew.date, withdrew.note or ""
    return "in-screening", None, ""

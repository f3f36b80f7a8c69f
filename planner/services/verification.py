"""Whether what is stored is what the facts say, and whether the facts are those that were recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.audit import AuditEntry
from planner.persistence.facts import FactRow
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.persistence.types import json_text
from planner.persistence.visits import visits_of
from planner.services.designs import Designs
from planner.services.fact_records import fact_data, stored_fact
from planner.services.histories import life_of
from planner.services.projection import visit_values

_AT_ONCE = 1_000


def verify_visits(session: Session, designs: Designs) -> Iterator[str]:
    """Say of every stored visit that is not as the facts have it where it differs.

    Participants whose study has changed since they were planned last wait to be planned again; they are left out.
    """
    for study in session.scalars(select(Study).order_by(Study.id)):
        design = designs.of(session, study)
        everybody = select(Participant).where(Participant.study_id == study.id).order_by(Participant.id)
        for participant in session.scalars(everybody):
            if participant.planned_on is None or participant.planned_revision != study.revision:
                continue
            life = life_of(session, design, participant)
            plan = life.plan_as_of(participant.planned_on)
            moves = life.moves()
            wanted = {visit.key: visit_values(life, moves, visit) for visit in plan.visits} if plan else {}
            stored = {key: row for key, row in visits_of(session, participant.id).items() if not row.gone}
            name = f"{study.code}/{participant.number}"
            yield from (f"{name}: {key} is stored and not planned" for key in sorted(stored.keys() - wanted.keys()))
            yield from (f"{name}: {key} is planned and not stored" for key in sorted(wanted.keys() - stored.keys()))
            for key in sorted(stored.keys() & wanted.keys()):
                values = wanted[key]
                differing = [aspect for aspect, value in values.items() if getattr(stored[key], aspect) != value]
                if differing:
                    yield f"{name}: {key} differs in {', '.join(differing)}"


def verify_facts(session: Session) -> Iterator[str]:
    """Say of every stored fact that the audit has otherwise or not at all, and of every one that is not there any more.

    The database refuses to change a fact; whoever owns the database can get around that, but not around the chain.
    """
    for study in session.scalars(select(Study).order_by(Study.id)):
        said = _audited(session, study.id)
        query = select(FactRow, Participant.number).join(Participant, Participant.id == FactRow.participant_id)
        for row, number in session.execute(query.where(FactRow.study_id == study.id).order_by(FactRow.id)):
            name = f"{study.code}/{number}: the fact {row.fact_id}"
            recorded = said.pop((number, row.fact_id), None)
            if recorded is None:
                yield f"{name} is not in the audit"
            elif recorded != _sealed(fact_data(row)) or row.day != stored_fact(row).day:
                yield f"{name} is not what was recorded"
        yield from (f"{study.code}/{number}: the fact {fact} is in the audit and not stored" for number, fact in said)


def _audited(session: Session, study_id: int) -> dict[tuple[str, str], bytes]:
    """What the audit of a study has of each fact, by the participant's number and the fact's name."""
    query = select(AuditEntry.subject, AuditEntry.after).where(AuditEntry.chain == study_id)
    found: dict[tuple[str, str], bytes] = {}
    for subject, facts in session.execute(query.where(AuditEntry.action == "facts.recorded")).yield_per(_AT_ONCE):
        number = subject.removeprefix("participant:")
        found |= {(number, str(fact["id"])): _sealed(fact) for fact in facts}
    return found


def _sealed(fact: dict[str, Any]) -> bytes:
    return hashlib.sha256(json_text(fact).encode()).digest()

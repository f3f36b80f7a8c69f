"""What people had said of deviations by a moment, as the audit chain tells it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.audit import AuditEntry
from planner.services.deviations import STEPS, subject_of
from planner.services.projection import UNJUDGED


class Judged(NamedTuple):
    """How a deviation stood, whether it was important and of which category, after the last thing that was said."""

    state: str
    important: bool
    category: str = ""


def judged_by(session: Session, study_id: int, moment: datetime) -> dict[str, Judged]:
    """What had been said by a moment, by the audit's name of the deviation; not what nobody has judged (any more)."""
    actions = [f"deviation.{step}" for step in STEPS]
    query = select(AuditEntry.subject, AuditEntry.after).where(
        AuditEntry.chain == study_id, AuditEntry.at <= moment, AuditEntry.action.in_(actions)
    )
    found: dict[str, Judged] = {}
    for subject, after in session.execute(query.order_by(AuditEntry.seq)):
        found[subject] = Judged(after["state"], bool(after["important"]), after["category"] or "")
    return {subject: said for subject, said in found.items() if said.state not in UNJUDGED}


def said_of(judged: dict[str, Judged], number: str, identity: str) -> Judged | None:
    """What had been said of one deviation of the participant of that number."""
    return judged.get(subject_of(number, identity))

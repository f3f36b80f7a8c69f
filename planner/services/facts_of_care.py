"""What may be recorded without the right to record everything: appointments, and what an infusion centre sees."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.facts import FactRow
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput
from planner.services.access import Scope, find_participant, find_study
from planner.services.designs import Designs
from planner.services.facts import Recorded, RecordFacts, record_facts
from schedules.fact_kinds import NAMES
from schedules.history import Void

OF_APPOINTMENTS = frozenset({"booked", "rebooked", "booking_cancelled"})
#: that a participant came, and which doses they had: seen, not judged
OF_DOSES = frozenset({"attended", "given"})


def record_appointments(uow: UnitOfWork, designs: Designs, scope: Scope, command: RecordFacts) -> Recorded:
    """Record facts about appointments alone. Raises InvalidInput for others, and what ``record_facts`` raises."""
    _require_only({NAMES[type(fact)] for fact in command.facts}, OF_APPOINTMENTS, "no fact about an appointment")
    return record_facts(uow, designs, scope, command)


def record_doses(uow: UnitOfWork, designs: Designs, scope: Scope, command: RecordFacts) -> Recorded:
    """Record that somebody came and which doses they had, or that such a fact was a mistake; nothing else.

    Raises InvalidInput for other facts, and for voids of them, and what ``record_facts`` raises.
    """
    found = {NAMES[type(fact)] for fact in command.facts if not isinstance(fact, Void)}
    found |= _voided(uow.session, scope, command)
    _require_only(found, OF_DOSES, "no fact about a dose that was given")
    return record_facts(uow, designs, scope, command)


def _voided(session: Session, scope: Scope, command: RecordFacts) -> set[str]:
    """The kinds of the facts that are taken back; one that nobody has recorded is for ``record_facts`` to refuse."""
    named = {fact.of for fact in command.facts if isinstance(fact, Void)}
    if not named:
        return set()
    participant = find_participant(session, scope, find_study(session, scope, command.study), command.participant)
    query = select(FactRow.kind).where(FactRow.participant_id == participant.id, FactRow.fact_id.in_(named))
    return set(session.scalars(query))


def _require_only(found: set[str], kinds: frozenset[str], wrong: str) -> None:
    others = sorted(found - kinds)
    if others:
        right = f"write {', '.join(sorted(kinds))}, or record it as a fact"
        raise InvalidInput([InputProblem("facts", f"{', '.join(others)} is {wrong}", right)])

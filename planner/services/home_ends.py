"""A participant's own page ends with a death, a withdrawal from contact and an erasure, in the transaction of each."""

from __future__ import annotations

from planner.persistence.home_links import end_home
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import UnitOfWork


def end_page(uow: UnitOfWork, participant: Participant, why: str) -> None:
    """End the link to a participant's page and every device that it let in; nothing where there is none."""
    if end_home(uow.session, participant.id, why, uow.now):
        uow.audit(f"home-link.{why}", f"participant:{participant.number}", study_id=participant.study_id)

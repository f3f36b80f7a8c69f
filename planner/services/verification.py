"""Whether what is stored is what the facts say: every participant's visits against a fresh plan."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.persistence.visits import visits_of
from planner.services.designs import Designs
from planner.services.histories import life_of
from planner.services.projection import visit_values


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

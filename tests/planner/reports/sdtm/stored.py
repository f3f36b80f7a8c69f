"""What the rules have to know of the participants of a stored study, by its facts, its plans and its judgements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.deviations import DeviationRow
from planner.persistence.facts import FactRow
from planner.persistence.participants import Participant
from planner.persistence.screening import ScreeningOutcome
from planner.persistence.studies import Study
from planner.persistence.visits import VisitRow
from planner.reports.making import Wanted
from planner.reports.sdtm.as_dataset_json import dataset_json
from planner.reports.sdtm.datasets import NAMES
from planner.reports.sdtm.domains import domains_of
from planner.services.access import EVERYTHING
from planner.services.designs import Designs, StudyDesign
from planner.services.fact_records import stored_fact
from schedules.record import live_facts
from tests.planner.reports.sdtm.histories import over
from tests.planner.reports.sdtm.rules import Read, Taker, read

MADE_AT = datetime(2030, 1, 1, tzinfo=UTC)
JUDGED = ("confirmed", "classified", "reported", "closed")


def read_study(session: Session, designs: Designs, code: str, now: datetime) -> Read:
    """The datasets of a study as their Dataset-JSON says them, with what is known of its participants."""
    study = session.scalars(select(Study).where(Study.code == code)).one()
    takers = dict(takers_of(session, designs.of(session, study)))
    found = domains_of(session, designs, EVERYTHING, Wanted(study=code), now)
    return read(["".join(dataset_json(found, name, MADE_AT)) for name in NAMES], takers)


def takers_of(session: Session, design: StudyDesign) -> Iterator[tuple[str, Taker]]:
    """Everybody of a study, by USUBJID."""
    treatment = {name for p in design.protocols.values() for name, e in p.epochs.items() if e.stage == "treatment"}
    for person in session.scalars(select(Participant).where(Participant.study_id == design.study_id)).all():
        facts = session.scalars(select(FactRow).where(FactRow.participant_id == person.id))
        live = live_facts(map(stored_fact, facts))
        visits = session.scalars(select(VisitRow).where(VisitRow.participant_id == person.id, ~VisitRow.gone))
        treated = any(row.actual is not None and row.epoch in treatment for row in visits)
        ended = select(ScreeningOutcome.decided_on).where(ScreeningOutcome.participant_id == person.id)
        failed = list(session.scalars(ended))
        judged = select(DeviationRow).where(DeviationRow.participant_id == person.id, DeviationRow.found)
        confirmed = tuple(row.day for row in session.scalars(judged) if row.state in JUDGED)
        arm = (person.arm or "").upper().replace("-", " ")
        last = min([over(live), *failed])
        yield f"{design.code}-{person.number}", Taker(arm, person.day_1 if treated else None, last, confirmed)

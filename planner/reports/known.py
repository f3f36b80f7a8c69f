"""What had been recorded by a moment: the facts, which of them were voided by then, and the audit chain's head."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.audit import GENESIS, AuditEntry
from planner.persistence.facts import FactRow, facts_of_each
from planner.persistence.participants import Participant
from planner.reports.report import ChainHead
from planner.services.fact_records import stored_fact
from schedules.fact_kinds import NAMES
from schedules.history import Fact, Void
from schedules.record import live_facts

_PAGE = 500


def chain_head(session: Session, study_id: int, moment: datetime) -> ChainHead:
    """The newest entry of the study's audit chain by a moment."""
    query = select(AuditEntry.seq, AuditEntry.digest).where(AuditEntry.chain == study_id, AuditEntry.at <= moment)
    row = session.execute(query.order_by(AuditEntry.seq.desc()).limit(1)).first()
    return ChainHead(row.seq, row.digest) if row is not None else ChainHead(0, GENESIS)


def participants_by(session: Session, study_id: int, moment: datetime) -> list[Participant]:
    """Everybody who had been taken into screening by a moment, by number."""
    query = select(Participant).where(Participant.study_id == study_id, Participant.created_at <= moment)
    return list(session.scalars(query.order_by(Participant.number)))


def live_by(session: Session, study_id: int, moment: datetime, *kinds: type[Fact]) -> dict[int, list[Fact]]:
    """The facts of these kinds that counted at a moment, by participant, earliest first."""
    wanted = [NAMES[kind] for kind in (*kinds, Void)]
    query = select(FactRow).where(FactRow.study_id == study_id, FactRow.kind.in_(wanted), FactRow.recorded_at <= moment)
    found: dict[int, list[Fact]] = defaultdict(list)
    for row in session.scalars(query.order_by(FactRow.id).execution_options(yield_per=5_000)):
        found[row.participant_id].append(stored_fact(row))
    return {participant_id: live_facts(facts) for participant_id, facts in found.items()}


def rows_by(
    session: Session, participants: Iterable[Participant], moment: datetime
) -> Iterator[tuple[Participant, list[FactRow]]]:
    """Each participant with what had been recorded of them by a moment, some hundred in one query."""
    waiting = list(participants)
    for start in range(0, len(waiting), _PAGE):
        page = waiting[start : start + _PAGE]
        known = facts_of_each(session, [one.id for one in page])
        for participant in page:
            yield participant, [row for row in known[participant.id] if row.recorded_at <= moment]
        session.expunge_all()

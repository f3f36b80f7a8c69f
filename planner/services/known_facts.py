"""What is known of all participants of a study that somebody may see, by kinds of facts: for lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.facts import FactRow, facts_of_kinds
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.services.access import Scope
from planner.services.fact_records import stored_fact
from schedules.fact_kinds import NAMES
from schedules.history import Fact, Void
from schedules.record import live_facts


def participants_in(session: Session, scope: Scope, study: Study) -> list[Participant]:
    """The participants of a study within the scope, by number."""
    everybody = session.scalars(
        select(Participant).where(Participant.study_id == study.id).order_by(Participant.number)
    )
    return [one for one in everybody if scope.covers(study.id, one.site_id)]


def known_of_each(
    session: Session, scope: Scope, study: Study, *kinds: type[Fact]
) -> Iterator[tuple[Participant, list[Fact]]]:
    """The facts of these kinds that still count, of each participant within the scope, earliest first."""
    rows: dict[int, list[FactRow]] = defaultdict(list)
    for row in facts_of_kinds(session, study.id, [NAMES[kind] for kind in (*kinds, Void)]):
        rows[row.participant_id].append(row)
    for participant in participants_in(session, scope, study):
        yield participant, live_facts([stored_fact(row) for row in rows[participant.id]])

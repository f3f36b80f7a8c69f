"""Why messages did not arrive: by where they stand and what was said of them, the most frequent first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.outbox import MessageRow, State
from planner.persistence.studies import Study
from planner.services.access import Scope, within

#: states that somebody asks about
ASKED = (State.FAILED, State.UNDELIVERED, State.UNKNOWN, State.HELD, State.EXPIRED, State.SUPPRESSED)
MOST = 20


@dataclass(frozen=True, slots=True)
class Reason:
    """So many messages stand there, for that reason; ``code`` is the provider's, empty where it said none."""

    state: str
    code: str
    words: str
    count: int


def reasons_since(session: Session, scope: Scope, study: Study, since: datetime) -> list[Reason]:
    """Why messages of a study that are due since then did not arrive, at the sites within the scope."""
    parts = (MessageRow.state, MessageRow.error_code, MessageRow.reason)
    query = select(*parts, func.count().label("many")).where(
        MessageRow.study_id == study.id, within(scope, MessageRow.study_id, MessageRow.site_id),
        MessageRow.state.in_(ASKED), MessageRow.due_at >= since,
    )  # fmt: skip
    rows = session.execute(query.group_by(*parts).order_by(func.count().desc(), *parts).limit(MOST))
    return [Reason(row.state, row.error_code, row.reason, row.many) for row in rows]

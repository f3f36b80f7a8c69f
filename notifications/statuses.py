"""What a provider says later of a message that it took: callbacks, out of order, repeated, early, or of nobody's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.attempts import Outcome
from notifications.claims import message_of
from notifications.message import StatusReport
from notifications.outbox import RANK, MessageEvent, MessageRow, State
from notifications.recording import record

_STATES = {state.value: state for state in State if RANK[state] >= RANK[State.ACCEPTED]}


def take_status(session: Session, report: StatusReport, now: datetime) -> str:
    """Take in a callback; what came of it: the new state, or unknown-message, unknown-status, no-news.

    Its message is the one that has the provider's name for it, else the one of whose attempts it carries the token: so
    it may come before the sender has recorded the provider's answer, or after that has been given up.
    """
    row = _by_provider(session, report) or _by_token(session, report)
    if row is None:
        return "unknown-message"
    state = _STATES.get(report.state or "")
    if state is None:
        return "unknown-status"
    outcome = Outcome(
        id=row.id, token=report.token or row.token or "", state=state, at=now, provider_id=report.provider_id,
        error_code=report.error_code, reason="" if state in _WELL else f"the provider says {report.status}",
    )  # fmt: skip
    if row.provider_id == report.provider_id:
        outcome.token = row.token or outcome.token
    session.flush()
    done = record(session, [outcome], now, "callback").counts
    return next(iter(done), "no-news")


_WELL = (State.ACCEPTED, State.SENT, State.DELIVERED)


def _by_provider(session: Session, report: StatusReport) -> MessageRow | None:
    query = select(MessageRow).where(MessageRow.provider_id == report.provider_id, MessageRow.channel == report.channel)
    return session.scalars(query.limit(1)).first() if report.provider_id else None


def _by_token(session: Session, report: StatusReport) -> MessageRow | None:
    """The message of one of whose attempts this is the token, its newest or an earlier one."""
    number = message_of(report.token)
    row = session.get(MessageRow, number) if number is not None else None
    if row is None or row.channel != report.channel:
        return None
    if row.token == report.token:
        return row
    known = select(MessageEvent.id).where(MessageEvent.message_id == row.id, MessageEvent.token == report.token)
    return row if session.scalar(known.limit(1)) is not None else None

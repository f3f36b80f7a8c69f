"""Claiming what is due, with its texts: one statement, for one worker, as long as a lease lasts; and what lapsed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, TextClause, bindparam, text
from sqlalchemy.orm import Session

from notifications.attempts import FAR_AHEAD, Pace
from notifications.bulk import handed, look_up_each, table_of
from notifications.columns import Instant
from notifications.outbox import MESSAGES, State, note, noted

#: what a message is claimed with: its text above all, which has to be kept before it is sent
GIVEN = ("id", "token", "digest", "text", "wording", "segments", "says")
_DUE = """
WITH due AS MATERIALIZED (
    SELECT {columns} FROM {rows} JOIN message ON message.id = v.id
    WHERE message.state = 'planned' AND message.due_at <= :now
    ORDER BY v.id {lock}
)
UPDATE message
SET state = 'sending', owner = :owner, token = due.token, lease_until = :lease_until, attempts = attempts + 1,
    attempted_at = :now, settle_at = NULL, looks = 0, changed_at = :now, {written}
FROM due WHERE message.id = due.id
RETURNING message.id, message.study_id, message.token
"""
_LAPSED = """
WITH lapsed AS MATERIALIZED (
    SELECT id FROM message WHERE state = 'sending' AND (lease_until <= :now OR lease_until > :far)
    ORDER BY lease_until LIMIT :most {lock}
)
UPDATE message SET state = 'unknown', settle_at = :settle_at, reason = 'the lease has lapsed', changed_at = :now
FROM lapsed WHERE message.id = lapsed.id
RETURNING message.id, message.study_id, message.token
"""
_EXPIRED = """
WITH useless AS MATERIALIZED (
    SELECT id FROM message WHERE state = 'planned' AND due_at <= :now AND expires_at <= :now
    ORDER BY due_at, id LIMIT :most {lock}
)
UPDATE message SET state = 'expired', reason = 'it could not be sent in time', changed_at = :now
FROM useless WHERE message.id = useless.id
RETURNING message.id, message.study_id, message.token, message.timing
"""
_INSTANTS = ("now", "lease_until", "settle_at", "far")
#: in one go, so that no transaction is long
MOST = 500


def _statements(source: str) -> dict[str, TextClause]:
    """The same statement for both databases: SQLite's single writer needs no locks."""
    return {kind: _typed(source.format(lock=lock)) for kind, lock in _LOCKS.items()}


def _typed(source: str) -> TextClause:
    return text(source).bindparams(*(bindparam(name, type_=Instant) for name in _INSTANTS if f":{name}" in source))


def _claiming(kind: str) -> TextClause:
    """What could not be written this time keeps what was written for an earlier attempt."""
    columns = ", ".join(f"v.{name}" for name in GIVEN)
    written = ", ".join(f"{name} = COALESCE(due.{name}, message.{name})" for name in GIVEN[2:])
    source = _DUE.format(columns=columns, rows=table_of(MESSAGES, GIVEN, kind), written=written, lock=_LOCKS[kind])
    return _typed(noted(source, ":now", State.SENDING, "''") if kind == "postgresql" else source)


_LOCKS = {"postgresql": "FOR UPDATE OF message SKIP LOCKED", "sqlite": ""}
_CLAIM = {kind: _claiming(kind) for kind in _LOCKS}
_LAPSE, _EXPIRE = _statements(_LAPSED), _statements(_EXPIRED)


def token_of(batch: str, message_id: int) -> str:
    """The token of an attempt. ``batch`` is by chance, so that nobody else's attempt ever has it."""
    return f"{batch}.{message_id}"


def claim(session: Session, written: Sequence[Sequence[Any]], owner: str, pace: Pace, now: datetime) -> set[int]:
    """Take messages that are still due, each with what was written for it (``GIVEN``); those that others have are left.

    Gives those that were taken: nobody else sends them while the lease lasts.
    """
    kind = session.get_bind().dialect.name
    rows = handed(MESSAGES, GIVEN, written, kind)
    given = {"now": now, "owner": owner[:80], "lease_until": now + pace.lease, "rows": rows}
    look_up_each(session)
    if kind != "postgresql":
        return set(_change(session, _CLAIM, given, State.SENDING, "dispatch", ""))
    session.flush()
    return set(session.scalars(_CLAIM[kind], given))  # which appends their events too


def lapse(session: Session, pace: Pace, now: datetime) -> list[int]:
    """What a worker has held for longer than its lease: it may have been sent or not, and somebody has to look.

    So with what was claimed by a clock that was far ahead: nobody waits for that day.
    """
    given = {"now": now, "most": MOST, "settle_at": now + pace.settle_after, "far": now + FAR_AHEAD}
    return _change(session, _LAPSE, given, State.UNKNOWN, "settle", "the lease has lapsed")


def expire(session: Session, now: datetime) -> list[int]:
    """What is due and of no use any more, by whichever channel."""
    return _change(session, _EXPIRE, {"now": now, "most": MOST}, State.EXPIRED, "dispatch", "not sent in time")


def _change(
    session: Session, statements: dict[str, TextClause], given: dict[str, Any], state: State, source: str, detail: str
) -> list[int]:
    session.flush()
    rows: Sequence[Row[Any]] = session.execute(statements[session.get_bind().dialect.name], given).all()
    tokens = {row.id: row.token for row in rows}
    note(session, [(row.id, row.study_id) for row in rows], state, given["now"], source, detail, tokens)
    return sorted(tokens)


def message_of(token: str) -> int | None:
    """Whose attempt a token names; None for what is no token of ours. Whether it has been given out is not said."""
    _, _, number = token.rpartition(".")
    return int(number) if number.isdecimal() and number.isascii() and len(number) < 19 else None

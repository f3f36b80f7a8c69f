"""Recording that a provider has taken messages, where nothing else follows from it: almost always, so it is quick.

One statement guards and changes all of them. What is anything but plain is left to ``record``: a message that is not
the attempt's any more, a text that tells its reader something new, somebody who is not to be contacted any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.orm import Session

from notifications.attempts import Outcome
from notifications.bulk import handed, insert_many, look_up_each, table_of
from notifications.outbox import EVENT_COLUMNS, EVENTS, MESSAGES, State, noted

_GIVEN = ("id", "token", "provider_id", "reason", "accepted_at")
# COALESCE, or SQLite would look for all messages without a provider's name instead of for these
_PLAIN = """
UPDATE message
SET state = 'accepted', reason = v.reason, error_code = '', provider_id = v.provider_id, accepted_at = v.accepted_at,
    changed_at = v.accepted_at, settle_at = NULL, lease_until = NULL, owner = NULL
FROM {rows}
WHERE message.id = v.id AND message.token = v.token AND message.state = 'sending'
  AND COALESCE(message.provider_id, '') = ''
  AND EXISTS (SELECT 1 FROM recipient r WHERE r.id = message.recipient_id AND r.may_be_contacted)
  AND (message.says IS NULL OR EXISTS (
      SELECT 1 FROM appointment a
      WHERE a.id = message.appointment_id AND message.appointment_version <= a.told_version))
RETURNING message.id, message.study_id, message.token, message.accepted_at, message.reason
"""


def _statement(kind: str) -> TextClause:
    source = _PLAIN.format(rows=table_of(MESSAGES, _GIVEN, kind))
    return text(noted(source, "accepted_at", State.ACCEPTED, "reason") if kind == "postgresql" else source)


_ACCEPT = {kind: _statement(kind) for kind in ("postgresql", "sqlite")}


def accept(session: Session, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Record what was taken and has no further consequence, with its events. Gives the outcomes that are left."""
    plain = {each.id: each for each in outcomes if _is_plain(each)}
    if not plain:
        return list(outcomes)
    session.flush()
    look_up_each(session)
    kind = session.get_bind().dialect.name
    given = [(each.id, each.token, each.provider_id, each.reason[:300], each.at) for _, each in sorted(plain.items())]
    rows: Sequence[Row[Any]] = session.execute(_ACCEPT[kind], {"rows": handed(MESSAGES, _GIVEN, given, kind)}).all()
    done = {row.id: plain[row.id] for row in rows}
    if kind != "postgresql":  # where the statement has appended them
        pairs = [(row.study_id, done[row.id]) for row in rows]
        events = [(study, it.id, it.at, it.state, "dispatch", it.token, it.reason[:300]) for study, it in pairs]
        insert_many(session, EVENTS, EVENT_COLUMNS, events)
    return [each for each in outcomes if done.get(each.id) is not each]


def _is_plain(outcome: Outcome) -> bool:
    return (
        outcome.state is State.ACCEPTED and outcome.provider_id is not None and not (outcome.error_code or outcome.task)
    )

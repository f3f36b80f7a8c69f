"""Optimistic locking of what people edit: whoever decided by an older state is told what came after it, from whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.audit import INSTALLATION, AuditEntry
from planner.persistence.users import names_of
from planner.problems import Conflict, InputProblem

#: how many changes whoever comes second is told
MOST_TOLD = 50
_USER = re.compile(r"user:(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """Something that people edit: the audit has one entry of one of these ``actions`` for each of its revisions.

    ``says_values`` is false where nobody is told more than the names of what changed.
    """

    subject: str
    actions: tuple[str, ...]
    revision: int
    chain: int = INSTALLATION
    says_values: bool = True


def refuse_what_changed(session: Session, edited: Edited, seen: int | None) -> None:
    """Raise Conflict, with what somebody else changed, unless it is as whoever asks had seen it. None: never mind."""
    if seen is None or seen == edited.revision:
        return
    wrong = f"you had seen revision {seen}, it is at {edited.revision} now"
    problem = InputProblem("If-Match", wrong, "look at what changed, and decide anew")
    raise Conflict([problem], {"revision": edited.revision, "changes": _changes(session, edited, seen)})


def _changes(session: Session, edited: Edited, seen: int) -> list[dict[str, Any]]:
    """What the audit has of the revisions since, earliest first."""
    since = min(edited.revision - seen, MOST_TOLD)
    if since <= 0:
        return []
    theirs = (AuditEntry.chain == edited.chain, AuditEntry.subject == edited.subject)
    query = select(AuditEntry).where(*theirs, AuditEntry.action.in_(edited.actions))
    entries = list(session.scalars(query.order_by(AuditEntry.seq.desc()).limit(since)))[::-1]
    names = names_of(session, map(_who, entries))
    return [_told(entry, names.get(_who(entry) or 0), edited.says_values) for entry in entries]


def _who(entry: AuditEntry) -> int | None:
    found = _USER.match(entry.actor)
    return int(found[1]) if found else None


def _told(entry: AuditEntry, name: str | None, says_values: bool) -> dict[str, Any]:
    said = entry.after if isinstance(entry.after, dict) else {}
    told = {"at": entry.at.isoformat(), "by": name, "what": entry.action, "fields": sorted(said)}
    return told | ({"before": entry.before, "after": entry.after} if says_values else {})

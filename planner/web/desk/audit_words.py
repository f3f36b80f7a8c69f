"""An entry of a participant's audit in words: their facts, visits and deviations by what the desk calls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from planner.persistence.audit import AuditEntry
from planner.web.audit_words import Change, action_words, changes_of, kept_words, lines_of, value_words
from planner.web.desk.fact_words import fact_words
from planner.web.desk.seen import Seen
from planner.web.words import dated


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry in words. ``raw`` is what the audit keeps, as JSON."""

    entry: AuditEntry
    what: str
    lines: tuple[str, ...]
    changes: tuple[Change, ...]
    raw: str


def shown_entry(seen: Seen, entry: AuditEntry) -> ShownEntry:
    """An entry about that participant."""
    lines = _facts(seen, entry.after) if isinstance(entry.after, list) else lines_of(entry)
    every = tuple(filter(None, (_about(seen, entry.subject), *lines)))
    return ShownEntry(entry, action_words(entry.action), every, changes_of(entry), kept_words(entry))


def _about(seen: Seen, subject: str) -> str:
    """Which visit or deviation of theirs it is about; nothing where it is about themselves."""
    _, _, part = subject.partition("/")
    kind, _, key = part.partition(":")
    if kind == "visit":
        return f"Visit: {seen.visit_words(key)}"
    found = seen.plan.deviations if seen.plan is not None else ()
    words = next((each.text for each in found if each.id[: len(key)] == key), key)
    return f"Deviation: {words}" if kind == "deviation" else ""


def _facts(seen: Seen, said: list[Mapping[str, Any]]) -> tuple[str, ...]:
    facts = {str(fact.id): fact for fact in seen.life.history.facts}
    found = ((facts.get(str(one.get("id"))), one) for one in said)
    return tuple(f"{fact_words(seen, fact)} ({dated(fact.day)})" if fact else value_words(one) for fact, one in found)

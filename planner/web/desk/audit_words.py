"""An entry of the audit in words: what was done, what it says, and what was changed from what into what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from planner.persistence.audit import AuditEntry
from planner.web.desk.fact_words import fact_words
from planner.web.desk.seen import Seen
from planner.web.words import dated
from schedules.scalars import read_date

#: what was done, by how the audit calls it
ACTIONS = {
    "facts.recorded": "Recorded what happened",
    "participant.screened": "Took them into screening",
    "participant.screen-failed": "Recorded that screening failed",
    "participant.screening-reopened": "Took back that screening had failed",
    "participant.told-by-message": "Sent them a message about an appointment",
    "participant.imported": "Took them in from a table",
    "contact.changed": "Changed how they are reached",
    "contact.erased": "Erased how they are reached",
    "contact.attempted": "Tried to reach them",
    "contact.attempt-struck": "Struck an attempt to reach them",
    "contact-consent.given": "Recorded that they agree to be sent messages",
    "contact-consent.ended": "Recorded that they want to be sent no more",
    "opt-out.changed": "Changed whether a number wants messages",
    "identifiers.read": "Looked at their name and identifiers",
    "message.test": "Sent them a test message",
    "feed.made": "Made a calendar about them",
    "feed.rotated": "Gave their calendar another link",
    "feed.withdrawn": "Withdrew the link of a calendar about them",
    "deviation.confirm": "Confirmed a deviation",
    "deviation.classify": "Classified a deviation",
    "deviation.report": "Recorded that a deviation was reported",
    "deviation.close": "Closed a deviation",
    "deviation.dismiss": "Dismissed a deviation",
    "deviation.reopen": "Opened a deviation again",
    "deviation.signed": "Signed a deviation",
    "deviation.signature-ended": "The signature under a deviation ended, as what was signed has changed",
    "dose.ok-given": "Gave the OK to treat",
    "dose.ok-refused": "Refused the OK to treat",
    "dose.ok-revoked": "Took the OK to treat back",
    "checklist.added": "Added something to think of",
    "checklist.ticked": "Ticked something to think of",
    "checklist.unticked": "Took a tick back",
    "home-link.given": "Gave them the link to their own page",
    "home-link.changed": "Changed what their own page says",
    "home-link.code-shown": "Was shown a code for a new phone or computer",
    "home-link.device-let-in": "A phone or computer was let in to their own page",
    "home-link.device-ended": "Ended a phone or computer of theirs",
    "home-link.device-left": "A phone or computer left their own page",
}
_NAMES = {
    "planned_day_1": "Day 1 planned for", "planned_arm": "arm planned with", "channel": "by",
    "no_driving": "asked not to drive", "bring": "what to bring",
}  # fmt: skip
#: of these the audit keeps digests alone, which tell nobody anything
_DIGESTS = frozenset({"contact.changed"})


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was changed. ``before`` and ``after`` are in words; "nothing" where there was none."""

    name: str
    before: str
    after: str


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
    facts = {str(fact.id): fact for fact in seen.life.history.facts}
    lines: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    if entry.action in _DIGESTS:
        lines = (", ".join(_name(name) for name in entry.after or {}),)
    elif isinstance(entry.after, list):
        lines = tuple(_fact(seen, facts.get(str(said.get("id"))), said) for said in entry.after)
    elif entry.before is not None:
        changes = tuple(_changes(entry.before, entry.after))
    else:
        said = ((name, value) for name, value in _pairs(entry.after) if value not in _EMPTY)
        lines = tuple(f"{_begun(_name(name))}: {_words(value)}" for name, value in said)
    kept = {name: value for name, value in (("before", entry.before), ("after", entry.after)) if value is not None}
    raw = json.dumps(kept, ensure_ascii=False, indent=2) if kept else ""
    every = (_about(seen, entry.subject), *lines)
    return ShownEntry(entry, action_words(entry.action), tuple(filter(None, every)), changes, raw)


def _about(seen: Seen, subject: str) -> str:
    """Which visit or deviation of theirs it is about; nothing where it is about themselves."""
    _, _, part = subject.partition("/")
    kind, _, key = part.partition(":")
    if kind == "visit":
        return f"Visit: {seen.visit_words(key)}"
    found = seen.plan.deviations if seen.plan is not None else ()
    words = next((each.text for each in found if each.id[: len(key)] == key), key)
    return f"Deviation: {words}" if kind == "deviation" else ""


def action_words(action: str) -> str:
    """``Recorded what happened``; one that is not listed by its own words: ``home-link.ended`` is Home link ended."""
    about, _, done = action.partition(".")
    return ACTIONS.get(action) or f"{about} {done}".replace("-", " ").strip().capitalize()


_EMPTY: tuple[object, ...] = (None, "", [], {})


def _fact(seen: Seen, fact: Any, said: Any) -> str:
    if fact is not None:
        return f"{fact_words(seen, fact)} ({dated(fact.day)})"
    return _words(said)


def _changes(before: Any, after: Any) -> Iterator[Change]:
    was, now = dict(_pairs(before)), dict(_pairs(after))
    for name in dict.fromkeys([*was, *now]):
        if was.get(name) != now.get(name):
            yield Change(_begun(_name(name)), _words(was.get(name)), _words(now.get(name)))


def _pairs(said: Any) -> list[tuple[str, Any]]:
    """What it says by its names; what has no names is its content."""
    if isinstance(said, Mapping):
        return list(said.items())
    return [] if said is None else [("content", said)]


def _name(name: str) -> str:
    return _NAMES.get(name) or name.replace("_", " ").replace("-", " ")


def _begun(words: str) -> str:
    """The same as the beginning of a line."""
    return words[:1].upper() + words[1:]


def _words(value: Any) -> str:
    """A value in words: days are written out, and what is empty is "nothing"."""
    if value in _EMPTY:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{_name(name)}: {_words(each)}" for name, each in value.items() if each not in _EMPTY)
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    try:
        return dated(read_date(value)) if isinstance(value, str) else str(value)
    except ValueError:
        return str(value)

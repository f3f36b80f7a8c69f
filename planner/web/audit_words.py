"""What an entry of the audit says, in words: what was done, and what was changed from what into what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from planner.persistence.audit import AuditEntry
from planner.web.audit_actions import ACTIONS
from planner.web.centre.repeats import rule_words
from planner.web.desk.fact_kinds import title_of
from planner.web.words import dated, utc_moment
from schedules.fact_kinds import KINDS
from schedules.scalars import read_date, read_instant

_NAMES = {
    "planned_day_1": "Day 1 planned for", "planned_arm": "arm planned with", "channel": "by",
    "no_driving": "asked not to drive", "bring": "what to bring", "sha256": "SHA-256", "off": "sending is off",
    "zone": "time zone", "totp": "one-time codes", "rule": "closed again and again",
}  # fmt: skip
#: of these the audit keeps digests alone, which tell nobody anything
_DIGESTS = frozenset({"contact.changed"})
#: what something that is kept as a number is called instead, with the name of it
Naming = Callable[[str, object], tuple[str, object]]
#: numbers that people know nothing of; what is kept has them
_INNER = frozenset({"id", "study_id", "participant_id", "grant", "schedule", "mail", "revision"})
_EMPTY: tuple[object, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was changed. ``before`` and ``after`` are in words; "nothing" where there was none."""

    name: str
    before: str
    after: str


def action_words(action: str) -> str:
    """``Recorded what happened``; one that is not listed by its own words: ``home-link.ended`` is Home link ended."""
    about, _, done = action.partition(".")
    return ACTIONS.get(action) or f"{about} {done}".replace("-", " ").strip().capitalize()


def _as_kept(name: str, value: object) -> tuple[str, object]:
    return name, value


def lines_of(entry: AuditEntry, naming: Naming = _as_kept) -> tuple[str, ...]:
    """What it says besides changes: of what was new, or of what is gone, each thing with its name."""
    if entry.action in _DIGESTS:
        return (", ".join(name_words(name) for name in entry.after or {}),)
    if entry.before is not None and entry.after is not None:
        return ()
    if isinstance(entry.after, list):
        return tuple(map(value_words, entry.after))
    said = ((name, value) for name, value in _pairs(entry.after or entry.before, naming) if value not in _EMPTY)
    return tuple(f"{_begun(name_words(name))}: {value_words(value)}" for name, value in said)


def changes_of(entry: AuditEntry, naming: Naming = _as_kept) -> tuple[Change, ...]:
    """What was changed from what into what."""
    if entry.action in _DIGESTS or entry.before is None or entry.after is None:
        return ()
    return tuple(_changes(dict(_pairs(entry.before, naming)), dict(_pairs(entry.after, naming))))


def _changes(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*was, *now]):
        if was.get(name) != now.get(name):
            yield Change(_begun(name_words(name)), value_words(was.get(name)), value_words(now.get(name)))


def kept_words(entry: AuditEntry) -> str:
    """What the audit keeps, as JSON; empty where it says no more than its action."""
    kept = {name: value for name, value in (("before", entry.before), ("after", entry.after)) if value is not None}
    return json.dumps(kept, ensure_ascii=False, indent=2) if kept else ""


def _pairs(said: Any, naming: Naming) -> list[tuple[str, Any]]:
    """What it says by its names; what has no names is its content."""
    if isinstance(said, Mapping):
        if said.get("rule") and said.get("first"):  # a closed day that comes again: its first day stands in the words
            again = rule_words(said["rule"], read_date(said["first"]))
            said = {name: value for name, value in said.items() if name != "first"} | {"rule": again}
        return [naming(name, value) for name, value in said.items() if name not in _INNER]
    return [] if said is None else [("content", said)]


def name_words(name: str) -> str:
    """What something that the audit keeps is called."""
    return _NAMES.get(name) or name.replace("_", " ").replace("-", " ")


def _begun(words: str) -> str:
    """The same as the beginning of a line."""
    return words[:1].upper() + words[1:]


def value_words(value: Any) -> str:
    """A value in words: days and moments are written out, and what is empty is "nothing"."""
    if value in _EMPTY:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping) and "fact" in value and "date" in value:
        return _fact_words(value)
    if isinstance(value, Mapping):
        said = (f"{name_words(name)}: {value_words(each)}" for name, each in value.items() if each not in _EMPTY)
        return "; ".join(said)
    if isinstance(value, list):
        return ", ".join(map(value_words, value))
    return _text_words(value) if isinstance(value, str) else str(value)


#: of a fact, what its title and its day say already, and what only programs go by
_OF_A_FACT = frozenset({"fact", "date", "id", "recorded"})


def _fact_words(said: Mapping[str, Any]) -> str:
    """``One dose was given: visit: induction.c1.d1; activity: vsli (Mon 5 Jan 2026)``."""
    title = title_of(str(said["fact"])) if said["fact"] in KINDS else str(said["fact"])
    rest = value_words({name: value for name, value in said.items() if name not in _OF_A_FACT})
    return f"{title}{f': {rest}' if rest else ''} ({value_words(said['date'])})"


def _text_words(text: str) -> str:
    try:
        return dated(read_date(text))
    except ValueError:
        pass
    try:
        return utc_moment(read_instant(text))
    except ValueError:
        return text

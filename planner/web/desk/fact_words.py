"""A fact in words: what it is called, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from typing import Any

from planner.services.fact_records import fact_content
from planner.web.desk.fact_kinds import title_of
from planner.web.desk.seen import Seen
from planner.web.words import short_day
from schedules.fact_kinds import NAMES
from schedules.history import Fact, GateDecided, Given, Told, Void
from schedules.keys import parse_stay
from schedules.wording import list_words

_LEFT_OUT = frozenset({"date", "note", "of", "about"})
_SAID = {"resume": "goes on from", "recheck": "looked at again", "to": "now", "until": "until", "minutes": "minutes:",
         "chair": "chair", "version": "version", "instead_of": "instead of", "conditioning": "conditioning from",
         "day_1": "Day 1 planned for", "start": "from", "stop": "to", "result": "result", "attempts": "attempts:",
         "not_done": "not done:", "amount": "", "level": "level", "site": "at", "arm": "arm", "cohort": "cohort",
         "scope": "from", "remains": "still permitted:"}  # fmt: skip


def fact_words(seen: Seen, fact: Fact) -> str:
    """``One dose was given: Inotuzumab at C1D8``."""
    title = "A dose was given" if isinstance(fact, Given) else title_of(NAMES[type(fact)])
    said = "; ".join(_details(seen, fact))
    return f"{title}: {said}" if said else title


def _details(seen: Seen, fact: Fact) -> Iterator[str]:
    """What a fact says besides its day, visits and activities by their labels."""
    if isinstance(fact, Told | Void):
        of = fact.about if isinstance(fact, Told) else fact.of
        known = next((each for each in seen.life.history.facts if each.id == of), None)
        yield fact_words(seen, known) if known is not None else of
        return
    content = {name: value for name, value in fact_content(fact).items() if name not in _LEFT_OUT}
    yield from _about(seen, fact, content)
    for name, value in content.items():
        yield _said(seen, name, value)


def _about(seen: Seen, fact: Fact, content: dict[str, Any]) -> Iterator[str]:
    """What it is about comes first, in one phrase."""
    activity, visit = content.pop("activity", None), content.pop("visit", None)
    cycle, gate = content.pop("cycle", None), content.pop("gate", None)
    if activity or visit:
        known = seen.activity_words(activity) if activity else ""
        yield f"{known} at {seen.visit_words(visit)}" if known and visit else known or seen.visit_words(visit)
    if cycle:
        stay = parse_stay(cycle)
        yield seen.stay_words(stay) if stay and stay.epoch in seen.protocol.epochs else cycle
    if gate and isinstance(fact, GateDecided):
        yield _decided(seen, fact)
        content.pop("outcome", None)


def _decided(seen: Seen, fact: GateDecided) -> str:
    gates = seen.plan.gates if seen.plan else ()
    found = next((gate for gate in gates if gate.key == fact.gate), None)
    outcome = dict(found.options).get(fact.outcome, fact.outcome) if found else fact.outcome
    return f"{found.label if found else fact.gate}: {outcome}"


def _said(seen: Seen, name: str, value: Any) -> str:
    words = _value(seen, value)
    if value is True:
        return name.replace("_", " ")
    said = _SAID.get(name)
    return f"{said} {words}".strip() if said is not None else words.replace("-", " ")


def _value(seen: Seen, value: Any) -> str:
    if isinstance(value, str):
        day = _day(value)
        return short_day(day) if day else value
    if isinstance(value, list | tuple):
        return list_words(seen.activity_words(str(item)) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{seen.activity_words(name)} {level}" for name, level in value.items())
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None

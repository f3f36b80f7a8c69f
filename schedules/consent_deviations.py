"""What was done without consent, or under another version than the one in force."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from schedules.compiled import CompiledProtocol
from schedules.course import FOREVER
from schedules.deviation import Deviation, Kind, found
from schedules.history import Assessed, Attended, Consented, Enrolled, Fact, Given
from schedules.keys import parse_key
from schedules.reconsent import NewIn, new_in
from schedules.record import fact_id
from schedules.walk import Walk
from schedules.wording import day_words

_TookPlace: TypeAlias = Enrolled | Attended | Given | Assessed


def consent(walk: Walk) -> Iterator[Deviation]:
    """Procedures before consent, or without one; an enrolment before it."""
    procedures = [fact for fact in walk.record.facts if isinstance(fact, Attended | Given | Assessed)]
    first = walk.record.first(Consented)
    if first is None:
        if procedures:
            text = f"no consent is recorded; the first procedure was on {day_words(procedures[0].date)}"
            yield found(Kind.NO_CONSENT, "", text, day=procedures[0].date, state="query")
        return
    took_place: list[_TookPlace] = [*walk.record.all(Enrolled), *procedures]
    for fact in took_place:
        if fact.day < first.date:
            about, what = _what_took_place(walk, fact)
            text = f"{what} on {day_words(fact.day)}, before consent on {day_words(first.date)}"
            yield found(Kind.BEFORE_CONSENT, about, text, day=fact.day, important=True)


def _what_took_place(walk: Walk, fact: _TookPlace) -> tuple[str, str]:
    """What a fact is about and how that is said: all that is recorded of a visit on one day is one thing."""
    if isinstance(fact, Enrolled):
        return fact_id(fact), "the participant was enrolled"
    if fact.visit is None:
        return fact_id(fact), "a study procedure took place"
    key = walk.record.rename(fact.visit)
    label = next((placed.spec.label for placed in walk.visits if placed.spec.key == key), key)
    return key, f"a study procedure of {label} took place"


def reconsent(walk: Walk) -> Iterator[Deviation]:
    """What an amendment brought and what was done before consent to it."""
    steps = walk.course.versions
    for (_, older), (since, compiled), until in zip(steps, steps[1:], _ends(steps[2:]), strict=False):
        new = new_in(compiled, older) if compiled.protocol.reconsent else {}
        for fact in walk.record.facts if new else ():
            day = fact.day.toordinal()
            if since <= day < until and not walk.course.consented_to(compiled.protocol, day):
                yield from _unconsented(walk, fact, new, compiled)


def _ends(later: list[tuple[int, CompiledProtocol]]) -> list[int]:
    """Until when each amendment holds: to the next one, the last for good."""
    return [*(day for day, _ in later), FOREVER]


def _unconsented(walk: Walk, fact: Fact, new: NewIn, compiled: CompiledProtocol) -> Iterator[Deviation]:
    """Whoever attended a visit with something new in it may have had it or not: that is a query."""
    if not isinstance(fact, Attended | Given | Assessed) or fact.visit is None:
        return
    key = walk.record.rename(fact.visit)
    activities = _new_at(key, new, compiled)
    why = f"which is new in version {compiled.protocol.version}, before consent to it"
    if activities is None:
        text = f"{key} took place on {day_words(fact.date)}, {why}"
        yield found(Kind.BEFORE_RECONSENT, key, text, day=fact.date, important=True)
        return
    done = activities - set(fact.not_done) if isinstance(fact, Attended) else activities & {fact.activity}
    for activity in sorted(done):
        asked = isinstance(fact, Attended)
        text = f"{walk.course.label(activity)} was {'perhaps ' if asked else ''}done at {key}, {why}"
        yield found(
            Kind.BEFORE_RECONSENT, key, text, activity=activity, day=fact.date,
            state="query" if asked else "candidate", important=not asked,
        )  # fmt: skip


def _new_at(key: str, new: NewIn, compiled: CompiledProtocol) -> frozenset[str] | None:
    """The activities that are new at a visit; none where nothing is, None where all of it is."""
    parts = parse_key(key)
    if parts is None or parts.stay.epoch not in compiled.protocol.epochs:
        return frozenset()
    first = parts.stay.key(parts.name)
    spec = next((spec for spec in compiled.stay(parts.stay).visits if spec.key == first), None)
    name = (parts.stay.epoch, compiled.name_of(parts.stay.epoch, spec.name) if spec else "")
    if spec is None or name not in new:
        return frozenset()
    activities = new[name]
    return None if activities is None else activities & set(spec.activities)


def versions(walk: Walk) -> Iterator[Deviation]:
    """What was done under another version than the one in force on its day."""
    for fact in (*walk.record.all(Attended), *walk.record.all(Given)):
        assert isinstance(fact, Attended | Given)  # noqa: S101 - for the type checker
        in_force = walk.course.compiled_on(fact.date.toordinal()).protocol.version
        if fact.version and fact.version != in_force:
            text = f"done under version {fact.version} on {day_words(fact.date)}, when {in_force} was in force"
            about = walk.record.rename(fact.visit) if fact.visit else fact_id(fact)
            yield found(Kind.WRONG_VERSION, about, text, day=fact.date)

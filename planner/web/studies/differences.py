"""What another version of a protocol says otherwise, in words: visits, activities, decisions, rules, values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from planner.presenting.protocol_table import SoaCell, SoaColumn, SoaEpoch, SoaTable, schedule_of_activities
from planner.web import protocol_view
from planner.web.words import sentence
from schedules.protocol import Activity, Protocol
from schedules.wording import list_words

#: what of an activity is compared, and how it is called
_OF_AN_ACTIVITY = {
    "kind": "kind", "minutes": "minutes that it takes", "observe_minutes": "minutes of observation",
    "prepare_minutes": "minutes of preparation", "resource": "what has to be open", "hold_for": "reasons to hold it",
    "omit_for": "reasons to leave it out", "premedication": "premedication", "advice": "advice",
    "unscheduled": "whether it may stand alone",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Visit:
    """A visit as its column says it, and what is done: the mark and its footnotes for each activity."""

    column: SoaColumn
    notes: frozenset[str]
    done: Mapping[str, tuple[str, frozenset[str]]]


def differences(old: Protocol, new: Protocol) -> list[tuple[str, tuple[str, ...]]]:
    """What is otherwise in the newer version, under headings; what is the same is not said."""
    tables = schedule_of_activities(old), schedule_of_activities(new)
    found = (
        ("Consent", _consent(new)),
        ("Parts of the study", _epochs(*tables)),
        ("Visits", _visits(old, new, *tables)),
        ("Activities", _activities(old, new)),
        ("Decisions", _sentences(_decisions(old), _decisions(new))),
        ("Rules and advice", _sentences(protocol_view.rules(old), protocol_view.rules(new))),
        ("Arms and cohorts", _sentences(_groups(old), _groups(new))),
        ("Parameters", _sentences(_parameters(old), _parameters(new))),
        ("Assumptions", _sentences(old.assumptions, new.assumptions)),
    )
    return [(heading, lines) for heading, said in found if (lines := tuple(sentence(text) for text in said))]


def _consent(new: Protocol) -> Iterator[str]:
    if new.reconsent:
        yield "participants who move to it consent again before what is new in it"


def _sentences(old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    """What is said now and was not, and the other way round."""
    before, after = list(old), list(new)
    yield from (f"New: {text}" for text in after if text not in before)
    yield from (f"No longer: {text}" for text in before if text not in after)


# -- visits -------------------------------------------------------------------------------------


def _epochs(old: SoaTable, new: SoaTable) -> Iterator[str]:
    before = {epoch.id: epoch for epoch in old.epochs}
    after = {epoch.id: epoch for epoch in new.epochs}
    yield from (f"{epoch.label} is new" for name, epoch in after.items() if name not in before)
    yield from (f"{epoch.label} is gone" for name, epoch in before.items() if name not in after)
    for name in before.keys() & after.keys():
        yield from _of_an_epoch(before[name], after[name], old, new)


def _of_an_epoch(old: SoaEpoch, new: SoaEpoch, before: SoaTable, after: SoaTable) -> Iterator[str]:
    if old.label != new.label:
        yield f"{old.label} is called {new.label}"
    if old.repeats != new.repeats:
        yield f"{new.label}: {new.repeats or 'gone through once'}, not {old.repeats or 'gone through once'}"
    yield from _notes(new.label, _texts(before, old.notes), _texts(after, new.notes))
    was, now = ({f"{dose.label} at home, {dose.days}" for dose in epoch.home} for epoch in (old, new))
    yield from (f"{new.label}: {text}" for text in sorted(now - was))
    yield from (f"{new.label}: no longer {text}" for text in sorted(was - now))


def _texts(table: SoaTable, letters: Iterable[str]) -> frozenset[str]:
    return frozenset(table.footnotes[letter] for letter in letters)


def _notes(what: str, old: frozenset[str], new: frozenset[str]) -> Iterator[str]:
    yield from (f"{what}: {text}" for text in sorted(new - old))
    yield from (f"{what}: no longer {text}" for text in sorted(old - new))


def _visits_of(table: SoaTable) -> dict[tuple[str, str], _Visit]:
    found = {}
    for place, column in enumerate(table.columns):
        cells: dict[str, SoaCell] = {row.activity: row.cells[place] for row in table.rows if row.cells[place].mark}
        done = {name: (cell.mark, _texts(table, cell.notes)) for name, cell in cells.items()}
        found[column.epoch, column.visit] = _Visit(column, _texts(table, column.notes), done)
    return found


def _visits(old: Protocol, new: Protocol, before: SoaTable, after: SoaTable) -> Iterator[str]:
    was, now = _visits_of(before), _visits_of(after)
    renamed = {
        (epoch, name): (epoch, visit.was)
        for epoch, it in new.epochs.items()
        for name, visit in it.visits.items()
        if visit.was
    }
    gone = set(was) - {renamed.get(key, key) for key in now}
    labels = {epoch.id: epoch.label for epoch in (*before.epochs, *after.epochs)}
    for key, visit in now.items():
        earlier = was.get(renamed.get(key, key))
        name = f"{labels[key[0]]}, {visit.column.label}"
        if earlier is None:
            yield f"{name} is new: {visit.column.day}, {visit.column.window}; {_what_is_done(new, visit)}"
        else:
            yield from _of_a_visit(name, old, new, earlier, visit)
    yield from (f"{labels[key[0]]}, {was[key].column.label} falls away" for key in was if key in gone)


def _what_is_done(protocol: Protocol, visit: _Visit) -> str:
    return list_words(protocol.activities[name].label for name in visit.done) or "nothing is done"


def _of_a_visit(name: str, old: Protocol, new: Protocol, was: _Visit, now: _Visit) -> Iterator[str]:
    if was.column.label != now.column.label:
        yield f"{name} was called {was.column.label}"
    if was.column.day != now.column.day:
        yield f"{name}: {now.column.day}, not {was.column.day}"
    if was.column.window != now.column.window:
        yield f"{name}: its window is {now.column.window}, not {was.column.window}"
    yield from _notes(name, was.notes, now.notes)
    added, dropped = (_labels(new, now, was), _labels(old, was, now))
    if added:
        yield f"{name}: {list_words(added)} {'is' if len(added) == 1 else 'are'} done as well"
    if dropped:
        yield f"{name}: {list_words(dropped)} {'is' if len(dropped) == 1 else 'are'} not done any more"
    for activity in was.done.keys() & now.done.keys():
        yield from _notes(f"{name}, {new.activities[activity].label}", was.done[activity][1], now.done[activity][1])


def _labels(protocol: Protocol, visit: _Visit, other: _Visit) -> list[str]:
    """What is done at a visit and not at the other."""
    return [protocol.activities[name].label for name in visit.done if name not in other.done]


# -- everything else ----------------------------------------------------------------------------


def _activities(old: Protocol, new: Protocol) -> Iterator[str]:
    was, now = old.activities, new.activities
    yield from (f"{item.label} is new" for name, item in now.items() if name not in was)
    yield from (f"{item.label} is gone" for name, item in was.items() if name not in now)
    for name, item in now.items():
        if name in was:
            yield from _of_an_activity(was[name], item)


def _of_an_activity(old: Activity, new: Activity) -> Iterator[str]:
    if old.label != new.label:
        yield f"{old.label} is called {new.label}"
    for field, words in _OF_AN_ACTIVITY.items():
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield f"{new.label}, {words}: {_plain(after)}, not {_plain(before)}"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return protocol_view.plain(value) if value not in (None, ()) else "none"


def _decisions(protocol: Protocol) -> Iterator[str]:
    for gate in protocol_view.decisions(protocol):
        outcomes = list_words((f"{label} (default)" if default else label for label, default in gate.outcomes), "or")
        yield f"{gate.label} ({gate.when}): {outcomes}"


def _groups(protocol: Protocol) -> Iterator[str]:
    for arm in protocol.arms.values():
        parts = list_words(protocol.epochs[name].label for name in arm.sequence)
        yield f"arm {arm.label}{f', {parts}' if parts else ''}"
    for cohort in protocol.cohorts.values():
        levels = list_words(f"{drug} {level}" for drug, level in cohort.dose_levels.items())
        yield f"cohort {cohort.label}{f', {levels}' if levels else ''}"


def _parameters(protocol: Protocol) -> Iterator[str]:
    for item in protocol.parameters.values():
        yield f"{item.label}, needed for {item.needed_for}"

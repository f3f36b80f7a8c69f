"""What recording something would move, in words: before it is saved, and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from planner.presenting.plan_diff import HEADINGS, doses_words, end_change, gate_words, other_words
from planner.web.desk.seen import Seen
from planner.web.words import dated, sentence
from schedules.changes import Change, Changes, What, moved_by
from schedules.scheduled import ScheduledVisit
from schedules.wording import days_words, state_words


@dataclass(frozen=True, slots=True)
class Row:
    """A visit that is not as before: where it was, where it is, by how many days, and whatever else differs."""

    label: str
    was: str
    now: str
    by: str
    more: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """All that would change: visits by what becomes of them, and everything else line by line."""

    visits: tuple[tuple[str, tuple[Row, ...]], ...]
    others: tuple[tuple[str, tuple[str, ...]], ...]
    summary: str


def preview_of(changes: Changes | None, seen: Seen) -> Preview:
    """The changes in words. None, because there is no plan before or after, changes nothing that could be shown."""
    if changes is None:
        return Preview((), (), "There is no Day 1 to plan from yet: no date moves.")
    visits = tuple((HEADINGS[what], tuple(_row(change) for change in found)) for what in What
                   if (found := changes.of(what)))  # fmt: skip
    others = tuple((heading, lines) for heading, lines in _others(changes, seen) if lines)
    return Preview(visits, others, _summary(changes))


def _row(change: Change[ScheduledVisit]) -> Row:
    old, new = change.old, change.new
    days = moved_by(change)
    by = "" if not days else f"{days_words(abs(days))} {'later' if days > 0 else 'earlier'}"
    more = tuple(other_words(change, old, new)) if old is not None and new is not None else ()
    if new is not None and old is None:
        more = tuple(conflict.text for conflict in new.conflicts)
    return Row(change.label, _stood(old), _stood(new), by, tuple(sentence(text) for text in more))


def _stood(visit: ScheduledVisit | None) -> str:
    if visit is None:
        return "not planned"
    if visit.target is None:
        return f"no date, {state_words(visit.status.value)}"
    return f"{dated(visit.target)}{' (tentative)' if visit.tentative else ''}"


def _others(changes: Changes, seen: Seen) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "Decisions", tuple(f"{change.label}: {gate_words(change)}" for change in changes.gates)
    if changes.treatment_end is not None:
        yield "End of treatment", (end_change(changes.treatment_end),)
    home = changes.home_doses
    yield "At home", tuple(f"{seen.activity_words(change.label)}: {doses_words(change)}" for change in home)
    yield "New deviations and queries", tuple(sentence(found.text) for found in changes.new_deviations)
    yield "No deviations or queries any more", tuple(sentence(found.text) for found in changes.gone_deviations)


def _summary(changes: Changes) -> str:
    """``7 visits move; 2 fall away; 1 new deviation``."""
    if not changes:
        return "Nothing moves."
    counted = (
        ("moves", "move", sum(1 for change in changes.of(What.MOVED) if moved_by(change))),
        ("appears", "appear", len(changes.of(What.APPEARED))),
        ("falls away", "fall away", len(changes.of(What.FELL_AWAY))),
    )
    parts = [f"1 visit {one}" if count == 1 else f"{count} visits {many}" for one, many, count in counted if count]
    if changes.new_deviations:
        count = len(changes.new_deviations)
        parts.append(f"{count} new {'deviation or query' if count == 1 else 'deviations or queries'}")
    return sentence("; ".join(parts) or "no date moves")

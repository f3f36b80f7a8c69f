"""The heat maps: how each visit of each participant went, and, of very many, how many of each visit went how."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from sqlalchemy.orm import Session

from planner.reports.charts.chart import Cell, Chart, chart
from planner.reports.charts.people import Shown, shown_people
from planner.reports.charts.visit_states import STATES, TO_COME, Place, order_of, state_of
from planner.reports.evidence import OUTSIDE, KeyCell, VisitCell
from planner.reports.making import Asked
from planner.reports.replanned import Planned, visit_cell
from planner.reports.stored import Stored

EACH = ("visit", "participant", "state", "day", "days outside the window")
BY_VISIT = ("visit", "state", "n", "of", "share")
_NOTHING = "No visit is planned yet."


class _Seen(NamedTuple):
    """One visit of one participant, to be sorted by its place in the protocol."""

    place: Place
    label: str
    number: str
    row: tuple[Cell, ...]


def heat_map(shown: Shown, page: int) -> Chart:
    """One page of participants: how each of their visits went."""
    place_of = order_of(shown.asked.design.protocols.values())
    found = [seen for planned in shown.page(page) for seen in _seen(planned, place_of)]
    found = _begun(found)
    found.sort(key=lambda seen: (seen.place, seen.label, seen.number))
    states = Counter(seen.row[2] for seen in found)
    people = len({seen.number for seen in found})
    said = f"{people} participants, each a row, and their visits as columns, in the order of the protocol. "
    said += "; ".join(f"{states[state]} {state}" for state in STATES if states[state]) + "."
    if shown.pages > 1:
        said += f" Part {page} of {shown.pages}, by number."
    return chart("heat-map", EACH, [seen.row for seen in found], said, _NOTHING, page, shown.pages)


def _seen(planned: Planned, place_of: Callable[[str], Place]) -> Iterator[_Seen]:
    number = planned.person.number
    for visit, group in planned.chosen():
        if visit.key.startswith(OUTSIDE):
            continue
        cell: VisitCell = visit_cell(group, visit)
        state = state_of(visit.status.value, visit.actual is not None, cell.days_off)
        label = visit.spec.label if visit.again == 1 else f"{visit.spec.label} ({visit.again})"
        row = (label, number, state, visit.actual or visit.target or visit.nominal, cell.days_off or None)
        yield _Seen(place_of(visit.key), label, number, row)


def _begun(found: list[_Seen]) -> list[_Seen]:
    """Without the visits that are still to come for everybody, unless there is nothing else."""
    begun = {seen.label for seen in found if seen.row[2] != TO_COME}
    return [seen for seen in found if seen.label in begun] if begun else found


# -- of very many -------------------------------------------------------------------------------


def by_visit(session: Session, asked: Asked) -> Chart:
    """How many of each visit went how: of now counted from the stored plans, of a past moment planned again."""
    cells = _planned_again(session, asked) if asked.past else _stored(session, asked)
    place_of = order_of(asked.design.protocols.values())
    counts: dict[tuple[Place, str], Counter[str]] = defaultdict(Counter)
    for cell, count in cells.items():
        state = state_of(cell.status, cell.occurred, cell.days_off)
        counts[(*place_of(cell.key)[:5], 1), cell.label][state] += count  # one that was done anew is the same visit
    begun = {visit for visit, states in counts.items() if set(states) != {TO_COME}} or set(counts)
    rows = [row for visit in sorted(begun) for row in _states(visit[1], counts[visit])]
    said = (
        f"{len(begun)} visits of the protocol, and how many of each went how, of all participants together. "
        "Visits that are still to come for everybody are left out."
    )
    return chart("visits", BY_VISIT, rows, said, _NOTHING)


def _states(label: str, states: Counter[str]) -> Iterator[tuple[Cell, ...]]:
    of = states.total()
    for state in STATES:
        if states[state]:
            yield (label, state, states[state], of, states[state] / of)


def _stored(session: Session, asked: Asked) -> Counter[KeyCell]:
    filters = asked.choice.filters
    people = shown_people(session, asked, False).people if filters.version or filters.by == "version" else ()
    return Stored(session, asked.design, asked.choice, people).visits_by_key()


def _planned_again(session: Session, asked: Asked) -> Counter[KeyCell]:
    found = Counter[KeyCell]()
    for planned in shown_people(session, asked, False).everybody():
        for visit, group in planned.chosen():
            if not visit.key.startswith(OUTSIDE):
                off, occurred = visit_cell(group, visit).days_off, visit.actual is not None
                found[KeyCell(visit.key, visit.spec.label, visit.status.value, occurred, off)] += 1
    return found

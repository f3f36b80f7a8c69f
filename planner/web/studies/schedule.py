"""One study: its protocol as the table that everybody knows, with assumptions, parameters and rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from planner.auth.door import installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.studies import ParameterValue, parameter_values
from planner.presenting.protocol_table import SoaColumn, SoaTable, schedule_of_activities
from planner.problems import InputProblem, NotFound, shown
from planner.services.participant_search import STATES
from planner.services.study_overview import study_line
from planner.web import protocol_view
from planner.web.studies.shown import Shown, shown_study, texts_of
from schedules.protocol_file import ReadProtocol

pages = Blueprint("schedule", __name__)
VIEWS = {"table": "Table", "list": "Visit by visit"}


@dataclass(frozen=True, slots=True)
class ListedVisit:
    """A visit of the schedule as a list shows it: what is done, each with the letters of its footnotes."""

    column: SoaColumn
    activities: tuple[tuple[str, str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class KnownValue:
    """A parameter of the protocol, and the value that it has; None where nobody has supplied one."""

    name: str
    label: str
    needed_for: str
    example: str
    value: str | None
    made_up: bool


@pages.get("/studies/<study>")
@needs(Permission.STUDIES_READ)
def show(study: str) -> str:
    """Show the protocol of a study, the newest version unless another one is asked for."""
    view = request.args.get("view", "")

    def work(session: Session) -> dict[str, Any]:
        found = shown_study(session, study)
        texts = texts_of(session, found)
        line = study_line(session, scope(), found.row, found.now)
        known: dict[str, Any] = {"study": found, "line": line, "texts": texts, "read": None}
        return known | (_protocol(session, found, _chosen(texts)) if texts else {})

    known = installation().store.read(work)
    return render_template(
        "studies/schedule.html", view=view if view in VIEWS else "", views=VIEWS, states=STATES, **known
    )


def _chosen(texts: tuple[ReadProtocol, ...]) -> ReadProtocol:
    wanted = request.args.get("version", "")
    found = next((read for read in texts if read.protocol.version == wanted), None)
    if wanted and found is None:
        wrong = f'the study has no version "{shown(wanted)}"'
        raise NotFound([InputProblem("version", wrong, "choose one of its versions")])
    return found or texts[-1]


def _protocol(session: Session, found: Shown, read: ReadProtocol) -> dict[str, Any]:
    table = schedule_of_activities(read.protocol)
    return {
        "read": read,
        "protocol": read.protocol,
        "table": table,
        "listed": listed(table),
        "decisions": protocol_view.decisions(read.protocol),
        "rules": protocol_view.rules(read.protocol),
        "parameters": known_values(read, parameter_values(session, found.row.id)),
    }


def listed(table: SoaTable) -> list[tuple[str, str, list[ListedVisit]]]:
    """The same table visit by visit: each epoch with what is done at each of its visits."""
    found, place = [], 0
    for epoch in table.epochs:
        visits = []
        for column in epoch.columns:
            visits.append(ListedVisit(column, tuple(_done(table, place))))
            place += 1
        if visits:
            found.append((epoch.label, epoch.repeats, visits))
    return found


def _done(table: SoaTable, place: int) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for row in table.rows:
        if row.cells[place].mark:
            yield row.label, row.cells[place].mark, row.cells[place].notes


def known_values(read: ReadProtocol, values: dict[str, ParameterValue]) -> list[KnownValue]:
    """Every parameter of a version, with the value that the study gives it."""
    return [_known(read, name, values.get(name)) for name in read.protocol.parameters]


def _known(read: ReadProtocol, name: str, row: ParameterValue | None) -> KnownValue:
    item = read.protocol.parameters[name]
    value = protocol_view.plain(row.value) if row is not None else None
    return KnownValue(
        name, item.label, item.needed_for, protocol_view.plain(item.example), value, row is not None and row.made_up
    )

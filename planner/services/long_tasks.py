"""The kinds of long work: what one part of each does. Everything in them is done by the services that do it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from planner.clock import local_day
from planner.persistence.paging import Asked
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.presenting.plan_csv import csv_text
from planner.problems import InputProblem, InvalidInput, PlannerError
from planner.services.access import find_study
from planner.services.amendments import (
    Amended,
    AmendmentReport,
    MakeEffective,
    Some,
    move,
    next_of,
    note_amendment,
    preview_amendment,
)
from planner.services.imports import MOST_PROBLEMS, Imported, Table, import_people, read_table
from planner.services.lists import Wanted, list_deviations, list_visits
from planner.services.long_work_runner import Begin, Line, Part, Work
from planner.services.replanning import replan
from schedules.changes import Change
from schedules.scheduled import ScheduledVisit

#: how many are dealt with in one part: some tenths of a second
PEOPLE_OF_A_TABLE = 100
PEOPLE_PLANNED = 20
PEOPLE_AMENDED = 10
ROWS_EXPORTED = 500
_AFTER_ALL = 2**31 - 1


# -- tables -------------------------------------------------------------------------------------


class _Undone(Exception):
    """Whatever was tried is taken back."""


@dataclass(slots=True)
class CheckTable:
    """Try to take a table in, a part at a time, and take each part back: what is wrong is told line by line."""

    work: Work
    study: Study
    table: Table
    #: how much is wrong, by the position of each part
    _wrong: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int | None:
        """How many participants the table names."""
        return len(self.table.people)

    def part(self, uow: UnitOfWork, position: int) -> Part:
        """Try the next participants; with the last ones it is known what the table would bring."""
        some, after, last = _slice(self.table, position)
        problems = list(self.table.problems) if position == 0 else []
        figures = {"facts": some.facts}
        try:
            with uow.trying():
                tried = import_people(uow, self.work.designs, self.work.scope, self.study, some)
                raise _Undone
        except _Undone:
            figures["participants"] = tried.participants
        except InvalidInput as error:
            problems += error.problems
        figures["problems"] = self._wrong[position] = len(problems)
        enough = sum(self._wrong.values()) >= MOST_PROBLEMS
        return Part(len(some.people), after, last or enough, _told(problems[:MOST_PROBLEMS]), figures)


@dataclass(slots=True)
class TakeTableIn:
    """Take a table in, a part at a time: what was taken in stays, wherever it ends."""

    work: Work
    study: Study
    table: Table

    @property
    def total(self) -> int | None:
        """How many participants the table names."""
        return len(self.table.people)

    def part(self, uow: UnitOfWork, position: int) -> Part:
        """Take the next participants in, all of them or none."""
        some, after, last = _slice(self.table, position)
        try:
            with uow.trying():
                done: Imported = import_people(uow, self.work.designs, self.work.scope, self.study, some)
        except InvalidInput as error:
            why = "some lines cannot be recorded any more; those before them are taken in, the others are not"
            return Part(0, position, True, _told(list(error.problems)), failed=why)
        return Part(len(some.people), after, last, figures={"participants": done.participants, "facts": done.facts})


def _slice(table: Table, position: int) -> tuple[Table, int, bool]:
    """The next participants of a table, behind what the part after them begins, and whether they are the last."""
    after = position + PEOPLE_OF_A_TABLE
    return Table(table.people[position:after], ()), after, after >= len(table.people)


def _told(problems: list[InputProblem]) -> list[Line]:
    lines = [("problem", one.place, f"{one.wrong}; {one.remedy}", dict[str, Any]()) for one in problems]
    return sorted(lines, key=_place)


def _place(line: Line) -> int:
    """The number of the line that a problem stands in; 0 for what is wrong with all of the table."""
    found = re.match(r"line (\d+)", line[1])
    return int(found[1]) if found else 0


def _of_table(kind: type[CheckTable] | type[TakeTableIn]) -> Begin:
    def begin(session: Session, work: Work) -> CheckTable | TakeTableIn:
        study = find_study(session, work.scope, work.study, whole=True)
        return kind(work, study, read_table(work.payload or b""))

    return begin


# -- planning again -----------------------------------------------------------------------------


@dataclass(slots=True)
class PlanAgain:
    """Plan everybody of a study again; dates that only a newer engine moves wait for somebody who agrees."""

    work: Work
    total: int | None

    def part(self, uow: UnitOfWork, position: int) -> Part:
        """Plan the next participants, each for themselves."""
        query = select(Participant.id, Participant.number).where(Participant.study_id == self.work.study_id)
        some = uow.session.execute(
            query.where(Participant.id > position).order_by(Participant.id).limit(PEOPLE_PLANNED)
        ).all()
        part = Part(len(some), some[-1].id if some else position, len(some) < PEOPLE_PLANNED, figures={"planned": 0})
        for participant_id, number in some:
            part.lines += self._one(uow, participant_id, number)
        part.figures["planned"] = len(some) - len({line[1] for line in part.lines})
        return part

    def _one(self, uow: UnitOfWork, participant_id: int, number: str) -> Iterator[Line]:
        agreed = bool(self.work.asked.get("agreed"))
        try:
            with uow.trying():
                waits = replan(uow, self.work.designs, self.work.study_id, participant_id, agreed)
        except PlannerError as error:
            yield "failed", number, str(error), {}
            return
        for moved in waits:
            yield "waits", number, moved.visit, {"was": moved.before, "now": moved.after}


def _plan_again(session: Session, work: Work) -> PlanAgain:
    find_study(session, work.scope, work.study, whole=True)
    return PlanAgain(work, _count(session, work))


def _count(session: Session, work: Work) -> int:
    query = select(func.count()).where(Participant.study_id == work.study_id)
    if work.site_id is not None:
        query = query.where(Participant.site_id == work.site_id)
    return session.scalar(query) or 0


# -- amendments ---------------------------------------------------------------------------------


@dataclass(slots=True)
class LookAtAmendment:
    """Work out what an amendment would move of each participant at a site; nothing is changed."""

    work: Work
    total: int | None
    command: MakeEffective

    def part(self, uow: UnitOfWork, position: int) -> Part:
        """Work it out for the next participants."""
        some = Some(position, PEOPLE_AMENDED)
        ids, waits = _some_at(uow, self.work, self.command, some)
        report = preview_amendment(uow.session, self.work.designs, self.work.scope, self.command, uow.now, some)
        return _part_of(report, ids, position, waits)


@dataclass(slots=True)
class PutInForce:
    """Put a version in force at a site, and bring the participants there under it, a part at a time."""

    work: Work
    total: int | None
    command: MakeEffective

    def part(self, uow: UnitOfWork, position: int) -> Part:
        """Note it first, then bring the next participants under it; before its day nobody moves yet."""
        some = Some(position, PEOPLE_AMENDED)
        study, site = note_amendment(uow, self.work.designs, self.work.scope, self.command)
        ids, waits = _some_at(uow, self.work, self.command, some)
        if waits:
            return Part(0, _AFTER_ALL, True, said={"waits": True})
        return _part_of(move(uow, self.work.designs, study, site, self.command, some), ids, position, waits)


def _some_at(uow: UnitOfWork, work: Work, command: MakeEffective, some: Some) -> tuple[list[int], bool]:
    """The participants of a part, and whether the version is in force only later."""
    assert work.site_id is not None  # noqa: S101 - amendments are a site's
    site = uow.session.get_one(SiteRow, work.site_id)
    study = uow.session.get_one(Study, work.study_id)
    return next_of(uow.session, study, site, some), command.effective_on > local_day(uow.now, site.zone)


def _part_of(report: AmendmentReport, ids: list[int], position: int, waits: bool) -> Part:
    lines = [_effect(one, one.participant in report.to_reconsent) for one in report.amended]
    lines += [("failed", number, reason, {}) for number, reason in report.failed]
    after = ids[-1] if ids else position
    hit = sum(visit["hit"] for line in lines for visit in line[3].get("visits", ()))
    figures = {"concerned": len(lines), "reconsents": len(report.to_reconsent), "hit": hit}
    return Part(len(ids), after, len(ids) < PEOPLE_AMENDED, sorted(lines, key=_number), figures, {"waits": waits})


def _number(line: Line) -> str:
    return line[1]


def _effect(one: Amended, reconsents: bool) -> Line:
    changes = one.recorded.changes
    visits = [_visit(change) for change in changes.visits] if changes is not None else []
    data = {
        "since": str(one.since), "visits": visits, "reconsent": reconsents,
        "deviations": [found.text for found in changes.new_deviations] if changes is not None else [],
    }  # fmt: skip
    return "moves" if visits else "nothing", one.participant, "", data


def _visit(change: Change[ScheduledVisit]) -> dict[str, Any]:
    """A visit that is not as before, as plain data. ``hit``: its appointment does not fit any more."""
    old, new = change.old, change.new
    booked = old is not None and old.booking is not None and old.is_open
    hit = booked and (new is None or not new.is_open or new.status.value == "to-rebook")
    return {
        "key": change.key, "label": change.label, "what": change.what.value, "aspects": list(change.aspects),
        "was": _day(old.target if old else None), "now": _day(new.target if new else None),
        "opens": _day(new.opens if new else None), "closes": _day(new.closes if new else None),
        "booked": booked, "hit": hit,
    }  # fmt: skip


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _of_amendment(kind: type[LookAtAmendment] | type[PutInForce]) -> Begin:
    def begin(session: Session, work: Work) -> LookAtAmendment | PutInForce:
        return kind(work, _count(session, work), amendment_asked(work.study, work.asked))

    return begin


def amendment_asked(study: str, asked: Any) -> MakeEffective:
    """The amendment that work is about."""
    return MakeEffective(
        study=study, site=asked["site"], version=asked["version"], why=asked.get("why", ""),
        approved_on=date.fromisoformat(asked["approved_on"]), effective_on=date.fromisoformat(asked["effective_on"]),
    )  # fmt: skip


# -- exports ------------------------------------------------------------------------------------

_VISITS = (
    "number", "site", "key", "label", "epoch", "cycle", "status", "tentative", "nominal", "opens", "closes", "target",
    "actual", "booked", "setting",
)  # fmt: skip
_DEVIATIONS = (
    "number", "kind", "visit_key", "activity", "day", "days", "text", "state", "important", "category", "cause",
    "action",
)  # fmt: skip


@dataclass(slots=True)
class Export:
    """Write a table of all visits, or of all deviations, that whoever asked may see; begun anew, not gone on with."""

    work: Work
    total: int | None = None
    _rows: dict[int, list[list[Any]]] = field(default_factory=dict)
    _cursors: dict[int, str | None] = field(default_factory=lambda: {0: None})

    def part(self, uow: UnitOfWork, position: int) -> Part:
        """Read the next rows; behind the last ones the file is whole."""
        asked = Asked(ROWS_EXPORTED, self._cursors[position])
        visits = self.work.asked["what"] == "visits"
        page = (list_visits if visits else list_deviations)(
            uow.session, self.work.scope, Wanted(study=self.work.study), asked
        )
        cells = _visit_cells if visits else _deviation_cells
        self._rows[position], self._cursors[position + 1] = [cells(*row) for row in page.rows], page.next
        part = Part(len(page.rows), position + 1, page.next is None, figures={"rows": len(page.rows)})
        return replace(part, payload=self._file(_VISITS if visits else _DEVIATIONS)) if part.last else part

    def _file(self, columns: tuple[str, ...]) -> bytes:
        """The table as CSV; with a byte order mark, without which spreadsheets garble letters such as é."""
        rows = (row for place in sorted(self._rows) for row in self._rows[place])
        return csv_text([columns, *rows]).encode("utf-8-sig")


def _visit_cells(row: Any, _study: str, number: str, site: str) -> list[Any]:
    return [number, site, *(_cell(getattr(row, name)) for name in _VISITS[2:])]


def _deviation_cells(row: Any, _study: str, number: str) -> list[Any]:
    return [number, *(_cell(getattr(row, name)) for name in _DEVIATIONS[1:])]


def _cell(value: Any) -> Any:
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _export(session: Session, work: Work) -> Export:
    find_study(session, work.scope, work.study)
    return Export(work)


TASKS: dict[str, Begin] = {
    "import-check": _of_table(CheckTable),
    "import": _of_table(TakeTableIn),
    "replan": _plan_again,
    "amendment-look": _of_amendment(LookAtAmendment),
    "amendment": _of_amendment(PutInForce),
    "export": _export,
}

"""Participants and facts from a table: a row a fact. Every bad row is told; nothing is half done."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from operator import itemgetter
from typing import Any, Self

from planner.persistence.participants import numbers_taken, participant_by_number
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, PlannerError
from planner.services.access import Scope, find_study
from planner.services.designs import Designs
from planner.services.enrolment import Screen, screen
from planner.services.fact_records import read_fact
from planner.services.facts import RecordFacts, record_for
from planner.services.newcomers import Newcomers, may_come_with_others
from planner.services.rubbish import looked_for_seldom
from schedules.errors import HistoryError, Problem
from schedules.fact_kinds import FIELD_NAMES
from schedules.history import Fact

MOST_BYTES = 50_000_000
MOST_ROWS = 500_000
MOST_PROBLEMS = 200
#: for fewer who are new nobody else needs to help
MANY = 1_000
#: what the audit gives as the reason
_WHY = "import"
_OWN = ("number", "site", "fact")
_WHOLE = re.compile(r"-?\d{1,9}")
#: fields that are no text: how a cell becomes one
_NUMBERS = frozenset({"minutes", "attempts"})
_YES_OR_NO = frozenset({"partial", "again", "outside_plan"})
_LISTS = frozenset({"activities", "not_done", "remains"})


@dataclass(frozen=True, slots=True)
class Imported:
    """How many participants were taken in, and how many facts were recorded."""

    participants: int
    facts: int


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the table: whom it is about, at which site they began, and what it says."""

    line: int
    number: str
    site: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was read: the lines of each participant in the order of the table, what is wrong with others."""

    people: tuple[tuple[str, tuple[_Row, ...]], ...]
    problems: tuple[InputProblem, ...]

    @property
    def facts(self) -> int:
        """How many facts it has."""
        return sum(len(lines) for _, lines in self.people)


def read_table(table: bytes) -> Table:
    """Read a table, as ``import_facts`` takes it. Raises InvalidInput for what is no table at all."""
    rows, problems = _rows(table)
    theirs: dict[str, list[_Row]] = {}
    for row in rows:
        theirs.setdefault(row.number, []).append(row)
    return Table(tuple((number, tuple(lines)) for number, lines in theirs.items()), tuple(problems))


def read_head(table: bytes) -> None:
    """Look at the first line of a table alone. Raises InvalidInput where it names no columns, or wrong ones."""
    text = _text(table)
    _columns(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))


def import_facts(
    uow: UnitOfWork, designs: Designs, scope: Scope, study_code: str, table: bytes, helpers: int = 0
) -> Imported:
    """Take in everybody whom the table names and the study does not know yet, and record all of its facts.

    The first line names the columns: ``number``, ``site`` (for who is new), ``fact``, ``date``, and the fields of
    facts. Raises InvalidInput with every bad line. ``helpers``: how many processes plan beside this one where many
    are new; only for a process that has no other thread.
    """
    study = find_study(uow.session, scope, study_code)
    return import_people(uow, designs, scope, study, read_table(table), helpers)


def import_people(
    uow: UnitOfWork, designs: Designs, scope: Scope, study: Study, table: Table, helpers: int = 0
) -> Imported:
    """The same of a table that was read, or of a part of one."""
    known = numbers_taken(uow.session, study.id, [number for number, _ in table.people])
    useful = helpers if len(table.people) - len(known) > MANY else 0
    with looked_for_seldom(), _Import(uow, designs, scope, study, list(table.problems), useful) as work:
        for number, lines in table.people:
            if len(work.problems) >= MOST_PROBLEMS:
                break
            work.take(number, list(lines), known=number in known)
        work.finish()
    if work.problems:
        raise InvalidInput(work.told()[:MOST_PROBLEMS])
    return Imported(len(table.people) - len(known), table.facts)


class _Import:
    """Takes people in, in the order of the table: those who are new together, the others one by one.

    ``problems`` are with the line where whoever they are about begins, or 0 for what is wrong with single lines.
    """

    def __init__(
        self, uow: UnitOfWork, designs: Designs, scope: Scope, study: Study, bad_lines: list[InputProblem], helpers: int
    ) -> None:
        self._uow, self._designs, self._scope, self._study = uow, designs, scope, study
        self.problems = [(0, problem) for problem in bad_lines]
        #: the lines of each participant, by the first of them
        self._lines: dict[int, list[_Row]] = {}
        self._newcomers = Newcomers(uow, designs, scope, study, _WHY, self.problems, helpers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._newcomers.close()

    def take(self, number: str, lines: list[_Row], known: bool) -> None:
        """Take in one participant with all of their facts, or only record the facts."""
        facts = tuple(row.fact for row in lines)
        first = lines[0].line
        self._lines[first] = lines
        try:
            if not known and may_come_with_others(facts):
                self._newcomers.add(first, number, _site(number, lines), facts)
                return
            self.finish()
            with self._uow.session.begin_nested():
                self._alone(number, lines, facts)
        except PlannerError as error:
            self.problems += [(first, problem) for problem in error.problems]

    def finish(self) -> None:
        """Have everybody written who has come, unless something is wrong."""
        self._newcomers.wait()

    def told(self) -> list[InputProblem]:
        """What is wrong, in the order of the table; of those who come together it is known later than of others."""
        placed = [
            _placed(problem, self._lines[first]) if first in self._lines else (first, problem)
            for first, problem in self.problems
        ]
        return [
            replace(problem, place=f"line {line}: {problem.place}") if line else problem
            for line, problem in sorted(placed, key=itemgetter(0))
        ]

    def _alone(self, number: str, lines: list[_Row], facts: tuple[Fact, ...]) -> None:
        participant = participant_by_number(self._uow.session, self._study.id, number, lock=True)
        if participant is None:
            command = Screen(study=self._study.code, site=_site(number, lines), number=number)
            participant = screen(self._uow, self._designs, self._scope, command)
        record = RecordFacts(
            study=self._study.code, participant=number, facts=facts, why=_WHY, booking_reason="imported"
        )
        record_for(self._uow, self._designs.of(self._uow.session, self._study), self._study, participant, record)


def _placed(problem: InputProblem, lines: list[_Row]) -> tuple[int, InputProblem]:
    """The line that a problem is about, where it is one fact, else where whoever it is about begins."""
    found = re.fullmatch(r"/facts/(\d+)(?:/(.+))?", problem.place)
    if found is None:
        return lines[0].line, problem
    return lines[int(found[1])].line, replace(problem, place=found[2] or "fact")


def _site(number: str, lines: list[_Row]) -> str:
    """The site at which somebody new began."""
    sites = sorted({row.site for row in lines if row.site})
    if len(sites) != 1:
        wrong = f"{number} is new, and the table names {len(sites)} sites for them"
        raise InvalidInput([InputProblem("site", wrong, "name one, the site at which they began")])
    return sites[0]


# -- the table ----------------------------------------------------------------------------------


def _rows(table: bytes) -> tuple[list[_Row], list[InputProblem]]:
    """The rows that can be read, and what is wrong with the others. Raises InvalidInput for no table at all."""
    text = _text(table)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    columns = _columns(reader)
    rows: list[_Row] = []
    problems: list[InputProblem] = []
    try:
        for cells in reader:
            if reader.line_num > MOST_ROWS:
                raise _no_table(f"there are more than {MOST_ROWS:,} lines", "split the table by participants")
            if any(cell.strip() for cell in cells):
                rows += _row(reader.line_num, columns, cells, problems)
            if len(problems) >= MOST_PROBLEMS:
                break
    except csv.Error as error:
        problems.append(InputProblem(f"line {reader.line_num}", str(error), "close every quotation mark"))
    if not rows and not problems:
        raise _no_table("there is no row below the names of the columns", "write a row for each fact")
    return rows, problems


def _text(table: bytes) -> str:
    if len(table) > MOST_BYTES:
        raise _no_table(f"the table has more than {MOST_BYTES // 1_000_000} MB", "split it by participants")
    try:
        text = table.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = table[: error.start].count(b"\n") + 1
        raise _no_table(f"line {line} is not in UTF-8", "save the table as CSV UTF-8") from None
    if "\0" in text:
        raise _no_table("this is no table but a binary file", "save the table as CSV UTF-8")
    return text


def _delimiter(text: str) -> str:
    """A comma, or what spreadsheets write where the comma is the decimal sign."""
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _columns(reader: Iterator[list[str]]) -> list[str]:
    try:
        names = [name.strip().lower() for name in next(reader, [])]
    except csv.Error as error:
        raise InvalidInput([InputProblem("line 1", str(error), "close every quotation mark")]) from None
    allowed = {*_OWN, *FIELD_NAMES}
    problems = [
        InputProblem("line 1", f"there is no column {name[:40]!r}", _meant(name, allowed))
        for name in names
        if name not in allowed
    ]
    problems += [
        InputProblem("line 1", f"the column {name} is missing", "add it") for name in ("number", "fact", "date")
        if name not in names
    ]  # fmt: skip
    if len(set(names)) != len(names):
        problems.append(InputProblem("line 1", "a column stands there twice", "leave one out"))
    if problems:
        raise InvalidInput(problems)
    return names


def _meant(name: str, allowed: set[str]) -> str:
    near = get_close_matches(name[:40], sorted(allowed), n=1)
    return f"did you mean {near[0]}?" if near else "leave it out"


def _row(line: int, columns: list[str], cells: list[str], problems: list[InputProblem]) -> Iterator[_Row]:
    if len(cells) > len(columns):
        problems.append(InputProblem(f"line {line}", f"there are {len(cells)} cells", f"write {len(columns)}"))
        return
    said = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()}
    number = said.get("number", "")
    if not number:
        problems.append(InputProblem(f"line {line}: number", "the screening number is missing", "write it"))
        return
    try:
        fact = read_fact(_data(said))
    except HistoryError as error:
        problems += [_problem(line, problem) for problem in error.problems]
        return
    yield _Row(line, number, said.get("site", "") if said.get("fact") != "transferred" else "", fact)


def _data(said: dict[str, str]) -> dict[str, Any]:
    """What a row says of its fact."""
    data = {name: _value(name, value) for name, value in said.items() if name not in ("number", "site")}
    site = said.get("site", "")
    if site and said.get("fact") in ("enrolled", "transferred"):
        data["site"] = site
    return data


def _value(name: str, cell: str) -> Any:
    if name in _NUMBERS and _WHOLE.fullmatch(cell):
        return int(cell)
    if name in _YES_OR_NO and cell.lower() in ("true", "false", "yes", "no"):
        return cell.lower() in ("true", "yes")
    if name in _LISTS:
        return [part.strip() for part in cell.split("|") if part.strip()]
    return cell


def _problem(line: int, problem: Problem) -> InputProblem:
    column = problem.file.rpartition("/")[2]
    place = f"line {line}: {column}" if column and not column.isdecimal() else f"line {line}"
    return InputProblem(place, problem.wrong, problem.right)


def _no_table(wrong: str, right: str) -> InvalidInput:
    return InvalidInput([InputProblem("table", wrong, right)])

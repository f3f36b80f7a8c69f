"""The pages of docs/reference are the code's own words, and every example in docs/how-to works."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from enum import Enum
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from rich.console import Console

from planner.presenting.plan_table import plan_screen
from planner.presenting.short_days import short_day, short_span
from planner.reference import pages as reference
from schedules import protocol as language
from schedules.closures import PLAIN_SITE, ClosedDay, Site
from schedules.design import Design
from schedules.errors import ProtocolError
from schedules.fact_kinds import KINDS
from schedules.history import EndReason, Fact, History
from schedules.history_checks import check_history, check_path
from schedules.history_file import read_facts
from schedules.plan import plan
from schedules.protocol_file import library_text, read_parameters, read_protocol
from schedules.scheduled import Plan, ScheduledVisit
from schedules.statuses import Status
from schedules.wording import state_words
from schedules.yaml_text import read_yaml

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
HOW_TO = ROOT / "docs" / "how-to"
EXAMPLES = ROOT / "docs" / "examples"
START = date(2026, 1, 5)
BLOCK = re.compile(r"^```(\w+) ([a-z]+)(?: ([\w-]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")


# -- the reference ------------------------------------------------------------------------------


def test_the_pages_of_the_reference_are_what_the_code_says_now(tmp_path: Path) -> None:
    reference.main([str(tmp_path)])
    old = [new.name for new in sorted(tmp_path.iterdir()) if not _same(new, REFERENCE / new.name)]
    assert not old, f"docs/reference is out of date ({', '.join(old)}): run `make docs`"


def _same(new: Path, committed: Path) -> bool:
    return committed.is_file() and new.read_bytes() == committed.read_bytes()


def test_writing_the_reference_twice_writes_the_same() -> None:
    assert reference.pages() == reference.pages()


def test_without_a_folder_nothing_is_written() -> None:
    with pytest.raises(SystemExit, match="usage"):
        reference.main([])


@cache
def records(kind: Any) -> dict[type, None]:
    """A record and every record and enum that it is made of."""
    found: dict[type, None] = {}
    if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, Enum)) and _is_language(kind):
        found[kind] = None
        for hint in get_type_hints(kind).values() if is_dataclass(kind) else ():
            found |= records(hint)
    for inner in get_args(kind):
        found |= records(inner)
    return found


def _is_language(kind: type) -> bool:
    return kind.__module__ in ("schedules.protocol", "schedules.closures") and kind.__name__ != "Weekday"


def test_every_record_and_choice_of_the_language_has_its_section() -> None:
    assert set(records(language.Protocol)) == {*reference.RECORDS, *reference.CHOICES}
    assert set(records(Site)) == {*reference.SITES, language.Resource}


@pytest.mark.parametrize("kind", [*reference.RECORDS, *reference.SITES, *KINDS.values()])
def test_every_field_of_a_record_has_a_meaning(kind: type) -> None:
    said = reference.meanings(kind)
    assert set(said) == {field.name for field in fields(kind)} - {"origin"}
    assert all(said.values())


def test_a_field_without_a_meaning_stops_the_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "_comments", lambda kind: iter(()))
    with pytest.raises(LookupError, match=r"Cycles: no meaning beside length, at_most"):
        reference.meanings(language.Cycles)


def test_a_key_of_a_plan_without_a_meaning_stops_the_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "PLAN_KEYS", {**reference.PLAN_KEYS, "visits[].gone": "nothing has it"})
    monkeypatch.delitem(reference.PLAN_KEYS, "visits[].why", raising=False)
    with pytest.raises(LookupError, match=r"visits\[\].gone"):
        reference.plan_json_page()


def test_the_schema_names_every_key_of_the_language() -> None:
    schema = json.loads((REFERENCE / "protocol.schema.json").read_text("utf-8"))
    for record in reference.RECORDS[1:]:
        assert set(schema["$defs"][record.__name__]["properties"]) == {field.name for field in fields(record)}


# -- the examples of the how-to pages -----------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A fenced block of a page that says what it is, such as ```yaml protocol``` or ```text calendar ab```."""

    page: str
    line: int
    role: str
    detail: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, first to last."""
    text = page.read_text("utf-8")
    for found in BLOCK.finditer(text):
        _, role, detail, body = found.groups()
        yield Block(page.name, text.count("\n", 0, found.start()) + 1, role, detail or "", body)


@dataclass(frozen=True)
class Study:
    """What the blocks of a page so far amount to: protocol versions and facts."""

    texts: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()

    def design(self, closed: tuple[date, ...] = ()) -> Design:
        """The versions, with the made-up examples of their parameters, and two sites."""
        versions = tuple(read_protocol(text, "example", _examples(text)).require() for text in self.texts)
        home = replace(PLAIN_SITE, closed=tuple(ClosedDay(date=day) for day in closed))
        return Design(versions, (home, replace(PLAIN_SITE, id="south")))

    def plan(self, arm: str | None = None, as_of: date | None = None, closed: tuple[date, ...] = ()) -> Plan:
        """The plan of the facts, or of a start on Monday 5 January 2026; what contradicts itself is refused."""
        design = self.design(closed)
        first = next(iter(design.versions[0].arms), None)
        history = History(self.facts) if self.facts else History((), START, arm or first)
        check_history(design, history)
        planned = plan(design, history, as_of or max((fact.last_day for fact in self.facts), default=START))
        check_path(history, planned)
        return planned


def _examples(text: str) -> dict[str, Any]:
    known = read_protocol(text, "example").protocol.parameters
    return {name: parameter.example for name, parameter in known.items()}


def named(name: str) -> tuple[str, ...]:
    """The texts of a study that a block names: of the library, or the example of an amendment."""
    if name == "short":
        return tuple((EXAMPLES / "protocols" / f"short-{version}.yaml").read_text("utf-8") for version in (1, 2))
    example = EXAMPLES / "protocols" / f"{name}.yaml"
    return (example.read_text("utf-8") if example.is_file() else library_text(name),)


def merged(whole: Any, part: Any, depth: int = 3) -> Any:
    """A file in which some keys of some epochs are other ones."""
    if not depth or not isinstance(part, dict) or not isinstance(whole, dict):
        return part
    return {**whole, **{key: merged(whole.get(key), value, depth - 1) for key, value in part.items()}}


def in_turn(page: str) -> Iterator[tuple[Block, Study, str]]:
    """Each block of a page with the study that it belongs to, and the text of the block before it."""
    home, before = Study(), ""
    study = home
    for block in blocks(HOW_TO / page):
        home = _home(block, home)
        study = home if block.role in ("protocol", "base", "part", "amendment", "parameters") else study
        if block.role == "facts":
            facts = read_facts(block.text, str(block))
            study = Study(named(block.detail), facts) if block.detail else Study(home.texts, (*home.facts, *facts))
        yield block, study, before
        before = block.text


def _home(block: Block, home: Study) -> Study:
    if block.role == "protocol":
        return Study((block.text,))
    if block.role == "base":
        return Study(named(block.detail), read_facts(block.text, str(block)))
    if block.role == "amendment":
        return Study((*home.texts, block.text))
    if block.role == "part":
        whole, part = (read_yaml(text, str(block)).data for text in (home.texts[0], block.text))
        return Study((json.dumps(merged(whole, part)),))
    return home


def calendar(planned: Plan) -> str:
    """The lines of a calendar as write-a-protocol.md shows them."""
    label = max(len(visit.spec.label) for visit in planned.visits)
    return "".join(f"{_line(visit, label)}\n" for visit in planned.visits)


def _line(visit: ScheduledVisit, label: int) -> str:
    mark = "~" if visit.tentative else " "
    day = short_day(visit.target) if visit.target else "no date"
    window = short_span(visit.opens, visit.closes)
    status = "" if visit.status is Status.PLANNED else state_words(visit.status.value)
    return f"{mark} {day:>15}  {visit.spec.label:<{label}}  {window:<16}  {status}".rstrip()


def screen(study: Study, as_of: date) -> str:
    """A plan as the command line shows it."""
    planned = study.plan(None, as_of)
    console = Console(file=StringIO(), width=80, markup=False, emoji=False, highlight=False)
    for part in plan_screen(planned, study.design().versions[0], planned.protocol, 80):
        console.print(part)
    assert isinstance(console.file, StringIO)
    return "".join(f"{line.rstrip()}\n" for line in console.file.getvalue().splitlines())


def problems(text: str) -> str:
    """What is wrong with a protocol file, as the command line says it."""
    with pytest.raises(ProtocolError) as wrong:
        read_protocol(text, "my-study.yaml")
    return "".join(f"{problem}\n" for problem in wrong.value.problems)


def shown_by(block: Block, study: Study, before: str) -> str | None:
    """What a block of text has to show now; None for the blocks that are somebody's input."""
    if block.role == "calendar" and block.detail.startswith("closed-"):
        return calendar(study.plan(closed=(date.fromisoformat(block.detail.removeprefix("closed-")),)))
    if block.role == "calendar":
        return calendar(study.plan(block.detail or None))
    if block.role == "screen":
        return screen(study, date.fromisoformat(block.detail))[: len(block.text)]
    return problems(before) if block.role == "problems" else None


@pytest.mark.parametrize("name", ["write-a-protocol.md", "read-a-plan.md", "record-what-happened.md"])
def test_every_example_of_a_how_to_page_works_and_shows_what_the_planner_shows(name: str) -> None:
    for block, study, before in in_turn(name):
        shown = shown_by(block, study, before)
        assert shown in (None, block.text), f"docs/how-to/{block}: this is shown now\n{shown}"
        if block.role == "parameters":
            values = read_parameters(block.text, str(block))
            read_protocol(study.texts[0], str(block), values).require()
        elif block.role in ("protocol", "base", "part", "amendment", "facts"):
            for arm in study.design().versions[0].arms or (None,):
                assert study.plan(arm).visits, f"docs/how-to/{block}"
        else:
            assert block.role == "wrong" or shown, f"docs/how-to/{block}: what is {block.role}?"


def test_write_a_protocol_has_an_example_for_every_key_of_the_language() -> None:
    text = (HOW_TO / "write-a-protocol.md").read_text("utf-8")
    missing = [
        f"{record.__name__}.{field.name}"
        for record in reference.RECORDS
        for field in fields(record)
        if not re.search(rf"\b{field.name}\b", text)
    ]
    assert not missing


def test_record_what_happened_tells_of_every_kind_of_fact() -> None:
    text = (HOW_TO / "record-what-happened.md").read_text("utf-8")
    assert set(re.findall(r"\{fact: (\w+)", text)) == set(KINDS)


def test_record_what_happened_lists_every_reason_for_the_end_of_treatment() -> None:
    text = (HOW_TO / "record-what-happened.md").read_text("utf-8")
    assert not [reason for reason in get_args(EndReason) if f"`{reason}`" not in text]


def test_write_a_protocol_names_every_resource() -> None:
    text = (HOW_TO / "write-a-protocol.md").read_text("utf-8")
    assert not [resource for resource in language.Resource if f"`{resource}`" not in text]


@pytest.mark.parametrize("file", sorted(HOW_TO.glob("*.md")), ids=lambda file: file.name)
def test_every_fact_in_the_text_of_a_page_is_one(file: Path) -> None:
    for fact in re.findall(r"`(\{fact: [^`]*\})`", file.read_text("utf-8")):
        assert read_facts(f"- {fact}", file.name)


# -- links --------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", sorted((*HOW_TO.glob("*.md"), *REFERENCE.glob("*.md"))), ids=lambda file: file.name)
def test_every_link_of_a_page_leads_somewhere(file: Path) -> None:
    for other, anchor in LINK.findall(file.read_text("utf-8")):
        target = file.parent / other if other else file
        assert target.is_file(), other
        assert not anchor or anchor in _anchors(target), f"{other}#{anchor}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

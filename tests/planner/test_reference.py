"""The pages of docs/reference are the code's own words, and every example in docs/how-to works."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from planner import reference
from planner.plan_table import short_day, short_span
from schedules import protocol as language
from schedules.closures import Site
from schedules.design import Design
from schedules.errors import ProtocolError
from schedules.fact_kinds import KINDS
from schedules.history import Fact, History
from schedules.history_checks import check_history, check_path
from schedules.history_file import read_facts
from schedules.plan import plan
from schedules.protocol_file import library_text, read_parameters, read_protocol
from schedules.scheduled import Plan, ScheduledVisit, Status
from schedules.yaml_text import read_yaml

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
HOW_TO = ROOT / "docs" / "how-to"
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
    assert set(said) == {field.name for field in fields(kind)} - {"origin"}  # type: ignore[arg-type]
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


@dataclass
class Study:
    """What the blocks of a page so far amount to: protocol versions and facts."""

    texts: list[str]
    facts: tuple[Fact, ...] = ()

    def design(self) -> Design:
        """The versions, with the made-up examples of their parameters."""
        return Design(tuple(read_protocol(text, "example", _examples(text)).require() for text in self.texts))

    def plan(self, arm: str | None = None) -> Plan:
        """The plan of the facts, or of a start on Monday 5 January 2026; contradictions are refused."""
        design = self.design()
        arms = list(design.versions[0].arms)
        history = History(self.facts, None if self.facts else START, None if self.facts else arm or next(iter(arms), None))
        check_history(design, history)
        as_of = max((fact.last_day for fact in self.facts), default=START)
        planned = plan(design, history, as_of)
        check_path(history, planned)
        return planned


def _examples(text: str) -> dict[str, Any]:
    known = read_protocol(text, "example").protocol.parameters
    return {name: parameter.example for name, parameter in known.items()}


def merged(whole: Any, part: Any, depth: int = 3) -> Any:
    """A file with some keys of its epochs (and of the file itself) replaced."""
    if not depth or not isinstance(part, dict) or not isinstance(whole, dict):
        return part
    return {**whole, **{key: merged(whole.get(key), value, depth - 1) for key, value in part.items()}}


def calendar(planned: Plan) -> str:
    """The lines of a calendar as the pages show them."""
    label = max(len(visit.spec.label) for visit in planned.visits)
    return "".join(f"{_line(visit, label)}\n" for visit in planned.visits)


def _line(visit: ScheduledVisit, label: int) -> str:
    mark = "~" if visit.tentative else " "
    day = short_day(visit.target) if visit.target else "no date"
    status = "" if visit.status is Status.PLANNED else visit.status.value
    return f"{mark} {day:>15}  {visit.spec.label:<{label}}  {short_span(visit.opens, visit.closes):<16}  {status}".rstrip()


def problems(text: str) -> str:
    """What is wrong with a protocol file, as the command line says it."""
    with pytest.raises(ProtocolError) as wrong:
        read_protocol(text, "my-study.yaml")
    return "".join(f"{problem}\n" for problem in wrong.value.problems)


def in_turn(page: str) -> Iterator[tuple[Block, Study, str]]:
    """Each block of a page with the study that it belongs to, and the block before it."""
    study, before = Study([]), ""
    for block in blocks(HOW_TO / page):
        if block.role == "protocol":
            study = Study([block.text])
        elif block.role == "part":
            whole, part = (read_yaml(text, "example").data for text in (study.texts[0], block.text))
            study = Study([json.dumps(merged(whole, part))])
        elif block.role == "amendment":
            study = Study([*study.texts, block.text])
        elif block.role == "facts":
            study = Study(study.texts, read_facts(block.text, str(block)))
        yield block, study, before
        before = block.text


def test_every_example_of_write_a_protocol_is_read_and_planned() -> None:
    seen = [block.role for block, study, before in in_turn("write-a-protocol.md") if _works(block, study, before)]
    assert seen.count("protocol") >= 15
    assert {"amendment", "facts", "calendar", "part", "wrong", "problems", "parameters"} <= set(seen)


def _works(block: Block, study: Study, before: str) -> bool:
    if block.role in ("protocol", "part", "amendment", "facts"):
        for arm in study.design().versions[0].arms or [None]:
            assert study.plan(arm).visits, block
    elif block.role == "calendar":
        assert calendar(study.plan(block.detail or None)) == block.text, f"{block}: the calendar is another one now"
    elif block.role == "problems":
        assert problems(before) == block.text, block
    elif block.role == "parameters":
        read_protocol(study.texts[0], str(block), read_parameters(block.text, str(block))).require()
    else:
        assert block.role == "wrong", f"{block}: what is {block.role}?"
    return True

"""Reads FACTS.yaml: a list of facts in any order, each ``{fact: …, date: DATE, …}``."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from schedules.errors import HistoryError, Problem
from schedules.fact_kinds import KINDS
from schedules.history import Fact, Origin
from schedules.validation import validate
from schedules.yaml_text import Document, Path, read_yaml

MOST_FACTS = 20_000
_EXAMPLE = "write e.g. - {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: ino}"


def read_facts(text: bytes | str, file: str) -> tuple[Fact, ...]:
    """The facts of a file. Raises HistoryError with every problem of its form."""
    return facts_of(read_yaml(text, file, HistoryError))


def facts_of(document: Document) -> tuple[Fact, ...]:
    """The facts of a document that is a list of them."""
    items = document.data
    if not isinstance(items, list):
        raise HistoryError([document.problem((), "a history is a list of facts", _EXAMPLE)])
    if len(items) > MOST_FACTS:
        wrong = f"{len(items)} facts are more than one participant's {MOST_FACTS}"
        raise HistoryError([document.problem((), wrong, "keep one participant's facts in a file")])
    problems: list[Problem] = []
    facts = [fact for place in range(len(items)) for fact in _read(document, items, place, problems)]
    if problems:
        raise HistoryError(problems)
    return tuple(facts)


def _read(document: Document, items: list[Any], place: int, problems: list[Problem]) -> Iterator[Fact]:
    try:
        fact = _fact(document, (place,), items[place])
    except HistoryError as error:
        problems.extend(error.problems)
        return
    line, column = document.place((place,))
    yield replace(fact, origin=Origin(document.file, line, column))


def _fact(document: Document, path: Path, item: Any) -> Fact:
    if not isinstance(item, dict) or "fact" not in item:
        raise HistoryError([document.problem(path, "this is not a fact: it says no fact", _EXAMPLE)])
    name = item["fact"]
    if not isinstance(name, str) or name not in KINDS:
        near = difflib.get_close_matches(str(name), KINDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the facts are {', '.join(KINDS)}"
        raise HistoryError([document.problem((*path, "fact"), f"there is no fact {name!r}", hint)])
    return validate(_adapter(name), document, path, HistoryError, besides={"fact"})


@lru_cache(maxsize=64)
def _adapter(name: str) -> TypeAdapter[Fact]:
    return TypeAdapter(KINDS[name])


def read_fact_line(line: str) -> Fact:
    """One fact as a command line writes it: ``gate_decided date=2026-01-30 gate=… outcome=benefit``.

    The YAML form ``{fact: gate_decided, …}`` is read too. Raises HistoryError.
    """
    text = line.strip()
    if text.startswith(("{", "-")):
        return read_facts(text if text.startswith("-") else f"- {text}", "what-if")[0]
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise HistoryError([Problem("what-if", 1, 1, f"the quotes do not match ({error})", "close them")]) from None
    return read_facts("- {" + ", ".join(_pairs(words)) + "}", "what-if")[0]


def _pairs(words: list[str]) -> list[str]:
    wrong = [word for word in words[1:] if "=" not in word]
    if not words or wrong:
        right = "write e.g. gate_decided date=2026-01-30 gate=induction.c1.response outcome=benefit"
        raise HistoryError([Problem("what-if", 1, 1, f"{' '.join(wrong) or 'nothing'} is not name=value", right)])
    pairs = [word.partition("=")[::2] for word in words[1:]]
    return [f"fact: {words[0]}", *(f"{name}: {_quoted(name, value)}" for name, value in pairs)]


def _quoted(name: str, value: str) -> str:
    """Versions and times are text even where they look like numbers."""
    if name in ("version", "time", "level", "amount", "note", "to") and not value.startswith(("[", '"')):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value

"""Reads FACTS.yaml: a list of facts in any order, each ``{fact: …, date: DATE, …}``."""

from __future__ import annotations

import difflib
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from io import StringIO
from typing import Any

from pydantic import TypeAdapter

from schedules.bounded import bounded
from schedules.errors import HistoryError, Problem
from schedules.fact_kinds import KINDS
from schedules.history import Fact, Origin
from schedules.invisible import INVISIBLE, code_point
from schedules.validation import validate
from schedules.wording import quoted
from schedules.yaml_text import MOST_PROBLEMS, Document, Path, read_yaml

MOST_FACTS = 20_000
LONGEST_LINE = 10_000
WHAT_IF = "what-if"
_LINE_EXAMPLE = "write e.g. gate_decided date=2026-01-30 gate=induction.c1.response outcome=benefit"
_LISTS = frozenset({"activities", "not_done", "remains"})
_NOT_TEXT = _LISTS | {"minutes", "attempts", "partial", "again", "outside_plan", "dose_levels"}
_NOT_SPACE = re.compile(r"\S")
_IN_QUOTES = re.compile(r'"[^"\\]*"')
_EXAMPLE = "write e.g. - {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: ino}"


def read_facts(text: bytes | str, file: str) -> tuple[Fact, ...]:
    """The facts of a file. Raises HistoryError with every problem of its form."""
    told: list[Problem] = []
    return _all_or_none(read_yaml(text, file, HistoryError, told), told)


def facts_of(document: Document) -> tuple[Fact, ...]:
    """The facts of a document that is a list of them. Raises HistoryError with every problem of their form."""
    return _all_or_none(document, [])


def _all_or_none(document: Document, told: list[Problem]) -> tuple[Fact, ...]:
    facts = _facts_of(document, told)
    if told:
        raise HistoryError(bounded(told))
    return facts


def readable_facts(text: bytes | str, file: str) -> tuple[Fact, ...]:
    """Those facts of a file that have the form of one, whatever the others are like."""
    told: list[Problem] = []
    try:
        return _facts_of(read_yaml(text, file, HistoryError, told), told)
    except HistoryError:
        return ()


def _facts_of(document: Document, told: list[Problem]) -> tuple[Fact, ...]:
    """The facts of a document that is a list of them; the problems of those that are none are put into ``told``."""
    items = document.data
    if not isinstance(items, list):
        raise HistoryError([document.problem((), "a history is a list of facts", _EXAMPLE)])
    if len(items) > MOST_FACTS:
        wrong = f"{len(items)} facts are more than one participant's {MOST_FACTS}"
        raise HistoryError([document.problem((), wrong, "keep one participant's facts in a file")])
    return tuple(fact for place in range(len(items)) for fact in _read(document, items, place, told))


def _read(document: Document, items: list[Any], place: int, wrong_ones: list[Problem]) -> Iterator[Fact]:
    """The fact at that place of the list, if it is one; once there are more problems than are listed, none."""
    if len(wrong_ones) > MOST_PROBLEMS:
        return
    try:
        fact = _fact(document, (place,), items[place])
    except HistoryError as error:
        wrong_ones.extend(error.problems)
        return
    line, column = document.place((place,))
    yield replace(fact, origin=Origin(document.file, line, column))


def _fact(document: Document, path: Path, item: Any) -> Fact:
    if not isinstance(item, dict) or "fact" not in item:
        raise HistoryError([document.problem(path, "this is not a fact: it says no fact", _EXAMPLE)])
    name = item["fact"]
    if not isinstance(name, str) or name not in KINDS:
        near = difflib.get_close_matches(name[:100], KINDS, n=1) if isinstance(name, str) else []
        hint = f"did you mean {near[0]}?" if near else f"the facts are {', '.join(KINDS)}"
        what = f"there is no fact {quoted(name)}" if isinstance(name, str) else "the kind of fact is not a word"
        raise HistoryError([document.problem((*path, "fact"), what, hint)])
    return validate(_adapter(name), document, path, HistoryError, besides={"fact"})


@lru_cache(maxsize=64)
def _adapter(name: str) -> TypeAdapter[Fact]:
    return TypeAdapter(KINDS[name])


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as YAML; ``columns`` says where a piece of the YAML stands in the line, its columns counted from 1."""

    yaml: str
    columns: tuple[tuple[int, int], ...]

    def place(self, problem: Problem) -> Problem:
        """The problem at its place in the line."""
        first = [there for here, there in self.columns if here <= problem.column]
        return replace(problem, column=first[-1] if first else 1) if problem.line == 1 else problem


def read_fact_line(line: str) -> Fact:
    """One fact as a command line writes it: ``gate_decided date=2026-01-30 gate=… outcome=benefit``.

    The YAML form ``{fact: gate_decided, …}`` is read too. Raises HistoryError; its places are those of the words.
    """
    text = line.strip()
    if len(text) > LONGEST_LINE:
        raise _wrong_line(f"a line of {len(text):,} characters", f"write at most {LONGEST_LINE:,}")
    if bad := INVISIBLE.search(text):
        raise _wrong_line(f"the invisible character {code_point(bad[0])}", "remove it", bad.start() + 1)
    written = _as_yaml(text) if text.startswith(("-", "{")) else _in_braces(text)
    try:
        facts = read_facts(written.yaml, WHAT_IF)
    except HistoryError as error:
        raise HistoryError(map(written.place, error.problems)) from None
    if len(facts) != 1:
        raise _wrong_line(f"{len(facts)} facts in one line", "write one fact")
    return replace(facts[0], origin=Origin(WHAT_IF, 1, 1))


def _as_yaml(text: str) -> _Line:
    """A line that is YAML already, as a list."""
    dash = "- " if text.startswith("{") else ""
    return _Line(dash + text, tuple((column + len(dash), column) for column in range(1, len(text) + 2)))


def _in_braces(text: str) -> _Line:
    """A line of ``name=value`` as an item of a list in YAML."""
    words = _words(text)
    wrong = [word for _, word in words[1:] if "=" not in word]
    if not words or wrong:
        named = quoted(" ".join(wrong)) if wrong else "nothing"
        raise _wrong_line(f"{named} is not name=value", _LINE_EXAMPLE)
    yaml, columns = "- {", []
    for place, (column, word) in enumerate(words):
        name, _, value = word.partition("=") if place else ("fact", "", word)
        columns.append((len(yaml) + 1, column))
        yaml += f"{_text(name)}: {_value(name, value)}, "
    return _Line(yaml + "}", tuple(columns))


def _words(text: str) -> list[tuple[int, str]]:
    """The words of a line as a shell splits it, each with its column."""
    stream = StringIO(text)
    split = shlex.shlex(stream, posix=True)
    split.whitespace_split, split.commenters = True, ""
    words: list[tuple[int, str]] = []
    start = 0
    try:
        while (word := split.get_token()) is not None:
            begins = _NOT_SPACE.search(text, start)
            words.append(((begins.start() if begins else start) + 1, word))
            start = stream.tell()
    except ValueError as error:
        raise _wrong_line(f"the quotes do not match ({error})", "close them") from None
    return words


def _value(name: str, value: str) -> str:
    """As YAML. Lists, numbers and truth values are known by their names; all else is text, whatever it looks like."""
    if name in _LISTS and not value.startswith("["):
        return f"[{', '.join(map(_text, value.split(',')))}]"
    if name in _NOT_TEXT or _IN_QUOTES.fullmatch(value):
        return value
    return _text(value)


def _text(value: str) -> str:
    """As text in YAML's double quotes."""
    return json.dumps(value, ensure_ascii=False)


def _wrong_line(wrong: str, right: str, column: int = 1) -> HistoryError:
    return HistoryError([Problem(WHAT_IF, 1, column, wrong, right)])

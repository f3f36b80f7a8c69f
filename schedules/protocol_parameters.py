"""Puts the values of a protocol's parameters where its file names them, before anything else is checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from schedules.bounded import bounded
from schedules.errors import ParameterError, Problem, ProtocolError, SourceError
from schedules.scalars import LONGEST_TEXT
from schedules.wording import shown
from schedules.yaml_text import MOST_NODES, Document, Path, Place

_ALONE = re.compile(r"\$[{(]?([A-Za-z][\w-]*)[})]?")
_INSIDE = re.compile(r"\$([a-z][a-z0-9-]*)")


@dataclass(slots=True)
class Filling:
    """What was put where: the names used, the places filled, the problems met on the way.

    Problems of the later checks are told through it, because what they are about may be a value that stands
    in another file.
    """

    document: Document
    values: Mapping[str, Any]
    declared: Mapping[str, Any]
    problems: list[Problem] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    _filled: dict[Place, str] = field(default_factory=dict)
    _settled: set[Place] = field(default_factory=set)
    _sizes: dict[str, int] = field(default_factory=dict)
    _nodes: int = 0

    @property
    def missing(self) -> tuple[str, ...]:
        """The parameters that have no value yet."""
        return tuple(name for name in self.declared if name not in self.values)

    def error(self, found: tuple[Problem, ...]) -> SourceError | None:
        """All problems, those met here first; None without any. ParameterError if the values alone are wrong."""
        others = [problem for problem in found if (problem.line, problem.column) not in self._settled]
        names = [self._filled.get((problem.line, problem.column)) for problem in others]
        told = [_told(problem, name, self.values) for problem, name in zip(others, names, strict=True)]
        if not told and not self.problems:
            return None
        only_values = not self.problems and all(name in self.values for name in names)
        return ParameterError(bounded(told)) if only_values else ProtocolError(bounded([*self.problems, *told]))

    def fill(self) -> None:
        """Put the values, or the examples, into the document's data."""
        data = self.document.data
        if not isinstance(data, dict):
            return
        for key in data:
            data[key] = self._filled_in(data[key], (key,), replaces=key != "parameters")
        self._examples()
        self._unused()

    def _filled_in(self, node: Any, path: Path, replaces: bool) -> Any:
        if isinstance(node, dict):
            return {key: self._filled_in(item, (*path, key), replaces) for key, item in node.items()}
        if isinstance(node, list):
            return [self._filled_in(item, (*path, place), replaces) for place, item in enumerate(node)]
        if not isinstance(node, str):
            return node
        if len(node) > LONGEST_TEXT:
            return self._shortened(node, path)
        return self._replaced(node, path) if replaces and "$" in node else node

    def _shortened(self, node: str, path: Path) -> str:
        """Every message would repeat a text that is too long, as often as an alias does."""
        self._wrong(path, f"this text has {len(node):,} characters", f"write at most {LONGEST_TEXT:,}")
        return node[:LONGEST_TEXT]

    def _replaced(self, node: str, path: Path) -> Any:
        alone = _ALONE.fullmatch(node)
        if alone is None:
            self._inside(node, path)
            return node
        name = alone[1]
        if name not in self.declared or node != f"${name}":
            right = f"declare it under parameters, where {_listed(self.declared)} stands"
            right = f"write ${name}" if name in self.declared else right
            self._wrong(path, f"{shown(node)[1:-1]} is not a parameter of this protocol", right)
            return node
        self.used.add(name)
        self._filled[self.document.place(path)] = name
        return self._value(name, path)

    def _value(self, name: str, path: Path) -> Any:
        item = self.declared[name]
        value = self.values.get(name, item.get("example") if isinstance(item, dict) else None)
        if value is None:  # its declaration has a problem already
            self._settled.add(self.document.place(path))
            return None
        if name not in self._sizes:
            self._sizes[name] = sum(1 for _ in _scalars(value))
        self._nodes += self._sizes[name]
        if self._nodes > MOST_NODES:
            wrong = f"more than {MOST_NODES:,} values, each parameter written out"
            self._wrong(path, wrong, "give the parameters shorter values, or use them less often")
            return None
        return value

    def _inside(self, node: str, path: Path) -> None:
        for name in dict.fromkeys(_INSIDE.findall(node)):
            if name in self.declared:
                self.used.add(name)
                right = f"write ${name} alone, or without the $ where it is only mentioned"
                self._wrong(path, f"${name} inside other text is not replaced", right)

    def _examples(self) -> None:
        for name, item in self.declared.items():
            if isinstance(item, dict) and "example" in item and item["example"] is None:
                right = "write a value that is plainly made up"
                self._wrong(("parameters", name, "example"), f"{name} has an empty example", right)

    def _unused(self) -> None:
        """One that is needed only for the enrolment may be asked for without standing anywhere."""
        for name, item in self.declared.items():
            if name not in self.used and isinstance(item, dict) and item.get("needed_for", "planning") == "planning":
                right = f"write ${name} where its value belongs, or needed_for: enrolment"
                problem = self.document.problem(("parameters", name), f"nothing uses ${name}", right, at_key=True)
                self.problems.append(problem)

    def _wrong(self, path: Path, wrong: str, right: str) -> None:
        self._settled.add(self.document.place(path))
        self.problems.append(self.document.problem(path, wrong, right))


def _told(problem: Problem, name: str | None, values: Mapping[str, Any]) -> Problem:
    if name is None:
        return problem
    whose = "the value" if name in values else "the example"
    return replace(problem, wrong=f"{whose} of the parameter {name}: {problem.wrong}")


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(list(names)[:20]) or "nothing"


def _scalars(value: Any) -> Iterator[Any]:
    """Every list, mapping and plain value in a value, itself included."""
    todo = [value]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, dict):
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)


def fill_in(document: Document, values: Mapping[str, Any]) -> Filling:
    """Fill a protocol's document with the values of its parameters. Raises ParameterError for values that cannot be.

    Where a value is missing its made-up example stands in.
    """
    found = document.data.get("parameters") if isinstance(document.data, dict) else None
    declared = found if isinstance(found, dict) else {}
    problems = list(_unfit(values, declared))
    if problems:
        raise ParameterError(problems)
    filling = Filling(document, values, declared)
    filling.fill()
    return filling


def _unfit(values: Mapping[str, Any], declared: Mapping[str, Any]) -> Iterator[Problem]:
    for name, value in values.items():
        if name not in declared:
            right = f"the protocol's parameters are {_listed(declared) if declared else 'none'}"
            yield Problem("parameters", 1, 1, f"the protocol has no parameter {shown(name)[1:-1]}", right)
        elif value is None:
            yield Problem("parameters", 1, 1, f"the parameter {name} is empty", "write its value, or leave it out")
        elif any(isinstance(each, str) and len(each) > LONGEST_TEXT for each in _scalars(value)):
            wrong = f"the parameter {name} has a text of more than {LONGEST_TEXT:,} characters"
            yield Problem("parameters", 1, 1, wrong, "write a shorter one")

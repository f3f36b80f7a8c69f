"""Reads a protocol file: YAML text becomes a Protocol, or every problem at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from pydantic import TypeAdapter

from schedules.errors import ParameterError, Problem, ProtocolError
from schedules.protocol import Protocol
from schedules.protocol_checks import check_protocol
from schedules.validation import validate
from schedules.yaml_text import Document, Path, read_yaml

_PARAMETER = re.compile(r"\$([a-z][a-z0-9-]*)")


@dataclass(frozen=True, slots=True)
class ReadProtocol:
    """A protocol as read, with the names of the parameters that have no value yet.

    Where a value is missing the parameter's made-up example stands in, so that the file can be shown; such
    a protocol must not be planned from (``require``).
    """

    protocol: Protocol
    source: str
    missing: tuple[str, ...]

    def require(self, needed_for: str = "planning") -> Protocol:
        """The protocol, if every parameter that is needed for that has a value; otherwise ParameterError."""
        wanted = [name for name in self.missing if self.protocol.parameters[name].needed_for == needed_for]
        if not wanted:
            return self.protocol
        raise ParameterError(_no_value(self, name) for name in wanted)


def _no_value(read: ReadProtocol, name: str) -> Problem:
    parameter = read.protocol.parameters[name]
    return Problem(
        f"{read.protocol.protocol} {read.protocol.version}", 1, 1,
        f"the parameter {name} ({parameter.label}) has no value",
        f"supply it in a parameter file, e.g. {name}: {parameter.example}",
    )  # fmt: skip


def read_protocol(text: bytes | str, file: str, values: Mapping[str, Any] | None = None) -> ReadProtocol:
    """Read a protocol file, with the values of its parameters.

    Raises ProtocolError with every problem of the file, ParameterError for values that do not fit it.
    """
    document = read_yaml(text, file, ProtocolError)
    missing = _fill_in(document, dict(values or {}))
    protocol = validate(_adapter(), document, error=ProtocolError)
    problems = list(check_protocol(protocol, document))
    if problems:
        raise ProtocolError(problems)
    source = text if isinstance(text, str) else text.decode()
    return ReadProtocol(protocol, source, missing)


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Protocol]:
    return TypeAdapter(Protocol)


def protocol_schema() -> dict[str, Any]:
    """The JSON Schema of the protocol language, for editors."""
    schema = _adapter().json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A study protocol", **schema}


# -- parameters ---------------------------------------------------------------------------------


def _fill_in(document: Document, values: dict[str, Any]) -> tuple[str, ...]:
    """Put the parameters' values where the file names them; return the ones without a value."""
    data = document.data
    declared = data.get("parameters") if isinstance(data, dict) else None
    known = declared if isinstance(declared, dict) else {}
    _refuse_unknown(values, known)
    examples = {name: item.get("example") for name, item in known.items() if isinstance(item, dict)}
    problems: list[Problem] = []
    if isinstance(data, dict):
        for key in data:
            if key != "parameters":
                data[key] = _replaced(data[key], (key,), document, {**examples, **values}, problems)
    if problems:
        raise ProtocolError(problems)
    return tuple(name for name in examples if name not in values)


def _refuse_unknown(values: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    unknown = sorted(set(values) - set(known))
    if unknown:
        right = f"the protocol's parameters are {', '.join(known) or 'none'}"
        raise ParameterError(
            Problem("parameters", 1, 1, f"the protocol has no parameter {name}", right) for name in unknown
        )


def _replaced(node: Any, path: Path, document: Document, values: Mapping[str, Any], problems: list[Problem]) -> Any:
    if isinstance(node, dict):
        return {key: _replaced(item, (*path, key), document, values, problems) for key, item in node.items()}
    if isinstance(node, list):
        return [_replaced(item, (*path, place), document, values, problems) for place, item in enumerate(node)]
    name = _PARAMETER.fullmatch(node) if isinstance(node, str) else None
    if name is None:
        return node
    if name.group(1) not in values:
        right = f"declare it under parameters, where {', '.join(values) or 'nothing'} stands"
        problems.append(document.problem(path, f"{node} is not a parameter of this protocol", right))
        return node
    return values[name.group(1)]


def read_parameters(text: bytes | str, file: str) -> dict[str, Any]:
    """Read a parameter file: a mapping from names to values. Raises ParameterError."""
    document = read_yaml(text, file, ParameterError)
    if not isinstance(document.data, dict):
        wrong = "a parameter file is a list of names with values"
        raise ParameterError([document.problem((), wrong, "write e.g. venetoclax-days: from 1")])
    return dict(document.data)


# -- the library --------------------------------------------------------------------------------


def library() -> tuple[str, ...]:
    """The names of the protocols that ship."""
    names = (entry.name for entry in files("schedules").joinpath("library").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def library_text(name: str) -> str:
    """The source text of a protocol that ships. Raises ProtocolError for an unknown name."""
    if name not in library():
        right = f"the library has {', '.join(library())}"
        raise ProtocolError([Problem(name, 1, 1, f"the library has no protocol {name!r}", right)])
    return files("schedules").joinpath("library", f"{name}.yaml").read_text("utf-8")


def library_protocol(name: str, values: Mapping[str, Any] | None = None) -> ReadProtocol:
    """A protocol that ships, with the values of its parameters."""
    return read_protocol(library_text(name), f"{name}.yaml", values)

"""Reads a protocol file: YAML text becomes a Protocol, or every problem at once, each with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from pydantic import TypeAdapter

from schedules.bounded import bounded
from schedules.errors import ParameterError, Problem, ProtocolError
from schedules.protocol import Protocol
from schedules.protocol_checks import check_protocol
from schedules.protocol_parameters import fill_in
from schedules.protocol_salvage import names_beside
from schedules.validation import validate
from schedules.wording import as_written, quoted
from schedules.yaml_text import MOST_PROBLEMS, Document, read_yaml


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
        f"supply it in a parameter file, e.g. {name}: {json.dumps(parameter.example, ensure_ascii=False)}",
    )  # fmt: skip


def read_protocol(text: bytes | str, file: str, values: Mapping[str, Any] | None = None) -> ReadProtocol:
    """Read a protocol file, with the values of its parameters.

    Raises ProtocolError with every problem of the file, ParameterError for values that do not fit it.
    """
    told: list[Problem] = []
    document = read_yaml(text, file, ProtocolError, told)
    filling = fill_in(document, dict(values or {}))
    filling.problems += told
    protocol, problems = _checked(document)
    error = filling.error(problems)
    if protocol is None or error is not None:
        raise error or ProtocolError(problems)
    source = text if isinstance(text, str) else text.decode()
    return ReadProtocol(protocol, source, filling.missing)


def _checked(document: Document) -> tuple[Protocol | None, tuple[Problem, ...]]:
    """The protocol and what is wrong with it; None if it has not even the form of one."""
    try:
        protocol = validate(_adapter(), document, error=ProtocolError)
    except ProtocolError as error:
        few = len(error.problems) < MOST_PROBLEMS  # of more than are listed none need be looked for
        return None, (*error.problems, *(names_beside(_adapter(), document) if few else ()))
    return protocol, tuple(bounded(check_protocol(protocol, document)))


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Protocol]:
    return TypeAdapter(Protocol)


# -- parameters ---------------------------------------------------------------------------------


def read_parameters(text: bytes | str, file: str) -> dict[str, Any]:
    """Read a parameter file: a mapping from names to values. Raises ParameterError."""
    return dict(cast(dict[str, Any], parameter_document(text, file).data))


def parameter_document(text: bytes | str, file: str) -> Document:
    """A parameter file with the places of its values, for what may be wrong with them. Raises ParameterError."""
    document = read_yaml(text, file, ParameterError)
    if not isinstance(document.data, dict):
        wrong = "a parameter file is a list of names with values"
        raise ParameterError([document.problem((), wrong, "write e.g. venetoclax-days: from 1")])
    empty = [name for name, value in document.data.items() if value is None]
    if empty:
        right = "write its value, or leave the line out"
        told = (document.problem((name,), f"the parameter {as_written(name)} is empty", right) for name in empty)
        raise ParameterError(bounded(told))
    return document


# -- the library --------------------------------------------------------------------------------


def library() -> tuple[str, ...]:
    """The names of the protocols that ship."""
    names = (entry.name for entry in files("schedules").joinpath("library").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def library_text(name: str) -> str:
    """The source text of a protocol that ships. Raises ProtocolError for an unknown name."""
    if name not in library():
        right = f"the library has {', '.join(library())}"
        raise ProtocolError([Problem(name, 1, 1, f"the library has no protocol {quoted(name)}", right)])
    return files("schedules").joinpath("library", f"{name}.yaml").read_text("utf-8")


def library_protocol(name: str, values: Mapping[str, Any] | None = None) -> ReadProtocol:
    """A protocol that ships, with the values of its parameters."""
    return read_protocol(library_text(name), f"{name}.yaml", values)

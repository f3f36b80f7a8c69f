"""Reads protocol versions and the values of their parameters."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from difflib import get_close_matches

from planner.commands.sources import Problems, file_of, protocol_source, read_source
from schedules.errors import ParameterError, Problem, SourceError
from schedules.identities import clashes
from schedules.protocol import Protocol
from schedules.protocol_file import ReadProtocol, parameter_document, read_protocol
from schedules.yaml_text import Document, read_yaml


def read_versions(names: tuple[str, ...], parameters: str | None) -> tuple[ReadProtocol, ...]:
    """The named protocol versions, each with those of the parameters' values that it declares.

    Raises SourceError with every problem of every file, also of values that no version declares.
    """
    with Problems() as problems:
        values = None if parameters is None else problems.of(None, read_values, parameters)
        versions = [problems.of(None, _version, name, values) for name in names]
        if values is not None and None not in versions:
            problems.found.extend(_unknown_values(values, [read for read in versions if read]))
        problems.found.extend(_unclear_ids(names, [read for read in versions if read]))
    return tuple(read for read in versions if read is not None)


def _unclear_ids(names: tuple[str, ...], read: list[ReadProtocol]) -> Iterator[Problem]:
    """The ids that do not keep one key for life from version to version, each with its place."""
    versions = tuple(each.protocol for each in read)
    one_study = len({protocol.protocol for protocol in versions}) == 1
    if not one_study or len({protocol.version for protocol in versions}) != len(names):
        return  # what is wrong with that is told elsewhere
    for clash in clashes(versions):
        document = read_yaml(*protocol_source(names[clash.version]))
        yield document.problem(clash.path, clash.wrong, clash.right, at_key=clash.path[-1] != "was")


def read_values(file: str) -> Document:
    """A parameter file. Raises ParameterError with every problem of its form."""
    return parameter_document(read_source(file), file)


def _version(name: str, values: Document | None) -> ReadProtocol:
    text, file = protocol_source(name)
    declared = _declared(read_yaml(text, file, told=[]).data)  # its problems are told below
    data = values.data if values is not None and isinstance(values.data, dict) else {}
    given = {key: value for key, value in data.items() if key in declared}
    try:
        return read_protocol(text, file, given)
    except SourceError as error:
        if values is None:
            raise
        raise type(error)(_where_it_came_from(problem, given, values) for problem in error.problems) from None


def _where_it_came_from(problem: Problem, given: Collection[str], values: Document) -> Problem:
    """A problem of a value at its place in the parameter file, not where the protocol has its name."""
    for name in given:
        unfit = problem.file == "parameters" and problem.wrong.startswith(f"the parameter {name} ")
        if unfit or problem.wrong.startswith(f"the value of the parameter {name}: "):
            return values.problem((name,), problem.wrong, problem.right)
    return problem


def _declared(data: object) -> Collection[str]:
    found = data.get("parameters") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else ()


def _unknown_values(values: Document, versions: list[ReadProtocol]) -> Iterator[Problem]:
    known = list(dict.fromkeys(name for read in versions for name in read.protocol.parameters))
    for name in values.data if isinstance(values.data, dict) else ():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            right = f"did you mean {near[0]}?" if near else f"its parameters are {', '.join(known) or 'none'}"
            yield values.problem((name,), f"the protocol has no parameter {name}", right, at_key=True)


def refuse_other_studies(versions: tuple[ReadProtocol, ...], names: tuple[str, ...]) -> None:
    """Raises SourceError if one of the versions is of another study, or is named twice."""
    first, *others = zip(versions, names, strict=True)
    seen = {first[0].protocol.version: first[1]}
    with Problems() as problems:
        for read, name in others:
            document, protocol = read_yaml(read.source, file_of(name)), read.protocol
            if protocol.protocol != first[0].protocol.protocol:
                wrong = f"this is a version of {protocol.protocol}, not of {first[0].protocol.protocol}"
                right = "name a file in which protocol: is the same"
                problems.found.append(document.problem(("protocol",), wrong, right))
            elif protocol.version in seen:
                wrong = f"version {protocol.version} is already that of {file_of(seen[protocol.version])}"
                right = "name each version once; a changed file needs another version"
                problems.found.append(document.problem(("version",), wrong, right))
            seen.setdefault(protocol.version, name)


def ready_to_plan(versions: tuple[ReadProtocol, ...], names: tuple[str, ...]) -> tuple[Protocol, ...]:
    """The protocols. Raises ParameterError for every parameter that planning needs and that has no value."""
    missing = [problem for read, name in zip(versions, names, strict=True) for problem in _missing(read, name)]
    if missing:
        raise ParameterError(missing)
    return tuple(read.protocol for read in versions)


def _missing(read: ReadProtocol, name: str) -> Iterator[Problem]:
    document = read_yaml(read.source, file_of(name))
    for needed in read.missing:
        parameter = read.protocol.parameters[needed]
        if parameter.needed_for == "planning":
            example = json.dumps(parameter.example, ensure_ascii=False, default=str)
            wrong = f"the parameter {needed} ({parameter.label}) has no value"
            right = f"give --parameters FILE with a line such as {needed}: {example}"
            yield document.problem(("parameters", needed), wrong, right, at_key=True)

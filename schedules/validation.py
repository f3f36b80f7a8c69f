"""Check plain data against the records of this package; every problem gets its place and its words.

pydantic does the checking. It says where a problem is by a location that also names the members of
unions, and what it is in a programmer's words; here both are put into those of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, reduce
from itertools import islice
from typing import Any, TypeAlias, TypeVar, cast, dataclass_transform

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from schedules.errors import Problem, ProtocolError, SourceError
from schedules.wording import shown
from schedules.yaml_text import MOST_PROBLEMS, Data, Document, Path

T = TypeVar("T")
Schema: TypeAlias = dict[str, Any]  # pydantic's core schema, whose typed dicts are too many to name

#: What a dataclass needs to be read from a file: keys that it does not know are refused, also by editors.
FILE_CONFIG = ConfigDict(extra="forbid")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make a class a frozen, slotted dataclass with keyword fields, which can be read from a file."""
    made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
    made.__pydantic_config__ = FILE_CONFIG  # type: ignore[attr-defined]
    return made


def validate(
    adapter: TypeAdapter[T],
    document: Document,
    path: Path = (),
    error: type[SourceError] = ProtocolError,
    besides: Collection[str] = (),
) -> T:
    """Make a ``T`` of what stands at ``path``; raises ``error`` with every problem in it.

    ``besides`` are keys there that are not for the ``T``: somebody else reads them.

    Numbers, texts and truth values are taken only as what they are, never one for the other; lists make
    tuples, keys make records, texts make enum members. Keys that a record does not know are refused
    whatever its configuration says, and so are fields with ``Field(exclude=True)`` and a default. All
    that holds for dataclasses, not for pydantic's models, which bring their own validators.
    """
    data = _value(document, path)
    if isinstance(data, dict):
        data = {key: value for key, value in data.items() if key not in besides}
    try:
        return attempt(adapter, data)
    except ValidationError as wrong:
        raise error(problems_of(wrong, adapter, document, path)) from None


def attempt(adapter: TypeAdapter[T], data: Any) -> T:
    """Make a ``T`` of plain data as ``validate`` does; raises pydantic's own ValidationError."""
    made: T = _reader(adapter).validator.validate_python(data, extra="forbid")
    return made


def _value(document: Document, path: Path) -> Any:
    return reduce(lambda inside, part: inside[part], path, cast(Any, document.data))


def problems_of(
    wrong: ValidationError, adapter: TypeAdapter[Any], document: Document, path: Path = ()
) -> list[Problem]:
    """Put pydantic's errors (up to a thousand) into the words and places of the file.

    ``wrong`` came from ``adapter`` and what stands at ``path``. Of a union only the member that was
    probably meant is talked about; if none was, there is one problem with all that would be right.
    """
    reader = _reader(adapter)
    errors = islice(wrong.errors(include_url=False), MOST_PROBLEMS)
    found = [_Finding(error, *reader.locate(error, document, path), document) for error in errors]
    return [_problem(readings) for readings in _meant(found)]


# --- what an adapter accepts, place by place

_SCALARS = {"int", "float", "bool", "str", "date", "time", "datetime", "timedelta", "decimal"}
_NOT_SCHEMAS = {"metadata", "serialization", "default", "expected", "members", "cls", "custom_error_context"}
_UNKNOWN_KEY = {"unexpected_keyword_argument", "extra_forbidden"}
_SHAPE_ERRORS = {*_UNKNOWN_KEY, "missing", "literal_error", "enum"}
_INNER = {"json-or-python": "python_schema", "lax-or-strict": "lax_schema"}


def _strict_scalars(schema: Any) -> Any:
    """Copy a core schema with strict scalars, and without the fields that are not part of a file.

    pydantic's own strict mode also refuses a list for a tuple and keys for a record.
    """
    if isinstance(schema, list | tuple):
        return type(schema)(map(_strict_scalars, schema))
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    skipped = _NOT_SCHEMAS if isinstance(kind, str) else ()  # else it is keyed by fields or by tags
    copy = {key: value if key in skipped else _strict_scalars(value) for key, value in schema.items()}
    if isinstance(kind, str) and kind in _SCALARS:
        copy["strict"] = True
    if kind == "dataclass-field" and copy.get("serialization_exclude") and copy["schema"]["type"] == "default":
        copy["init"] = False
    return copy


Fork: TypeAlias = tuple[Path, str]  # a union, and the member of it that an error is about


class _Reader:
    """The validator of an adapter, and its schema to walk along."""

    def __init__(self, adapter: TypeAdapter[Any]) -> None:
        self.schema: Schema = _strict_scalars(adapter.core_schema)
        self.validator = SchemaValidator(self.schema)
        self._definitions = {inner["ref"]: inner for inner in self.schema.get("definitions", ())}

    def locate(self, error: Any, document: Document, base: Path) -> tuple[Path, bool, Schema | None, tuple[Fork, ...]]:
        """Give the path of an error, whether its key is meant, the schema there and the unions on the way.

        Of an unknown key the schema is that of the mapping it stands in.
        """
        location: Path = error["loc"]
        is_unknown = error["type"] in _UNKNOWN_KEY
        at_key = is_unknown or location[-1:] == ("[key]",)
        known = next(self._follow(self.schema, location[: len(location) - at_key], base, ()), None)
        path, schema, forks = known or (_existing(document, base, location), None, ())
        return (*path, location[-1]) if is_unknown and known else path, at_key, schema, forks

    def _follow(
        self, schema: Schema, location: Path, path: Path, forks: tuple[Fork, ...]
    ) -> Iterator[tuple[Path, Schema, tuple[Fork, ...]]]:
        shape = self.shape(schema)
        if not location:
            yield path, shape, forks
        else:
            first, rest = location[0], location[1:]
            for inner in self._members(shape, str(first)):
                yield from self._follow(inner, rest, path, (*forks, (path, str(first))))
            for inner in _children(shape, first):
                yield from self._follow(inner, rest, (*path, first), forks)

    def shape(self, schema: Schema) -> Schema:
        """Unwrap defaults, validators and references, down to what the data looks like."""
        while True:
            kind = schema["type"]
            if kind == "definition-ref":
                schema = self._definitions[schema["schema_ref"]]
            elif (inner := schema.get(_INNER.get(kind, "schema"))) is not None:
                schema = inner
            else:
                return schema

    def _members(self, shape: Schema, label: str) -> list[Schema]:
        """List the members of a union that pydantic may mean by ``label``, the likeliest first."""
        if shape["type"] == "tagged-union":
            return [choice for tag, choice in shape["choices"].items() if str(tag) == label]
        if shape["type"] != "union":
            return []
        choices = [choice[0] if isinstance(choice, tuple) else choice for choice in shape["choices"]]
        words = set(re.findall(r"\w+", label))
        return sorted(choices, key=lambda choice: words.isdisjoint(_names(self.shape(choice))))


def _names(shape: Schema) -> list[str]:
    """List what pydantic may call a member of a union in a location: by its class or its kind."""
    kinds = (shape.get(key) for key in ("dataclass_name", "model_name", "type"))
    return [str(kind) for kind in (*kinds, getattr(shape.get("cls"), "__name__", None)) if kind]


_reader = cache(_Reader)  # adapters are made once, at import


def _children(shape: Schema, part: str | int) -> list[Schema]:
    """List the schemas of the item or key ``part``: one, or none."""
    match shape["type"]:
        case "dataclass-args" | "model-fields" | "typed-dict":
            return [inner["schema"] for key, inner in _fields(shape) if key == part]
        case "dict":
            return [shape["values_schema"]] if "values_schema" in shape else []
        case "tuple" if isinstance(part, int):
            items: list[Schema] = shape["items_schema"]
            last = shape.get("variadic_item_index", len(items))  # from here on they are all of one kind
            return items[min(part, last) :][:1]
        case _:
            return [shape["items_schema"]] if isinstance(shape.get("items_schema"), dict) else []


def _fields(shape: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield the keys that a record takes from a file, with their fields."""
    fields = shape.get("fields", ())
    for name, inner in fields.items() if isinstance(fields, dict) else ((each["name"], each) for each in fields):
        if inner.get("init", True):
            alias = inner.get("validation_alias")
            yield alias if isinstance(alias, str) else name, inner


def _existing(document: Document, base: Path, location: Path) -> Path:
    """Keep those parts of a location that exist in the file; for schemas that cannot be walked."""
    path = base
    for part in location:
        inside = _value(document, path)
        keys = range(len(inside)) if isinstance(inside, list) else inside
        if isinstance(inside, list | dict) and part in keys:
            path = (*path, part)
    return path


# --- unions


@dataclass(frozen=True, slots=True)
class _Finding:
    """One of pydantic's errors and where it belongs."""

    error: Any
    path: Path
    at_key: bool
    schema: Schema | None
    forks: tuple[Fork, ...]
    document: Document


def _meant(found: Iterable[_Finding], level: int = 0) -> Iterator[list[_Finding]]:
    """Yield the findings to be told of: each alone, or with those that say the same of other members."""
    unions: dict[Path, dict[str, list[_Finding]]] = {}
    for finding in found:
        if len(finding.forks) <= level:
            yield [finding]
        else:
            union, label = finding.forks[level]
            unions.setdefault(union, {}).setdefault(label, []).append(finding)
    for union, members in unions.items():
        fitting = [member for member in members.values() if any(each.path != union for each in member)]
        if fitting:
            likeliest = min(fitting, key=_strangeness)
            yield from _meant(likeliest, level + 1)
        else:
            yield [finding for member in members.values() for finding in member]


def _strangeness(member: list[_Finding]) -> tuple[int, int]:
    """Measure how unlikely it is that this member was meant: by its keys and fixed words, then by the rest."""
    kinds = [each.error["type"] for each in member]
    return sum(kind in _SHAPE_ERRORS for kind in kinds), len(kinds)


# --- words

_SHAPES = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "string": "text",
    "date": "a date",
    "datetime": "a date with a time",
    "time": "a time of day",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "frozen": "a list",
    "dict": "a block of keys",
    "dataclass": "a block of keys",
    "model": "a block of keys",
    "mapping": "a block of keys",
}
_EXAMPLES = {
    "a whole number": "write e.g. 8",
    "a number": "write e.g. 1.5",
    "true or false": "write true or false, without quotes",
    "text": "write a piece of text",
    "a list": "write e.g. [1, 8, 15], or one line for each entry, beginning with -",
    "a block of keys": 'write lines such as "key: value", indented',
}
_LIMITS = {  # what pydantic names the limit, what is wrong, and what would be right
    "greater_than": ("gt", "is too small", "write more than {}"),
    "greater_than_equal": ("ge", "is too small", "write {} or more"),
    "less_than": ("lt", "is too large", "write less than {}"),
    "less_than_equal": ("le", "is too large", "write {} or less"),
    "multiple_of": ("multiple_of", "does not fit", "write a multiple of {}"),
    "string_too_short": ("min_length", "is too short", "characters needed: {} or more"),
    "string_too_long": ("max_length", "is too long", "characters allowed: {} or fewer"),
    "too_short": ("min_length", "has too few entries", "entries needed: {} or more"),
    "too_long": ("max_length", "has too many entries", "entries allowed: {} or fewer"),
    "string_pattern_mismatch": ("pattern", "does not have the right form", "the form is {}"),
}


def _problem(readings: list[_Finding]) -> Problem:
    first = readings[0]
    words = list(dict.fromkeys(map(_words, readings)))
    wrong, right = words[0]
    if len(words) > 1:
        wrong = f"{_noun(first)} does not fit here"
        right = ", or ".join(dict.fromkeys(right for _, right in words))
    path = first.path
    if first.error["type"] == "union_tag_invalid":
        path = (*path, _discriminator(first))
    return first.document.problem(path, wrong, right, first.at_key)


def _words(finding: _Finding) -> tuple[str, str]:
    """Say what is wrong, and what would be right."""
    kind = finding.error["type"]
    if kind in _TELLERS:
        return _TELLERS[kind](finding)
    if kind in _LIMITS:
        name, wrong, right = _LIMITS[kind]
        return f"{_noun(finding)} {wrong}", right.format(finding.error["ctx"][name])
    if (shape := _SHAPES.get(kind.split("_")[0])) is not None:
        return f"{_noun(finding)} is not {shape}", _example(finding.error["input"], shape, finding)
    return f"{_noun(finding)} does not fit here", finding.error["msg"]


def _noun(finding: _Finding) -> str:
    """Name the value that is wrong, as it stands in the file."""
    value = finding.error["input"]
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a block of keys"
    if value is None or isinstance(value, bool):
        return {None: "an empty value", True: "true", False: "false"}[value]
    written = finding.document.written(finding.path)  # 1.10 is the number 1.1
    return written if re.fullmatch("[-+.0-9eE]+", written) else str(value)


def _example(value: Data, shape: str, finding: _Finding) -> str:
    if isinstance(value, str) and shape == "a whole number" and re.fullmatch("[-+]?[0-9]+", value):
        return f"write it without quotes: {value}"
    if isinstance(value, bool | int | float) and shape == "text":
        return f'write it in quotes: "{_noun(finding)}"'
    return _EXAMPLES.get(shape, f"write {shape}")


def _unknown_key(finding: _Finding) -> tuple[str, str]:
    key = str(finding.error["loc"][-1])
    known = [name for name, _ in _fields(finding.schema or {})]
    near = get_close_matches(key[:100], known, n=1)
    guess = f'did you mean "{near[0]}"? ' if near else ""
    return f"unknown key {shown(key)}", f"{guess}known here: {', '.join(known)}" if known else "remove it"


def _missing(finding: _Finding) -> tuple[str, str]:
    name, schema = finding.error["loc"][-1], finding.schema or {"type": ""}
    if isinstance(name, int):
        return f"this list ends before entry {name + 1}", "write that entry"
    shape = _SHAPES.get(schema["type"].split("-")[0])
    return f'"{name}" is missing', f'add "{name}: ..." with {shape}' if shape else f'add "{name}: ..."'


def _in_own_words(finding: _Finding) -> tuple[str, str]:
    wrong, _, right = str(finding.error["ctx"]["error"]).rpartition("; ")
    return (wrong, right) if wrong else (right, "write another value")


def _one_of(finding: _Finding) -> tuple[str, str]:
    schema, context = finding.schema or {}, finding.error["ctx"]
    members = [member.value for member in schema.get("members", ())]
    allowed = [str(each) for each in schema.get("expected") or schema.get("choices") or members]
    allowed = allowed or re.findall("'([^']*)'", context.get("expected", ""))  # where the schema is another's
    value = shown(context["tag"]) if "tag" in context else _noun(finding)
    near = get_close_matches(value.strip('"'), allowed, n=1)
    guess = f'did you mean "{near[0]}"? ' if near else ""
    return f"{value} is not known here", f"{guess}write one of: {', '.join(allowed)}"


def _no_discriminator(finding: _Finding) -> tuple[str, str]:
    name = _discriminator(finding)
    return f'"{name}" is missing', f'add "{name}: ..."'


def _discriminator(finding: _Finding) -> str:
    return str(finding.error["ctx"]["discriminator"]).strip("'")


_TELLERS: dict[str, Callable[[_Finding], tuple[str, str]]] = {
    **dict.fromkeys(_UNKNOWN_KEY, _unknown_key),
    **dict.fromkeys(("value_error", "assertion_error"), _in_own_words),
    **dict.fromkeys(("literal_error", "enum", "union_tag_invalid"), _one_of),
    "missing": _missing,
    "union_tag_not_found": _no_discriminator,
}

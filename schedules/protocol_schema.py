"""The JSON Schema of the protocol language, for editors: generated from the records, never written by hand."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from schedules.offsets import Offset, Unit
from schedules.protocol import Protocol
from schedules.windows import Window

_PARAMETER = {"type": "string", "pattern": r"^\$[a-z][a-z0-9-]*$", "description": "a parameter of this protocol"}
_WITHOUT_PARAMETERS = ("Parameter",)


def protocol_schema() -> dict[str, Any]:
    """The schema; wherever a value may stand, ``$id`` of a parameter may stand too."""
    schema = TypeAdapter(Protocol).json_schema(mode="validation")
    for name, record in schema["$defs"].items():
        if name not in _WITHOUT_PARAMETERS and "properties" in record:
            record["properties"] = {key: _or_parameter(value) for key, value in record["properties"].items()}
    top = schema["properties"]
    schema["properties"] = {key: top[key] if key == "parameters" else _or_parameter(top[key]) for key in top}
    return {**schema, "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A study protocol"}


def _or_parameter(value: dict[str, Any]) -> dict[str, Any]:
    value = _as_written(value)
    if value.get("type") == "string" and "pattern" not in value and "enum" not in value and "format" not in value:
        return value
    kept: dict[str, Any] = {key: value[key] for key in ("description", "default", "title") if key in value}
    return {**kept, "anyOf": [{key: item for key, item in value.items() if key not in kept}, _PARAMETER]}


def _as_written(value: dict[str, Any]) -> dict[str, Any]:
    """A default the way a file writes it, not the record that it becomes: ``0 days``, ``0/0``."""
    match value.get("default"):
        case {"amount": int(amount), "unit": str(unit)}:
            return {**value, "default": str(Offset(amount, Unit(unit)))}
        case {"before": int(before), "after": int(after)}:
            return {**value, "default": str(Window(before, after))}
    return value

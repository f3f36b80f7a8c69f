"""What the API's description says of facts: a schema for each kind, made from the engine's own records."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from schedules.fact_kinds import KINDS

#: who recorded a fact, when and where: the planner says so, not whoever sends it
OF_THE_PLANNER = ("recorded", "by", "origin")


def fact_schemas() -> dict[str, Any]:
    """The components of the description: one for each kind of fact, and one that is any of them."""
    found = {f"Fact_{kind}": _schema(kind) for kind in KINDS}
    any_of = [{"$ref": f"#/components/schemas/{name}"} for name in found]
    mapping = {kind: f"#/components/schemas/Fact_{kind}" for kind in KINDS}
    return {
        **found,
        "FactBody": {
            "description": "One fact: its kind, its day, and what else facts of its kind say.",
            "oneOf": any_of,
            "discriminator": {"propertyName": "fact", "mapping": mapping},
        },
    }


def _schema(kind: str) -> dict[str, Any]:
    made = TypeAdapter(KINDS[kind]).json_schema()
    about = str(made.get("description", "")).partition("\n\n")[0]
    properties = {name: _plain(said) for name, said in made["properties"].items() if name not in OF_THE_PLANNER}
    return {
        "type": "object",
        "description": about,
        "properties": {"fact": {"const": kind}, **properties},
        "required": ["fact", *(name for name in made.get("required", []) if name in properties)],
        "additionalProperties": False,
    }


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    """A field without the title and the default that only repeat its name, and that it may be left out."""
    return {name: value for name, value in said.items() if name != "title" and (name, value) != ("default", None)}

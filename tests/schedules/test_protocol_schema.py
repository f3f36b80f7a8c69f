"""The JSON Schema that editors use accepts what the reader accepts, and refuses a slip of the pen."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from schedules.protocol_schema import protocol_schema
from schedules.yaml_text import Document, read_yaml

ROOT = Path(__file__).parents[2]
FILES = [*ROOT.glob("schedules/library/*.yaml"), *ROOT.glob("docs/examples/protocols/*.yaml")]


def problems(document: Document) -> list[str]:
    validator = jsonschema.Draft202012Validator(protocol_schema())
    return [error.message for error in validator.iter_errors(document.data)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_schema_accepts_every_protocol_that_ships(file: Path) -> None:
    assert problems(read_yaml(file.read_bytes(), file.name)) == []


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(protocol_schema())


def test_the_schema_refuses_a_key_that_is_misspelt() -> None:
    text = FILES[0].read_text().replace("title:", "titel:", 1)
    assert any("titel" in problem for problem in problems(read_yaml(text, "slip.yaml")))


def test_every_default_is_one_that_a_file_may_say() -> None:
    """A default of the wrong type would be filled in by an editor, and then be refused."""
    schema = protocol_schema()
    fields = [
        (name, field) for record in schema["$defs"].values() for name, field in record.get("properties", {}).items()
    ]
    texts = [(name, field["default"]) for name, field in fields if field.get("type") == "string" and "default" in field]
    assert ("by", "0 days") in texts
    assert [(name, default) for name, default in texts if not isinstance(default, str)] == []

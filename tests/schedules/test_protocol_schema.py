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

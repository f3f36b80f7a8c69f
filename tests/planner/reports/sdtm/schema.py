"""Dataset-JSON against the standard's own schema, where the reference data is at hand."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft201909Validator

from tests.conftest import reference_folder

#: so many errors say enough
MOST = 3


def schema_errors(data: dict[str, Any]) -> list[str]:
    """What the schema says against a dataset; nothing where there is no schema."""
    validator = _validator()
    if validator is None:
        return []
    found = (f"{data['name']}: {error.json_path}: {error.message[:200]}" for error in validator.iter_errors(data))
    return [error for error, _ in zip(found, range(MOST), strict=False)]


@cache
def _validator() -> Draft201909Validator | None:
    file = reference_folder() / "dataset-json" / "dataset.schema.json"
    return Draft201909Validator(json.loads(file.read_text("utf-8"))) if file.is_file() else None

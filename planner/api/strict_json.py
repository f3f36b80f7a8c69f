"""Reads the JSON of requests: no key twice, no number that is none, nothing too deep, nothing that cannot be kept."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from flask.json.provider import DefaultJSONProvider

DEEPEST = 50


class StrictJson(DefaultJSONProvider):
    """Flask's own, but that it refuses what would be read in two ways, or could not be kept."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Plain data. Raises ValueError that says what is wrong."""
        text = s.decode("utf-8") if isinstance(s, bytes) else s
        try:
            data = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
        except RecursionError:
            raise ValueError(f"it goes deeper than {DEEPEST} levels") from None
        _check(data)
        return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:40]!r} stands there twice")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _check(data: Any) -> None:
    """Refuse what goes too deep, and texts and numbers that a database cannot keep."""
    level = [data]
    for _ in range(DEEPEST):
        for item in level:
            _check_leaf(item)
        level = [part for item in level for part in _parts(item)]
        if not level:
            return
    raise ValueError(f"it goes deeper than {DEEPEST} levels")


def _parts(item: Any) -> Iterator[Any]:
    if isinstance(item, dict):
        yield from item.keys()
        yield from item.values()
    elif isinstance(item, list):
        yield from item


def _check_leaf(item: Any) -> None:
    if isinstance(item, str):
        if "\0" in item:
            raise ValueError("it has a character U+0000, which no text has")
        try:
            item.encode()
        except UnicodeEncodeError:
            raise ValueError("it has half a character (a lone surrogate)") from None
    elif (isinstance(item, int) and not -(2**63) < item < 2**63) or (isinstance(item, float) and math.isinf(item)):
        raise ValueError("it has a number that is too large")

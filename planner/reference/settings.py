"""The page of docs/reference about settings, made of the settings themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from pydantic_core import PydanticUndefined

from planner.config import Settings

_HEAD = """# Settings

Environment variables, read and checked once, at the start. What cannot be used is said then, all of it at once, and
nothing is started.

| Variable | Default | Meaning |
| --- | --- | --- |
"""
_COMMENTED = re.compile(r"^((?:    #: .*\n)+)    (\w+):", re.MULTILINE)


def settings_page() -> str:
    """Every setting with its variable, its default and its meaning."""
    return _HEAD + "".join(f"| `{name}` | {default} | {meaning} |\n" for name, default, meaning in _rows())


def _rows() -> Iterator[tuple[str, str, str]]:
    meanings = {name: _words(comment) for comment, name in _COMMENTED.findall(inspect.getsource(Settings))}
    for name, setting in Settings.model_fields.items():
        if name not in meanings:
            raise LookupError(f"the setting {name} has no meaning")
        default = setting.default
        said = "" if default in (None, (), PydanticUndefined) else f"`{str(default).lower()}`"
        yield variable(name), said, meanings[name]


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return "DATABASE_URL" if name == "database_url" else f"PLANNER_{name.upper()}"


def _words(comment: str) -> str:
    return " ".join(line.strip().removeprefix("#: ") for line in comment.splitlines()).replace("|", "\\|")

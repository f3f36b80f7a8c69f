"""Texts as SDTM has them: not longer than 200 characters, and in words that a reader outside the planner knows."""

from __future__ import annotations

import re
from collections.abc import Callable

LONGEST = 200
_PART = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_KEY = re.compile(rf"\b{_PART}(?:#\d+)?(?:\.{_PART}(?:#\d+)?)+")


def fitted(text: str) -> str:
    """A text on one line, cut where it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."


def capitals(identifier: str) -> str:
    """What an identifier says: ``no-show`` as NO SHOW."""
    return fitted(identifier.replace("-", " ").replace("_", " ").upper())


def without_keys(text: str, name_of: Callable[[str], str | None]) -> str:
    """A sentence of the planner with names in place of keys such as ``induction.c2.d8``, where they have one."""
    return _KEY.sub(lambda found: name_of(found.group()) or found.group(), text)

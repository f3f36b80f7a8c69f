"""Names that stay for life: ``induction.c2.d8``, ``follow-up.month-3``, ``maintenance#2.c1.continue``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_PART = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_STAY = re.compile(rf"({_PART})(?:#([2-9]|[1-9]\d))?(?:\.c([1-9]\d{{0,2}}))?")
_KEY = re.compile(rf"{_STAY.pattern}\.({_PART})(?:#([2-9]|[1-9]\d))?")


class Stay(NamedTuple):
    """One time through an epoch, or one cycle of it: ``induction.c2``, ``screening``, ``maintenance#2.c1``."""

    epoch: str
    entry: int
    cycle: int | None

    def __str__(self) -> str:
        again = f"#{self.entry}" if self.entry > 1 else ""
        return f"{self.epoch}{again}" + (f".c{self.cycle}" if self.cycle else "")

    def key(self, name: str) -> str:
        """The key of a visit or a gate of this stay."""
        return f"{self}.{name}"


class Key(NamedTuple):
    """The key of a visit or a gate, taken apart; ``again`` counts the times it had to be done anew."""

    stay: Stay
    name: str
    again: int


@lru_cache(maxsize=4096)
def parse_key(text: str) -> Key | None:
    """Take a visit's or a gate's key apart; None if it has not the form of one."""
    parts = _KEY.fullmatch(text)
    if parts is None:
        return None
    epoch, entry, cycle, name, again = parts.groups()
    return Key(Stay(epoch, int(entry or 1), int(cycle) if cycle else None), name, int(again or 1))


@lru_cache(maxsize=1024)
def parse_stay(text: str) -> Stay | None:
    """Take ``induction.c2`` apart; None if it has not the form of a cycle or an epoch."""
    parts = _STAY.fullmatch(text)
    if parts is None:
        return None
    epoch, entry, cycle = parts.groups()
    return Stay(epoch, int(entry or 1), int(cycle) if cycle else None)

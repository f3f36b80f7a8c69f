"""What the simulated provider is told to do wrong: by order, or by chance from a seed.

Chance is drawn for each message by its number, its text, and how often it was handed in: the same seed does the same
to the same messages, however many workers send them in whatever order.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from threading import Lock
from typing import Any


class Fate(StrEnum):
    """What becomes of a request."""

    TAKEN = "taken"
    #: 429, not taken
    THROTTLED = "throttled"
    #: 503, not taken
    FAILED_BEFORE = "failed-before"
    #: 500, and taken all the same
    FAILED_AFTER = "failed-after"
    #: no answer in time, not taken
    SILENT_BEFORE = "silent-before"
    #: taken, and no answer in time
    SILENT_AFTER = "silent-after"
    #: the connection breaks, not taken
    BROKEN_BEFORE = "broken-before"
    #: taken, and the connection breaks
    BROKEN_AFTER = "broken-after"
    #: taken, and the answer is a page of some machine in between
    GARBLED = "garbled"


#: those after which the provider has the message
KEPT = frozenset({Fate.TAKEN, Fate.FAILED_AFTER, Fate.SILENT_AFTER, Fate.BROKEN_AFTER, Fate.GARBLED})


@dataclass(slots=True)
class Faults:
    """Shares from 0 to 1, and times in seconds."""

    seed: int = 0
    throttled: float = 0
    failed_before: float = 0
    failed_after: float = 0
    silent_before: float = 0
    silent_after: float = 0
    broken_before: float = 0
    broken_after: float = 0
    garbled: float = 0
    #: of requests to read: they are answered with 503
    unread: float = 0
    #: what 429 says about when to come again; below 0: it says nothing
    retry_after: int = 1
    #: an answer takes between these
    least_delay: float = 0
    most_delay: float = 0
    #: how long a silent request is held before its connection is closed
    silence: float = 30
    #: how long a message that was taken is missing in lists
    lag: float = 0
    #: asked to empty a text it says that all is well, and keeps it
    stubborn: bool = False
    #: of callbacks: sent twice; in another order; the first one before the answer
    repeated: float = 0
    reordered: float = 0
    early: float = 0
    #: between one callback and the next
    callback_delay: float = 0

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Faults:
        """From what was told over HTTP. Raises TypeError for what nobody knows."""
        return cls(**told)


@dataclass(slots=True)
class Chance:
    """Draws what becomes of requests."""

    faults: Faults = field(default_factory=Faults)
    _ordered: deque[Fate] = field(default_factory=deque)
    _ordered_reads: deque[Fate] = field(default_factory=deque)
    _seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def order(self, *fates: Fate, reading: bool = False) -> None:
        """The next requests to send (or to read) end like this, one after the other, whatever chance would say."""
        with self._lock:
            (self._ordered_reads if reading else self._ordered).extend(fates)

    def draw(self, to: str, text: str) -> tuple[Fate, random.Random]:
        """What becomes of a message, and the dice for all else that happens to it."""
        with self._lock:
            self._seen[to, text] += 1
            dice = random.Random(f"{self.faults.seed}:{to}:{text}:{self._seen[to, text]}")
            if self._ordered:
                return self._ordered.popleft(), dice
        return self._by_chance(dice), dice

    def draw_reading(self) -> Fate:
        """What becomes of a request to read."""
        with self._lock:
            if self._ordered_reads:
                return self._ordered_reads.popleft()
        return Fate.FAILED_BEFORE if random.random() < self.faults.unread else Fate.TAKEN

    def _by_chance(self, dice: random.Random) -> Fate:
        at = dice.random()
        shares = {one.name for one in fields(Faults)}
        for fate in Fate:
            name = fate.value.replace("-", "_")
            at -= getattr(self.faults, name) if name in shares else 0
            if at < 0:
                return fate
        return Fate.TAKEN

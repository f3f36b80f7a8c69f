"""Recorded waits: holds, which move a window, and delays, which do not. Days are ordinals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from schedules.history import CycleHeld, Held
from schedules.record import Record
from schedules.wording import day_words


class Wait(NamedTuple):
    """A recorded wait: a hold (``moves_window``) or a delay, until a day or, if open, without an end.

    ``since`` is the day on which it began, ``words`` how it is said; ``then`` a delay on top of a hold.
    """

    until: int | None
    since: int
    moves_window: bool
    words: str
    then: Wait | None = None

    @property
    def over(self) -> int | None:
        """The day on which the last of it ends; None while it is open."""
        if self.until is None or self.then is None:
            return self.until
        return max(self.until, self.then.until or self.until)


def held(holds: Sequence[CycleHeld | Held], words: Callable[[CycleHeld | Held], str]) -> Wait | None:
    """What a chain of holds comes to: the last says until when, the first since when."""
    if not holds:
        return None
    last = holds[-1]
    since = min(hold.date for hold in holds).toordinal()
    return Wait(last.resume.toordinal() if last.resume else None, since, True, words(last))


def both(one: Wait | None, other: Wait | None) -> Wait | None:
    """Two holds of one visit: it waits for the end of both, and for a delay after that."""
    if one is None or other is None:
        return one or other
    if not one.moves_window:
        return other._replace(then=one)
    later = max((one, other), key=lambda wait: (wait.until is None, wait.until or 0))
    return later._replace(since=min(one.since, other.since), then=one.then or other.then)


def cycle_wait(record: Record, stay: str) -> Wait | None:
    """The recorded holds of a cycle and, on top of them, its delay: what is later counts, whatever came first."""
    if not (record.cycle_held or record.cycle_delayed):
        return None
    hold = held(record.cycle_holds(stay), _cycle_words)
    fact = record.cycle_delayed.get(stay)
    if fact is None:
        return hold
    delay = Wait(fact.to.toordinal(), fact.date.toordinal(), False, f"the cycle was delayed ({fact.reason})")
    return delay if hold is None else hold._replace(then=delay)


def _cycle_words(hold: CycleHeld | Held) -> str:
    recheck = f", recheck on {day_words(hold.recheck)}" if hold.recheck else ""
    return f"the cycle was held on {day_words(hold.date)} ({hold.reason}{recheck})"

"""Recorded waits: holds, which move a window, and delays, which do not."""

from __future__ import annotations

from typing import NamedTuple


class Wait(NamedTuple):
    """A recorded wait: a hold (``moves_window``) or a delay, until a day or, if open, without an end.

    ``since`` is the day on which it began, ``words`` how it is said.
    """

    until: int | None
    since: int
    moves_window: bool
    words: str

"""How often Python looks for objects that refer to each other in a ring and that nobody else needs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

#: after how many new objects it looks through them, after how many such looks through older ones too, and then all
_SELDOM = (50_000, 20, 100)


class _Seldom:
    """Who wants it to look seldom; the first changes how often, the last changes it back."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._wanted = 0
        self._usual = gc.get_threshold()

    def more(self) -> None:
        """Somebody wants it."""
        with self._lock:
            if not self._wanted:
                self._usual = gc.get_threshold()
                gc.set_threshold(*_SELDOM)
            self._wanted += 1

    def fewer(self) -> None:
        """Somebody does not want it any more."""
        with self._lock:
            self._wanted -= 1
            if not self._wanted:
                gc.set_threshold(*self._usual)


_seldom = _Seldom()


@contextmanager
def looked_for_seldom() -> Iterator[None]:
    """Meanwhile, Python looks for rings seldom. For work that makes very many objects and hardly a ring of them."""
    _seldom.more()
    try:
        yield
    finally:
        _seldom.fewer()

"""Notes which app fetched what, without a write for each request: gathered, and written every few seconds."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from datetime import datetime
from multiprocessing import util
from typing import Any

#: so many feeds and apps are remembered while the database cannot be written to
MOST_GATHERED = 100_000


class Fetches:
    """What was fetched since it was last written. It is written every ``seconds``, and when the process ends.

    What a process that is killed had gathered is lost. ``write`` writes rows, and raises where it cannot: then they
    wait for the next time.
    """

    def __init__(self, write: Callable[[list[dict[str, Any]]], None], seconds: float) -> None:
        self._write, self._seconds = write, seconds
        self._gathered: dict[tuple[int, str], list[Any]] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._owner = 0
        self._ended = threading.Event()

    def note(self, feed_id: int, app: str, revision: int, now: datetime) -> None:
        """An app has fetched a feed, or was told that the revision it has is the newest."""
        if self._owner != os.getpid():
            self._begin()
        with self._lock:
            known = self._gathered.get((feed_id, app))
            if known is None:
                if len(self._gathered) < MOST_GATHERED:
                    self._gathered[feed_id, app] = [now, now, revision, 1]
                return
            known[1], known[2], known[3] = now, max(known[2], revision), known[3] + 1

    def flush(self) -> None:
        """Write what was gathered; what cannot be written waits."""
        with self._writing:
            with self._lock:
                taken, self._gathered = self._gathered, {}
            if not taken:
                return
            try:
                self._write([_row(key, known) for key, known in taken.items()])
            except Exception:  # noqa: BLE001 - the database may be gone, in whatever way: nobody waits for this
                self._put_back(taken)

    def close(self) -> None:
        """Write once more, and no more after that."""
        self._ended.set()
        self.flush()

    def _put_back(self, taken: dict[tuple[int, str], list[Any]]) -> None:
        with self._lock:
            for key, known in taken.items():
                newer = self._gathered.get(key)
                if newer is not None:
                    known = [known[0], newer[1], max(known[2], newer[2]), known[3] + newer[3]]
                self._gathered[key] = known

    def _begin(self) -> None:
        """The first fetch in this process: a server that forks would leave the thread behind."""
        with self._lock:
            if self._owner == os.getpid():
                return
            self._owner = os.getpid()
        threading.Thread(target=self._run, name="feed fetches", daemon=True).start()
        atexit.register(self.flush)
        # Processes that multiprocessing has started end without what atexit registers.
        util.Finalize(None, self.flush, exitpriority=10)

    def _run(self) -> None:
        while not self._ended.wait(self._seconds):
            self.flush()


def _row(key: tuple[int, str], known: list[Any]) -> dict[str, Any]:
    feed_id, app = key
    first, last, revision, count = known
    return {
        "feed_id": feed_id, "app": app, "first_at": first, "last_at": last, "revision": revision, "count": count,
    }  # fmt: skip

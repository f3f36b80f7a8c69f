"""Processes that work beside this one: what is asked of them is worked out on other processors.

They begin as copies of this process, so that what the work needs (a compiled study) is there at once, and keep nothing
of it open: neither a database's connection nor a file. They end when whoever asks them closes them, or is gone.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import cycle
from multiprocessing.connection import Connection, Pipe
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

#: how many may be asked at once of each: one that is being worked out, and one that waits
AT_ONCE = 2
_MOST = 4
_END_SECONDS = 10
_STANDARD = 3


def helpers_of_machine() -> int:
    """How many helpers are of use: one for each processor that this process may use, none where there is but one."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return min(processors, _MOST) if processors > 1 and "fork" in multiprocessing.get_all_start_methods() else 0


class Helpers(Generic[Asked, Answer]):
    """Some helpers for one kind of work, which must be a matter of what is asked alone.

    Nobody else may have started a thread in this process when they begin. Without any, the work is done here.
    """

    def __init__(self, work: Callable[[Asked], Answer], count: int) -> None:
        self._work = work
        self._helpers = [_Helper(work) for _ in range(count)]
        self._turn = cycle(self._helpers)

    @property
    def ahead(self) -> int:
        """So many questions may wait for their answers; more would only be kept in memory."""
        return AT_ONCE * len(self._helpers)

    def ask(self, asked: Asked) -> Future[Answer]:
        """What will be the answer. Without helpers it is there when this returns."""
        if self._helpers:
            return next(self._turn).ask(asked)
        answer: Future[Answer] = Future()
        answer.set_result(self._work(asked))
        return answer

    def close(self) -> None:
        """Let all of them end, and wait until they have; what nobody has begun yet is not answered."""
        for helper in self._helpers:
            helper.close()


class _Helper(Generic[Asked, Answer]):
    """One process, and the thread that talks to it."""

    def __init__(self, work: Callable[[Asked], Answer]) -> None:
        self._work = work
        self._pipe, theirs = Pipe()
        self._process = multiprocessing.get_context("fork").Process(target=_serve, args=(work, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._thread = ThreadPoolExecutor(max_workers=1)

    def ask(self, asked: Asked) -> Future[Answer]:
        return self._thread.submit(self._answer, asked)

    def _answer(self, asked: Asked) -> Answer:
        try:
            self._pipe.send(asked)
            answer: Answer = self._pipe.recv()
        except (EOFError, OSError):  # it is gone: killed, or it failed, as the same work will here, and be told
            return self._work(asked)
        return answer

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._pipe.close()
        self._process.join(_END_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


def _serve(work: Callable[[Asked], Answer], pipe: Connection) -> None:
    """What a helper does: answers until nobody can ask any more."""
    _keep_only(pipe.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks ends them
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.freeze()  # what is there stays, and stays shared
    with suppress(Exception):  # nobody asks any more, or the work fails: who asks does it again, and is told
        while True:
            pipe.send(work(pipe.recv()))


def _keep_only(own: int) -> None:
    """Close every file but one and the standard ones: a connection that is kept would outlive its owner's death."""
    os.closerange(_STANDARD, own)
    os.closerange(own + 1, os.sysconf("SC_OPEN_MAX"))

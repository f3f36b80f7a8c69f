"""Runs a worker until it is told to stop."""

from __future__ import annotations

import logging
import signal
from types import FrameType

from planner import clock
from planner.commands.installation import installation
from planner.worker import Worker


def run_worker() -> None:
    """Do what the planner does by itself, until SIGTERM (exit code 0) or Ctrl-C."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin without it
    with installation() as planner:
        Worker(planner.store, clock.now, planner.designs).run()


def _end(_signal: int, _frame: FrameType | None) -> None:
    """Leave whatever the main thread waits for; once is enough."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(0)

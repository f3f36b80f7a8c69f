"""Runs a worker until it is told to stop."""

from __future__ import annotations

import logging
import signal
from types import FrameType

import click

from planner import clock
from planner.commands.installation import installation
from planner.services.dispatching import sending_of, take_turns
from planner.worker import Worker, figures_words


def run_worker(once: bool = False) -> None:
    """Do what the planner does by itself, until SIGTERM (exit code 0) or Ctrl-C; or all of it once, for cron.

    Once, it ends with a line of figures, and with exit code 1 where a job has failed.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin without it
    take_turns()
    with installation() as planner:
        worker = Worker(planner.store, clock.now, planner.designs)
        worker.sending = sending_of(
            planner.settings, planner.database, planner.keys, planner.designs, clock.now, worker.stopping.is_set
        )
        if not once:
            worker.run()
        elif not _did_everything(worker):
            raise SystemExit(1)


def _did_everything(worker: Worker) -> bool:
    well = worker.once()
    click.echo(f"Done once. Messages: {figures_words(worker.figures)}.")
    return well


def _end(_signal: int, _frame: FrameType | None) -> None:
    """Leave whatever the main thread waits for; once is enough."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(0)

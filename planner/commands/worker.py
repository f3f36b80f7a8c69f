"""Runs a worker until it is told to stop."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from planner import clock
from planner.commands.installation import installation
from planner.services.dispatching import sending_of, take_turns
from planner.worker import Worker, figures_words


def run_worker(once: bool = False) -> None:
    """Do what the planner does by itself, until SIGTERM (exit code 0) or Ctrl-C; or all of it once, for cron.

    Once, it ends with a line of figures, and with exit code 1 where a job has failed or was not begun any more.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    take_turns()
    with installation() as planner:
        worker = Worker(planner.store, clock.now, planner.designs)
        worker.sending = sending_of(
            planner.settings, planner.database, planner.keys, planner.designs, clock.now, worker.is_stopping
        )
        with _told_by_signals(worker):
            if not once:
                ended_by = worker.run()
            elif not _did_everything(worker):
                raise SystemExit(1)
    if not once and ended_by == signal.SIGINT:
        raise KeyboardInterrupt


def _did_everything(worker: Worker) -> bool:
    well = worker.once()
    ended = "Ended early" if worker.is_stopping() else "Done once"
    click.echo(f"{ended}. Messages: {figures_words(worker.figures)}.")
    return well


@contextmanager
def _told_by_signals(worker: Worker) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C end it after what it is at; a second Ctrl-C ends the process there and then."""

    def told(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL if number == signal.SIGINT else signal.SIG_IGN)
        worker.stop(number)

    ends = (signal.SIGTERM, signal.SIGINT)  # a shell's background jobs begin without the second
    for number in ends:
        signal.signal(number, told)
    yield

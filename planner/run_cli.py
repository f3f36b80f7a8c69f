"""The commands that run until they are stopped: the worker, and the demo. Nothing of what they do."""

from __future__ import annotations

import click


@click.command()
@click.option("--once", is_flag=True, help="Do all of it once and end, with a line of figures: for cron.")
def worker(once: bool) -> None:
    """Send what is due to participants, and do what is to be done every day.

    That is: plan again after midnight, store holidays, end old sessions, remove old texts. It runs until SIGTERM or
    Ctrl-C. Several may run at once.
    """
    from planner.commands.worker import run_worker

    run_worker(once)


@click.command()
@click.option("--keep", is_flag=True, help="Keep the demo in the folder demo-data, and go on with it the next time.")
def demo(keep: bool) -> None:
    """Serve a made-up installation on this machine: studies, sites, participants and people who sign in.

    PORT chooses the port (8000). DATABASE_URL names an empty database, such as one of PostgreSQL, which keeps the
    demo; without it the demo is forgotten at the end. With DEMO_JSON=1 the address, the sign-ins and the token are
    one line of JSON.
    """
    from planner.commands.demo import run_demo

    run_demo(keep)

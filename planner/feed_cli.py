"""The commands about calendar feeds. Nothing of what they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from planner.commands import options

AUDIENCES = ("participant", "centre", "coordinator", "study", "site")


@click.group()
def feed() -> None:
    """Make links that calendar apps subscribe to, look after them, and check calendars."""


@feed.command("create")
@click.argument("audience", type=click.Choice(AUDIENCES))
@click.option("--study", metavar="CODE", help="The study that it is about.")
@click.option("--site", metavar="CODE", help="The site that it is about.")
@click.option("--participant", metavar="NUMBER", help="The participant whom it is about; needs --study.")
@click.option("--for", "email", metavar="EMAIL", help="Whose scope limits what it shows; needed for a coordinator's.")
@click.option("--label", default="", help="How it is called in lists and, for staff, in apps.")
@click.option("--windows", is_flag=True, help="Show each visit's window as an event of its own.")
@click.option("--busy-only", is_flag=True, help="Show that somebody is busy and nothing else; for a centre.")
@click.option("--alarm", "alarms", type=int, multiple=True, metavar="MINUTES", help="Ring so long before each visit.")
@click.option("--bring", default="", help="What a participant is to bring to each visit.")
@click.option("--days", type=int, help="After how many days the link expires; never if left out.")
def create(**said: Any) -> None:
    """Make a feed and print its link, which is shown this once.

    What it is about: participant (--study, --participant): their own appointments as they were told of them;
    centre or site (--site, perhaps --study); study (--study); coordinator (--for, perhaps --study and --participant).
    """
    from planner.commands import feeds as commands

    commands.create(said.pop("email"), said)


@feed.command("list")
@click.option("--status", "states", multiple=True, help="Only active, expired, withdrawn, never-fetched or behind.")
@options.formats("table", "json")
def list_feeds(states: tuple[str, ...], form: str) -> None:
    """List the feeds, and which app has fetched which of them when."""
    from planner.commands import feeds as commands

    commands.list_all(states, form)


@feed.command("revoke")
@click.argument("number", type=int, metavar="FEED")
def revoke(number: int) -> None:
    """Withdraw the link of FEED, a number from the list. Its calendar says so for 30 days."""
    from planner.commands import feeds as commands

    commands.revoke(number)


@feed.command("rotate")
@click.argument("number", type=int, metavar="FEED")
def rotate(number: int) -> None:
    """Give FEED another link and withdraw the old one."""
    from planner.commands import feeds as commands

    commands.rotate(number)


@feed.command("lint")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True, exists=True, dir_okay=False), metavar="FILE")
def lint(file: Path) -> None:
    """Check a calendar file (- reads standard input) for what calendar apps stumble over.

    Each finding on a line of its own. The exit code is 1 if there are any errors.
    """
    from planner.commands import feeds as commands

    commands.lint_file(file)

"""The commands of whoever runs the planner: the database, the audit, keys. Nothing of what they do."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def database() -> None:
    """Upgrade, check, back up and restore the database (DATABASE_URL)."""


@database.command("upgrade")
@click.option("--to", "version", default="head", metavar="VERSION", help="A version, or head: this planner's.")
def upgrade(version: str) -> None:
    """Bring the database to this planner's version; a new one gets its tables."""
    from planner.commands import database as commands

    commands.migrate(version, may_lose=False)


@database.command("downgrade")
@click.option("--to", "version", required=True, metavar="VERSION", help="A version, or base: no tables.")
@click.confirmation_option(prompt="What newer versions keep is lost. Go on?")
def downgrade(version: str) -> None:
    """Bring the database back to an older version. Back it up first."""
    from planner.commands import database as commands

    commands.migrate(version, may_lose=True)


@database.command("check")
def check() -> None:
    """Compare every stored visit with a fresh plan, and follow the audit. The exit code is 1 if anything differs."""
    from planner.commands import database as commands

    commands.check()


@database.command("backup")
@click.argument("file", type=FILE)
def take_backup(file: Path) -> None:
    """Write everything to FILE, while others go on working."""
    from planner.commands import database as commands

    commands.take(file)


@database.command("restore")
@click.argument("file", type=FILE)
def restore_backup(file: Path) -> None:
    """Fill an empty database, of either kind, from FILE, and check it."""
    from planner.commands import database as commands

    commands.restore(file)


@database.command("replan")
@click.option("--agree-to-moved-dates", "agreed", is_flag=True, help="Take the dates that a newer engine moves.")
def replan(agreed: bool) -> None:
    """Plan everybody again whose day, study or engine has changed since they were planned last."""
    from planner.commands import database as commands

    commands.replan(agreed)


@click.group()
def audit() -> None:
    """Check the audit."""


@audit.command("verify")
def verify_audit() -> None:
    """Follow every chain from its first entry to its head, and compare the facts with it.

    The exit code is 1 if a chain is not whole, or a fact is not what was recorded.
    """
    from planner.commands import database as commands

    commands.verify_audit()


@click.group()
def keys() -> None:
    """Make keys, and change them."""


@keys.command("new")
def new_keys() -> None:
    """Print fresh keys as environment variables, for several machines that share a database."""
    from planner.services.keyring import new_keys as make

    made = make()
    click.echo(f"PLANNER_CONTACT_KEYS={','.join(made['contact'])}")
    click.echo(f"PLANNER_INDEX_KEY={made['index']}")


@keys.command("rotate")
def rotate_keys() -> None:
    """Encrypt everything that is kept encrypted anew, with the newest key.

    With the embedded database a fresh key is made. Otherwise put one first in PLANNER_CONTACT_KEYS, before the ones in
    use, and restart every process; take the others out afterwards.
    """
    from planner.commands import database as commands

    commands.rotate()

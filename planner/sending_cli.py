"""The commands that stop all sending, and begin it again. Nothing of what they do."""

from __future__ import annotations

import click

_STUDY = click.argument("study", metavar="[STUDY]", required=False)
_WHY = click.option("--why", required=True, metavar="WORDS", help="For whoever looks at it next; stands in the audit.")
_EVERYWHERE = click.option("--everywhere", is_flag=True, help="In all studies at once, in place of STUDY.")


@click.group()
def sending() -> None:
    """Stop sending to participants, see what is held, and send it after all."""


@sending.command("off")
@_STUDY
@_EVERYWHERE
@_WHY
def switch_off(study: str | None, everywhere: bool, why: str) -> None:
    """Send nothing more in STUDY, or everywhere: what comes due is held. At most what is on its way still arrives."""
    from planner.commands import sending as commands

    commands.switch(study, everywhere, True, why)


@sending.command("on")
@_STUDY
@_EVERYWHERE
@_WHY
def switch_on(study: str | None, everywhere: bool, why: str) -> None:
    """Send again in STUDY, or everywhere. What was held stays so until it is replayed."""
    from planner.commands import sending as commands

    commands.switch(study, everywhere, False, why)


@sending.command("status")
def status() -> None:
    """Say of every study whether it sends, how much is held, and how much is still to come."""
    from planner.commands import sending as commands

    commands.status()


@sending.command("replay")
@click.argument("study", metavar="STUDY")
def replay(study: str) -> None:
    """Send after all what was held in STUDY, where it is still of use."""
    from planner.commands import sending as commands

    commands.replay(study)

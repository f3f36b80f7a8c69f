"""The commands about participants' own pages. Nothing of what they do."""

from __future__ import annotations

import click


@click.group()
def home() -> None:
    """Give participants links to pages of their own, and end them."""


@home.command("give")
@click.argument("study", metavar="STUDY")
@click.argument("number", metavar="PARTICIPANT")
@click.option("--bring", default="", help="What they are to bring to each visit, in their language.")
@click.option("--no-driving", is_flag=True, help="Ask them not to drive on days with a study drug.")
def give(study: str, number: str, bring: str, no_driving: bool) -> None:
    """Give PARTICIPANT of STUDY a link and print it, this once."""
    from planner.commands import home as commands

    commands.give(study, number, bring, no_driving)


@home.command("renew")
@click.argument("study", metavar="STUDY")
@click.argument("number", metavar="PARTICIPANT")
def renew(study: str, number: str) -> None:
    """Print another link for PARTICIPANT of STUDY. The old one and every device end; the calendar goes on."""
    from planner.commands import home as commands

    commands.renew(study, number)


@home.command("code")
@click.argument("study", metavar="STUDY")
@click.argument("number", metavar="PARTICIPANT")
def code(study: str, number: str) -> None:
    """Print a code that lets one device of PARTICIPANT of STUDY in within ten minutes."""
    from planner.commands import home as commands

    commands.code(study, number)


@home.command("end")
@click.argument("study", metavar="STUDY")
@click.argument("number", metavar="PARTICIPANT")
def end(study: str, number: str) -> None:
    """End the page of PARTICIPANT of STUDY: the link, every device and the calendar."""
    from planner.commands import home as commands

    commands.end(study, number)

"""The commands about reports that go out by e-mail. Nothing of what they do."""

from __future__ import annotations

from typing import Any

import click

from planner.commands import options

#: as in planner/reports, which is imported only when a command runs
_BREAKDOWNS = ("all", "site", "arm", "cohort", "month", "version")
_PERIODS = ("last-7-days", "last-month", "month-to-date")


@click.group("report-mail")
def report_mail() -> None:
    """Have reports of a study go out by e-mail, and see what became of them."""


@report_mail.command("add", cls=options.Command)
@click.argument("study", metavar="STUDY")
@click.option("--to", "recipients", multiple=True, required=True, metavar="EMAIL", help="A user; may be repeated.")
@click.option("--rhythm", type=click.Choice(("weekly", "monthly")), default="weekly", show_default=True)
@click.option("--day", type=int, default=1, show_default=True, help="Of the week, 1 is Monday; or of the month, to 28.")
@click.option("--hour", type=click.IntRange(0, 23), default=6, show_default=True, help="On the clock of --zone.")
@click.option("--zone", metavar="ZONE", help="The time zone of one of the study's sites.")
@click.option(
    "--form", "forms", type=click.Choice(("pdf", "xlsx", "csv")), multiple=True, help="What is attached; pdf."
)
@click.option("--mask-below", type=click.IntRange(5, 100), default=5, show_default=True, metavar="K")
@click.option("--site", metavar="SITE", help="Only this site.")
@click.option("--arm", metavar="ID", help="Only this arm.")
@click.option("--cohort", metavar="ID", help="Only this cohort of the protocol.")
@click.option("--period", type=click.Choice(_PERIODS), help="Days that move along with the mails.")
@click.option("--since", type=options.day, metavar="DATE", help="Only from this day on.")
@click.option("--until", type=options.day, metavar="DATE", help="Only up to this day, with it.")
@click.option("--version", metavar="V", help="Only visits under this protocol version.")
@click.option("--by", type=click.Choice(_BREAKDOWNS), default="all", show_default=True)
def add(**said: Any) -> None:
    """Have the report on STUDY go out every week or month, to users who may read it.

    Figures of fewer than five are masked in it, and it shows no single participants.
    """
    from planner.commands import report_mails as commands

    commands.add(said)


@report_mail.command("list")
@click.argument("study", metavar="STUDY")
@options.formats("table", "json")
def list_all(study: str, form: str) -> None:
    """List the reports on STUDY that go out, to whom, and what became of the newest mails."""
    from planner.commands import report_mails as commands

    commands.list_all(study, form)


@report_mail.command("end")
@click.argument("study", metavar="STUDY")
@click.argument("number", type=int, metavar="SCHEDULE")
def end(study: str, number: int) -> None:
    """Let SCHEDULE, a number from the list, go out no more."""
    from planner.commands import report_mails as commands

    commands.end_one(study, number)


@report_mail.command("again")
@click.argument("study", metavar="STUDY")
@click.argument("number", type=int, metavar="MAIL")
def again(study: str, number: int) -> None:
    """Send MAIL, a number from the list, that failed or of which nobody knows whether it went."""
    from planner.commands import report_mails as commands

    commands.again(study, number)

"""The command that reports. Nothing of what it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from planner.commands import options

#: as in planner/reports, which is imported only when the command runs
_BREAKDOWNS = ("all", "site", "arm", "cohort", "month", "version")


@click.command("report", cls=options.Command)
@click.argument("study", metavar="STUDY")
@click.option("--as-of", type=options.moment, metavar="INSTANT", help="A past moment: 2026-03-31T22:00:00Z; else now.")
@click.option("--site", metavar="SITE", help="Only this site.")
@click.option("--arm", metavar="ID", help="Only this arm.")
@click.option("--cohort", metavar="ID", help="Only this cohort of the protocol.")
@click.option("--since", type=options.day, metavar="DATE", help="Only from this day on.")
@click.option("--until", type=options.day, metavar="DATE", help="Only up to this day, with it.")
@click.option("--version", metavar="V", help="Only visits under this protocol version.")
@click.option(
    "--by", type=click.Choice(_BREAKDOWNS), default="all", show_default=True, help="Figures for each of these."
)
@click.option("--mask-below", type=click.IntRange(0, 100), default=0, metavar="K", help="Mask figures of fewer than K.")
@click.option("--measure", "measures", multiple=True, metavar="NAME", help="Only this measure; may be repeated.")
@click.option("--sdtm", "folder", metavar="FOLDER", help="Write SV, TV and DV there, as CSV and Dataset-JSON, instead.")
@options.formats("table", "json", "csv", "xlsx", "pdf")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write it to this file; a workbook or PDF needs one, or a pipe.",
)  # fmt: skip
def report(folder: str | None, **said: Any) -> None:
    """Report on STUDY: attendance, windows, doses, retention, deviations, with definitions.

    A report of a past moment is made from the facts that were known at it. With --sdtm the SDTM datasets of visits
    and confirmed deviations are written instead; --as-of, --site, --arm and --cohort choose of when and of whom.
    """
    from planner.commands import report as commands

    if folder is not None:
        commands.write_sdtm(folder, **said)
    else:
        commands.show_report(**said)

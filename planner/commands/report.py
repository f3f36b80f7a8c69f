"""`planner report`: the figures of a study, each with its definition."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import click

from planner import clock
from planner.commands.installation import installation
from planner.commands.output import show, write
from planner.reports.files import BINARY, FileForm, make_file
from planner.reports.making import Wanted, make_report
from planner.reports.report import Filters
from planner.reports.screen import report_screen
from planner.services.access import EVERYTHING


def show_report(
    study: str,
    form: FileForm | Literal["table"],
    as_of: datetime | None,
    mask_below: int,
    measures: tuple[str, ...],
    by: str,
    since: date | None,
    until: date | None,
    output: Path | None,
    **which: str | None,
) -> None:
    """Make a report and print it, or write it to a file. Raises PlannerError and UsageError."""
    if form in BINARY and output is None and sys.stdout.isatty():
        raise click.UsageError(f"a terminal cannot show {form}; give a file with --output, or a pipe")
    filters = Filters(by=by, since=since, until=until, **which)
    wanted = Wanted(study=study, filters=filters, as_of=as_of, mask_below=mask_below, measures=measures)
    if form == "table" and output is not None:
        raise click.UsageError("a table is for the screen; with --output choose json, csv, xlsx or pdf")
    now = clock.now()
    with installation() as planner, planner.store.database.at_one_moment() as session:
        if form == "table":
            made = make_report(session, planner.designs, EVERYTHING, wanted, now)
            show(lambda _: report_screen(made))
            return
        content = make_file(session, planner.designs, EVERYTHING, wanted, form, now).content
    write(content) if output is None else _keep(output, content)


def _keep(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error.strerror}") from None

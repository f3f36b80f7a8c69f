"""`planner report`: the figures of a study, each with its definition, and its SDTM datasets."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import click

from planner import clock
from planner.commands.installation import OPERATOR, installation
from planner.commands.output import show, write
from planner.problems import InputProblem, InvalidInput
from planner.reports.files import BINARY, FileForm, make_file
from planner.reports.making import Wanted, make_report
from planner.reports.report import Filters
from planner.reports.screen import report_screen
from planner.reports.sdtm.datasets import NAMES
from planner.reports.sdtm.domains import domains_of
from planner.reports.sdtm.exporting import note_export
from planner.reports.sdtm.files import write_files
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


#: what says of a report what the datasets cannot be asked, with what it is where nobody says it
_OF_REPORTS = {
    "form": "table", "mask_below": 0, "measures": (), "by": "all", "since": None, "until": None, "version": None,
    "output": None,
}  # fmt: skip
_OPTIONS = {"form": "format", "mask_below": "mask-below", "measures": "measure"}


def write_sdtm(folder: str, study: str, as_of: datetime | None, **said: Any) -> None:
    """Write SV, TV and DV into a folder and say so; the study's audit says it too. Raises PlannerError."""
    wrong = [name for name, unsaid in _OF_REPORTS.items() if said.pop(name) != unsaid]
    if wrong:
        raise InvalidInput(
            InputProblem(f"--{_OPTIONS.get(name, name)}", "SDTM datasets cannot be asked for that", "leave it out")
            for name in wrong
        )
    wanted = Wanted(study=study, filters=Filters(**said), as_of=as_of)
    with installation() as planner:
        now = clock.now()
        with planner.store.database.at_one_moment() as session:
            made = domains_of(session, planner.designs, EVERYTHING, wanted, now)
        files = write_files(made, Path(folder), now)
        planner.store.write(OPERATOR, clock.now(), lambda uow: note_export(uow, made, NAMES))
    records = ", ".join(f"{name} {len(made.domain(name).rows)}" for name in NAMES)
    click.echo(f"Wrote {', '.join(files)} to {folder}: records {records}; data as of {made.heading.as_of.isoformat()}.")
    for gone in made.left_out:
        click.echo(f"Left out: {gone.why}: {gone.count}.")

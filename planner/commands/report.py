"""`planner report`: the figures of a study, each with its definition, and its SDTM datasets."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from planner import clock
from planner.commands.installation import OPERATOR, installation
from planner.commands.output import show, write
from planner.presenting.plan_json import to_json
from planner.problems import InputProblem, InvalidInput
from planner.reports.as_csv import report_csv
from planner.reports.making import Wanted, make_report
from planner.reports.report import Filters, report_data
from planner.reports.screen import report_screen
from planner.reports.sdtm.datasets import NAMES
from planner.reports.sdtm.domains import domains_of
from planner.reports.sdtm.exporting import note_export
from planner.reports.sdtm.files import write_files
from planner.services.access import EVERYTHING


def show_report(
    study: str,
    form: str,
    as_of: datetime | None,
    mask_below: int,
    measures: tuple[str, ...],
    by: str,
    since: date | None,
    until: date | None,
    **which: str | None,
) -> None:
    """Make a report and print it. Raises PlannerError."""
    filters = Filters(by=by, since=since, until=until, **which)
    wanted = Wanted(study=study, filters=filters, as_of=as_of, mask_below=mask_below, measures=measures)
    with installation() as planner:
        now = clock.now()
        with planner.store.database.at_one_moment() as session:
            made = make_report(session, planner.designs, EVERYTHING, wanted, now)
    if form == "json":
        write(to_json(report_data(made)))
    elif form == "csv":
        write(report_csv(made))
    else:
        show(lambda _: report_screen(made))


#: what says of a report what the datasets cannot be asked, with what it is where nobody says it
_OF_REPORTS = {
    "form": "table", "mask_below": 0, "measures": (), "by": "all", "since": None, "until": None, "version": None,
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

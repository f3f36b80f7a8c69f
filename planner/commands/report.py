"""`planner report`: the figures of a study, each with its definition."""

from __future__ import annotations

from datetime import date, datetime

from planner import clock
from planner.commands.installation import installation
from planner.commands.output import show, write
from planner.presenting.plan_json import to_json
from planner.reports.as_csv import report_csv
from planner.reports.making import Wanted, make_report
from planner.reports.report import Filters, report_data
from planner.reports.screen import report_screen
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

"""`planner plan`: a plan as a table, JSON, CSV or a calendar."""

from __future__ import annotations

from collections.abc import Callable

import click

from planner.commands.output import show, write
from planner.commands.planning import Request, read_study
from planner.presenting.plan_calendar import plan_calendar
from planner.presenting.plan_csv import plan_csv
from planner.presenting.plan_earlier import is_told_apart
from planner.presenting.plan_json import plan_data, to_json
from planner.presenting.plan_table import plan_screen
from planner.problems import visible
from schedules.scheduled import Plan


def show_plan(request: Request, form: str, participant: str | None = None) -> None:
    """Plan, and write the plan in the form that was asked for."""
    if participant is not None and form != "ics":
        raise click.UsageError("--participant is for --format ics")
    study = read_study(request)
    planned = study.plan(study.imagined)
    if form == "table":
        protocol, facts = study.protocol_of(planned), study.recorded(study.imagined)
        show(lambda width: plan_screen(planned, protocol, visible(request.protocol), width, facts))
    elif form == "ics":
        write(plan_calendar(study, planned, participant))
        if participant is None and not is_told_apart(study):
            click.echo(UNCLEAR, err=True)
    else:
        write(_FORMS[form](planned))


UNCLEAR = (
    "Note: another participant whose enrolment reads the same would have the same events; give --participant CODE,"
    " or the fact enrolled an id, before two such files are taken into one calendar."
)
_FORMS: dict[str, Callable[[Plan], str]] = {
    "json": lambda planned: to_json(plan_data(planned)),
    "csv": plan_csv,
}

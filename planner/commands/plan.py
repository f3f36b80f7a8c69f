"""`planner plan`: a plan as a table, JSON, CSV or a calendar."""

from __future__ import annotations

from collections.abc import Callable

from planner.commands.output import show, write
from planner.commands.plan_calendar import plan_calendar
from planner.commands.planning import Request, Study, read_study
from planner.plan_csv import plan_csv
from planner.plan_json import plan_data, to_json
from planner.plan_table import plan_screen
from planner.problems import visible
from schedules.scheduled import Plan


def show_plan(request: Request, form: str) -> None:
    """Plan, and write the plan in the form that was asked for."""
    study = read_study(request)
    planned = study.plan(study.imagined)
    if form == "table":
        protocol, facts = study.protocol_of(planned), study.recorded(study.imagined)
        show(lambda width: plan_screen(planned, protocol, visible(request.protocol), width, facts))
    else:
        write(_FORMS[form](study, planned))


_FORMS: dict[str, Callable[[Study, Plan], str | bytes]] = {
    "json": lambda study, planned: to_json(plan_data(planned)),
    "csv": lambda study, planned: plan_csv(planned),
    "ics": lambda study, planned: plan_calendar(study, planned),
}

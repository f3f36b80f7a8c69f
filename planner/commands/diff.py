"""`planner diff`: what one more fact, or another protocol version, would move."""

from __future__ import annotations

import click

from planner.commands.output import show, write
from planner.commands.planning import Request, read_study
from planner.presenting.plan_diff import changes_data, changes_screen
from planner.presenting.plan_json import to_json
from planner.presenting.study import Study
from schedules.changes import Changes, compare
from schedules.history import AmendmentApplied, Origin
from schedules.protocol import Protocol


def show_diff(request: Request, to: str | None, form: str) -> None:
    """Compare the plan with the one that has the what-ifs, or the other protocol version, or both."""
    if not request.what_ifs and to is None:
        raise click.UsageError("there is nothing to compare with: give --what-if FACT or --to FILE")
    changes = _changes(request, to)
    if form == "json":
        write(to_json(changes_data(changes)))
    else:
        show(lambda width: changes_screen(changes))


def _changes(request: Request, to: str | None) -> Changes:
    study = read_study(request, to)
    before = study.plan(study.history)
    further = study.imagined
    if study.to is not None and study.to.version != before.version:
        further = further.and_also(_amendment(study.to, study))
    return compare(before, study.plan(further))


def _amendment(version: Protocol, study: Study) -> AmendmentApplied:
    """The version comes into force on the day of the plan, and counts at the instant it looks back to."""
    where = Origin("--to", 1, 1)
    return AmendmentApplied(date=study.as_of, version=version.version, recorded=study.known_at, origin=where)

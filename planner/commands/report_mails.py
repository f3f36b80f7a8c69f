"""`planner report-mail`: reports that go out by e-mail."""

from __future__ import annotations

from typing import Any

import click

from planner import clock
from planner.auth.report_mails import reading_scope
from planner.commands.installation import OPERATOR, installation
from planner.commands.output import write
from planner.presenting.plan_json import to_json
from planner.reports import mail_schedules as service
from planner.reports.mail_data import mail_data, schedule_data
from planner.reports.report import Filters
from planner.services.access import EVERYTHING

_FILTERS = ("site", "arm", "cohort", "since", "until", "version", "by")


def add(said: dict[str, Any]) -> None:
    """Have a report go out, and say when it does first. Raises PlannerError."""
    filters = Filters(**{name: said.pop(name) for name in _FILTERS})
    command = service.SetUp(**{**said, "forms": said["forms"] or ("pdf",)}, filters=filters)
    with installation() as planner:
        row = planner.store.write(
            OPERATOR, clock.now(),
            lambda uow: service.set_up(uow, planner.designs, EVERYTHING, reading_scope, command),
        )  # fmt: skip
    first = f"{row.next_due:%Y-%m-%d %H:%M} UTC" if row.next_due is not None else "never"
    click.echo(f"{row.id}: goes out {service.rhythm_of(row).words()}, first on {first}.")


def list_all(study: str, form: str) -> None:
    """List what goes out, and what went."""
    with installation() as planner, planner.store.database.at_one_moment() as session:
        schedules = service.list_schedules(session, EVERYTHING, reading_scope, study)
        mails = service.list_mails(session, EVERYTHING, study)
    if form == "json":
        write(to_json({"schedules": list(map(schedule_data, schedules)), "mails": list(map(mail_data, mails))}))
        return
    lines = [_schedule(each) for each in schedules] or ["No report goes out."]
    lines += [_mail(each) for each in mails]
    write("".join(f"{line}\n" for line in lines))


def _schedule(listed: service.Listed) -> str:
    row = listed.row
    to = ", ".join(each.email + ("" if each.may else " (may not read it any more)") for each in listed.readers)
    filters = " ".join(f"{name} {value}" for name, value in row.filters.items())
    said = [f"{row.id:>5}", listed.rhythm.words(), "+".join(row.forms), filters, f"masked below {row.mask_below}", to]
    return "  ".join(part for part in said if part)


def _mail(listed: service.ListedMail) -> str:
    row = listed.row
    said = [f"mail {row.id:>5}", f"{row.due_at:%Y-%m-%d %H:%M} UTC", f"{row.state:9}", listed.to, row.words]
    return "  ".join(part for part in said if part)


def end_one(study: str, number: int) -> None:
    """Let a report go out no more."""
    with installation() as planner:
        planner.store.write(OPERATOR, clock.now(), lambda uow: service.end(uow, EVERYTHING, study, number))
    click.echo(f"Report {number} goes out no more.")


def again(study: str, number: int) -> None:
    """Send a mail again."""
    with installation() as planner:
        planner.store.write(OPERATOR, clock.now(), lambda uow: service.send_again(uow, EVERYTHING, study, number))
    click.echo(f"Mail {number} goes again with the worker's next look.")

"""The reports of a study that go out by e-mail: what goes to whom, what became of it, and one more."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner.auth.door import installation, needs, scope
from planner.auth.permissions import Permission
from planner.auth.report_mails import readers_in, reading_scope
from planner.persistence.unit_of_work import UnitOfWork
from planner.reports import mail_schedules as service
from planner.reports.mail_periods import PERIODS
from planner.reports.mail_times import WEEK
from planner.reports.report import EVERYBODY, Filters
from planner.web.office.forms import Form, save, sent_form
from planner.web.reports.asked import BREAKDOWNS, options_of
from planner.web.studies.shown import shown_study

pages = Blueprint("mails", __name__)
HERE = "/studies/<study>/report/mails"
FIELDS = (
    "recipients", "rhythm", "weekday", "day", "hour", "zone", "forms", "mask_below", "period", "site", "arm", "cohort",
    "version", "by",
)  # fmt: skip
_KEPT = {
    "rhythm": "weekly",
    "weekday": "1",
    "day": "1",
    "hour": "6",
    "forms": ("pdf",),
    "mask_below": "5",
    "by": EVERYBODY,
}
#: what became of a mail, in words
STATES = {
    "waiting": "waits", "making": "is being made", "sending": "is being sent", "sent": "sent",
    "unknown": "not known whether it was sent", "refused": "refused", "failed": "failed", "dropped": "not sent",
    "overtaken": "overtaken by the next one",
}  # fmt: skip
_DONE = {"set-up": "It goes out from now on.", "ended": "It goes out no more.", "again": "It goes out again."}


@pages.get(HERE)
@needs(Permission.DEVIATIONS_READ, whole=True)
def show(study: str) -> Response:
    """Show what goes out, and what became of the newest mails."""
    return _page(study, Form("mail", kept=_KEPT), 200)


@pages.post(HERE)
@needs(Permission.MESSAGES_WRITE, whole=True)
def set_up(study: str) -> ResponseReturnValue:
    """Have a report go out."""
    form = sent_form("mail")

    def work(uow: UnitOfWork) -> int:
        return service.set_up(uow, installation().designs, scope(), reading_scope, _command(study, form)).id

    return save(form, FIELDS, work, lambda _: _here(study, "set-up"), lambda shown, status: _page(study, shown, status))


@pages.post(f"{HERE}/<int:schedule>/end")
@needs(Permission.MESSAGES_WRITE, whole=True)
def end(study: str, schedule: int) -> ResponseReturnValue:
    """Let a report go out no more."""
    return _do(study, "ended", lambda uow: service.end(uow, scope(), study, schedule))


@pages.post(f"{HERE}/sent/<int:mail>/again")
@needs(Permission.MESSAGES_WRITE, whole=True)
def again(study: str, mail: int) -> ResponseReturnValue:
    """Send a mail again of which nobody knows, or that failed."""
    return _do(study, "again", lambda uow: service.send_again(uow, scope(), study, mail))


def _do(study: str, done: str, work: Any) -> ResponseReturnValue:
    form = Form("mail", kept=_KEPT)
    return save(form, (), work, lambda _: _here(study, done), lambda shown, status: _page(study, shown, status))


def _here(study: str, done: str) -> str:
    return url_for("reports.mails.show", study=study, done=done)


def _command(study: str, form: Form) -> service.SetUp:
    """What the form asks for. Raises InvalidInput."""
    weekly = form.value("rhythm") == "weekly"
    mask, hour = form.number("mask_below"), form.number("hour")
    said: dict[str, Any] = {name: form.value(name) or None for name in ("site", "arm", "cohort", "version")}
    return service.SetUp(
        study=study, recipients=tuple(form.chosen("recipients")), rhythm=form.value("rhythm"),
        day=form.number("weekday" if weekly else "day") or 0, hour=-1 if hour is None else hour,
        zone=form.value("zone") or None, period=form.value("period") or None,
        filters=Filters(**said, by=form.value("by") or EVERYBODY),
        forms=tuple(form.chosen("forms")), mask_below=service.LEAST_MASKED if mask is None else mask,
    )  # fmt: skip


def _page(study: str, form: Form, status: int) -> Response:
    with installation().store.database.at_one_moment() as session:
        made = render_template("reports/mails.html", form=form, **_found(session, study))
    return make_response(made, status)


def _found(session: Session, study: str) -> dict[str, Any]:
    shown = shown_study(session, study)
    design = installation().designs.of(session, shown.row)
    zones = sorted(set(design.zones.values()))
    return {
        "study": shown, "states": STATES, "done": _DONE.get(request.args.get("done", ""), ""),
        "schedules": service.list_schedules(session, scope(), readers_in, study),
        "mails": service.list_mails(session, scope(), study), "breakdowns": BREAKDOWNS,
        "readers": [(user.email, f"{user.name} ({user.email})") for user in readers_in(session, shown.row.id)],
        "options": options_of(session, shown.row, design), "zones": [(zone, zone) for zone in zones],
        "periods": [(name, words[0].upper() + words[1:]) for name, words in PERIODS.items()],
        "week": list(enumerate(WEEK, 1)), "hours": [(hour, f"{hour:02}:00") for hour in range(24)],
    }  # fmt: skip

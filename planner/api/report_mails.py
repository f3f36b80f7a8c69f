"""Reports that go out by e-mail: set up, listed, ended, and what became of each mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from planner.api.requests import installation, needs, reading, scope, writing
from planner.api.resource import resource
from planner.api.types import Answer, Body, Day, Name, StudyPath
from planner.auth.permissions import Permission
from planner.auth.report_mails import readers_in, reading_scope
from planner.persistence.unit_of_work import UnitOfWork
from planner.reports import mail_schedules as service
from planner.reports.mail_data import mail_data, schedule_data
from planner.reports.report import BREAKDOWNS, Filters

api = resource("report-mails", "Reports that go out by e-mail, and what became of each mail.")
_FILTERS = ("site", "arm", "cohort", "since", "until", "version", "by")
_LARGEST = 2**62


class ReaderAnswer(Answer):
    """Somebody to whom a report goes. Who may not read it any more is sent nothing."""

    email: str
    name: str
    may_read: bool


class ScheduleAnswer(Answer):
    """A report that goes out."""

    id: int
    rhythm: Literal["weekly", "monthly"]
    day: int
    hour: int
    zone: str
    words: str = Field(description="When it goes out, in words.")
    filters: dict[str, str]
    forms: list[str]
    mask_below: int
    next_due: datetime | None
    made_at: datetime
    recipients: list[ReaderAnswer]


class MailAnswer(Answer):
    """One mail: waiting, making, sending, sent, unknown, refused, failed, dropped or overtaken."""

    id: int
    schedule: int
    as_of: datetime = Field(description="The moment of the report's data: when it was due.")
    to: str = Field(description="The name of the user.")
    state: str
    tries: int
    why: str = Field(description="Why it has not gone out.")
    settled_at: datetime | None


class ReportMailsAnswer(Answer):
    """What goes out, and the newest mails."""

    schedules: list[ScheduleAnswer]
    mails: list[MailAnswer]


class NewSchedule(Body):
    """A report to go out. The days of since and until stay; those of a period move along."""

    recipients: list[str] = Field(
        min_length=1, max_length=service.MOST_RECIPIENTS, description="The addresses that users sign in with.",
        examples=[["monitor@example.org"]],
    )  # fmt: skip
    rhythm: Literal["weekly", "monthly"] = "weekly"
    day: int = Field(default=1, ge=1, le=28, description="Of the week, from Monday (1) on, or of the month.")
    hour: int = Field(default=6, ge=0, le=23)
    zone: str | None = Field(default=None, max_length=60, description="The zone of one of the study's sites.")
    forms: list[Literal["pdf", "xlsx", "csv"]] = Field(default=["pdf"], min_length=1, max_length=3)
    mask_below: int = Field(default=service.LEAST_MASKED, ge=service.LEAST_MASKED, le=service.MOST_MASKED)
    site: Name | None = None
    arm: str | None = Field(default=None, max_length=100)
    cohort: str | None = Field(default=None, max_length=100)
    period: Literal["last-7-days", "last-month", "month-to-date"] | None = Field(
        default=None, description="Days that move along with the mails, instead of since and until."
    )
    since: Day | None = None
    until: Day | None = None
    version: str | None = Field(default=None, max_length=100)
    by: Literal[BREAKDOWNS] = "all"  # type: ignore[valid-type]


class SchedulePath(StudyPath):
    """A report that goes out."""

    schedule: int = Field(ge=1, le=_LARGEST)


class MailPath(StudyPath):
    """A mail."""

    mail: int = Field(ge=1, le=_LARGEST)


@api.get("/studies/<study>/report-mails", responses={200: ReportMailsAnswer}, operation_id="list_report_mails")
@needs(Permission.DEVIATIONS_READ, whole=True)
def list_all(path: StudyPath) -> Response:
    """List the reports of a study that go out by e-mail, and what became of the newest mails."""
    return reading(lambda session: _everything(session, path.study))


def _everything(session: Session, study: str) -> dict[str, Any]:
    return {
        "schedules": [schedule_data(each) for each in _schedules(session, study)],
        "mails": [mail_data(each) for each in service.list_mails(session, scope(), study)],
    }


def _schedules(session: Session, study: str) -> list[service.Listed]:
    return service.list_schedules(session, scope(), readers_in, study)


@api.post("/studies/<study>/report-mails", responses={201: ScheduleAnswer}, operation_id="set_up_report_mail")
@needs(Permission.MESSAGES_WRITE, whole=True)
def set_up(path: StudyPath, body: NewSchedule) -> Response:
    """Have a report go out every week or month. Small figures are masked in it, and it shows no single participants."""
    said = body.model_dump()
    filters = Filters(**{name: said.pop(name) for name in _FILTERS})
    recipients, forms = tuple(said.pop("recipients")), tuple(said.pop("forms"))
    command = service.SetUp(study=path.study, filters=filters, recipients=recipients, forms=forms, **said)

    def work(uow: UnitOfWork) -> dict[str, Any]:
        row = service.set_up(uow, installation().designs, scope(), reading_scope, command)
        return next(schedule_data(each) for each in _schedules(uow.session, path.study) if each.row.id == row.id)

    return writing(work, lambda shown: shown, 201)


@api.post(
    "/studies/<study>/report-mails/<int:schedule>/end", responses={200: ReportMailsAnswer},
    operation_id="end_report_mail",
)  # fmt: skip
@needs(Permission.MESSAGES_WRITE, whole=True)
def end(path: SchedulePath) -> Response:
    """Let a report go out no more."""

    def work(uow: UnitOfWork) -> dict[str, Any]:
        service.end(uow, scope(), path.study, path.schedule)
        uow.session.flush()
        return _everything(uow.session, path.study)

    return writing(work, lambda shown: shown)


@api.post(
    "/studies/<study>/report-mails/sent/<int:mail>/again", responses={200: ReportMailsAnswer},
    operation_id="send_report_mail_again",
)  # fmt: skip
@needs(Permission.MESSAGES_WRITE, whole=True)
def again(path: MailPath) -> Response:
    """Send a mail that failed, or of which nobody knows whether it went."""

    def work(uow: UnitOfWork) -> dict[str, Any]:
        service.send_again(uow, scope(), path.study, path.mail)
        uow.session.flush()
        return _everything(uow.session, path.study)

    return writing(work, lambda shown: shown)

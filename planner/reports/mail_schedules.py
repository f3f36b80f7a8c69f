"""The reports that go out by e-mail: set up, listed, ended. Nobody is sent what they may not read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.report_mails import (
    ReportMail,
    ReportRecipient,
    ReportSchedule,
    newest_mails,
    recipients_of,
)
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import User, user_by_email
from planner.problems import Conflict, InputProblem, InvalidInput, NotFound, shown
from planner.reports.mail_periods import PERIODS, days_of
from planner.reports.mail_times import LAST_DAY, RHYTHMS, Rhythm
from planner.reports.making import Wanted, understood
from planner.reports.report import Filters
from planner.services.access import EVERYTHING, Scope, find_study
from planner.services.designs import Designs

#: what may be attached
FORMS = ("pdf", "xlsx", "csv")
#: mails leave the planner: figures of fewer than so many never do
LEAST_MASKED, MOST_MASKED = 5, 100
MOST_RECIPIENTS, MOST_SCHEDULES = 20, 50
#: so many of the newest mails are listed
SHOWN = 100
#: what a user may read of reports at this moment; nothing once they may not
ScopeOf = Callable[[Session, User], Scope]
#: everybody who may read reports of a study, by its number
ReadersIn = Callable[[Session, int], Sequence[User]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """A report to go out.

    ``recipients`` are the addresses that users sign in with; ``zone`` None: the first site's. ``period`` is one of
    mail_periods.PERIODS, which moves along with the mails, in place of the days of the filters; None: those.
    """

    study: str
    recipients: tuple[str, ...]
    rhythm: str = "weekly"
    day: int = 1
    hour: int = 6
    zone: str | None = None
    filters: Filters = field(default_factory=Filters)
    period: str | None = None
    forms: tuple[str, ...] = ("pdf",)
    mask_below: int = LEAST_MASKED


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody to whom a report goes; ``may`` says whether they may read it now: whose role has ended gets nothing."""

    user_id: int
    name: str
    email: str
    may: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A report that goes out, with its readers."""

    row: ReportSchedule
    readers: tuple[Reader, ...]

    @property
    def rhythm(self) -> Rhythm:
        """When it goes out."""
        return rhythm_of(self.row)


@dataclass(frozen=True, slots=True)
class ListedMail:
    """One mail, and to whom it was to go."""

    row: ReportMail
    to: str


def rhythm_of(row: ReportSchedule) -> Rhythm:
    """When a report goes out."""
    return Rhythm(row.rhythm, row.day, row.hour, row.zone)


def set_up(uow: UnitOfWork, designs: Designs, scope: Scope, scope_of: ScopeOf, command: SetUp) -> ReportSchedule:
    """Have a report go out from its next moment on. Raises NotFound, NotAllowed, InvalidInput, and Conflict for too
    many of them."""
    study = find_study(uow.session, scope, command.study, lock=True, whole=True)
    zones = sorted(set(designs.of(uow.session, study).zones.values()))
    problems = list(_wrong(command, zones))
    users = [user_by_email(uow.session, email) for email in command.recipients]
    problems += _strangers(uow.session, study, scope_of, command.recipients, users)
    problems += _wrong_filters(uow, designs, command)
    if problems:
        raise InvalidInput(problems)
    active = select(ReportSchedule.id).where(ReportSchedule.study_id == study.id, ReportSchedule.ended_at.is_(None))
    if len(uow.session.scalars(active).all()) >= MOST_SCHEDULES:
        raise Conflict([InputProblem("schedule", f"{MOST_SCHEDULES} reports go out already", "end one of them")])
    zone = command.zone or (zones[0] if zones else "UTC")
    row = ReportSchedule(
        study_id=study.id, rhythm=command.rhythm, day=command.day, hour=command.hour, zone=zone,
        filters=filters_data(command.filters, command.period), forms=list(command.forms), mask_below=command.mask_below,
        made_by=uow.actor.user_id, made_at=uow.now,
    )  # fmt: skip
    row.next_due = rhythm_of(row).after(uow.now)
    uow.session.add(row)
    uow.session.flush()
    numbers = sorted({user.id for user in users if user is not None})
    uow.session.add_all(ReportRecipient(schedule_id=row.id, user_id=number) for number in numbers)
    after = {
        "schedule": row.id, "when": rhythm_of(row).words(), "forms": row.forms, "filters": row.filters,
        "mask_below": row.mask_below, "users": numbers,
    }  # fmt: skip
    uow.audit("report-mail.set-up", f"study:{study.code}", study_id=study.id, after=after)
    return row


def _wrong(command: SetUp, zones: Sequence[str]) -> Iterator[InputProblem]:
    last = 7 if command.rhythm == "weekly" else LAST_DAY
    if command.rhythm not in RHYTHMS:
        yield InputProblem("rhythm", f"{shown(command.rhythm)} is no rhythm", f"choose one of {', '.join(RHYTHMS)}")
    elif not 1 <= command.day <= last:
        yield InputProblem("day", f"{command.day} is not within 1 to {last}", "write e.g. 1, a Monday or a first")
    if not 0 <= command.hour <= 23:
        yield InputProblem("hour", f"{command.hour} is no full hour", "write 0 to 23")
    if command.zone is not None and command.zone not in zones:
        yield InputProblem(
            "zone", f"no site is in {shown(command.zone)}", f"choose one of {', '.join(zones) or 'none'}"
        )
    if not command.forms or len(set(command.forms)) < len(command.forms) or not set(command.forms) <= set(FORMS):
        yield InputProblem("forms", "these are not the forms of a file", f"choose of {', '.join(FORMS)}")
    yield from _wrong_period(command)
    if not LEAST_MASKED <= command.mask_below <= MOST_MASKED:
        wrong = f"{command.mask_below} is not within {LEAST_MASKED} to {MOST_MASKED}"
        yield InputProblem("mask_below", wrong, "small figures are masked in every report that is mailed")
    if not 1 <= len(command.recipients) <= MOST_RECIPIENTS:
        yield InputProblem("recipients", "nobody, or too many are named", f"name 1 to {MOST_RECIPIENTS}")


def _wrong_period(command: SetUp) -> Iterator[InputProblem]:
    if command.period is None:
        return
    if command.period not in PERIODS:
        wrong = f"{shown(command.period)} is no period that moves along"
        yield InputProblem("period", wrong, f"choose one of {', '.join(PERIODS)}, or none")
    if command.filters.since is not None or command.filters.until is not None:
        yield InputProblem("period", "there are days that stay besides", "give the period, or since and until")


def _strangers(
    session: Session, study: Study, scope_of: ScopeOf, emails: Iterable[str], users: Iterable[User | None]
) -> Iterator[InputProblem]:
    """Those who may not read reports of the study; of an address that nobody has the same is said."""
    for place, (email, user) in enumerate(zip(emails, users, strict=True)):
        if user is None or not may_read(session, study.id, scope_of, user):
            wrong = f"{shown(email)} may not read reports of this study"
            yield InputProblem(f"recipients/{place}", wrong, "name users whose role includes them")


def may_read(session: Session, study_id: int, scope_of: ScopeOf, user: User) -> bool:
    """Whether somebody may read reports of a study now."""
    return user.disabled_at is None and scope_of(session, user).covers(study_id)


def _wrong_filters(uow: UnitOfWork, designs: Designs, command: SetUp) -> Iterable[InputProblem]:
    try:
        understood(uow.session, designs, EVERYTHING, Wanted(study=command.study, filters=command.filters), uow.now)
    except InvalidInput as error:
        return error.problems
    return ()


def filters_data(filters: Filters, period: str | None = None) -> dict[str, Any]:
    """Filters as they are kept: only those that there are, and the period that moves along."""
    names = ("site", "arm", "cohort", "since", "until", "version", "by")
    said = {name: getattr(filters, name) for name in names}
    kept = {name: str(value) for name, value in said.items() if value not in (None, "all")}
    return {"period": period, **kept} if period is not None else kept


def end(uow: UnitOfWork, scope: Scope, study_code: str, number: int) -> ReportSchedule:
    """Let a report go out no more; what a worker is just sending still goes. Raises NotFound and NotAllowed."""
    study = find_study(uow.session, scope, study_code, whole=True)
    query = select(ReportSchedule).where(ReportSchedule.id == number, ReportSchedule.study_id == study.id)
    row = uow.session.scalar(query.with_for_update())
    if row is None:
        raise NotFound([InputProblem("schedule", "no such report goes out", "look at the list of them")])
    if row.ended_at is None:
        row.ended_at, row.next_due = uow.now, None
        uow.audit("report-mail.ended", f"study:{study.code}", study_id=study.id, after={"schedule": row.id})
    return row


def list_schedules(session: Session, scope: Scope, readers_in: ReadersIn, study_code: str) -> list[Listed]:
    """The reports of a study that go out, with whom they go to. Raises NotFound and NotAllowed."""
    study = find_study(session, scope, study_code, whole=True)
    query = select(ReportSchedule).where(ReportSchedule.study_id == study.id, ReportSchedule.ended_at.is_(None))
    rows = session.scalars(query.order_by(ReportSchedule.id)).all()
    numbers = recipients_of(session, [row.id for row in rows])
    wanted = {number for each in numbers.values() for number in each}
    users = {user.id: user for user in session.scalars(select(User).where(User.id.in_(wanted)))} if wanted else {}
    may = {user.id for user in readers_in(session, study.id)}
    return [Listed(row, tuple(_readers(numbers.get(row.id, ()), users, may))) for row in rows]


def _readers(numbers: Iterable[int], users: dict[int, User], may: set[int]) -> Iterator[Reader]:
    for number in numbers:
        yield Reader(number, users[number].name, users[number].email, number in may)


def list_mails(session: Session, scope: Scope, study_code: str) -> list[ListedMail]:
    """What became of the newest mails of a study. Raises NotFound and NotAllowed."""
    study = find_study(session, scope, study_code, whole=True)
    rows = newest_mails(session, study.id, SHOWN)
    wanted = {row.user_id for row in rows}
    names = {user.id: user.name for user in session.scalars(select(User).where(User.id.in_(wanted)))}
    return [ListedMail(row, names[row.user_id]) for row in rows]


def send_again(uow: UnitOfWork, scope: Scope, study_code: str, number: int) -> ReportMail:
    """Send a mail of which nobody knows whether it went, or that failed. Raises NotFound, NotAllowed and Conflict."""
    study = find_study(uow.session, scope, study_code, whole=True)
    query = select(ReportMail).where(ReportMail.id == number, ReportMail.study_id == study.id)
    row = uow.session.scalar(query.with_for_update())
    if row is None:
        raise NotFound([InputProblem("mail", "there is no such mail", "look at the list of them")])
    if row.state not in ("unknown", "failed", "refused"):
        raise Conflict([InputProblem("mail", f"it is {row.state}", "only what is not known or failed goes again")])
    row.state, row.tries, row.not_before, row.words, row.settled_at = "waiting", 0, uow.now, "", None
    after = {"mail": row.id, "schedule": row.schedule_id, "user": row.user_id}
    uow.audit("report-mail.again", f"study:{study.code}", study_id=study.id, after=after)
    return row


def wanted_of(study: Study, row: ReportSchedule, due_at: datetime) -> Wanted:
    """The report that goes out: of the moment on which it was due, masked, and about nobody in particular."""
    return Wanted(
        study=study.code, filters=filters_of(row, due_at), as_of=due_at, mask_below=max(LEAST_MASKED, row.mask_below)
    )


def filters_of(row: ReportSchedule, due_at: datetime) -> Filters:
    """The filters of a report that goes out at a moment, with the days of its period."""
    said: dict[str, Any] = dict(row.filters)
    period = said.pop("period", None)
    for name in ("since", "until"):
        if name in said:
            said[name] = date.fromisoformat(said[name])
    if period is not None:
        said |= days_of(period, due_at, row.zone)._asdict()
    return Filters(**said)

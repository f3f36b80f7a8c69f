"""Sends the reports that are due, each to each reader once.

A report is put down for each reader in the transaction that moves its schedule on: that it is due is neither lost nor
seen twice. A worker takes one mail, makes its files, looks once more whether it may go, and says that it goes: all that
is committed before the mail server hears of it. What breaks before is done again; what breaks after nobody knows, and
such a mail is shown as unknown and never sent again by itself, but by a person.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.message import Attachment, Channel, Figures, Outgoing, Receipt, Verdict
from notifications.rules import ALL, SwitchRow
from planner.persistence.report_mails import ReportMail, ReportSchedule, recipients_of
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.persistence.users import User
from planner.problems import PlannerError
from planner.reports.files import make_file
from planner.reports.mail_schedules import ScopeOf, may_read, rhythm_of, wanted_of
from planner.reports.mail_words import text_of
from planner.services.access import Scope
from planner.services.designs import Designs

log = logging.getLogger(__name__)
#: a worker that has had a mail for so long is gone; making the files of the largest study takes minutes
LEASE = timedelta(minutes=30)
#: how long a mail waits after it was not taken, by how often it was tried; then it has failed
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 720))
#: sending is off, or something is in the way that passes by itself
LATER = timedelta(minutes=5)
_GONE = "the worker ended while the mail server may have had it; send it again if it has not come"
_ROLE_ENDED = "may not read reports of this study any more"


class _Ready(NamedTuple):
    """A mail whose files can be made: for whom, and within which scope."""

    study: Study
    schedule: ReportSchedule
    user: User
    scope: Scope
    due_at: datetime


@dataclass(slots=True)
class Mailing:
    """What one worker mails reports with; ``channel`` is None where no e-mail is set up: they wait."""

    store: Store
    designs: Designs
    clock: Callable[[], datetime]
    scope_of: ScopeOf
    channel: Channel | None
    stopped: Callable[[], bool] = lambda: False
    lease: timedelta = LEASE
    owner: str = field(default_factory=lambda: f"reports-{uuid4().hex[:12]}")

    def run(self) -> Figures:
        """Put down what is due, settle what a lost worker had, and send what waits; how many mails came to stand
        where."""
        figures = Figures()
        self.store.write(SYSTEM, self.clock(), put_down)
        figures.add("unknown", self.store.write(SYSTEM, self.clock(), partial(settle_lost, lease=self.lease)))
        while self.channel is not None and not self.stopped() and (number := self._take()) is not None:
            figures.add(self._deal_with(number, self.channel))
        return figures

    def _take(self) -> int | None:
        """Take the mail that has waited longest."""
        waiting = select(ReportMail).where(ReportMail.state == "waiting", ReportMail.not_before <= self.clock())
        waiting = waiting.order_by(ReportMail.id).limit(1)
        if self.store.read(lambda session: session.scalar(waiting.with_only_columns(ReportMail.id))) is None:
            return None

        def work(session: Session) -> int | None:
            row = session.scalar(waiting.with_for_update(skip_locked=True))
            if row is None:
                return None
            row.state, row.owner, row.taken_at = "making", self.owner, self.clock()
            return row.id

        return self.store.database.transact(work)

    def _deal_with(self, number: int, channel: Channel) -> str:
        """Make the files of a mail and send it; where it stands then."""
        try:
            made = self._made(number)
        except PlannerError as error:
            return self._settle(number, "dropped", str(error))
        except Exception:
            log.exception("the files of report mail %d could not be made", number)
            return self._put_off(number, "the report could not be made; the log of the worker says more")
        if made is None or not self.store.write(SYSTEM, self.clock(), lambda uow: self._begins(uow, number, made[1])):
            return "held back"
        return self._record(number, channel.send(made[0]))

    # -- before it goes -------------------------------------------------------------------------

    def _made(self, number: int) -> tuple[Outgoing, Scope] | None:
        """The mail with its files, and within which scope they are; None where it does not go now."""
        ready = self.store.write(SYSTEM, self.clock(), lambda uow: self._look(uow, number))
        if ready is None:
            return None
        wanted = wanted_of(ready.study, ready.schedule, ready.due_at)
        with self.store.database.at_one_moment() as session:
            made = [
                make_file(session, self.designs, ready.scope, wanted, form, self.clock())  # type: ignore[arg-type]
                for form in ready.schedule.forms
            ]
        files = tuple(Attachment(f"{ready.study.code}-{each.name}", each.mimetype, each.content) for each in made)
        words = text_of(ready.study, ready.schedule, ready.due_at)
        outgoing = Outgoing(
            to=ready.user.email, subject=words.subject, text=words.text, token=uuid4().hex, files=files,
            valid_for=timedelta(days=1), deadline=monotonic() + self.lease.total_seconds() / 2,
        )  # fmt: skip
        return outgoing, ready.scope

    def _look(self, uow: UnitOfWork, number: int) -> _Ready | None:
        """Whether a mail may go, now; what stands in its way is noted."""
        row = self._mine(uow.session, number, "making")
        if row is None:
            return None
        study, schedule = uow.session.get_one(Study, row.study_id), uow.session.get_one(ReportSchedule, row.schedule_id)
        user = uow.session.get_one(User, row.user_id)
        if is_off(uow.session, study.id):
            row.state, row.not_before, row.words = "waiting", uow.now + LATER, "sending is switched off"
            return None
        if schedule.ended_at is not None:
            settle(uow, study, row, "dropped", "this report goes out no more")
            return None
        if not may_read(uow.session, study.id, self.scope_of, user):
            settle(uow, study, row, "dropped", _ROLE_ENDED)
            return None
        return _Ready(study, schedule, user, self.scope_of(uow.session, user), row.due_at)

    def _begins(self, uow: UnitOfWork, number: int, scope: Scope) -> bool:
        """Say that a mail goes now, after another look; whether it does. Of another scope it is made again."""
        ready = self._look(uow, number)
        if ready is None:
            return False
        row = uow.session.get_one(ReportMail, number)
        row.state, row.taken_at = ("sending" if ready.scope == scope else "waiting"), uow.now
        return row.state == "sending"

    def _mine(self, session: Session, number: int, state: str) -> ReportMail | None:
        row = session.get_one(ReportMail, number, with_for_update=True, populate_existing=True)
        return row if (row.owner, row.state) == (self.owner, state) else None

    # -- afterwards -----------------------------------------------------------------------------

    def _record(self, number: int, receipt: Receipt) -> str:
        """What the mail server has said."""
        if receipt.verdict is Verdict.NOT_TAKEN:
            return self._put_off(number, receipt.words)
        state = {Verdict.ACCEPTED: "sent", Verdict.UNKNOWN: "unknown"}.get(receipt.verdict, "refused")
        return self._settle(number, state, receipt.words)

    def _settle(self, number: int, state: str, words: str) -> str:
        def work(uow: UnitOfWork) -> str:
            row = uow.session.get_one(ReportMail, number, with_for_update=True, populate_existing=True)
            if row.owner != self.owner or row.state not in ("making", "sending"):
                return "lost"
            settle(uow, uow.session.get_one(Study, row.study_id), row, state, words)
            return state

        return self.store.write(SYSTEM, self.clock(), work)

    def _put_off(self, number: int, words: str) -> str:
        """Try a mail again later, which surely has not gone out; after so many tries it has failed."""

        def work(uow: UnitOfWork) -> str:
            row = uow.session.get_one(ReportMail, number, with_for_update=True, populate_existing=True)
            if row.owner != self.owner:
                return "lost"
            if row.tries >= len(WAITS):
                settle(uow, uow.session.get_one(Study, row.study_id), row, "failed", words)
                return "failed"
            row.state, row.not_before, row.words = "waiting", uow.now + WAITS[row.tries], words
            row.tries += 1
            return "put off"

        return self.store.write(SYSTEM, self.clock(), work)


def put_down(uow: UnitOfWork) -> int:
    """Put down a mail for each reader of each report that is due, and move its schedule on; how many.

    Of several moments that have passed meanwhile the newest counts; what still waits from one before is overtaken.
    """
    due = select(ReportSchedule).where(ReportSchedule.next_due <= uow.now).order_by(ReportSchedule.id)
    rows = uow.session.scalars(due.with_for_update(skip_locked=True)).all()
    readers = recipients_of(uow.session, [row.id for row in rows])
    count = 0
    for row in rows:
        assert row.next_due is not None  # noqa: S101 - it was asked for
        moment = rhythm_of(row).newest(row.next_due, uow.now)
        _overtake(uow, row)
        for user in readers.get(row.id, ()):
            uow.session.add(
                ReportMail(
                    study_id=row.study_id, schedule_id=row.id, due_at=moment, user_id=user, state="waiting", tries=0,
                    not_before=uow.now, owner="", words="",
                )
            )  # fmt: skip
            count += 1
        row.next_due = rhythm_of(row).after(uow.now)
    return count


def _overtake(uow: UnitOfWork, schedule: ReportSchedule) -> None:
    waiting = select(ReportMail).where(ReportMail.schedule_id == schedule.id, ReportMail.state == "waiting")
    for row in uow.session.scalars(waiting.with_for_update(skip_locked=True)):
        study = uow.session.get_one(Study, row.study_id)
        settle(uow, study, row, "overtaken", row.words or "it had not gone when the next one was due")


def settle_lost(uow: UnitOfWork, lease: timedelta = LEASE) -> int:
    """What a worker had that is gone: what surely has not gone out waits again, of the rest nobody knows; how many."""
    lost = select(ReportMail).where(
        ReportMail.state.in_(("making", "sending")), ReportMail.taken_at < uow.now - lease
    )  # fmt: skip
    count = 0
    for row in uow.session.scalars(lost.order_by(ReportMail.id).with_for_update(skip_locked=True)):
        if row.state == "making":
            row.state, row.owner = "waiting", ""
            continue
        settle(uow, uow.session.get_one(Study, row.study_id), row, "unknown", _GONE)
        count += 1
    return count


def settle(uow: UnitOfWork, study: Study, row: ReportMail, state: str, words: str) -> None:
    """Where a mail stands in the end, for the list and the audit."""
    row.state, row.words, row.settled_at, row.owner = state, words, uow.now, ""
    after = {
        "mail": row.id, "schedule": row.schedule_id, "user": row.user_id, "as_of": row.due_at.isoformat(),
        "state": state,
    }  # fmt: skip
    uow.audit(f"report-mail.{state}", f"study:{study.code}", study_id=study.id, after=after, why=words)


def is_off(session: Session, study_id: int) -> bool:
    """Whether sending is switched off, in this study or altogether."""
    off = select(SwitchRow.study_id).where(SwitchRow.study_id.in_((ALL, study_id)), SwitchRow.off)
    return session.scalar(off.limit(1)) is not None

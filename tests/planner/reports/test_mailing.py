"""Reports go out when they are due, once to each reader, masked, to nobody who may not read them."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from notifications.channels.smtp_email import MailServer, Security, SmtpEmail
from notifications.message import Channel, Verdict
from planner.auth.report_mails import readers_in, reading_scope
from planner.persistence.audit import AuditEntry
from planner.persistence.report_mails import ReportMail, ReportSchedule
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.users import Grant, User
from planner.problems import Conflict, InvalidInput, NotAllowed, NotFound
from planner.reports.files import make_file
from planner.reports.mail_schedules import (
    SetUp,
    end,
    filters_of,
    list_mails,
    list_schedules,
    may_read,
    send_again,
    set_up,
    wanted_of,
)
from planner.reports.mailing import LATER, LEASE, WAITS, Mailing
from planner.reports.report import Filters
from planner.services.access import EVERYTHING, Scope
from planner.services.sending import set_whole_switch
from planner.services.users import Role
from tests.fakes import LOST_AFTER, FakeProvider
from tests.planner.api.callers import user
from tests.provider.mail import Mail
from tests.reported import counts, report, small_study
from tests.reported import row as row_of
from tests.studies import NORTH, SOUTH, STUDY, Trial

#: the Monday after the report's day, at six in New York
DUE = datetime(2026, 4, 20, 10, 0, tzinfo=UTC)


class Crash(BaseException):
    """The worker is killed."""


@dataclass
class Post:
    """A study with a mail channel that lives in memory."""

    study: Trial
    mail: FakeProvider = field(init=False)

    def __post_init__(self) -> None:
        self.mail = FakeProvider(lambda: self.study.now, name="email")

    @property
    def store(self) -> Store:
        return self.study.store

    def worker(self, channel: Channel | None = None) -> Mailing:
        return Mailing(
            self.store, self.study.designs, lambda: self.study.now, reading_scope, channel or self.mail
        )  # fmt: skip

    def run(self, at: datetime | None = None) -> dict[str, int]:
        self.study.now = at or self.study.now
        return self.worker().run().counts

    def reader(self, role: Role = Role.MONITOR, site: str | None = None) -> User:
        return user(self.store, self.study.now, role, STUDY if site else None, site)

    def set_up(self, *readers: User, scope: Scope = EVERYTHING, **said: Any) -> ReportSchedule:
        known = {"study": STUDY, "recipients": tuple(each.email for each in readers), "zone": "America/New_York"}
        command = SetUp(**{**known, **said})
        return self.store.write(
            SYSTEM, self.study.now, lambda uow: set_up(uow, self.study.designs, scope, reading_scope, command)
        )

    def mails(self) -> list[ReportMail]:
        return self.store.read(lambda session: list(session.scalars(select(ReportMail).order_by(ReportMail.id))))

    def states(self) -> list[str]:
        return [row.state for row in self.mails()]

    def end_roles(self, reader: User) -> None:
        ended = update(Grant).where(Grant.user_id == reader.id).values(ended_at=self.study.now)
        self.store.database.transact(lambda session: session.execute(ended))

    def audited(self) -> list[str]:
        query = select(AuditEntry.action).where(AuditEntry.action.startswith("report-mail.")).order_by(AuditEntry.seq)
        return self.store.read(lambda session: list(session.scalars(query)))


@pytest.fixture
def post(store: Store) -> Post:
    return Post(small_study(store))


# -- what -----------------------------------------------------------------------------------------


def test_a_report_goes_to_each_reader_once_when_it_is_due(post: Post) -> None:
    one, other = post.reader(), post.reader(Role.INVESTIGATOR)
    post.set_up(one, other, forms=("pdf", "xlsx"))
    assert post.run(DUE - timedelta(minutes=1)) == {}
    assert post.run(DUE) == {"sent": 2}
    assert post.run(DUE + timedelta(minutes=1)) == {}
    assert sorted(each.to for each in post.mail.outgoing) == sorted([one.email, other.email])
    for each in post.mail.outgoing:
        assert [file.name for file in each.files] == [
            f"{STUDY}-report-20260420T100000Z.{end}" for end in ("pdf", "xlsx")
        ]
        assert each.subject == f"Report on {STUDY}, 2026-04-20"
        assert "figures of fewer than 5 are masked" in each.text.lower()
    assert post.run(DUE + timedelta(days=7)) == {"sent": 2}
    assert post.audited() == ["report-mail.set-up", *["report-mail.sent"] * 4]


def test_several_workers_at_once_send_it_once(post: Post) -> None:
    post.set_up(post.reader(), post.reader(Role.INVESTIGATOR))
    post.study.now = DUE
    first, second = post.worker(), post.worker()
    # The second one looks while the first has a mail in its hands.
    post.mail.meanwhile = lambda _: dict(second.run().counts).clear()
    first.run()
    assert len(post.mail.outgoing) == 2
    assert post.states() == ["sent", "sent"]


def test_what_is_attached_is_masked_shows_no_participant_and_can_be_made_again(post: Post) -> None:
    row = post.set_up(post.reader(), forms=("xlsx", "pdf"))
    post.run(DUE + timedelta(seconds=30))
    [mail] = post.mail.outgoing
    summary = load_workbook(io.BytesIO(mail.files[0].content))["Summary"]
    said = {line[0]: line[1] for line in summary.iter_rows(values_only=True)}
    assert said["masked"] == "figures of fewer than 5"
    assert said["data as of"] == DUE.isoformat()
    for file in mail.files:
        assert b"01-001" not in file.content
    study = post.store.read(lambda session: list_schedules(session, EVERYTHING, readers_in, STUDY))
    assert [each.row.id for each in study] == [row.id]
    with post.store.database.at_one_moment() as session:
        wanted = wanted_of(session.get_one(Study, row.study_id), row, DUE)
        later = DUE + timedelta(days=30)
        again = [make_file(session, post.study.designs, EVERYTHING, wanted, form, later) for form in ("xlsx", "pdf")]
    assert [each.content for each in again] == [file.content for file in mail.files]


def test_a_reader_of_one_site_is_sent_that_site_alone(post: Post) -> None:
    post.set_up(post.reader(site=SOUTH), forms=("csv",), filters=Filters(by="site"))
    post.run(DUE)
    [mail] = post.mail.outgoing
    text = mail.files[0].content.decode()
    assert ",south," in text
    assert ",north," not in text


def test_a_monthly_report_is_of_the_month_before_each_time_it_goes_out(post: Post) -> None:
    """Of the nine visits that were due in March seven took place; none was due later (tests/reported.py)."""
    row = post.set_up(post.reader(), rhythm="monthly", day=3, forms=("csv",), period="last-month")
    assert row.filters == {"period": "last-month"}
    for month, days, attended in ((5, "2026-04-01 to 2026-04-30", "0,0"), (6, "2026-05-01 to 2026-05-31", "0,0")):
        post.run(datetime(2026, month, 3, 10, tzinfo=UTC))
        mail = post.mail.outgoing[-1]
        assert f"Period: {days}" in mail.text
        table = mail.files[0].content.decode()
        assert f"figure,attendance,all,,{attended}" in table
        assert f"since {days[:10]}; until {days[-10:]}" in table
    again = filters_of(row, datetime(2026, 4, 3, 10, tzinfo=UTC))
    assert (again.since, again.until) == (date(2026, 3, 1), date(2026, 3, 31))
    assert counts(row_of(report(post.study, **asdict(again)).measure("attendance"))) == (7, 9)


def test_a_mail_server_is_handed_the_files(post: Post) -> None:
    post.set_up(post.reader(), forms=("pdf", "xlsx"))
    post.study.now = DUE
    with Mail() as mail:
        server = MailServer(host="127.0.0.1", port=mail.port, security=Security.NONE, sender="reports@clinic.example")
        assert post.worker(SmtpEmail(server)).run().counts == {"sent": 1}
        [letter] = mail.letters
    message = message_from_bytes(letter.content, policy=default)
    assert isinstance(message, EmailMessage)
    files = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    assert files[f"{STUDY}-report-20260420T100000Z.pdf"].startswith(b"%PDF")
    assert files[f"{STUDY}-report-20260420T100000Z.xlsx"].startswith(b"PK")
    body = message.get_body()
    assert body is not None
    assert "is attached" in body.get_content()


# -- to whom --------------------------------------------------------------------------------------


def test_whose_role_has_ended_gets_nothing_more_and_that_is_shown(post: Post) -> None:
    reader, other = post.reader(), post.reader(Role.INVESTIGATOR)
    post.set_up(reader, other)
    post.end_roles(reader)
    assert post.run(DUE) == {"sent": 1, "held back": 1}
    assert [each.to for each in post.mail.outgoing] == [other.email]
    [listed] = post.store.read(lambda session: list_schedules(session, EVERYTHING, readers_in, STUDY))
    assert {each.email: each.may for each in listed.readers} == {reader.email: False, other.email: True}
    mails = post.store.read(lambda session: list_mails(session, EVERYTHING, STUDY))
    told = {(each.to, each.row.state, each.row.words) for each in mails}
    assert (reader.name, "dropped", "may not read reports of this study any more") in told


def test_a_role_that_ends_while_the_report_is_made_ends_the_mail_too(post: Post) -> None:
    reader = post.reader()
    post.set_up(reader)
    post.study.now = DUE
    worker = post.worker()
    looks = iter([None, lambda: post.end_roles(reader)])

    def scope_of(session: Any, whose: User) -> Scope:
        return Scope(()) if next(looks, True) is not None else reading_scope(session, whose)

    worker.scope_of = scope_of
    worker.run()
    assert post.mail.outgoing == []


def test_nobody_is_named_who_may_not_read_reports(post: Post) -> None:
    centre = post.reader(Role.INFUSION_CENTRE)
    with pytest.raises(InvalidInput, match="may not read reports of this study"):
        post.set_up(centre)
    with pytest.raises(InvalidInput, match="may not read reports of this study"):
        post.set_up(post.reader(), recipients=("nobody.at.all@example.org",))


def test_those_who_can_be_chosen_are_those_who_may_read(post: Post) -> None:
    known = [post.reader(role, site) for role in Role for site in (None, SOUTH)]
    post.end_roles(known[0])

    def chosen(session: Session) -> set[int]:
        study = session.scalars(select(Study)).one()
        assert {each.id for each in known if may_read(session, study.id, reading_scope, each)} == {
            user.id for user in readers_in(session, study.id)
        }
        return {user.id for user in readers_in(session, study.id)}

    assert len(post.store.read(chosen)) == 7


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"rhythm": "daily"}, "rhythm"), ({"day": 8}, "day"), ({"rhythm": "monthly", "day": 29}, "day"),
        ({"hour": 24}, "hour"), ({"zone": "Europe/Paris"}, "zone"), ({"forms": ()}, "forms"),
        ({"forms": ("exe",)}, "forms"), ({"mask_below": 4}, "mask_below"), ({"recipients": ()}, "recipients"),
        ({"filters": Filters(site="nowhere")}, "site"), ({"period": "some-day"}, "period"),
        ({"period": "last-month", "filters": Filters(since=date(2026, 1, 1))}, "period"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place(post: Post, said: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        post.set_up(post.reader(), **said)
    assert [problem.place for problem in refused.value.problems] == [place]


def test_a_schedule_is_of_the_whole_study(post: Post) -> None:
    reader = post.reader(Role.COORDINATOR, NORTH)
    scope = post.store.read(lambda session: reading_scope(session, reader))
    with pytest.raises(NotAllowed):
        post.set_up(reader, scope=scope)
    with pytest.raises(NotFound):
        post.store.read(lambda session: list_schedules(session, Scope(()), readers_in, STUDY))


# -- what goes wrong ------------------------------------------------------------------------------


def test_nothing_goes_while_sending_is_switched_off_and_then_it_does(post: Post) -> None:
    post.set_up(post.reader())
    switch(post, off=True)
    assert post.run(DUE) == {"held back": 1}
    assert post.states() == ["waiting"]
    switch(post, off=False)
    assert post.run(DUE + LATER) == {"sent": 1}


def switch(post: Post, off: bool) -> None:
    post.store.write(SYSTEM, post.study.now, lambda uow: set_whole_switch(uow, EVERYTHING, off, "made up"))


def test_a_mail_that_is_not_taken_is_tried_again_and_fails_in_the_end(post: Post) -> None:
    post.set_up(post.reader(), rhythm="monthly")
    due = datetime(2026, 5, 1, 10, tzinfo=UTC)
    post.mail.plan = [Verdict.NOT_TAKEN] * (len(WAITS) + 1)
    assert post.run(due) == {"put off": 1}
    for wait in WAITS[:-1]:
        assert post.run(post.study.now + wait) == {"put off": 1}
    assert post.run(post.study.now + WAITS[-1]) == {"failed": 1}
    [row] = post.mails()
    again = post.store.write(SYSTEM, post.study.now, lambda uow: send_again(uow, EVERYTHING, STUDY, row.id))
    assert again.state == "waiting"
    assert post.run() == {"sent": 1}


def test_a_mail_of_which_nobody_knows_is_never_sent_again_by_itself(post: Post) -> None:
    post.set_up(post.reader())
    post.mail.plan = [LOST_AFTER]
    assert post.run(DUE) == {"unknown": 1}
    for hours in range(1, 48, 6):
        assert post.run(DUE + timedelta(hours=hours)) == {}
    assert len(post.mail.outgoing) == 1
    [row] = post.mails()
    post.store.write(SYSTEM, post.study.now, lambda uow: send_again(uow, EVERYTHING, STUDY, row.id))
    assert post.run() == {"sent": 1}
    with pytest.raises(Conflict):
        post.store.write(SYSTEM, post.study.now, lambda uow: send_again(uow, EVERYTHING, STUDY, row.id))


def test_a_worker_killed_while_it_sends_neither_sends_twice_nor_is_silent(post: Post) -> None:
    post.set_up(post.reader())
    post.mail.meanwhile = crash
    with pytest.raises(Crash):
        post.run(DUE)
    post.mail.meanwhile = lambda _: None
    assert post.run(DUE + timedelta(minutes=1)) == {}
    assert post.run(DUE + LEASE + timedelta(minutes=1)) == {"unknown": 1}
    assert len(post.mail.outgoing) == 1
    [row] = post.mails()
    assert "send it again if it has not come" in row.words
    assert post.audited()[-1] == "report-mail.unknown"


def test_a_worker_killed_before_it_sends_loses_nothing(post: Post) -> None:
    post.set_up(post.reader())
    post.study.now = DUE
    worker = post.worker()

    def killed(*_: object) -> Scope:
        raise Crash

    worker.scope_of = killed
    with pytest.raises(Crash):
        worker.run()
    assert post.states() == ["making"]
    assert post.run(DUE + LEASE + timedelta(minutes=1)) == {"sent": 1}
    assert len(post.mail.outgoing) == 1


def crash(_: object) -> None:
    raise Crash


def test_after_weeks_without_a_worker_the_newest_report_goes_and_no_older_one(post: Post) -> None:
    post.set_up(post.reader())
    assert post.run(DUE + timedelta(days=16)) == {"sent": 1}
    [row] = post.mails()
    assert row.due_at == DUE + timedelta(days=14)


def test_what_still_waits_when_the_next_one_is_due_is_overtaken(post: Post) -> None:
    post.set_up(post.reader())
    post.mail.plan = [Verdict.NOT_TAKEN]
    post.run(DUE)
    assert post.run(DUE + timedelta(days=7)) == {"sent": 1}
    assert post.states() == ["overtaken", "sent"]


def test_what_has_ended_goes_out_no_more(post: Post) -> None:
    row = post.set_up(post.reader())
    post.store.write(SYSTEM, post.study.now, lambda uow: end(uow, EVERYTHING, STUDY, row.id))
    assert post.run(DUE) == {}
    assert post.store.read(lambda session: list_schedules(session, EVERYTHING, readers_in, STUDY)) == []
    with pytest.raises(NotFound):
        post.store.write(SYSTEM, post.study.now, lambda uow: end(uow, EVERYTHING, STUDY, row.id + 99))


def test_a_report_that_cannot_be_made_for_somebody_is_dropped_with_the_reason(post: Post) -> None:
    post.set_up(post.reader(site=SOUTH), filters=Filters(site=NORTH))
    assert post.run(DUE) == {"dropped": 1}
    [row] = post.mails()
    assert "north" in row.words
    assert post.mail.outgoing == []


def test_without_a_mail_server_reports_wait(post: Post) -> None:
    post.set_up(post.reader())
    post.study.now = DUE
    worker = Mailing(post.store, post.study.designs, lambda: DUE, reading_scope, None)
    assert worker.run().counts == {}
    assert post.states() == ["waiting"]

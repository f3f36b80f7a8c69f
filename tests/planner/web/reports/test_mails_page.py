"""The page of reports that go out by e-mail: what is typed is kept, what is wrong is said, and who may see it."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from planner.persistence.report_mails import ReportMail, ReportSchedule
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.desk import Desk, desk_of, text_of
from tests.planner.api.callers import user
from tests.planner.reports.test_mailing import DUE, Post
from tests.planner.web.test_queries import cost
from tests.reported import LATER
from tests.studies import NORTH, STUDY, Trial

HERE = f"/studies/{STUDY}/report/mails"


def asked(reader: str, **changes: str | list[str]) -> dict[str, str | list[str]]:
    """The form as a browser sends it."""
    known: dict[str, str | list[str]] = {
        "recipients": [reader], "rhythm": "weekly", "weekday": "1", "day": "1", "hour": "6",
        "zone": "America/New_York", "forms": ["pdf", "xlsx"], "mask_below": "5", "site": "", "version": "",
        "by": "site",
    }  # fmt: skip
    return {**known, **changes}


def test_a_report_is_set_up_shown_and_ended(office: Desk, store: Store) -> None:
    reader = user(store, LATER, Role.MONITOR)
    assert "No report of this study goes out." in office.text(HERE)
    assert f"{reader.name} ({reader.email})" in office.text(HERE)
    made = office.send(HERE, **asked(reader.email))
    assert made.status_code == 303
    page = office.text(made.location)
    assert "It goes out from now on." in page
    assert "Every Monday at 06:00 (America/New_York)" in page
    assert "Attached PDF, XLSX About by site Masked fewer than 5 Next 2026-04-20 10:00 UTC" in page
    [row] = store.read(lambda session: list(session.scalars(select(ReportSchedule))))
    ended = office.send(f"{HERE}/{row.id}/end")
    assert "It goes out no more. " in office.text(ended.location)


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong_at_the_field(office: Desk, store: Store) -> None:
    reader = user(store, LATER, Role.MONITOR)
    for changes, words in (
        ({"mask_below": "2"}, "2 is not within 5 to 100"),
        ({"forms": []}, "These are not the forms of a file"),
        ({"rhythm": "monthly", "day": "31"}, "31 is not within 1 to 28"),
        ({"hour": "soon"}, "This is no whole number"),
        ({"recipients": []}, "Nobody, or too many are named"),
    ):
        answer = office.send(HERE, **asked(reader.email, **changes))
        assert answer.status_code == 400
        assert words in text_of(answer.text)
        assert "It is wrong" not in answer.text
        assert 'value="monthly" selected' in answer.text or "monthly" not in str(changes)
    assert store.read(lambda session: session.scalars(select(ReportSchedule)).all()) == []


def test_the_page_shows_who_may_read_it_no_more_and_what_became_of_each_mail(
    office: Desk, store: Store, small: Trial
) -> None:
    post = Post(small)
    gone, there = post.reader(), post.reader(Role.INVESTIGATOR)
    post.set_up(gone, there)
    post.end_roles(gone)
    post.mail.plan = ["lost-after"]
    post.run(DUE)
    page = office.text(HERE)
    assert f"{gone.name} {gone.email} may not read it any more: is sent nothing" in page
    assert f"{gone.name} not sent may not read reports of this study any more" in page
    assert f"{there.name} not known whether it was sent no answer in time Send it again" in page
    [unknown] = [row for row in post.mails() if row.state == "unknown"]
    sent = office.send(f"{HERE}/sent/{unknown.id}/again")
    assert "It goes out again." in office.text(sent.location)
    assert store.read(lambda session: session.get_one(ReportMail, unknown.id)).state == "waiting"


def test_monitors_look_and_change_nothing_and_the_report_leads_there(app: Flask, store: Store, small: Trial) -> None:
    monitor = desk_of(app, store, Role.MONITOR)
    page = monitor.text(HERE)
    assert "Have one go out" not in page
    assert "/report/mails" in monitor.html(f"/studies/{STUDY}/report")
    assert monitor.send(HERE, **asked("x@example.org")).status_code == 403
    theirs = desk_of(app, store, Role.COORDINATOR, STUDY, NORTH)
    theirs.html(HERE, 403)
    assert "/report/mails" not in theirs.html(f"/studies/{STUDY}/report")


def test_the_page_costs_as_many_queries_for_many_reports_as_for_one(app: Flask, office: Desk, small: Trial) -> None:
    post = Post(small)
    readers = [post.reader(role) for role in (Role.MONITOR, Role.INVESTIGATOR, Role.ADMINISTRATOR)]
    post.set_up(readers[0])
    post.run(DUE)
    few = cost(app, office, HERE)
    for day in range(1, 8):
        post.set_up(*readers, day=day)
    post.run(DUE + timedelta(days=7))
    assert cost(app, office, HERE) == few

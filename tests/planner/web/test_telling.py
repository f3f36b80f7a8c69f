"""Telling a participant: the exact text is looked at, then sent and recorded; nothing goes out twice or unseen."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from notifications.outbox import MessageRow
from notifications.rules import SwitchRow
from notifications.segments import count
from planner.persistence.facts import FactRow
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING, find_study
from planner.services.users import Role
from planner.services.wordings import adopt_wordings
from tests import reminded
from tests.desk import Desk, desk_of, text_of
from tests.planner.api.callers import Clock
from tests.reminded import DAY_8, TOLD, agree, appointments, keep, messages, refuse
from tests.studies import NORTH, STUDY, Trial, audited

PERSON = f"/studies/{STUDY}/participants/01-001"
HERE = f"{PERSON}/visits/induction.c1.d8/telling"


def sign_off(study: Trial) -> None:
    """Have the texts that ship signed off."""

    def work(uow: UnitOfWork) -> None:
        adopt_wordings(uow, study.designs, find_study(uow.session, EVERYTHING, STUDY))

    study.store.write(SYSTEM, study.now, work)


@pytest.fixture
def booked(store: Store, at: Clock) -> Trial:
    """Somebody who agreed to texts, with an appointment of which nobody has told them; the texts are signed off."""
    study = reminded.reminding(store)
    sign_off(study)
    study.record("01-001", DAY_8)
    at.now = study.now
    return study


@pytest.fixture
def somebody(app: Flask, store: Store, booked: Trial) -> Desk:
    return desk_of(app, store)


def shown(page: str) -> str:
    found = re.search(r"<blockquote[^>]*>(.*?)</blockquote>", page, re.DOTALL)
    assert found is not None, text_of(page)[:800]
    return text_of(found[1])


def send(desk: Desk) -> TestResponse:
    found = re.search(r'name="seen" value="(\w+)"', desk.html(HERE))
    assert found is not None
    return desk.send(HERE, seen=found[1])


def told_facts(study: Trial) -> int:
    return study.store.read(lambda session: len(session.scalars(select(FactRow).where(FactRow.kind == "told")).all()))


def texts(study: Trial) -> list[tuple[str, str, str]]:
    """Template, channel and state of what tells of an appointment."""
    query = select(MessageRow).where(MessageRow.template.in_(("told", "moved"))).order_by(MessageRow.id)
    rows = study.store.read(lambda session: session.scalars(query).all())
    return [(row.template, row.channel, row.state) for row in rows]


def test_the_exact_text_is_shown_with_its_segments_before_anything_is_sent(somebody: Desk, booked: Trial) -> None:
    page = somebody.html(HERE)
    text = shown(page)
    assert text.startswith("Hello, this is The clinic. Your appointment is on Monday, January 12, 2026 at 9:30")
    words = text_of(page)
    assert f"· {count(text).segments} segment" in words
    assert "to the participant …00 · English" in words
    assert "It goes at once." in words
    assert "Wording reminder/en/1" in words
    assert texts(booked) == []
    assert told_facts(booked) == 0


def test_it_is_sent_recorded_and_in_the_audit_at_once(somebody: Desk, booked: Trial) -> None:
    answer = send(somebody)
    assert answer.status_code == 303
    assert "It is on its way." in somebody.text(answer.headers["Location"])
    assert texts(booked) == [("told", "sms", "planned")]
    assert told_facts(booked) == 1
    assert "induction.c1.d8" in appointments(booked)
    assert ("reminder", "1d", "planned") in messages(booked)
    (entry,) = audited(booked, "participant.told-by-message")
    after = entry.after or {}
    assert (after["visit"], after["texts"], len(after["messages"])) == ("induction.c1.d8", ["participant by sms"], 1)


def test_what_is_planned_shows_its_text_in_the_recipients_language_as_it_would_read_now(
    somebody: Desk, booked: Trial
) -> None:
    send(somebody)
    page = somebody.html(f"{PERSON}/messages")
    read = [text_of(found) for found in re.findall(r'<q dir="auto" lang="en">(.*?)</q>', page, re.DOTALL)]
    assert len(read) == len(messages(booked))
    assert all("Monday, January 12, 2026 at 9:30" in text for text in read)
    assert "A planned text is written when it goes out, by what is known then" in text_of(page)


def test_nothing_is_sent_twice(somebody: Desk, booked: Trial) -> None:
    send(somebody)
    words = somebody.text(HERE)
    assert "A text about it was made already: it is planned" in words
    assert "Send it" not in words
    assert somebody.send(HERE, seen="0" * 64).status_code == 422
    assert len(texts(booked)) == 1


def test_of_an_appointment_that_moved_the_text_says_so_and_goes_once(somebody: Desk, booked: Trial) -> None:
    send(somebody)
    moved = {**DAY_8, "fact": "rebooked", "id": "again", "date": "2026-01-13", "instead_of": "2026-01-12"}
    booked.record("01-001", moved)
    page = somebody.html(HERE)
    assert "They know of another day or hour." in text_of(page)
    assert "Your appointment has moved. It is now on Tuesday, January 13, 2026" in shown(page)
    assert send(somebody).status_code == 303
    assert [text for text in texts(booked) if text[2] == "planned"] == [("moved", "sms", "planned")]


def test_whoever_knows_already_by_telephone_gets_the_text_and_no_second_record(somebody: Desk, booked: Trial) -> None:
    booked.record("01-001", TOLD)
    assert "It is recorded that they know of it." in somebody.text(HERE)
    assert send(somebody).status_code == 303
    assert told_facts(booked) == 1
    assert texts(booked) == [("told", "sms", "planned")]


def test_a_fact_that_is_recorded_meanwhile_cancels_nothing_that_was_told(somebody: Desk, booked: Trial) -> None:
    send(somebody)
    booked.record("01-001", {"fact": "away", "date": "2026-03-01", "until": "2026-03-02"})
    assert texts(booked) == [("told", "sms", "planned")]


def test_what_was_looked_at_is_what_is_sent(somebody: Desk, booked: Trial) -> None:
    found = re.search(r'name="seen" value="(\w+)"', somebody.html(HERE))
    assert found is not None
    keep(booked, phone="+12125550177")
    answer = somebody.send(HERE, seen=found[1])
    assert answer.status_code == 409
    assert "look at it again" in text_of(answer.text).lower()
    assert texts(booked) == []


def test_in_quiet_hours_it_is_said_when_it_goes(app: Flask, store: Store, booked: Trial, at: Clock) -> None:
    at.now = booked.now = datetime(2026, 1, 6, 4, 0, tzinfo=UTC)  # 23:00 in New York
    assert "it goes Tue 6 Jan, 08:00, their time" in desk_of(app, store).text(HERE)


def test_everybody_who_agreed_is_told_in_their_language_by_their_channel(somebody: Desk, booked: Trial) -> None:
    keep(booked, language="es")
    agree(booked, "email")
    agree(booked, "caregiver")
    page = somebody.html(HERE)
    words = text_of(page)
    assert "to the participant …00 · Spanish" in words
    assert "E-mail to the participant m…@example.org" in words
    assert "to the caregiver …50" in words
    assert page.count("<blockquote") == 3
    send(somebody)
    assert sorted(channel for _, channel, _ in texts(booked)) == ["email", "sms", "sms"]


def test_why_nothing_can_be_sent_is_said(app: Flask, somebody: Desk, booked: Trial, store: Store) -> None:
    refuse(booked, "sms")
    page = somebody.text(HERE)
    assert "Nothing can be sent" in page
    assert "They have not agreed to be sent anything" in page
    assert "Record that they know" in page

    def switch(uow: UnitOfWork) -> None:
        uow.session.add(SwitchRow(study_id=1, off=True, why="A wrong text", changed_at=uow.now))

    agree(booked, "sms")
    booked.store.write(SYSTEM, booked.now, switch)
    assert "Sending is switched off (A wrong text)" in somebody.text(HERE)
    assert "Send it" not in somebody.text(HERE)


def test_a_wording_that_nobody_has_signed_off_is_not_sent(app: Flask, store: Store, at: Clock) -> None:
    study = reminded.reminding(store)
    study.record("01-001", DAY_8)
    at.now = study.now
    page = desk_of(app, store).text(HERE)
    assert "no wording of 'reminder' is signed off" in page
    assert "Send it" not in page


def test_a_study_that_sends_nothing_says_so(app: Flask, store: Store, study: Trial) -> None:
    study.enrol()
    study.record("01-001", {**DAY_8, "id": "first"})
    assert "The study sends no messages" in desk_of(app, store).text(HERE)


def test_a_visit_without_an_appointment_has_nothing_to_tell(somebody: Desk) -> None:
    somebody.html(f"{PERSON}/visits/induction.c1.d15/telling", 404)
    somebody.html(f"{PERSON}/visits/nothing/telling", 404)


def test_the_way_to_it_is_on_the_visits_page_for_whoever_records(app: Flask, store: Store, somebody: Desk) -> None:
    visit = f"{PERSON}/visits/induction.c1.d8"
    assert f'href="{HERE}"' in somebody.html(visit)
    assert HERE not in desk_of(app, store, Role.MONITOR).html(visit)
    desk_of(app, store, Role.INFUSION_CENTRE, STUDY, NORTH).html(HERE, 403)


def test_what_follows_from_a_decision_that_nobody_told_them_of_is_not_told(somebody: Desk, booked: Trial) -> None:
    m1d1 = "maintenance.c1.d1"
    booked.record("01-001", {"fact": "booked", "id": "m", "date": "2026-02-02", "visit": m1d1, "time": "10:00"})
    page = somebody.html(f"{PERSON}/visits/{m1d1}/telling")
    assert "By what they were told there is no such appointment" in text_of(page)
    assert f'href="{PERSON}/record?kind=told"' in page
    assert "Send it" not in text_of(page)

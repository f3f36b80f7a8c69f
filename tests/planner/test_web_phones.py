"""The simulated phone as a page: what would have been texted and when, and what writing back does. For a demo only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from notifications.inbox import InboundRow
from notifications.recipients import RecipientRow
from notifications.rules import RulesRow
from planner.app import create_app
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING, find_study
from planner.services.dispatching import sending_of
from planner.services.wordings import adopt_wordings
from planner.web.phones import SHOWN
from tests import reminded
from tests.planner.api.callers import Clock, at, settings_for
from tests.reminded import DAY_8, KEYS, TOLD
from tests.studies import STUDY, Trial

__all__ = ["at"]

PHONE = f"/phones/{STUDY}/01-001"


@pytest.fixture
def app(store: Store, tmp_path: Path, at: Clock) -> Iterator[Flask]:
    made = create_app({"TESTING": True}, settings_for(store, tmp_path, show_phones=True))
    made.extensions["installation"]._keys = KEYS
    yield made
    made.extensions["installation"].close()


@pytest.fixture
def study(store: Store) -> Trial:
    """Somebody who reads Arabic, and was told of an appointment."""
    made = reminded.reminding(store)

    def adopt(uow: UnitOfWork) -> None:
        adopt_wordings(uow, made.designs, find_study(uow.session, EVERYTHING, STUDY), ("en", "ar"))

    store.write(SYSTEM, made.now, adopt)
    reminded.keep(made, language="ar")
    made.record("01-001", DAY_8)
    made.record("01-001", TOLD)
    return made


def work(app: Flask, store: Store, at: Clock) -> None:
    planner = app.extensions["installation"]
    sending_of(planner.settings, store.database, planner.keys, planner.designs, at, Event().is_set).send()


def write(client: FlaskClient, **form: str) -> int:
    """Write back as the page's form does, with what it holds."""
    token = re.findall(r'name="token" value="(\w+)"', client.get(PHONE).text)[0]
    return client.post(PHONE, data={"token": token, **form}).status_code


def test_what_is_to_come_is_shown_as_it_would_be_read_at_the_recipients_own_hour(app: Flask, study: Trial) -> None:
    page = app.test_client().get(PHONE).text
    assert "Fri 9 Jan, 09:00" in page
    assert '<p lang="ar" dir="rtl">' in page
    assert "Nothing has come to this phone yet." in page
    assert "America/New_York" in page


def test_a_text_that_was_sent_stands_there_with_its_time(app: Flask, store: Store, study: Trial, at: Clock) -> None:
    at.now = datetime(2026, 1, 9, 14, 1, tzinfo=UTC)
    work(app, store, at)
    page = app.test_client().get(PHONE).text
    assert "From the clinic, <time" in page
    assert "Fri 9 Jan, 09:01" in page
    listed = app.test_client().get("/phones").text
    assert f'href="{PHONE}"' in listed
    assert "Arabic" in listed


def test_writing_back_does_what_a_text_would_do_and_is_shown(app: Flask, store: Store, study: Trial, at: Clock) -> None:
    at.now = datetime(2026, 1, 9, 14, 1, tzinfo=UTC)
    work(app, store, at)
    client = app.test_client()
    at.now += timedelta(minutes=3)  # no worker lives: nobody waits for its answer
    assert write(client, quick="2") == 303
    work(app, store, at)
    at.now += timedelta(minutes=3)
    page = client.get(PHONE).text
    assert "They ask for another time; nothing has been moved." in page
    assert page.count("From the clinic") == 2
    assert write(client, text="STOP", quick="1") == 303  # the field wins over the button that Enter presses
    assert "This phone has said STOP." in client.get(PHONE).text
    assert write(client, text="<b>hello</b>") == 303
    assert "&lt;b&gt;hello&lt;/b&gt;" in client.get(PHONE).text


def test_of_many_texts_the_newest_are_shown_and_the_others_are_folded_away_above_them(
    app: Flask, study: Trial, at: Clock
) -> None:
    client = app.test_client()
    for number in range(SHOWN):
        write(client, text=f"text {number}")
        at.now += timedelta(minutes=1)
    assert "<details" not in client.get(PHONE).text
    write(client, text="the last one")
    page = client.get(PHONE).text
    folded, _, rest = page.partition("</details>")
    assert "1 earlier text<" in folded
    assert "text 0" in folded
    assert rest.count("Written back") == SHOWN
    assert page.count('id="newest"') == 1
    assert page.index('id="newest"') < page.index("the last one")


def test_a_form_from_elsewhere_is_refused(app: Flask, store: Store, study: Trial) -> None:
    client = app.test_client()
    assert client.post(PHONE, data={"text": "STOP"}).status_code == 403
    client.get(PHONE)
    assert client.post(PHONE, data={"text": "STOP", "token": "0" * 64}).status_code == 403
    assert client.post(PHONE, data={"text": "STOP", "token": "é"}).status_code == 403
    assert store.read(lambda session: session.scalar(select(func.count()).select_from(InboundRow))) == 0


def test_phones_that_there_are_not_are_not_found(app: Flask, study: Trial) -> None:
    client = app.test_client()
    for path in (f"/phones/{STUDY}/99-999", "/phones/nothing/01-001", f"{PHONE}?whom=caregiver", f"{PHONE}?whom=x"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "choose one from the list" in answer.text


def test_somebody_who_died_has_a_phone_to_which_nothing_goes(app: Flask, study: Trial) -> None:
    study.record("01-001", {"fact": "died", "date": "2026-01-05"})
    page = app.test_client().get(PHONE).text
    assert "Nothing is sent any more." in page
    assert "Nothing is planned." in page


def test_rules_that_nobody_can_read_are_said_to_be_in_the_way(app: Flask, store: Store, study: Trial) -> None:
    store.database.transact(lambda session: session.execute(update(RulesRow).values(rules={"hour": "noon"})))
    client = app.test_client()
    assert client.get("/phones").status_code == 200
    page = client.get(PHONE)
    assert page.status_code == 200
    assert page.text.count("the study&#39;s rules cannot be read: set them anew") == 2
    assert write(client, text="hello") == 303


def test_a_phone_whose_zone_does_not_exist_any_more_is_shown_on_the_clock_of_utc(
    app: Flask, store: Store, study: Trial
) -> None:
    store.database.transact(lambda session: session.execute(update(RecipientRow).values(zone="Mars/Olympus")))
    client = app.test_client()
    assert "Fri 9 Jan, 14:00" in client.get("/phones").text
    page = client.get(PHONE).text
    assert "Mars/Olympus does not exist (any more): times are shown in UTC" in page
    assert "Fri 9 Jan, 14:00" in page


@pytest.mark.parametrize("settings", [{}, {"show_phones": True, "channel": "console"}])
def test_outside_a_demo_there_are_no_phones(
    store: Store, tmp_path: Path, at: Clock, study: Trial, settings: dict[str, object]
) -> None:
    other = create_app({"TESTING": True}, settings_for(store, tmp_path, **settings))
    try:
        assert other.test_client().get("/phones").status_code == 404
        assert other.test_client().get(PHONE).status_code == 404
        assert "phones" not in other.test_client().get("/").text
    finally:
        other.extensions["installation"].close()


def test_the_first_page_of_a_demo_leads_to_the_phones(app: Flask, study: Trial) -> None:
    assert 'href="/phones"' in app.test_client().get("/").text

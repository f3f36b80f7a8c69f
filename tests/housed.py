"""A stored study whose participants have pages of their own, and a telephone that gets the codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from notifications.outbox import MessageRow
from planner.app import create_app
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING, find_study
from planner.services.dispatching import Sending, sending_of
from planner.services.home_links import GiveLink, PageState, give_link, let_in, page_state
from planner.services.wordings import adopt_wordings
from planner.web.door import TOKEN
from tests import reminded
from tests.planner.api.callers import Clock, settings_for
from tests.reminded import DAY_8, KEYS, TOLD
from tests.studies import NORTH, STUDY, Trial, begun_study, trial

FIELD = re.compile(rf'name="{TOKEN}" value="([0-9a-f]+)"')
CODE = re.compile(r"\b(\d{6})\b")
SITE_PHONE, ADDRESS = "+1 212 555 0199", "1 Made-up Street"


@dataclass(slots=True)
class Housed:
    """A study with a participant who was told of a visit on Day 8 and has a link, and an application that answers."""

    study: Trial
    app: Flask
    at: Clock
    sending: Sending
    token: str

    @property
    def store(self) -> Store:
        """The database."""
        return self.study.store

    def client(self) -> FlaskClient:
        """A telephone or computer that nobody has let in yet."""
        return self.app.test_client()

    def send(self) -> None:
        """What is due goes out."""
        self.at.now += timedelta(seconds=2)
        self.sending.send()

    def texts(self, template: str = "code") -> list[str]:
        """What was texted with that wording, the oldest first."""
        query = select(MessageRow.text).where(MessageRow.template == template, MessageRow.accepted_at.is_not(None))
        return self.store.read(lambda session: [text or "" for text in session.scalars(query.order_by(MessageRow.id))])

    def give(self, number: str = "01-001", **said: Any) -> str:
        """Give somebody a link, and its secret."""
        command = GiveLink(study=STUDY, participant=number, **said)
        return self.store.write(
            SYSTEM, self.at(), lambda uow: give_link(uow, self.study.designs, KEYS, EVERYTHING, command).token
        )

    def shown_code(self, number: str = "01-001") -> str:
        """A code as a coordinator is shown one."""
        return self.store.write(SYSTEM, self.at(), lambda uow: let_in(uow, KEYS, EVERYTHING, STUDY, number))

    def state(self, number: str = "01-001") -> PageState:
        """How somebody's page stands."""
        return self.store.read(lambda session: page_state(session, EVERYTHING, STUDY, number, self.at()))

    def open(self, client: FlaskClient | None = None, token: str = "", code: str = "") -> FlaskClient:
        """A device that was let in, by a code from the desk."""
        found = client or self.client()
        answer = post(
            found, f"/home/{token or self.token}/enter", f"/home/{token or self.token}", code=code or self.shown_code()
        )
        assert answer.status_code == 303, answer.text
        return found


#: a pill every day of two weeks, another one every week
PILLS = """
protocol: made-up
title: A made-up protocol with pills at home
version: "1.0"
activities:
  bloods: {label: Blood sample, kind: sample}
  pillazole: {label: Pillazole, kind: home-dose, hold_for: [toxicity]}
  weeklizine: {label: Weeklizine, kind: home-dose}
epochs:
  induction:
    label: Induction
    cycles: {length: 21 days, at_most: 2}
    home: {pillazole: {days: 1-14}, weeklizine: {days: "2, 9, 16"}}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+3, activities: [bloods]}
      d8: {label: Day 8, day: 8, window: 0/+2, activities: [bloods]}
"""


def with_pills(store: Store) -> Trial:
    """A study that prompts, and somebody who takes pills at home from the 5th on."""
    return begun_study(store, "pills", _with_pills)


def _with_pills(store: Store) -> Trial:
    study = trial(store, texts=[PILLS])
    study.enrol()
    study.record("01-001", {"fact": "attended", "date": "2026-01-05", "visit": "induction.c1.d1"})
    reminded.remind(study, diary=True)
    reminded.keep(study)
    reminded.agree(study, "sms")
    return study


def post(client: FlaskClient, path: str, page: str, **said: str) -> TestResponse:
    """Send a form of a page, with what makes it one of ours."""
    shown = client.get(page).text
    found = FIELD.search(shown)
    assert found is not None, shown[:2000]
    return client.post(path, data={TOKEN: found[1], **said})


def _told(study: Trial, language: str) -> Trial:
    """The participant is told of a visit, in words that are adopted, at a site with a telephone."""
    reminded.keep(study, language=language)

    def prepare(uow: UnitOfWork) -> None:
        adopt_wordings(uow, study.designs, find_study(uow.session, EVERYTHING, STUDY), ("en", language))
        site = uow.session.scalars(select(SiteRow).where(SiteRow.code == NORTH)).one()
        site.phone, site.address = SITE_PHONE, ADDRESS

    study.store.write(SYSTEM, study.now, prepare)
    study.record("01-001", DAY_8, TOLD)
    return study


@contextmanager
def housed(
    store: Store, folder: Path, at: Clock, language: str = "en", study: Trial | None = None, **settings: Any
) -> Iterator[Housed]:
    """The study, with an application over its database and a worker that sends when it is told to."""
    if study is None:
        study = begun_study(store, f"housed {language}", lambda store: _told(reminded.reminding(store), language))
    else:
        _told(study, language)
    at.now = study.now
    app = create_app({"TESTING": True, "PROPAGATE_EXCEPTIONS": False}, settings_for(store, folder, **settings))
    planner = app.extensions["installation"]
    planner._keys = KEYS
    sending = sending_of(planner.settings, store.database, KEYS, study.designs, at, lambda: False)
    made = Housed(study, app, at, sending, "")
    made.token = made.give(bring="your diary", no_driving=True)
    try:
        yield made
    finally:
        app.extensions["calendars"].close()
        planner.close()

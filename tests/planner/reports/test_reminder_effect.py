"""What followed reminders: real messages, sent through the outbox to a simulated provider, which tells how they fared.

All have an appointment for day 8 on Monday 12 January 2026, half past nine, and one reminder of it on the 11th.

| who    | the reminder                 | the answer         | the visit            | counts as                    |
|--------|------------------------------|--------------------|----------------------|------------------------------|
| 01-001 | arrives                      | confirms           | that day             | delivered confirmed attended |
| 01-002 | arrives                      |                    | that day             | delivered attended           |
| 01-003 | arrives                      | confirms           | missed               | delivered confirmed          |
| 01-004 | taken, not delivered         |                    | that day             | attended                     |
| 01-005 | refused: no such number      |                    | that day             | not: none sent               |
| 01-006 | arrives; told it is the 13th | confirms the 12th  | the 13th             | delivered attended           |
| 01-007 | arrives                      | confirms           | died on the 11th     | not: cancelled               |
| 01-008 | has said STOP before         |                    | that day             | not: none sent               |
| 01-009 | caregiver's alone arrives    | caregiver confirms | that day             | delivered confirmed attended |
| 01-010 | arrives                      |                    | that day, and voided | delivered                    |
| 01-011 | moved before, still to come  |                    | still to come        | not: it is not over          |
| 02-001 | arrives (in Jerusalem)       |                    | the day after        | delivered                    |

So 8 appointments have a reminder: delivered 7, confirmed 3, attended 5. Of the 7 delivered 4 were attended, of the one
that was not 1; of the 3 confirmed 2 were attended, of the 5 others 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from pydantic import SecretStr

from planner.app import create_app
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.reports.report import Report, report_data
from planner.services.access import EVERYTHING, find_study
from planner.services.dispatching import Sending, sending_of
from planner.services.wordings import adopt_wordings
from tests import reminded
from tests.planner.api.callers import Clock, at, settings_for
from tests.provider.callbacks import Callback
from tests.provider.channel import PUBLIC_URL
from tests.provider.server import Provider
from tests.reported import SMALL, counts, given, report
from tests.reported import at as planned_at
from tests.studies import NORTH, SOUTH, STUDY, Trial, trial

__all__ = ["at"]

#: nobody needs a chair for day 8, so that all may come at one hour
LOOKED_AT = SMALL.replace("activities: [drug, look]", "activities: [look]")
KEY = "t.c1.d8"
THE_DAY_BEFORE = datetime(2026, 1, 11, 15, 0, tzinfo=UTC)
THE_DAY = datetime(2026, 1, 12, 22, 0, tzinfo=UTC)
LATER = datetime(2026, 1, 20, 15, 0, tzinfo=UTC)
NUMBERS = (*(f"01-{place:03}" for place in range(1, 12)), "02-001")
PHONES = {number: f"+1212555{place:04}" for place, number in enumerate(NUMBERS, 1)}
CAREGIVER = "+12125559999"


@dataclass(slots=True)
class Phones:
    """A study whose worker sends through the simulated provider, which tells the application how its texts fare."""

    study: Trial
    provider: Provider
    sending: Sending
    clock: Clock

    def send(self, moment: datetime) -> None:
        """Let the worker send what is due at a moment, and the provider tell how that fared."""
        for minutes in (0, 15):  # what could not be handed over at first is tried again
            self.clock.now = self.study.now = moment + timedelta(minutes=minutes)
            self.sending.send()
            self.provider.settle()

    def write(self, number: str, text: str) -> None:
        """Somebody writes back."""
        self.provider.say(number, text)
        self.provider.settle()

    def record(self, number: str, *facts: dict[str, Any]) -> None:
        """Record facts."""
        self.study.record(number, *facts, booking_reason="on another day, as they asked")


@pytest.fixture
def phones(store: Store, provider: Provider, tmp_path: Path, at: Clock) -> Iterator[Phones]:
    settings = settings_for(
        store, tmp_path, channel="twilio", twilio_account=provider.account, twilio_token=SecretStr(provider.token),
        twilio_from=provider.number, twilio_base_url=provider.url, public_url=PUBLIC_URL,
    )  # fmt: skip
    app = create_app({"TESTING": True, "PROPAGATE_EXCEPTIONS": False}, settings)
    app.extensions["installation"]._keys = reminded.KEYS
    provider.sender.hand = lambda callback: hand_in(app, callback)
    provider.inbound_url = f"{PUBLIC_URL}/callbacks/twilio/messages"
    study = reminded_study(store)
    sending = sending_of(settings, store.database, reminded.KEYS, study.designs, at, Event().is_set)
    yield Phones(study, provider, sending, at)
    app.extensions["installation"].close()


def hand_in(app: Flask, callback: Callback) -> None:
    """A request of the provider, at the address that it knows us by."""
    where = urlsplit(callback.url)
    headers = {"X-Twilio-Signature": callback.signature}
    path = f"{where.path}?{where.query}" if where.query else where.path
    answer = app.test_client().post(path, data=callback.form, headers=headers)
    assert answer.status_code in (200, 204), answer.text


def reminded_study(store: Store) -> Trial:
    """Everybody of the table, with an appointment that they were told of."""
    study = trial(store, texts=[LOOKED_AT])
    reminded.remind(study, timings=["1d"])
    store.write(
        SYSTEM, study.now,
        lambda uow: adopt_wordings(uow, study.designs, find_study(uow.session, EVERYTHING, STUDY), ("en",)),
    )  # fmt: skip
    for number in NUMBERS:
        site = SOUTH if number.startswith("02") else NORTH
        study.enrol(number, site=site, cohort="part")
        study.record(number, given("t.c1.d1", "2026-01-05"))
        reminded.keep(study, number, phone=PHONES[number], email="", caregiver_phone=CAREGIVER)
        reminded.agree(study, "sms", number)
        if number == "01-009":
            reminded.agree(study, "caregiver", number)
        study.record(number, {**reminded.DAY_8, "visit": KEY, "id": f"day-8-{number}"})
        study.record(number, {**reminded.TOLD, "about": f"day-8-{number}"})
    return study


def came(number: str, day: str) -> dict[str, Any]:
    """The visit."""
    return {"fact": "attended", "id": f"came-{number}", "date": day, "visit": KEY}


def moved(number: str, day: str, told: str) -> tuple[dict[str, Any], ...]:
    """Another day, and the participant is told of it."""
    again = {"fact": "rebooked", "id": f"moved-{number}", "date": day, "visit": KEY, "instead_of": "2026-01-12"}
    return (
        {**again, "time": "10:00"},
        {"fact": "told", "about": f"moved-{number}", "date": told},
    )


def live(phones: Phones) -> None:
    """What stands in the table up to the evening of the day, in its order in time."""
    for number in ("01-004", "01-009"):
        phones.provider.end(PHONES[number], "sent", "undelivered", error_code=30005)
    phones.provider.refuse(PHONES["01-005"], 21211)
    phones.record("01-011", *moved("01-011", "2026-02-02", told="2026-01-06"))
    phones.write(PHONES["01-008"], "STOP")
    phones.send(THE_DAY_BEFORE)
    for number in ("01-001", "01-003", "01-006", "01-007"):
        phones.write(PHONES[number], "1")
    phones.write(CAREGIVER, "1")
    phones.record("01-007", {"fact": "died", "date": "2026-01-11"})
    phones.record("01-006", *moved("01-006", "2026-01-13", told="2026-01-11"))
    for number in ("01-001", "01-002", "01-004", "01-005", "01-008", "01-009", "01-010"):
        phones.record(number, came(number, "2026-01-12"))
    phones.record("01-003", {"fact": "visit_missed", "date": "2026-01-12", "visit": KEY})
    planned_at(phones.study, THE_DAY)


def live_on(phones: Phones) -> None:
    """What happened afterwards."""
    for number in ("01-006", "02-001"):
        phones.record(number, came(number, "2026-01-13"))
    phones.record("01-010", {"fact": "void", "date": "2026-01-14", "of": "came-01-010"})
    planned_at(phones.study, LATER)


def effect(found: Report, group: str = "all") -> dict[str, tuple[float | None, float | None]]:
    measure = found.measure("reminders")
    return {each.label: counts(each) for each in measure.rows if each.group == group}


def test_what_followed_reminders_is_what_the_table_says(phones: Phones) -> None:
    live(phones)
    that_evening = report(phones.study)
    live_on(phones)
    assert taken(phones) == {*NUMBERS, "caregiver"} - {"01-005", "01-008", "01-011"}
    found = report(phones.study, by="site")
    assert effect(found) == {
        "delivered": (7, 8), "confirmed": (3, 8), "attended": (5, 8), "attended, of those confirmed": (2, 3),
        "attended, of those delivered and not confirmed": (2, 4),
        "attended, of those neither delivered nor confirmed": (1, 1),
    }  # fmt: skip
    assert effect(found, SOUTH)["attended"] == (0, 1)
    assert effect(found, NORTH)["attended"] == (5, 7)
    assert left_as_it_was(phones.study, that_evening)
    assert report_data(report(phones.study, LATER, by="site")) == report_data(replace(found, made_from="facts"))


def left_as_it_was(study: Trial, before: Report) -> bool:
    """Whether the report of the evening, when 01-010 had come and two appointments were not over, is still the same."""
    again = report(study, THE_DAY)
    assert effect(again)["attended"] == effect(before)["attended"] == (5, 7)
    assert effect(before)["confirmed"] == (3, 7)
    return report_data(again) == report_data(replace(before, made_from="facts"))


def taken(phones: Phones) -> set[str]:
    """To whom the provider has taken a reminder, by its own books: a text with the hour of the appointment."""
    whose = {phone: number for number, phone in PHONES.items()} | {CAREGIVER: "caregiver"}
    return {whose[one.to] for one in phones.provider.ledger.taken() if "9:30" in one.said}

"""What participants agree to be sent, over HTTP: given, given for a time, ended; and what counts today."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.studies import SOUTH, STUDY, Trial, trial

__all__ = ["app", "at"]

CONSENTS = f"/studies/{STUDY}/participants/01-001/contact-consents"
SMS = {"channel": "sms", "how": "on the consent form"}


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    made = trial(store)
    made.enrol()
    return made


@pytest.fixture
def coordinator(app: Flask, study: Trial) -> Caller:
    return caller(app, study.store, Role.COORDINATOR, STUDY)


def current(who: Caller) -> list[str]:
    return [consent["channel"] for consent in who.get(CONSENTS)["current"]]


def test_nothing_may_be_sent_before_the_participant_agrees(coordinator: Caller) -> None:
    assert coordinator.get(CONSENTS) == {"today": "2026-01-05", "current": [], "history": []}
    agreed = coordinator.post(CONSENTS, SMS)
    assert (agreed["since"], agreed["until"], agreed["agreed"]) == ("2026-01-05", None, True)
    assert agreed["recorded_by"] == "Test coordinator"
    assert coordinator.get(CONSENTS) == {"today": "2026-01-05", "current": [agreed], "history": [agreed]}


def test_a_consent_that_has_ended_is_history(coordinator: Caller) -> None:
    agreed = coordinator.post(CONSENTS, SMS)
    ended = coordinator.post(f"{CONSENTS}/end", {"channel": "sms", "how": "by word of mouth"})
    assert ended["agreed"] is False
    found = coordinator.get(CONSENTS)
    assert (found["current"], found["history"]) == ([], [agreed, ended])


def test_a_consent_for_a_time_is_over_after_its_last_day(coordinator: Caller, at: Clock) -> None:
    coordinator.post(CONSENTS, {**SMS, "since": "2026-01-05", "until": "2026-01-05"})
    coordinator.post(CONSENTS, {**SMS, "channel": "email"})
    assert current(coordinator) == ["email", "sms"]
    at.now += timedelta(hours=13)
    assert current(coordinator) == ["email", "sms"], "22:00 at the site"
    at.now += timedelta(hours=3)
    assert current(coordinator) == ["email"]


def test_what_was_never_agreed_to_cannot_end(coordinator: Caller) -> None:
    wrong = coordinator.refused(422, "POST", f"{CONSENTS}/end", {"channel": "email", "how": "by a reply"})
    assert wrong["problems"][0]["place"] == "channel"


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"how": " "}, "how"),
        ({"how": "x" * 201}, "how"),
        ({"since": "5 January"}, "since"),
        ({"until": "2026-01-04"}, "until"),
    ],
)
def test_what_cannot_be_is_told_by_its_field(coordinator: Caller, changed: Any, place: str) -> None:
    wrong = coordinator.refused(400, "POST", CONSENTS, {**SMS, **changed})
    assert [problem["place"] for problem in wrong["problems"]] == [place]
    assert coordinator.get(CONSENTS)["history"] == []


def test_who_is_of_another_site_or_reads_no_contacts_sees_no_consents(app: Flask, study: Trial) -> None:
    caller(app, study.store, Role.INVESTIGATOR, STUDY).get(CONSENTS)
    caller(app, study.store, Role.INVESTIGATOR, STUDY, SOUTH).refused(404, "GET", CONSENTS)
    for role in (Role.MONITOR, Role.INFUSION_CENTRE):
        caller(app, study.store, role, STUDY).refused(403, "POST", CONSENTS, SMS)

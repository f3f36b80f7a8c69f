"""Health says what is wrong first, each with its remedy, and follows the audit when asked."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text, update

from notifications.health import Circuit, beat
from notifications.outbox import MessageRow, State
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.access import EVERYTHING
from planner.services.sending import set_whole_switch
from tests.desk import Desk, text_of
from tests.planner.api.callers import Clock
from tests.reminded import DAY_8, TOLD, reminding
from tests.studies import Trial

HERE = "/office/health"


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    """A study that reminds somebody, and a worker that has just looked for messages."""
    made = reminding(store)
    made.record("01-001", DAY_8, TOLD)
    at.now = made.now
    made.store.write(SYSTEM, made.now, lambda uow: beat(uow.session, "one", made.now))
    return made


def parts(office: Desk) -> dict[str, str]:
    """The words of each part of the page, by its heading."""
    page = office.html(HERE)
    found = re.findall(r'<section aria-labelledby="(wrong|look|well)">(.*?)</section>', page, flags=re.DOTALL)
    return {name: text_of(words) for name, words in found}


def test_where_all_is_well_nothing_is_wrong(office: Desk) -> None:
    found = parts(office)
    assert "wrong" not in found
    for said in ("It answers", "It looked for messages", "Nothing that is due waits", "planned as of today", "Keys"):
        assert said in found["well"]


def test_a_worker_that_has_ended_is_wrong_and_so_is_what_waits_for_it(office: Desk, study: Trial, at: Clock) -> None:
    at.now = study.now + timedelta(days=5)
    office.client.get("/today")
    found = Desk(office.client)
    study.store.write(
        SYSTEM, at(),
        lambda uow: uow.session.execute(text("UPDATE web_session SET began_at = :now, seen_at = :now"), {"now": at()}),
    )  # fmt: skip
    wrong = parts(found)["wrong"]
    assert "None has looked for messages for 5 days" in wrong
    assert "planner worker" in wrong
    assert "due and not sent" in wrong
    assert "1 participant is not planned as of today" in wrong


def test_a_provider_that_fails_is_wrong(office: Desk, study: Trial) -> None:
    row = Circuit(channel="sms", failures=7, open_until=study.now + timedelta(hours=1), changed_at=study.now)
    study.store.write(SYSTEM, study.now, lambda uow: uow.session.add(row))
    assert "The provider of sms has failed 7 times in a row" in parts(office)["wrong"]


def test_sending_that_is_switched_off_is_said_with_its_reason(office: Desk, study: Trial) -> None:
    study.store.write(SYSTEM, study.now, lambda uow: set_whole_switch(uow, EVERYTHING, off=True, why="a drill"))
    assert "All sending is switched off: a drill." in parts(office)["wrong"]


@pytest.mark.parametrize(("state", "said"), [(State.HELD, "held until a person looks"), (State.UNKNOWN, "in doubt")])
def test_what_is_held_or_in_doubt_is_to_be_looked_at(office: Desk, study: Trial, state: State, said: str) -> None:
    stands = update(MessageRow).values(state=state.value)
    study.store.write(SYSTEM, study.now, lambda uow: uow.session.execute(stands))
    assert said in parts(office)["look"]


def test_whoever_waits_to_be_planned_again_is_told(office: Desk, study: Trial) -> None:
    study.store.write(SYSTEM, study.now, lambda uow: uow.session.execute(update(Participant).values(engine="0")))
    assert "1 plan is of an older engine" in parts(office)["look"]


def test_keys_that_do_not_open_what_is_kept_are_wrong(app: Flask, office: Desk, study: Trial) -> None:
    sealed = text("UPDATE contact SET sealed = :other")
    study.store.write(SYSTEM, study.now, lambda uow: uow.session.execute(sealed, {"other": b"sealed with others"}))
    assert "They do not open what is kept" in parts(office)["wrong"]


def test_the_audit_is_followed_when_asked_and_a_broken_one_is_told(office: Desk, study: Trial) -> None:
    assert "The audit is whole" not in office.text(HERE)
    assert "The audit is whole: 2 chains" in office.text(f"{HERE}?audit=follow")
    broken = text("DELETE FROM audit_head WHERE chain = 0")
    study.store.write(SYSTEM, study.now, lambda uow: uow.session.execute(broken))
    assert "1 of 2 chains is not whole." in office.text(f"{HERE}?audit=follow")

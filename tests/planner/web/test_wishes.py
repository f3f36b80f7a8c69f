"""What somebody wants to be sent is kept on the desk's page: reminders, ways, and numbers that said stop."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from notifications.recipients import AddressRow, suspend
from planner.persistence.participants import Contact
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.users import Role
from tests.desk import Desk, desk_of, text_of
from tests.planner.api.callers import Clock
from tests.reminded import DAY_8, TOLD, erase, keep, reminding
from tests.studies import STUDY, Trial, audited

HERE = f"/studies/{STUDY}/participants/01-001/wishes"
WAYS = ["sms", "email", "calendar"]


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    """A study that reminds somebody who has agreed to texts."""
    made = reminding(store)
    made.record("01-001", DAY_8, TOLD)
    return made


def preferences(study: Trial) -> dict[str, Any]:
    return study.store.read(lambda session: dict(session.get_one(Contact, 1).preferences))


def revision(desk: Desk) -> str:
    found = re.search(r'name="expected" value="(\d+)"', desk.html(HERE))
    assert found is not None
    return found[1]


def test_without_a_wish_the_page_says_what_the_study_does(desk: Desk, study: Trial) -> None:
    page = desk.text(HERE)
    assert "As the study sends them: " in page
    assert "the day before" in page
    assert "nothing before 08:00 and nothing from 20:00 on" in page
    assert "by the clock of America/New_York" in page
    assert "E-mail (not agreed to)" in page
    assert preferences(study) == {}
    assert f'href="{HERE}"' in desk.html(f"/studies/{STUDY}/participants/01-001")


def test_reminders_of_their_own_and_ways_are_kept_and_what_else_they_said_stays(desk: Desk, study: Trial) -> None:
    keep(study, preferences={"parking": "near"})
    sent = desk.send(HERE, reminders="own", timings=["morning", "1d"], ways=["sms"], expected=revision(desk))
    assert sent.status_code == 303
    assert "their messages are planned anew" in desk.text(sent.headers["Location"])
    assert preferences(study) == {
        "parking": "near", "email": False, "calendar": False, "reminders": ["1d", "morning"],
    }  # fmt: skip
    page = desk.html(HERE)
    assert len(re.findall(r'name="timings" value="(?:1d|morning)" checked', page)) == 2
    assert len(re.findall(r'name="ways" value="\w+" checked', page)) == 1
    assert "preferences" in (audited(study, "contact.changed")[-1].after or {})
    assert desk.send(HERE, reminders="usual", ways=WAYS, expected=revision(desk)).status_code == 303
    assert preferences(study) == {"parking": "near"}


def test_nothing_ticked_is_no_reminder_at_all(desk: Desk, study: Trial) -> None:
    assert desk.send(HERE, reminders="own", ways=WAYS, expected=revision(desk)).status_code == 303
    assert preferences(study) == {"reminders": []}


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"reminders": "usual", "timings": ["1d"]}, "reminders", "choose which of the two they want"),
        ({"reminders": "own", "timings": ["9d"]}, "timings", "is no timings"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_what_was_ticked_stays(
    desk: Desk, study: Trial, said: dict[str, Any], field: str, words: str
) -> None:
    answer = desk.send(HERE, **said, ways=["email"], expected=revision(desk))
    assert answer.status_code == 400
    found = re.search(rf'id="wishes-{field}-error">(.*?)</p>', answer.text, re.DOTALL)
    assert found is not None
    assert words in text_of(found[1])
    assert re.findall(r'name="ways" value="(\w+)" checked', answer.text) == ["email"]
    assert preferences(study) == {}


def test_whoever_comes_second_is_told_and_overwrites_nothing(desk: Desk, study: Trial) -> None:
    seen = revision(desk)
    keep(study, language="es")
    answer = desk.send(HERE, reminders="own", ways=WAYS, expected=seen)
    assert answer.status_code == 409
    assert preferences(study) == {}
    assert re.search(r'value="own" checked', answer.text)


def test_without_anything_to_reach_them_by_there_is_no_wish(desk: Desk, study: Trial) -> None:
    erase(study)
    assert "Nothing is kept to reach them by yet" in desk.text(HERE)
    answer = desk.send(HERE, reminders="own", ways=WAYS)
    assert answer.status_code == 422
    assert "keep a number or an address first" in text_of(answer.text).lower()


def test_a_number_says_stop_and_wants_messages_again_each_time_with_how(desk: Desk, study: Trial) -> None:
    about = {"channel": "sms", "whom": "participant"}
    without = desk.send(f"{HERE}/numbers", **about, step="stop", how="")
    assert without.status_code == 400
    assert 'id="participant-sms-how-error"' in without.text
    assert "messages go there" in desk.text(HERE)
    stopped = desk.send(f"{HERE}/numbers", **about, step="stop", how="by word of mouth")
    assert stopped.status_code == 303
    assert "nothing more goes there" in desk.text(stopped.headers["Location"])
    page = desk.text(HERE)
    assert "said stop" in page
    assert "stop (by word of mouth)" in page
    assert desk.send(f"{HERE}/numbers", **about, step="stop", how="again").status_code == 409
    assert desk.send(f"{HERE}/numbers", **about, step="start", how="on the telephone").status_code == 303
    assert "messages go there" in desk.text(HERE)
    assert [entry.why for entry in audited(study, "opt-out.changed")] == ["by word of mouth", "on the telephone"]


def test_a_number_that_was_suspended_is_found_to_be_theirs(desk: Desk, study: Trial) -> None:
    def unknown(uow: Any) -> None:
        address = uow.session.scalars(select(AddressRow).where(AddressRow.channel == "sms")).first()
        suspend(uow.session, "sms", address.digest, "a stranger answered", uow.now)

    study.store.write(SYSTEM, study.now, unknown)
    assert "suspended a stranger answered" in desk.text(HERE)
    sent = desk.send(f"{HERE}/numbers", channel="sms", whom="participant", step="verify", how="I called them")
    assert sent.status_code == 303
    assert "suspended" not in desk.text(HERE)


def test_what_nobody_agreed_to_has_no_number(desk: Desk, study: Trial) -> None:
    answer = desk.send(f"{HERE}/numbers", channel="email", whom="participant", step="stop", how="on the telephone")
    assert answer.status_code == 404


def test_whoever_reads_contacts_alone_changes_nothing(app: Flask, study: Trial, store: Store) -> None:
    monitor = desk_of(app, store, Role.MONITOR)
    monitor.html(HERE, 403)
    assert monitor.send(HERE, reminders="own").status_code == 403

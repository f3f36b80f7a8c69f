"""Versions of a protocol: where each is in force, what one changes, adding one, confirming its assumptions."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from planner.web.door import TOKEN
from planner.web.studies.differences import differences
from schedules.protocol_file import library_text, read_protocol
from tests.desk import Desk, desk_of, text_of
from tests.planner.api.callers import Clock
from tests.planner.services.test_amendments import FIRST, SECOND, THIRD
from tests.studies import STUDY, Trial, audited, trial

HERE = f"/studies/{STUDY}/versions"


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    """A study with one small version."""
    return trial(store, texts=[FIRST])


@pytest.fixture
def administrator(app: Flask, store: Store, study: Trial) -> Desk:
    """An administrator who is signed in."""
    return desk_of(app, store, Role.ADMINISTRATOR)


def send_file(who: Desk, content: bytes) -> TestResponse:
    file = (io.BytesIO(content), "protocol.yaml")
    return who.client.post(HERE, data={TOKEN: who.token, "source_file": file})


def said(old: str, new: str) -> dict[str, tuple[str, ...]]:
    return dict(differences(read_protocol(old, "old").protocol, read_protocol(new, "new").protocol))


def test_what_a_version_changes_is_said_in_words() -> None:
    assert said(FIRST, SECOND) == {
        "Consent": ("Participants who move to it consent again before what is new in it.",),
        "Visits": (
            "Treatment, Day 8: Biopsy is done as well.",
            "Treatment, Day 22 is new: Day 22, −1/+1 days; Look.",
        ),
    }
    assert said(SECOND, THIRD)["Visits"] == (
        "Treatment, Day 8: its window is −1/+3 days, not −1/+1 days.",
        "Treatment, Day 8: Biopsy is not done any more.",
        "Treatment, Day 22 falls away.",
    )


def test_versions_that_say_the_same_differ_in_nothing() -> None:
    assert said(library_text("vsli-ino"), library_text("vsli-ino")) == {}


def test_other_minutes_names_and_parts_are_said_too() -> None:
    other = FIRST.replace("label: Drug, kind: dose", "label: Tablet, kind: dose, minutes: 30").replace(
        "length: 28 days", "cycles: {length: 28 days, at_most: 2}"
    )
    found = said(FIRST, other)
    assert found["Activities"] == ("Drug is called Tablet.", "Tablet, minutes that it takes: 30, not 0.")
    assert found["Parts of the study"] == ("Treatment: cycles 1-2 of 28 days, not 28 days long.",)


def test_a_version_is_added_confirmed_and_compared(administrator: Desk, study: Trial) -> None:
    assert administrator.send(HERE, source=SECOND).status_code == 303
    words = administrator.text(f"{HERE}?added=2.0")
    assert "Version 2.0 is added." in words
    assert "Version 2.0 to be confirmed" in words
    assert "What version 2.0 changes compared with 1.0" in words
    assert "Treatment, Day 22 is new" in words
    unread = administrator.send(f"{HERE}/2.0/confirmation")
    assert unread.status_code == 400
    assert "read the assumptions first" in text_of(unread.text)
    assert administrator.send(f"{HERE}/2.0/confirmation", read="yes").status_code == 303
    assert "Version 2.0 confirmed" in administrator.text(HERE)
    assert [entry.action for entry in audited(study, "protocol.confirmed")][-1] == "protocol.confirmed"


def test_a_version_is_added_from_a_file(administrator: Desk) -> None:
    assert send_file(administrator, SECOND.encode()).status_code == 303
    answer = send_file(administrator, b"\xff")
    assert "The file is no text in UTF-8" in text_of(answer.text)
    assert answer.status_code == 400


def test_a_text_with_mistakes_comes_back_with_the_line_of_each(administrator: Desk) -> None:
    answer = administrator.send(HERE, source=SECOND.replace("kind: dose", "kind: dance"))
    assert answer.status_code == 400
    assert "kind: dance" in answer.text
    assert "Line 6:" in text_of(answer.text)
    assert "there is no text" in text_of(administrator.send(HERE, source=" ").text).lower()


def test_a_version_that_is_there_already_is_refused_at_the_text(administrator: Desk) -> None:
    answer = administrator.send(HERE, source=FIRST)
    assert answer.status_code == 409
    assert "The study has version 1.0 already" in text_of(answer.text)


def test_the_text_is_given_out_as_it_was_handed_in(desk: Desk) -> None:
    answer = desk.client.get(f"{HERE}/1.0")
    assert answer.text == FIRST
    assert answer.headers["Content-Disposition"] == 'attachment; filename="vsli-ino-1.0.yaml"'
    assert desk.client.get(f"{HERE}/9").status_code == 404


def test_whoever_may_only_read_is_offered_no_form(desk: Desk) -> None:
    assert "Add the version" not in desk.text(HERE)

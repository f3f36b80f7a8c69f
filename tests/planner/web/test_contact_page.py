"""How a participant is reached: kept, agreed to, ended, erased; what is wrong stands at its field."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from planner.persistence.contact_consents import consents_of
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import Store
from planner.services.contacts import ContactDetails, contact_of
from planner.services.users import Role
from tests.desk import Desk, desk_of, text_of
from tests.reminded import KEYS, agree, keep
from tests.studies import STUDY, Trial, audited

HERE = f"/studies/{STUDY}/participants/01-001/contact"
DETAILS = {"name": "Made Up", "phone": "+1 212 555-0100", "language": "es", "zone": "America/Chicago", "expected": "0"}


@pytest.fixture
def known(study: Trial) -> Trial:
    study.enrol()
    return study


def kept(study: Trial) -> ContactDetails | None:
    return study.store.read(lambda session: contact_of(session, KEYS, session.get_one(Participant, 1)))


def error_at(answer: TestResponse, name: str) -> str:
    found = re.search(rf'id="{name}-error">(.*?)</p>', answer.text, re.DOTALL)
    return text_of(found[1]) if found else ""


def test_what_is_kept_stands_in_the_form_and_the_audit_has_no_values(desk: Desk, known: Trial) -> None:
    answer = desk.send(HERE, **DETAILS)
    assert answer.status_code == 303
    assert "It is kept." in desk.text(answer.headers["Location"])
    assert kept(known) == ContactDetails(name="Made Up", phone="+12125550100", language="es", zone="America/Chicago")
    assert 'value="+12125550100"' in desk.html(HERE)
    assert "Made Up" not in str(audited(known, "contact.changed")[0].after)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("phone", "555", "no number in E.164"),
        ("email", "nobody", "no address"),
        ("zone", "Mars", "no such time zone"),
        ("caregiver_phone", "1", "no number in E.164"),
    ],
)
def test_what_is_wrong_stands_at_its_field(desk: Desk, known: Trial, name: str, value: str, words: str) -> None:
    answer = desk.send(HERE, **{**DETAILS, name: value})
    assert answer.status_code == 400
    assert words in error_at(answer, name)
    assert f'value="{value}"' in answer.text
    assert kept(known) is None


def test_whoever_comes_second_is_told_and_overwrites_nothing(desk: Desk, known: Trial) -> None:
    keep(known)
    answer = desk.send(HERE, **DETAILS)
    assert answer.status_code == 409
    assert "you had seen revision 0" in text_of(answer.text).lower()
    assert 'value="Made Up"' in answer.text


def test_a_consent_is_given_and_ended_from_the_page(desk: Desk, known: Trial) -> None:
    keep(known)
    said = {"channel": "sms", "how": "by word of mouth", "since": "2026-01-05", "until": "2026-12-31"}
    assert desk.send(f"{HERE}/consents", do="agree", **said).status_code == 303
    assert "Texts : yes, since Mon 5 Jan 2026, up to Thu 31 Dec 2026" in desk.text(HERE)
    assert desk.send(f"{HERE}/consents", do="end", channel="sms", how="by word of mouth").status_code == 303
    assert "Texts : no" in desk.text(HERE)
    rows = known.store.read(lambda session: consents_of(session, 1))
    assert [row.agreed for row in rows] == [True, False]


def test_what_is_wrong_with_a_consent_stands_at_its_field(desk: Desk, known: Trial) -> None:
    answer = desk.send(f"{HERE}/consents", do="agree", channel="sms", how="", since="soon")
    assert "no date" in error_at(answer, "since")
    answer = desk.send(f"{HERE}/consents", do="agree", channel="sms", how="", until="2020-01-01")
    assert error_at(answer, "how")
    assert "before it begins" in error_at(answer, "until")
    answer = desk.send(f"{HERE}/consents", do="end", channel="email", how="by word of mouth")
    assert answer.status_code == 422
    assert "no consent to email" in error_at(answer, "channel")


def test_an_erasure_asks_why_and_leaves_nothing(desk: Desk, known: Trial) -> None:
    keep(known)
    agree(known, "sms")
    assert "say who asked" in error_at(desk.send(f"{HERE}/erasure", why=""), "why")
    assert desk.send(f"{HERE}/erasure", why="They asked for it").status_code == 303
    assert kept(known) is None
    page = desk.text(HERE)
    assert "It was erased" in page
    assert "Texts : no" in page


def test_nobody_without_the_permission_sees_how_somebody_is_reached(app: Flask, store: Store, known: Trial) -> None:
    keep(known)
    monitor = desk_of(app, store, Role.MONITOR)
    monitor.html(HERE, 403)
    assert "/contact" not in monitor.html(f"/studies/{STUDY}/participants/01-001")

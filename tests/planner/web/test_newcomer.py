"""Somebody new: taken in by one form after a look at the calendar; what is wrong stands at its field."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from planner.persistence.contact_consents import ContactConsent
from planner.persistence.participants import Participant, participant_by_number
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.visits import VisitRow
from planner.services.access import EVERYTHING
from planner.services.cohorts import ChangeCohort, SetUpCohort, change_cohort, set_up_cohort
from planner.services.contacts import ContactDetails, contact_of
from planner.services.users import Role
from tests.desk import Desk, desk_of, text_of
from tests.reminded import KEYS, PHONE, keep
from tests.studies import NORTH, SOUTH, STUDY, Trial, audited

HERE = f"/studies/{STUDY}/newcomer"
WHO = {"number": "01-014", "site": NORTH, "language": "en"}
JOINED = {**WHO, "consented": "2026-01-02", "enrolled": "2026-01-05", "day_1": "2026-01-12"}
REACHED: dict[str, Any] = {
    "name": "Made Up", "phone": "+1 (212) 555-0100", "email": "made.up@example.org", "language": "es",
    "channels": ["sms", "email"], "how": "on the consent form",
}  # fmt: skip


def look(desk: Desk, **fields: Any) -> TestResponse:
    return desk.send(HERE, do="preview", **fields)


def seen(answer: TestResponse) -> str:
    found = re.search(r'name="seen" value="(\w+)"', answer.text)
    assert found is not None, text_of(answer.text)[:600]
    return found[1]


def save(desk: Desk, **fields: Any) -> TestResponse:
    return desk.send(HERE, do="save", seen=seen(look(desk, **fields)), **fields)


def error_at(answer: TestResponse, name: str) -> str:
    found = re.search(rf'id="{name}-error">(.*?)</p>', answer.text, re.DOTALL)
    return text_of(found[1]) if found else ""


def found(study: Trial, number: str = "01-014") -> Participant | None:
    return study.store.read(lambda session: participant_by_number(session, 1, number))


def test_the_whole_calendar_is_shown_before_anything_is_saved(desk: Desk, study: Trial) -> None:
    answer = look(desk, **JOINED)
    words = text_of(answer.text)
    assert answer.status_code == 200
    assert "from Day 1 on Mon 12 Jan 2026" in words
    assert "Monday 12 January 2026 C1D1" in words
    assert "M1D1" in words
    assert "Why this day" in words
    assert found(study) is None


def test_somebody_is_taken_in_enrolled_and_reached_all_at_once(desk: Desk, study: Trial) -> None:
    answer = save(desk, **{**JOINED, **REACHED})
    assert answer.status_code == 303, text_of(answer.text)[:600]
    row = found(study)
    assert row is not None
    assert row.status == "enrolled"
    assert str(row.day_1 or row.planned_day_1) == "2026-01-12"
    kept = study.store.read(lambda session: contact_of(session, KEYS, session.get_one(Participant, row.id)))
    expected = ContactDetails(name="Made Up", phone=PHONE, email="made.up@example.org", language="es")
    assert kept == expected
    consents = study.store.read(
        lambda session: [(one.channel, one.how) for one in session.scalars(select(ContactConsent))]
    )
    assert sorted(consents) == [("email", "on the consent form"), ("sms", "on the consent form")]
    assert study.store.read(lambda session: len(session.scalars(select(VisitRow)).all())) > 10
    assert [entry.subject for entry in audited(study, "participant.screened")] == ["participant:01-014"]
    assert "01-014 is taken in" in desk.text(answer.headers["Location"])


def test_somebody_in_screening_is_planned_with_the_day_1_that_is_meant(desk: Desk, study: Trial) -> None:
    assert save(desk, **WHO, day_1="2026-02-02", consented="").status_code == 303
    row = found(study)
    assert row is not None
    assert (row.status, str(row.planned_day_1)) == ("screening", "2026-02-02")


def test_without_a_day_1_it_is_said_that_nothing_has_a_date(desk: Desk, study: Trial) -> None:
    assert "no visit has a date" in text_of(look(desk, **WHO).text)
    answer = save(desk, **WHO, consented="2026-01-02")
    assert "Once there is a Day 1" in desk.text(answer.headers["Location"])


def test_a_number_that_is_taken_is_said_at_its_field_and_what_was_typed_stays(desk: Desk, study: Trial) -> None:
    study.screen("01-014")
    answer = look(desk, **{**JOINED, **REACHED})
    assert answer.status_code == 400
    assert "01-014 in this study already" in error_at(answer, "number")
    assert 'value="+1 (212) 555-0100"' in answer.text
    assert re.search(r'value="email" checked', answer.text)


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("number", {"number": "Made Up"}, "never a name"),
        ("number", {"number": ""}, "missing"),
        ("site", {"site": "nowhere"}, "no such choice"),
        ("consented", {"consented": "2027-01-01", "enrolled": ""}, "has not come yet"),
        ("consented", {"consented": "yesterday"}, "no date"),
        ("consented", {"consented": ""}, "has not signed"),
        ("enrolled", {"enrolled": "2026-01-01"}, "before the consent form"),
        ("day_1", {"day_1": "2026-01-04"}, "before the enrolment"),
        ("phone", {"phone": "212 555 0100"}, "no number in E.164"),
        ("email", {"email": "made up"}, "no address"),
        ("email", {"channels": ["email"], "how": "on paper"}, "it is missing"),
        ("how", {"phone": PHONE, "channels": ["sms"]}, "on the consent form"),
        ("birth_date", {"birth_date": "31.1.1961"}, "no day of birth"),
        ("zone", {"zone": "Mars/North", "phone": PHONE}, "no such time zone"),
    ],
)
def test_what_is_wrong_stands_at_its_field(desk: Desk, study: Trial, name: str, fields: Any, words: str) -> None:
    answer = look(desk, **{**JOINED, **fields})
    assert answer.status_code in (400, 422)
    assert words in error_at(answer, name), text_of(answer.text)[:800]
    assert found(study) is None


def test_a_number_that_reaches_somebody_else_is_said_and_does_not_stand_in_the_way(desk: Desk, study: Trial) -> None:
    study.enrol("01-001")
    keep(study, "01-001")
    answer = look(desk, **{**JOINED, **REACHED})
    assert answer.status_code == 200
    assert "01-001 is reached by it too." in text_of(answer.text)


def set_up(study: Trial, size: int, state: str) -> None:
    said = SetUpCohort(
        study=STUDY, code="level-1", label="Level 1", size=size, part="phase-1b", dose_levels={"ino": "1"}
    )
    study.store.write(SYSTEM, study.now, lambda uow: set_up_cohort(uow, study.designs, EVERYTHING, said))
    if state != "planned":
        step = ChangeCohort(study=STUDY, code="level-1", state=state)
        study.store.write(SYSTEM, study.now, lambda uow: change_cohort(uow, study.designs, EVERYTHING, step))


def test_a_full_cohort_is_said_at_its_field_until_it_is_meant_so(desk: Desk, study: Trial) -> None:
    set_up(study, 1, "open")
    assert save(desk, **JOINED, cohort="level-1").status_code == 303
    assert "Level 1 (full)" in desk.text(HERE)
    second = {**JOINED, "number": "01-015", "cohort": "level-1"}
    answer = look(desk, **second)
    assert "Level 1 is full: 1 of 1 places are taken" in error_at(answer, "cohort")
    assert save(desk, **second, all_the_same="yes").status_code == 303


def test_a_cohort_that_is_not_open_is_said_at_its_field(desk: Desk, study: Trial) -> None:
    set_up(study, 3, "closed")
    assert "Level 1 is closed, not open" in error_at(look(desk, **JOINED, cohort="level-1"), "cohort")


def test_a_cohort_that_was_never_open_takes_nobody_even_if_it_is_meant_so(desk: Desk, study: Trial) -> None:
    set_up(study, 3, "planned")
    for more in ({}, {"all_the_same": "yes"}):
        answer = look(desk, **JOINED, cohort="level-1", **more)
        assert "Level 1 has never been open" in error_at(answer, "cohort")


def test_what_is_saved_is_what_was_looked_at(desk: Desk, study: Trial) -> None:
    digest = seen(look(desk, **JOINED))
    answer = desk.send(HERE, do="save", seen=digest, **{**JOINED, "day_1": "2026-01-19"})
    assert answer.status_code == 200
    assert "has changed since you looked" in text_of(answer.text)
    assert found(study) is None


def test_nothing_is_kept_where_a_part_cannot_be(desk: Desk, study: Trial) -> None:
    digest = seen(look(desk, **{**JOINED, **REACHED}))
    study.screen("01-014")  # somebody was faster
    answer = desk.send(HERE, do="save", seen=digest, **{**JOINED, **REACHED})
    assert answer.status_code == 400
    assert study.store.read(lambda session: session.scalars(select(ContactConsent)).all()) == []


def test_the_only_study_is_chosen_by_itself_and_a_site_outside_ones_scope_is_no_choice(
    app: Flask, store: Store, desk: Desk, study: Trial
) -> None:
    assert desk.client.get("/newcomer").headers["Location"] == HERE
    south = desk_of(app, store, Role.COORDINATOR, STUDY, SOUTH)
    assert "North" not in south.text(HERE)
    assert "no such choice" in error_at(look(south, **JOINED), "site")


def test_whoever_may_not_take_anybody_in_finds_no_way_to_it(app: Flask, store: Store, desk: Desk, study: Trial) -> None:
    assert "/newcomer" in desk.html("/participants")
    assert "/newcomer" not in desk_of(app, store, Role.MONITOR).html("/participants")

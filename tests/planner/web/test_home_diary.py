"""The diary on a participant's own page: taken, late, not taken and why; the same facts as anybody else records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from notifications.inbox import TaskRow
from notifications.outbox import MessageRow
from planner.persistence.facts import FactRow
from planner.persistence.unit_of_work import Store
from planner.services.access import EVERYTHING
from planner.services.drug_courses import drug_courses
from planner.web.home.texts import LANGUAGES, texts_in
from tests.desk import desk_of, text_of
from tests.housed import Housed, housed, post, with_pills
from tests.planner.api.callers import Clock, at
from tests.studies import STUDY

__all__ = ["at"]
DIARY = "/home/diary"


@pytest.fixture
def home(store: Store, tmp_path: Path, at: Clock) -> Iterator[Housed]:
    """Somebody who has taken pills at home for five days; it is Friday 9 January 2026."""
    with housed(store, tmp_path, at, study=with_pills(store)) as made:
        at.now = made.study.now = datetime(2026, 1, 9, 15, 0, tzinfo=UTC)
        yield made


def said(client: FlaskClient, path: str = DIARY) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text.partition("<main")[2])


def note(client: FlaskClient, day: str = "2026-01-09", medicine: str = "1", **more: str) -> TestResponse:
    return post(client, DIARY, "/home/settings", day=day, medicine=medicine, **more)


def facts(home: Housed) -> list[dict[str, Any]]:
    kinds = FactRow.kind.in_(["given", "omitted", "void"])
    query = select(FactRow).where(kinds).order_by(FactRow.id)
    return home.store.read(
        lambda session: [{"fact": row.kind, "by": row.recorded_by, **row.content} for row in session.scalars(query)]
    )


def tasks(home: Housed, *, done: bool = False) -> list[str]:
    query = select(TaskRow).where(TaskRow.kind == "diary", TaskRow.done_at.is_not(None) == done)
    return home.store.read(lambda session: [row.words for row in session.scalars(query.order_by(TaskRow.id))])


def test_a_dose_that_was_taken_is_a_fact_as_anybody_else_records_it(home: Housed) -> None:
    client = home.open()
    assert "Today Friday, January 9, 2026" in said(client)
    answer = note(client, answer="taken")
    assert answer.status_code == 303
    assert facts(home) == [
        {"fact": "given", "by": None, "date": "2026-01-09", "activity": "pillazole",
         "note": "noted down by the participant"}
    ]  # fmt: skip
    words = said(client, answer.headers["Location"])
    assert "Saved. Your clinic can see it." in words
    assert "You noted: I took it" in words
    assert tasks(home) == []


def test_late_and_not_taken_say_why_and_what_was_missed_asks_a_coordinator(home: Housed) -> None:
    client = home.open()
    note(client, answer="late", why="forgot", day="2026-01-08")
    note(client, answer="missed", why="unwell")
    note(client, answer="missed", why="unwell")
    late, missed = facts(home)
    assert late["note"] == "noted down by the participant, later than usual: forgot"
    assert (missed["fact"], missed["reason"], missed["activity"]) == ("omitted", "unwell", "pillazole")
    assert tasks(home) == [
        "They say on their page that they did not take a dose at home on 9 January 2026: they felt unwell."
    ]
    words = said(client)
    assert "You noted: I did not take it I did not feel well" in words
    assert "Not sure what to do now? Call your clinic." in words
    assert "You noted: I took it late I forgot" in said(client, f"{DIARY}?day=2026-01-08")


def test_what_was_noted_is_mended_and_the_mistake_stays_on_record(home: Housed) -> None:
    client = home.open()
    note(client, answer="missed", why="forgot")
    note(client, answer="taken")
    first, void, last = facts(home)
    assert (first["fact"], void["fact"], last["fact"]) == ("omitted", "void", "given")
    assert tasks(home) == []
    assert len(tasks(home, done=True)) == 1
    note(client, answer="missed", why="none-left")
    assert len(tasks(home)) == 1


def test_the_coordinator_sees_it_as_the_participants_own_word_and_it_counts(home: Housed, store: Store) -> None:
    client = home.open()
    note(client, answer="taken", day="2026-01-08")
    note(client, answer="missed", why="forgot")
    words = desk_of(home.app, store).text(f"/studies/{STUDY}/participants/01-001/facts")
    assert "A dose was given: Pillazole noted down by the participant" in words
    assert re.search(r"noted down by the participant the participant Fri 9 Jan 2026", words)
    found = store.read(
        lambda session: drug_courses(session, home.study.designs, EVERYTHING, STUDY, "01-001", home.study.now)
    )
    assert next((one.drug, one.doses, one.omitted) for one in found) == ("pillazole", 1, 1)


def test_two_weeks_can_be_noted_and_no_day_before_or_to_come(home: Housed) -> None:
    home.at.now = home.study.now = datetime(2026, 1, 21, 15, 0, tzinfo=UTC)
    client = home.open()
    assert note(client, answer="taken", day="2026-01-08").status_code == 303
    for day in ("2026-01-07", "2026-01-22", "2026-01-20", "soon", ""):
        answer = note(client, answer="taken", day=day)
        assert answer.status_code == 400, day
        assert "This can no longer be changed here." in answer.text
    assert [one["date"] for one in facts(home)] == ["2026-01-08"]


def test_a_day_on_which_nothing_is_to_be_taken_says_so(home: Housed) -> None:
    home.study.record("01-001", {"fact": "held", "date": "2026-01-09", "activity": "pillazole", "reason": "toxicity"})
    client = home.open()
    assert said(client).count("There is nothing to take on this day.") == 2
    assert note(client, answer="taken").status_code == 400
    assert facts(home) == []


def test_what_staff_recorded_is_shown_and_is_not_theirs_to_change(home: Housed) -> None:
    home.study.record("01-001", {"fact": "given", "date": "2026-01-09", "activity": "pillazole"})
    client = home.open()
    assert "Your clinic wrote this down: I took it" in said(client)
    assert note(client, answer="missed", why="forgot").status_code == 400
    assert len(facts(home)) == 1


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({}, "Please choose what happened."),
        ({"answer": "eaten"}, "Please choose what happened."),
        ({"answer": "missed"}, "Please choose why."),
        ({"answer": "late", "why": "because"}, "Please choose why."),
    ],
)
def test_what_is_missing_is_said_beside_the_field_and_what_was_chosen_stays(
    home: Housed, sent: dict[str, str], wrong: str
) -> None:
    answer = note(home.open(), **sent)
    assert answer.status_code == 400
    assert wrong in answer.text
    if sent.get("answer") in ("missed", "late"):
        assert re.search(rf'value="{sent["answer"]}" checked', answer.text)
    assert facts(home) == []


@pytest.mark.parametrize("number", ["0", "3", "-1", "x", ""])
def test_a_medicine_that_there_is_not_is_not_noted(home: Housed, number: str) -> None:
    assert note(home.open(), medicine=number, answer="taken").status_code == 400
    assert facts(home) == []


def test_whoever_has_noted_everything_of_a_day_is_not_prompted(home: Housed) -> None:
    def prompts() -> dict[str, str]:
        query = select(MessageRow).where(MessageRow.template == "diary", MessageRow.occasion.contains("2026-01-09"))
        return home.store.read(lambda session: {row.channel: row.state for row in session.scalars(query)})

    home.study.record("01-001", {"fact": "away", "date": "2026-03-02", "until": "2026-03-02"})
    assert prompts() == {"sms": "planned"}
    note(home.open(), answer="taken")
    assert prompts() == {"sms": "cancelled"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_drug_no_illness_and_no_study_is_named_in_any_language(
    store: Store, tmp_path: Path, at: Clock, language: str
) -> None:
    with housed(store, tmp_path, at, language=language, study=with_pills(store)) as home:
        at.now = home.study.now = datetime(2026, 1, 6, 15, 0, tzinfo=UTC)
        client = home.open()
        page = client.get(DIARY).text
        t = texts_in(language)
        assert t("diary_title") in page
        assert t("diary_medicine_n", number=1) in page
        for word in ("pillazole", "weeklizine", "made-up", "01-001", "induction", "toxicity"):
            assert word not in page.lower(), word


def test_a_study_without_anything_at_home_has_no_diary_in_its_navigation(
    store: Store, tmp_path: Path, at: Clock
) -> None:
    with housed(store, tmp_path, at) as home:
        client = home.open()
        assert "Diary" not in client.get("/home").text
        assert "There is nothing to note down now." in said(client)


def test_the_diary_is_behind_the_same_door_as_everything(home: Housed) -> None:
    stranger = home.client()
    assert stranger.get(DIARY).status_code == 404
    assert stranger.post(DIARY, data={}).status_code in (403, 404)


def test_a_medicine_has_the_name_that_was_agreed_and_the_desk_counts_the_doses(home: Housed, store: Store) -> None:
    desk, page = desk_of(home.app, store), f"/studies/{STUDY}/participants/01-001/page"
    names: dict[str, str | list[str]] = {
        "medicine": ["pillazole", "weeklizine"],
        "medicine-pillazole": "the white ones",
    }
    answer = desk.send(f"{page}/change", **{**names, "medicine-weeklizine": "my weeklizine"})
    assert answer.status_code == 400
    assert 'id="medicine-weeklizine-error"' in answer.text
    assert 'value="the white ones"' in answer.text
    assert desk.send(f"{page}/change", **names).status_code == 303
    client = home.open()
    assert "the white ones" in said(client)
    note(client, answer="missed", why="forgot")
    note(client, answer="late", why="other", day="2026-01-08")
    words = desk.text(page)
    assert "Pillazole is called the white ones" in words
    assert "Pillazole 0 1 1 3 Fri 9 Jan: forgot" in words

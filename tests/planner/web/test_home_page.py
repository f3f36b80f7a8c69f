"""What a participant reads on their own page, and what comes of their answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from notifications.appointments import AppointmentRow
from notifications.forbidden import told
from notifications.inbox import InboundRow, TaskRow
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.home_diary import REASONS
from planner.services.home_doses import Answer
from planner.web.home.texts import LANGUAGES, texts_in
from tests import reminded
from tests.housed import ADDRESS, SITE_PHONE, Housed, housed, post
from tests.planner.api.callers import Clock, at

__all__ = ["at"]


@pytest.fixture
def home(store: Store, tmp_path: Path, at: Clock) -> Iterator[Housed]:
    with housed(store, tmp_path, at) as made:
        yield made


def said(client: FlaskClient, path: str = "/home") -> str:
    """What stands on a page, without its marks."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2]).split())


def rows(home: Housed, table: Any) -> list[Any]:
    return home.store.read(lambda session: list(session.scalars(select(table).order_by(table.id))))


def values(client: FlaskClient, path: str = "/home") -> dict[str, str]:
    """What the form of the next visit sends along."""
    return dict(re.findall(r'name="(appointment|version)" value="(\d+)"', client.get(path).text))


def answer(client: FlaskClient, word: str, **more: str) -> str:
    done = post(client, "/home/answer", "/home", answer=word, **{**values(client), **more})
    assert done.status_code == 303
    return done.headers["Location"]


def test_the_next_visit_comes_first_with_all_that_is_to_be_known_before_it(home: Housed) -> None:
    text = said(home.open())
    for words in (
        "Your next visit", "In 7 days", "Monday, January 12, 2026", "Please come at 9:30 AM.", "The clinic", ADDRESS,
        "your diary", "Please do not drive yourself on this day", "At this visit",
        "Call +1 212 555 0111 , day or night", "In an emergency, call 911", f"Call The clinic at {SITE_PHONE}",
    ):  # fmt: skip
        assert words in text, (words, text)
    assert text.index("January 12") < text.index("Blood or other samples")


def test_nothing_on_it_names_the_study_a_drug_an_arm_or_the_participant(home: Housed) -> None:
    client = home.open()
    for path in ("/home", "/home/visits", "/home/calendar", "/home/settings"):
        page = client.get(path).text.lower()
        assert "<title>my visits</title>" in page
        for word in ("vsli", "inotuzumab", "vincristine", "made-up study", "01-001", "induction", "c1d8", "leuk"):
            assert word not in page, (path, word)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_the_pages_has_a_word_that_no_message_may_have(language: str) -> None:
    found = {name: told(re.sub(r"[{}]", " ", text)) for name, text in texts_in(language).said.items()}
    assert {name: word for name, word in found.items() if word} == {}


def test_nothing_is_said_where_nobody_has_said_anything(home: Housed) -> None:
    home.study.enrol("01-002")
    client = home.client()
    token = home.give("01-002")
    home.open(client, token, home.shown_code("01-002"))
    text = said(client)
    assert "The date is not fixed yet" in text
    assert "January" not in text, "nobody has told them of any day"
    for words in ("Please bring", "drive", "How long"):
        assert words not in text


def test_a_booking_that_nobody_has_told_them_of_is_not_there(home: Housed) -> None:
    client = home.open()
    booked = {"fact": "booked", "id": "day-15", "date": "2026-01-20", "visit": "induction.c1.d15", "time": "10:00"}
    home.study.record("01-001", booked)
    assert "January 20" not in said(client, "/home/visits")
    home.study.record("01-001", {"fact": "told", "about": "day-15", "date": "2026-01-06"})
    assert "Tuesday, January 20, 2026 at 10:00 AM" in said(client, "/home/visits")


def test_to_confirm_is_the_same_as_to_reply_1(home: Housed) -> None:
    client = home.open()
    assert answer(client, "confirm").startswith("/home#visit-")
    [appointment] = rows(home, AppointmentRow)
    assert appointment.answer == "confirmed"
    [written] = rows(home, InboundRow)
    assert (written.channel, written.meaning, written.appointment_id) == ("page", "confirm", appointment.id)
    assert "You told us that you will come." in said(client)
    home.send()
    assert home.texts("confirmed") == [], "they see it on the page"


def test_to_ask_for_another_time_is_the_same_as_to_reply_2_moves_nothing_and_asks_a_coordinator(home: Housed) -> None:
    client = home.open()
    answer(client, "move")
    answer(client, "move")
    [task] = rows(home, TaskRow)
    assert (task.kind, task.done_at) == ("wants-to-move", None)
    text = said(client)
    assert "You asked for another time." in text
    assert "Monday, January 12, 2026" in text
    answer(client, "confirm")
    assert [row.answer for row in rows(home, AppointmentRow)] == ["confirmed"]


def test_an_answer_to_what_does_not_hold_any_more_does_nothing_and_says_so(home: Housed) -> None:
    client = home.open()
    old = values(client)
    moved = {"fact": "rebooked", "id": "later", "visit": "induction.c1.d8", "date": "2026-01-13", "instead_of": "2026-01-12", "time": "11:00"}  # fmt: skip  # noqa: E501
    home.study.record("01-001", moved, {"fact": "told", "about": "later", "date": "2026-01-06"})
    place = answer(client, "confirm", **old)
    assert "changed=yes" in place
    assert "This visit has changed" in said(client, place.partition("#")[0])
    assert [row.answer for row in rows(home, AppointmentRow)] == [""]


@pytest.mark.parametrize("number", ["0", "-1", "9" * 30, "x", ""])
def test_an_answer_about_nothing_does_nothing(home: Housed, number: str) -> None:
    client = home.open()
    assert "changed=yes" in answer(client, "confirm", appointment=number)
    assert "changed=yes" in answer(client, "explode")
    assert rows(home, InboundRow) == []


def test_nobody_answers_for_somebody_else(home: Housed) -> None:
    mine = values(home.open())
    home.study.enrol("01-002")
    other = home.open(token=home.give("01-002"), code=home.shown_code("01-002"))
    done = post(other, "/home/answer", "/home/settings", answer="confirm", **mine)
    assert "changed=yes" in done.headers["Location"]
    assert [row.answer for row in rows(home, AppointmentRow)] == [""]


def test_a_visit_that_is_over_is_among_the_earlier_ones_and_cannot_be_answered(home: Housed) -> None:
    client = home.open()
    old = values(client)
    home.at.now += timedelta(days=8)
    text = said(client, "/home/visits")
    assert text.index("Earlier visits") < text.index("January 12")
    done = post(client, "/home/answer", "/home/settings", answer="confirm", **old)
    assert "changed=yes" in done.headers["Location"]


def test_a_visit_that_was_called_off_is_crossed_out(home: Housed) -> None:
    client = home.open()
    home.study.record("01-001", {"fact": "booking_cancelled", "date": "2026-01-12", "visit": "induction.c1.d8"})
    page = client.get("/home/visits").text
    assert "<s><time" in page
    assert "This visit will not take place" in page
    assert "The date is not fixed yet" in said(client)


def test_their_own_calendar_is_subscribed_to_from_the_page_and_shows_what_they_know(home: Housed) -> None:
    client = home.open()
    page = client.get("/home/calendar").text
    [link] = set(re.findall(r"/calendars/[A-Za-z0-9_-]+\.ics", page))
    assert f"webcal://localhost{link}" in page
    assert "<svg" in page
    feed = home.client().get(link)
    assert feed.status_code == 200
    assert b"DTSTART;TZID=America/New_York:20260112T093000" in feed.data
    assert b"your diary" in feed.data
    assert client.get("/home/calendar").text == page, "the same link each time"


def test_somebody_without_a_number_in_a_study_that_sends_nothing_has_a_page_all_the_same(home: Housed) -> None:
    home.study.enrol("01-003")
    home.give("01-003")
    code = home.shown_code("01-003")
    assert len(code) == 6


def test_another_language_is_that_of_the_page_the_messages_and_the_calendar(home: Housed) -> None:
    client = home.open()
    done = post(client, "/home/settings/language", "/home/settings", language="ar")
    assert done.status_code == 303
    page = client.get("/home").text
    assert '<html lang="ar" dir="rtl">' in page
    assert "زيارتكم القادمة" in page
    assert "الاثنين، 12 يناير 2026" in page
    row = reminded.recipient(home.study)
    assert row is not None
    assert row.language == "ar"
    [link] = set(re.findall(r"/calendars/[A-Za-z0-9_-]+\.ics", client.get("/home/calendar").text))
    assert "موعد" in home.client().get(link).data.decode()
    assert 'dir="rtl"' in home.client().get(link.removesuffix(".ics")).text


def test_a_language_that_there_is_not_changes_nothing(home: Housed) -> None:
    client = home.open()
    post(client, "/home/settings/language", "/home/settings", language="xx")
    assert '<html lang="en"' in client.get("/home").text


def test_the_clock_of_the_clinic_is_named_where_theirs_is_another(home: Housed) -> None:
    client = home.open()
    assert "time at the clinic" not in said(client)
    reminded.keep(home.study, zone="America/Los_Angeles")
    assert "This is the time at the clinic." in said(client)


def test_an_appointment_without_an_hour_says_whom_to_ask(home: Housed) -> None:
    def take_the_hour(uow: UnitOfWork) -> None:
        uow.session.scalars(select(AppointmentRow)).one().starts = None

    home.store.write(SYSTEM, home.at(), take_the_hour)
    assert "Ask your clinic at what time to come." in said(home.open())


def test_an_hour_and_a_mark_after_a_space_are_never_cut_from_what_they_belong_to() -> None:
    assert texts_in("en").time(11 * 60) == "11:00\N{NO-BREAK SPACE}AM"
    assert texts_in("ar").time(11 * 60 + 30) == "11:30\N{NO-BREAK SPACE}ص"
    said = texts_in("fr").said
    assert said["can_you"] == "Pouvez-vous venir\N{NO-BREAK SPACE}?"
    assert [key for key, text in said.items() if re.search(r" [?!:;»]|« ", text)] == []


@pytest.mark.parametrize(
    ("language", "names"), [("en", "Mon Tue Wed"), ("ar", "إثنين ثلاثاء أربعاء"), ("fr", "lun. mar. mer.")]
)
def test_the_days_above_a_calendar_are_short_in_every_language(language: str, names: str) -> None:
    assert [texts_in(language).weekday(date(2026, 1, day)) for day in (5, 6, 7)] == names.split()


def test_every_language_says_everything_with_the_same_values() -> None:
    wanted = {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in texts_in("en").said.items()}
    for code in LANGUAGES:
        found = {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in texts_in(code).said.items()}
        assert found == wanted, code


def test_every_text_is_used_and_every_text_that_is_used_is_there() -> None:
    root = Path(__file__).resolve().parents[3] / "planner" / "web"
    services = (root.parent / "services").glob("home_*.py")
    sources = [*(root / "templates" / "home").glob("*.html"), *(root / "home").glob("*.py"), *services]
    source = "\n".join(file.read_text("utf-8") for file in sources)
    known = set(texts_in("en").said)
    put_together = {f"diary_{one}" for one in (*Answer, *REASONS)} | {f"diary_{one}_day" for one in (*Answer, "open")}
    assert put_together <= known
    assert {key for key in known - put_together if not re.search(rf"[\"']{key}[\"']", source)} == set()
    assert set(re.findall(r"\bt\('(\w+)'(?! ~)", source)) <= known

"""The pages about feeds: how to subscribe, and whether a calendar is good. Both without any script."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from planner.persistence.feeds import Feed
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.feeds import Linked, revoke_feed
from tests.planner.api.callers import Clock, at
from tests.subscribed import DAY_8, TOLD, Subscribed, subscribed

__all__ = ["at"]

GOOD = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//A//B//EN\r\nNAME:A\r\nX-WR-CALNAME:A\r\nREFRESH-INTERVAL;VALUE=DURATION:PT4H\r\n"
    b"BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\n"
    b"DTSTART;VALUE=DATE:20260102\r\nDTEND;VALUE=DATE:20260103\r\nSUMMARY:Made up\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def life(store: Store, tmp_path: Path, at: Clock) -> Iterator[Subscribed]:
    with subscribed(store, tmp_path, at) as made:
        made.record(DAY_8, TOLD)
        yield made


def page(life: Subscribed, link: Linked) -> TestResponse:
    return life.app.test_client().get(f"/calendars/{link.token}")


def check(life: Subscribed, **said: object) -> TestResponse:
    return life.app.test_client().post("/calendars/check", data=said)


def test_the_page_of_a_link_has_one_for_each_kind_of_app_and_a_code(life: Subscribed) -> None:
    link = life.make("participant")
    shown = page(life, link)
    assert f"webcal://localhost/calendars/{link.token}.ics" in shown.text
    assert f"http://localhost/calendars/{link.token}.ics" in shown.text
    assert (
        f"https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2Flocalhost%2Fcalendars%2F{link.token}.ics"
        in shown.text
    )
    assert "<svg" in shown.text
    assert "<script" not in shown.text
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert "script-src" not in shown.headers["Content-Security-Policy"]


def test_the_page_of_a_link_names_nobody_and_nothing(life: Subscribed) -> None:
    text = page(life, life.make("participant", label="Made-up Person")).text
    assert not any(word in text for word in ("Made-up Person", "01-001", "vsli", "North"))


def test_the_page_of_a_link_that_is_good_no_more_says_so(life: Subscribed) -> None:
    link = life.make("study")
    life.store.write(SYSTEM, life.at(), lambda uow: revoke_feed(uow, uow.session.get_one(Feed, link.feed.id)))
    assert page(life, link).status_code == 410
    assert life.app.test_client().get(f"/calendars/{'x' * 32}").status_code == 404
    assert life.app.test_client().get("/calendars/short").status_code == 404


def test_a_calendar_of_ours_is_checked_by_its_link_and_is_good(life: Subscribed) -> None:
    for audience in ("participant", "centre", "study", "site"):
        link = life.make(audience, windows=audience in ("study", "site"), alarm_minutes=(60,))
        for said in (
            f"http://localhost/calendars/{link.token}.ics",
            f"/calendars/{link.token}",
            f"webcal://localhost/calendars/{link.token}.ics",
        ):
            found = check(life, link=said)
            assert found.status_code == 200
            assert "is good: nothing was found" in found.text, found.text


def test_a_check_counts_as_no_fetch(life: Subscribed) -> None:
    link = life.make("study")
    check(life, link=f"/calendars/{link.token}.ics")
    assert life.app.extensions["calendars"].fetches._gathered == {}


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/calendars/" + "x" * 32 + ".ics",
        "http://127.0.0.1:22/",
        "file:///etc/passwd",
        "http://[",
        "x",
    ],
)
def test_no_address_from_elsewhere_is_fetched_and_the_field_says_so(life: Subscribed, link: str) -> None:
    found = check(life, link=link)
    assert found.status_code == 400
    assert 'id="link-error"' in found.text
    assert 'aria-describedby="link-hint link-error"' in found.text
    assert 'aria-invalid="true"' in found.text


def test_a_file_is_checked_by_its_bytes(life: Subscribed) -> None:
    assert "is good" in check(life, file=(io.BytesIO(GOOD), "a.ics")).text
    found = check(life, file=(io.BytesIO(GOOD.replace(b"\r\n", b"\n").replace(b"UID:a\n", b"")), "a.ics"))
    assert found.status_code == 200
    assert "error" in found.text
    assert "<table" in found.text


def test_a_text_is_checked_and_stays_in_its_field(life: Subscribed) -> None:
    found = check(life, text="BEGIN:VCALENDAR\r\n<script>alert(1)</script>")
    assert found.status_code == 200
    assert "&lt;script&gt;" in found.text
    assert "<script>" not in found.text


def test_nothing_or_too_much_to_check_is_said_next_to_the_field(life: Subscribed) -> None:
    for said in ({}, {"text": " ", "link": ""}, {"text": "a", "link": "/calendars/x"}):
        found = check(life, **said)
        assert found.status_code == 400
        assert 'id="link-error"' in found.text


def test_a_file_that_is_too_large_is_refused(life: Subscribed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("planner.web.feeds.LONGEST", 10_000)
    assert check(life, file=(io.BytesIO(b"x" * 11_000), "a.ics")).status_code == 413


def test_any_bytes_can_be_checked(life: Subscribed) -> None:
    for content in (b"\0", b"\xff\xfe", b"BEGIN:VCALENDAR", bytes(range(256)) * 40, "BEGIN:VCALENDAR\r\nÜ".encode()):
        assert check(life, file=(io.BytesIO(content), "a.ics")).status_code == 200

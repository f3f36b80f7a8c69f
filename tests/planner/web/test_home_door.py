"""The way in to a participant's own page: what a link alone shows, how a code comes, and what ends it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from planner.app import create_app
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.request_log import Masked
from planner.services.access import EVERYTHING
from planner.services.home_codes import GOOD_FOR, MOST_AN_HOUR, MOST_TRIES
from planner.services.home_doors import LASTS
from planner.services.home_links import end_device, renew_link, take_link_back
from planner.services.opt_outs import ChangeOptOut, change_opt_out
from tests import reminded
from tests.desk import text_of
from tests.housed import CODE, Housed, housed, post
from tests.planner.api.callers import Clock, at, settings_for
from tests.studies import STUDY, audited

__all__ = ["at"]


@pytest.fixture
def home(store: Store, tmp_path: Path, at: Clock) -> Iterator[Housed]:
    with housed(store, tmp_path, at) as made:
        yield made


def ask(home: Housed) -> str:
    """Ask for a code by text; the address to which that leads."""
    answer = post(home.client(), f"/home/{home.token}/code", f"/home/{home.token}")
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_a_new_device_is_let_in_by_a_code_that_was_texted_and_comes_back_by_itself(home: Housed) -> None:
    client = home.client()
    first = client.get(f"/home/{home.token}")
    assert "Text me a code" in first.text
    assert "January" not in first.text, "a link alone tells nothing of any visit"
    sent = post(client, f"/home/{home.token}/code", f"/home/{home.token}")
    assert sent.headers["Location"] == f"/home/{home.token}?asked=sent"
    home.send()
    [text] = home.texts()
    found = CODE.search(text)
    assert found is not None
    assert not any(word in text for word in ("vsli", "ino", "01-001", "home/"))
    entered = post(client, f"/home/{home.token}/enter", f"/home/{home.token}?asked=sent", code=found[1])
    assert entered.headers["Location"] == "/home"
    assert "January 12, 2026" in client.get("/home").text
    assert client.get(f"/home/{home.token}").headers["Location"] == "/home", "no second code"
    home.at.now += timedelta(days=100)
    assert client.get("/home").status_code == 200


def test_the_cookie_is_for_these_pages_alone_and_no_script_reads_it(home: Housed) -> None:
    client = home.client()
    answer = post(client, f"/home/{home.token}/enter", f"/home/{home.token}?asked=have", code=home.shown_code())
    [cookie] = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("visit-planner-home=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/home" in cookie
    assert f"Max-Age={int(LASTS.total_seconds())}" in cookie


@pytest.mark.parametrize("path", ["", "/visits", "/calendar", "/settings", "/" + "x" * 43, "/short", "/%00"])
def test_a_guessed_link_and_a_page_without_a_device_are_not_there_alike(home: Housed, path: str) -> None:
    answer = home.client().get(f"/home{path}")
    assert answer.status_code == 404
    assert "This page is not here" in answer.text
    assert answer.text == home.client().get(f"/home/{'y' * 43}").text
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_not_there_is_said_in_a_language_that_the_browser_asks_for(home: Housed) -> None:
    answer = home.client().get("/home", headers={"Accept-Language": "ar,en;q=0.5"})
    assert '<html lang="ar" dir="rtl">' in answer.text


def test_every_answer_names_no_address_to_others_and_is_kept_by_nobody(home: Housed) -> None:
    client = home.open()
    for path in ("/home", "/home/visits", "/home/calendar", "/home/settings", f"/home/{'x' * 43}"):
        headers = client.get(path).headers
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Robots-Tag"] == "noindex"
        assert "script-src" not in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]


def test_the_answer_is_the_same_whether_or_not_there_is_a_number(home: Housed) -> None:
    with_number = ask(home)
    home.send()
    reminded.refuse(home.study, "sms")
    assert ask(home) == with_number
    home.send()
    assert len(home.texts()) == 1, "nobody is texted who has not agreed to it"


def test_a_code_is_good_once_and_for_ten_minutes_and_only_the_newest(home: Housed) -> None:
    late, old, new = home.shown_code(), "", ""
    home.at.now += GOOD_FOR + timedelta(seconds=1)
    enter = f"/home/{home.token}/enter"
    assert post(home.client(), enter, f"/home/{home.token}?asked=have", code=late).status_code == 400
    old, new = home.shown_code(), home.shown_code()
    assert post(home.client(), enter, f"/home/{home.token}?asked=have", code=old).status_code == 400
    assert post(home.client(), enter, f"/home/{home.token}?asked=have", code=f" {new[:3]} {new[3:]}").status_code == 303
    assert post(home.client(), enter, f"/home/{home.token}?asked=have", code=new).status_code == 400


def test_wrong_tries_are_counted_and_end_a_code_also_for_whoever_has_it(home: Housed) -> None:
    code = home.shown_code()
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    enter, page = f"/home/{home.token}/enter", f"/home/{home.token}?asked=have"
    for _ in range(MOST_TRIES):
        answer = post(home.client(), enter, page, code=wrong)
        assert answer.status_code == 400
        assert 'aria-invalid="true"' in answer.text
    assert post(home.client(), enter, page, code=code).status_code == 400


def test_so_many_texts_and_no_more_are_sent_in_an_hour(home: Housed) -> None:
    addresses = [ask(home) for _ in range(MOST_AN_HOUR + 1)]
    assert addresses[-2].endswith("asked=sent")
    assert addresses[-1].endswith("asked=too-often")
    home.at.now += timedelta(hours=1, seconds=1)
    assert ask(home).endswith("asked=sent")


def test_a_text_with_a_code_goes_at_night_too(home: Housed) -> None:
    home.at.now = home.at.now.replace(hour=7)  # three in the morning in New York
    home.at.now += timedelta(days=1)
    ask(home)
    home.send()
    assert len(home.texts()) == 1


def test_a_number_that_said_stop_gets_no_code(home: Housed) -> None:
    stop = ChangeOptOut(study=STUDY, participant="01-001", step="stop", how="by word of mouth")
    home.store.write(SYSTEM, home.at(), lambda uow: change_opt_out(uow, EVERYTHING, stop))
    assert ask(home).endswith("asked=sent")
    home.send()
    assert home.texts() == []


def test_a_form_from_elsewhere_does_nothing_and_says_so_in_words_of_the_page(home: Housed) -> None:
    client = home.client()
    answer = client.post(f"/home/{home.token}/code")
    assert answer.status_code == 403
    assert "open for a long time" in answer.text
    assert f'<a href="/home/{home.token}">Your own page</a>' in answer.text
    home.send()
    assert home.texts() == []


@pytest.mark.parametrize("form", ["code", "enter"])
def test_a_telephone_that_opens_the_address_of_a_form_anew_is_led_to_where_a_code_is_entered(
    home: Housed, form: str
) -> None:
    answer = home.client().get(f"/home/{home.token}/{form}")
    assert (answer.status_code, answer.location) == (303, f"/home/{home.token}?asked=have")
    assert home.open().get("/home/settings/caregiver/new").location == "/home/settings"


def test_death_ends_the_link_and_its_devices(home: Housed) -> None:
    client = home.open()
    home.study.record("01-001", {"fact": "died", "date": "2026-01-06"})
    assert client.get("/home").status_code == 404
    assert home.client().get(f"/home/{home.token}").status_code == 404
    assert home.state().link is None
    assert [entry.subject for entry in audited(home.study, "home-link.died")] == ["participant:01-001"]


def test_withdrawal_from_contact_ends_the_link_and_its_devices(home: Housed) -> None:
    client = home.open()
    home.study.record("01-001", {"fact": "withdrew", "date": "2026-01-06", "scope": "contact"})
    assert client.get("/home").status_code == 404
    assert home.state().link is None


def test_erasure_ends_the_link_and_its_devices(home: Housed) -> None:
    client = home.open()
    reminded.erase(home.study)
    assert client.get("/home").status_code == 404
    assert home.state().link is None


def test_whoever_withdraws_from_visits_alone_keeps_the_page(home: Housed) -> None:
    client = home.open()
    home.study.record("01-001", {"fact": "withdrew", "date": "2026-01-06", "scope": "visits"})
    assert client.get("/home").status_code == 200


def test_another_link_ends_the_old_one_with_its_devices_and_the_calendar_goes_on(home: Housed) -> None:
    client = home.open()
    before = client.get("/home/calendar").text
    new = home.store.write(SYSTEM, home.at(), lambda uow: renew_link(uow, EVERYTHING, STUDY, "01-001").token)
    assert client.get("/home").status_code == 404
    assert home.client().get(f"/home/{home.token}").status_code == 404
    after = home.open(token=new).get("/home/calendar").text
    assert "webcal://" in before
    assert before == after


def test_a_link_that_is_taken_back_takes_the_calendar_with_it(home: Housed) -> None:
    client = home.open()
    link = client.get("/home/calendar").text.split('value="http://localhost')[1].split('"')[0]
    assert home.client().get(link).status_code == 200
    home.store.write(SYSTEM, home.at(), lambda uow: take_link_back(uow, EVERYTHING, STUDY, "01-001"))
    assert client.get("/home").status_code == 404
    assert "withdrawn" in home.client().get(link).text
    old = home.client().get(link.removesuffix(".ics"))
    assert old.status_code == 410
    assert "Then ask your clinic for a new one." in text_of(old.text)
    assert 'href="/' not in old.text.split("<main")[1]


def test_an_address_that_is_none_of_theirs_and_a_failure_are_told_in_a_participants_words(
    home: Housed, tmp_path: Path
) -> None:
    spanish: dict[str, Any] = {"headers": {"Accept-Language": "es"}}
    for path in (f"/home/{home.token}/", "/home/something/else", f"/calendars/{'A' * 43}"):
        answer = home.client().get(path, **spanish)
        assert answer.status_code == 404
        assert "Esta página no está aquí" in text_of(answer.text)
        assert "protocols" not in answer.text
    assert "Ahora no funciona" in text_of(home.client().put("/home", **spanish).text)
    nowhere = settings_for(home.store, tmp_path).model_copy(update={"database_url": f"sqlite:///{tmp_path}/empty.db"})
    broken = create_app({}, nowhere)
    answer = broken.test_client().get(f"/home/{home.token}", **spanish)
    assert answer.status_code == 503
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Pruebe otra vez en unos minutos." in text_of(answer.text)
    broken.extensions["installation"].close()


def test_one_device_can_be_ended_at_the_desk_and_on_the_device_itself(home: Housed) -> None:
    lost, own = home.open(), home.open()
    [_, first] = home.state().devices
    home.store.write(SYSTEM, home.at(), lambda uow: end_device(uow, EVERYTHING, STUDY, "01-001", first.id))
    assert lost.get("/home").status_code == 404
    assert own.get("/home").status_code == 200
    assert "closed here" in post(own, "/home/settings/leave", "/home/settings").text
    assert own.get("/home").status_code == 404
    assert home.state().devices == ()


def test_a_device_is_forgotten_after_half_a_year(home: Housed) -> None:
    client = home.open()
    home.at.now += LASTS + timedelta(minutes=1)
    assert client.get("/home").status_code == 404


def test_a_link_of_one_participant_opens_nothing_of_another(home: Housed) -> None:
    home.study.enrol("01-002")
    other = home.give("01-002")
    code = home.shown_code()
    enter = f"/home/{other}/enter"
    assert post(home.client(), enter, f"/home/{other}?asked=have", code=code).status_code == 400
    mine = home.open()
    assert "Text me a code" in mine.get(f"/home/{other}").text, "a device of somebody else is a new one"


def test_no_log_line_names_a_link(home: Housed) -> None:
    record = logging.LogRecord("gunicorn.access", 20, "x", 1, "GET /home/%s?asked=sent 200", (home.token,), None)
    assert Masked().filter(record)
    assert home.token not in record.getMessage()
    assert "/home/…" in record.getMessage()


def test_neither_secrets_nor_codes_are_kept_as_they_are(home: Housed) -> None:
    client = home.open()
    cookie = client.get_cookie("visit-planner-home", path="/home")
    assert cookie is not None
    state = home.state()
    assert state.link is not None
    assert home.token not in (state.link.digest, state.link.seed)
    assert cookie.value not in [device.digest for device in state.devices]
    for entry in audited(home.study, "home-link.given"):
        assert home.token not in str(entry.after)

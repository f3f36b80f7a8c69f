"""Days away and messages, as participants set them on their own page; and the page as the desk looks after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from notifications.appointments import AppointmentRow
from notifications.inbox import TaskRow
from planner.persistence.contact_consents import ContactConsent
from planner.persistence.unit_of_work import Store
from planner.services.access import EVERYTHING
from planner.services.users import Role
from planner.services.whereabouts import days_away
from tests import reminded
from tests.desk import Desk, desk_of, text_of
from tests.housed import Housed, housed, post
from tests.planner.api.callers import Clock, at, caller
from tests.studies import STUDY

__all__ = ["at"]
DESK = f"/studies/{STUDY}/participants/01-001/page"
API = f"/studies/{STUDY}/participants/01-001/home-link"


@pytest.fixture
def home(store: Store, tmp_path: Path, at: Clock) -> Iterator[Housed]:
    with housed(store, tmp_path, at) as made:
        yield made


def away(home: Housed) -> list[tuple[str, str]]:
    found = home.store.read(lambda session: days_away(session, home.study.designs, EVERYTHING, STUDY, "01-001"))
    return [(str(one.first), str(one.last)) for one in found]


def tasks(home: Housed) -> list[str]:
    return home.store.read(lambda session: [row.kind for row in session.scalars(select(TaskRow).order_by(TaskRow.id))])


def say(client: FlaskClient, first: str, last: str) -> Any:
    return post(client, "/home/away", "/home/away", first=first, last=last)


def test_the_page_that_says_what_is_wrong_with_a_form_is_still_marked_as_the_one_that_is_shown(home: Housed) -> None:
    client = home.open()
    wrong = say(client, "2026-02-06", "2026-02-02")
    assert wrong.status_code == 400
    caregiver = post(client, "/home/settings/caregiver/new", "/home/settings", name="Sam Madeup", phone="1")
    for answer, name in ((wrong, "Days away"), (caregiver, "Settings")):
        assert re.findall(r'aria-current="page">([^<]+)<', answer.text) == [name]


def test_days_on_which_they_cannot_come_are_facts_and_a_coordinator_is_told(home: Housed) -> None:
    client = home.open()
    assert say(client, "2026-02-02", "2026-02-06").status_code == 303
    assert say(client, "2026-02-02", "2026-02-06").status_code == 303
    assert away(home) == [("2026-02-02", "2026-02-06")]
    assert tasks(home) == ["away"]
    page = client.get("/home/away").text
    assert "From Monday, February 2, 2026 to Friday, February 6, 2026" in text_of(page)
    fact = re.search(r'name="fact" value="([^"]+)"', page)
    assert fact is not None
    post(client, "/home/away/back", "/home/away", fact=fact[1])
    assert away(home) == []
    assert tasks(home) == ["away", "away"]


def test_a_visit_that_has_a_date_stays_where_it_is_when_they_cannot_come(home: Housed) -> None:
    client = home.open()
    say(client, "2026-01-12", "2026-01-12")
    assert "Monday, January 12, 2026" in client.get("/home").text
    row = home.store.read(lambda session: session.scalars(select(AppointmentRow)).one())
    assert (row.cancelled, row.version) == (False, 1)


@pytest.mark.parametrize(
    ("first", "last", "wrong"),
    [
        ("", "2026-02-06", "Please choose a day."),
        ("2026-02-30", "2026-02-06", "Please choose a day."),
        ("2026-01-01", "2026-01-09", "from today on"),
        ("2026-02-06", "2026-02-02", "comes before the first day"),
        ("2026-02-06", "2026-06-02", "more than 60 days"),
        ("<b>", "x", "Please choose a day."),
    ],
)
def test_days_that_cannot_be_are_said_beside_the_field_which_keeps_what_was_typed(
    home: Housed, first: str, last: str, wrong: str
) -> None:
    answer = say(home.open(), first, last)
    assert answer.status_code == 400
    assert wrong in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{last}"' in answer.text or last == "x"
    assert away(home) == []


def test_days_that_staff_recorded_are_shown_and_are_not_theirs_to_take_back(home: Housed) -> None:
    home.study.record("01-001", {"fact": "away", "id": "holiday", "date": "2026-02-10", "until": "2026-02-10"})
    client = home.open()
    page = client.get("/home/away").text
    assert "Tuesday, February 10, 2026" in page
    assert "Your clinic wrote this down." in page
    assert 'name="fact"' not in page
    post(client, "/home/away/back", "/home/away", fact="holiday")
    post(client, "/home/away/back", "/home/away", fact="page-nothing")
    assert away(home) == [("2026-02-10", "2026-02-10")]


def test_messages_are_turned_off_and_on_as_by_stop_and_start(home: Housed) -> None:
    client = home.open()
    assert reminded.messages(home.study, "planned") != []
    post(client, "/home/settings/messages", "/home/settings", channel="sms", on="no")
    assert reminded.messages(home.study, "planned") == []
    assert "Turn on" in client.get("/home/settings").text
    post(client, "/home/settings/messages", "/home/settings", channel="sms", on="no")
    post(client, "/home/settings/messages", "/home/settings", channel="pigeon", on="no")
    post(client, "/home/settings/messages", "/home/settings", channel="sms", on="yes")
    assert "Turn off" in client.get("/home/settings").text


def test_the_desk_gives_a_link_shows_it_once_and_lets_a_device_in(home: Housed, store: Store) -> None:
    desk = desk_of(home.app, store)

    def send(path: str, **said: str) -> Any:
        return desk.client.post(f"{DESK}{path}", data={"form_token": desk.token, **said})

    assert "Let a device in" in desk.client.get(DESK).text
    assert send("/end").status_code == 303
    refused = send("/link", bring="your chemotherapy card")
    assert refused.status_code == 400
    assert 'value="your chemotherapy card"' in refused.text
    given = send("/link", bring="your diary", no_driving="yes")
    found = re.search(r"http://localhost/home/([A-Za-z0-9_-]{43})", given.text)
    assert found is not None
    assert given.headers["Cache-Control"] == "no-store"
    assert found[1] not in desk.client.get(DESK).text, "it is shown once"
    shown = re.search(r"(\d{3}) (\d{3})</strong>", send("/code").text)
    assert shown is not None
    client = home.open(token=found[1], code=shown[1] + shown[2])
    assert "Please do not drive" in client.get("/home").text
    device = re.search(r"/devices/(\d+)/end", desk.client.get(DESK).text)
    assert device is not None
    assert send(f"/devices/{device[1]}/end").status_code == 303
    assert client.get("/home").status_code == 404
    assert send("/link").status_code == 409
    assert re.search(r"http://localhost/home/[A-Za-z0-9_-]{43}", send("/renewal").text)


def test_the_api_gives_renews_and_ends_a_link(home: Housed, store: Store) -> None:
    coordinator = caller(home.app, store, Role.COORDINATOR)
    before = coordinator.get(API)
    assert (before["texts"], before["bring"], before["devices"]) == (True, "your diary", [])
    coordinator.refused(409, "POST", API, {})
    new = coordinator.post(f"{API}/renewal")["link"]
    assert home.client().get(f"/home/{home.token}").status_code == 404
    token, code = new.rpartition("/")[2], coordinator.post(f"{API}/code")["code"]
    client = home.open(token=token, code=code)
    [device] = coordinator.get(API)["devices"]
    assert device["how"] == "desk"
    assert coordinator.post(f"{API}/devices/{device['id']}/end")["devices"] == []
    assert client.get("/home").status_code == 404
    assert coordinator.post(f"{API}/end")["given_at"] is None
    coordinator.refused(404, "POST", f"{API}/code")
    assert coordinator.post(API, {"bring": "your diary"})["link"].startswith("http://localhost/home/")


def test_nobody_who_may_not_be_contacted_is_given_a_link(home: Housed, store: Store) -> None:
    home.study.record("01-001", {"fact": "died", "date": "2026-01-06"})
    caller(home.app, store, Role.COORDINATOR).refused(422, "POST", API, {})
    page = desk_of(home.app, store).html(DESK)
    assert "They may not be contacted any more." in text_of(page)
    assert "Make the link" not in page


def change(desk: Desk, **said: str) -> Any:
    return desk.send(f"{DESK}/change", **said)


def test_what_a_page_says_is_changed_and_the_link_and_the_devices_stay(home: Housed, store: Store) -> None:
    desk, client = desk_of(home.app, store), home.open()
    assert "your diary" in client.get("/home").text
    assert change(desk, bring="your card").status_code == 303
    page = client.get("/home").text
    assert "your card" in page
    assert "your diary" not in page
    assert "Please do not drive" not in page
    assert "What to bring your card Driving nothing is said" in desk.text(DESK)
    assert change(desk, bring="", no_driving="yes").status_code == 303
    page = client.get("/home").text
    assert "Please bring" not in page
    assert "Please do not drive" in page


def test_what_would_tell_a_stranger_too_much_stands_at_its_field_and_what_was_typed_stays(
    home: Housed, store: Store
) -> None:
    answer = change(desk_of(home.app, store), bring="your chemotherapy card", no_driving="yes")
    assert answer.status_code == 400
    assert 'id="bring-error"' in answer.text
    assert 'value="your chemotherapy card"' in answer.text
    assert "your diary" in home.open().get("/home").text


def test_the_api_changes_what_is_said_and_leaves_the_rest(home: Housed, store: Store) -> None:
    coordinator = caller(home.app, store, Role.COORDINATOR)
    found = coordinator.call("PATCH", API, {"no_driving": False}).get_json()
    assert (found["bring"], found["no_driving"], found["medicines"]) == ("your diary", False, {})
    assert coordinator.call("PATCH", API, {"bring": "your card"}).get_json()["bring"] == "your card"
    coordinator.refused(400, "PATCH", API, {"medicines": {"aspirin": "the white one"}})
    coordinator.post(f"{API}/end")
    coordinator.refused(404, "PATCH", API, {"bring": "your card"})


def test_what_to_bring_is_in_their_calendar_at_once(home: Housed, store: Store) -> None:
    link = re.search(r"/calendars/[A-Za-z0-9_-]+\.ics", home.open().get("/home/calendar").text)
    assert link is not None
    assert "your diary" in home.client().get(link[0]).text
    change(desk_of(home.app, store), bring="your card")
    assert "your card" in home.client().get(link[0]).text


def with_caregiver(home: Housed) -> FlaskClient:
    reminded.keep(home.study, caregiver_name="Bea Madeup")
    return home.open()


def care(client: FlaskClient, agreed: str) -> None:
    assert post(client, "/home/settings/caregiver", "/home/settings", agreed=agreed).status_code == 303


def consents(home: Housed) -> list[tuple[bool, str]]:
    query = select(ContactConsent).where(ContactConsent.channel == "caregiver").order_by(ContactConsent.id)
    return home.store.read(lambda session: [(row.agreed, row.how) for row in session.scalars(query)])


def test_a_caregiver_gets_texts_once_the_participant_agrees_and_no_more_once_they_end_it(home: Housed) -> None:
    client = with_caregiver(home)
    page = client.get("/home/settings").text
    assert "<bdi>Bea Madeup</bdi> gets no texts now. Your clinic has a number that ends in 50." in page
    assert "+12125550150" not in page
    care(client, "yes")
    care(client, "yes")
    assert consents(home) == [(True, "on their own page")]
    assert "<bdi>Bea Madeup</bdi> also gets texts, at the number that ends in 50." in client.get("/home/settings").text
    assert [one[0] for one in reminded.messages(home.study, "planned", whom="caregiver")] != []
    care(client, "no")
    care(client, "no")
    assert consents(home) == [(True, "on their own page"), (False, "on their own page")]
    assert reminded.messages(home.study, "planned", whom="caregiver") == []
    assert tasks(home) == ["caregiver", "caregiver"]


def test_nobody_is_agreed_to_whose_number_the_clinic_has_not(home: Housed) -> None:
    reminded.keep(home.study, caregiver_phone="")
    client = home.open()
    assert "Nobody else gets texts about your visits." in client.get("/home/settings").text
    care(client, "yes")
    assert consents(home) == []


def test_somebody_new_is_a_task_for_a_coordinator_who_alone_reads_the_number(home: Housed, store: Store) -> None:
    reminded.keep(home.study, caregiver_phone="")
    client = home.open()
    named = {"name": "Bea Madeup", "phone": "(212) 555-0150"}
    for _ in range(2):
        sent = post(client, "/home/settings/caregiver/new", "/home/settings", **named)
        assert sent.status_code == 303
    assert "You named somebody. Your clinic will contact you." in client.get("/home/settings").text
    assert tasks(home) == ["caregiver"]
    assert consents(home) == []
    task = store.read(lambda session: session.scalars(select(TaskRow.id)).one())
    address = f"/studies/{STUDY}/tasks/{task}"
    assert "Bea Madeup, (212) 555-0150" in desk_of(home.app, store).text(address)
    assert "Bea Madeup" not in desk_of(home.app, store, Role.MONITOR).text(address)


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"name": "", "phone": "+12125550150"}, "Please write a name."),
        ({"name": "Bea Madeup", "phone": "call me"}, "Please write a phone number."),
        ({"name": "x" * 101, "phone": "+12125550150"}, "Please write a shorter name: at most 100 letters."),
        ({"name": "Bea Madeup", "phone": "1" * 41}, "This phone number is too long. Please check it."),
    ],
)
def test_somebody_who_cannot_be_is_said_beside_the_field_which_keeps_what_was_typed(
    home: Housed, typed: dict[str, str], wrong: str
) -> None:
    reminded.keep(home.study, caregiver_phone="")
    answer = post(home.open(), "/home/settings/caregiver/new", "/home/settings", **typed)
    assert answer.status_code == 400
    assert wrong in answer.text
    assert f'value="{typed["name"]}"' in answer.text
    assert tasks(home) == []

"""Calendars are listed with who has fetched them, made for every audience, withdrawn, and given another link."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from planner.persistence.feeds import note_fetches
from planner.persistence.unit_of_work import SYSTEM
from planner.services.users import Role
from tests.desk import Desk, desk_of, text_of
from tests.planner.api.callers import Clock
from tests.studies import NORTH, SOUTH, STUDY, Trial, audited

CALENDARS = "/office/calendars"
CENTRE = {"audience": "centre", "site": NORTH, "label": "Room 2"}


def made(office: Desk, **said: str) -> str:
    """Make a calendar; the address of the page that shows its link."""
    answer = office.send(f"{CALENDARS}/new", **said)
    assert answer.status_code == 303, text_of(answer.text)
    return answer.headers["Location"]


def number(page: str) -> str:
    found = re.search(r"/calendars/(\d+)/revocation", page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    "said",
    [
        CENTRE | {"busy_only": "yes"}, {"audience": "study", "study": STUDY, "windows": "yes"},
        {"audience": "site", "site": SOUTH, "alarm_minutes": "60, 1440"}, {"audience": "coordinator", "days": "30"},
        {"audience": "participant", "study": STUDY, "participant": "01-001", "bring": "your diary"},
    ],
)  # fmt: skip
def test_a_calendar_is_made_for_every_audience_and_its_link_is_shown_once(
    office: Desk, study: Trial, said: dict[str, str]
) -> None:
    study.enrol()
    link = made(office, **said)
    token = link.rpartition("/")[2]
    assert f"{token}.ics" in office.html(link)
    page = office.html(CALENDARS)
    assert token not in page
    assert "nobody yet" in page
    assert audited(study, "feed.made")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"audience": ""}, "audience"), ({"site": "nowhere"}, "site"), ({"site": ""}, "site"), ({"days": "0"}, "days"),
        ({"days": "soon"}, "days"), ({"alarm_minutes": "an hour"}, "alarm_minutes"), ({"bring": "a pen"}, "bring"),
        ({"audience": "participant", "study": STUDY, "participant": "99-999", "site": ""}, "participant"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    office: Desk, wrong: dict[str, str], field: str
) -> None:
    answer = office.send(f"{CALENDARS}/new", **{**CENTRE, **wrong})
    assert answer.status_code == 400
    assert f'id="calendar-{field}-error"' in answer.text
    assert 'value="Room 2"' in answer.text


def test_the_list_says_which_app_has_not_seen_the_newest_change(office: Desk, study: Trial, at: Clock) -> None:
    made(office, **CENTRE)
    feed = int(number(office.html(CALENDARS)))
    row = {"feed_id": feed, "app": "Outlook", "first_at": at(), "last_at": at(), "revision": 1, "count": 1}
    study.store.write(SYSTEM, at(), lambda uow: note_fetches(uow.session, [row]))
    assert "Outlook" in office.text(CALENDARS)
    assert "not the newest change" not in office.text(CALENDARS)
    assert "None is like that." in office.text(f"{CALENDARS}?state=behind")
    study.enrol()
    assert "not the newest change" in office.text(f"{CALENDARS}?state=behind")
    assert "None is like that." in office.text(f"{CALENDARS}?state=never-fetched")


def test_a_link_is_withdrawn_and_another_is_given_in_its_place(office: Desk) -> None:
    made(office, **CENTRE)
    first = number(office.html(CALENDARS))
    answer = office.send(f"{CALENDARS}/{first}/rotation")
    assert answer.status_code == 303
    assert "Subscribe to" in office.text(answer.headers["Location"])
    again = office.send(f"{CALENDARS}/{first}/rotation")
    assert again.status_code == 400
    assert "Its link was withdrawn already; make a new feed. Make a calendar" in text_of(again.text)
    assert "List of calendars" in again.text
    second = number(office.html(f"{CALENDARS}?state=active"))
    assert second != first
    assert office.send(f"{CALENDARS}/{second}/revocation").status_code == 303
    assert "None is like that." in office.text(f"{CALENDARS}?state=active")
    assert "withdrawn" in office.text(CALENDARS)


def test_whoever_is_of_one_site_sees_the_calendars_of_that_site(app: Flask, office: Desk, study: Trial) -> None:
    made(office, **CENTRE)
    there = desk_of(app, study.store, Role.COORDINATOR, STUDY, NORTH)
    elsewhere = desk_of(app, study.store, Role.COORDINATOR, STUDY, SOUTH)
    feed = number(office.html(CALENDARS))
    assert "Room 2" not in elsewhere.text(CALENDARS)
    assert elsewhere.send(f"{CALENDARS}/{feed}/revocation").status_code == 404
    assert there.client.get(CALENDARS).status_code == 200

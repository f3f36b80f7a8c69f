"""Feeds by API: made within one's scope, shown once, looked after, ended with the role that they hang on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from planner.auth.permissions import Permission, roles_with
from planner.persistence.feeds import ROLES, Feed
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.persistence.users import Grant, User, user_by_email
from planner.request_log import set_up_logging
from planner.services.access import EVERYTHING, find_site
from planner.services.users import Role, end_role, grant_role, set_enabled
from tests.planner.api.callers import Caller, Clock, at, caller
from tests.studies import NORTH, SOUTH, STUDY, audited
from tests.subscribed import DAY_8, TOLD, Subscribed, subscribed

__all__ = ["at"]

OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0)"


@pytest.fixture
def life(store: Store, tmp_path: Path, at: Clock) -> Iterator[Subscribed]:
    with subscribed(store, tmp_path, at) as made:
        yield made


@pytest.fixture
def coordinator(life: Subscribed) -> Caller:
    return caller(life.app, life.store, Role.COORDINATOR, STUDY)


def fetch(life: Subscribed, link: str, agent: str = OUTLOOK) -> int:
    path = link[link.index("/calendars/") :]
    return life.app.test_client().get(path, headers={"User-Agent": agent}).status_code


def test_the_roles_whose_scope_limits_feeds_are_those_that_may_make_them() -> None:
    assert set(ROLES) == {role.value for role in roles_with(Permission.FEEDS_WRITE)}


def test_a_link_is_shown_once_and_nothing_of_it_is_stored(life: Subscribed, coordinator: Caller) -> None:
    made = coordinator.post("/feeds", {"audience": "study", "study": STUDY})
    token = made["page"].rpartition("/")[2]
    assert made["link"] == f"{made['page']}.ics"
    assert token not in str(coordinator.get(f"/feeds/{made['feed']['id']}"))
    kept = life.store.read(lambda session: session.get_one(Feed, made["feed"]["id"]))
    assert token not in str(vars(kept))
    assert token not in str([vars(entry) for entry in audited(life.study, "feed.made")])
    assert fetch(life, made["link"]) == 200


def test_it_is_noted_which_app_has_seen_which_change(life: Subscribed, coordinator: Caller) -> None:
    made = coordinator.post("/feeds", {"audience": "centre", "site": NORTH, "study": STUDY, "label": "Room 2"})
    number = made["feed"]["id"]
    assert [row["id"] for row in coordinator.get("/feeds?status=never-fetched")["items"]] == [number]
    fetch(life, made["link"])
    fetch(life, made["link"])
    fetch(life, made["link"], "Google-Calendar-Importer")
    assert coordinator.get(f"/feeds/{number}")["fetches"] == []  # no write per request
    life.app.extensions["calendars"].fetches.flush()
    found = {one["app"]: one for one in coordinator.get(f"/feeds/{number}")["fetches"]}
    assert {app: (one["count"], one["up_to_date"]) for app, one in found.items()} == {
        "Outlook": (2, True), "Google Calendar": (1, True),
    }  # fmt: skip
    life.record(DAY_8)
    fetch(life, made["link"], "Google-Calendar-Importer")
    life.app.extensions["calendars"].fetches.flush()
    assert coordinator.get(f"/feeds/{number}")["not_seen_by"] == ["Outlook"]
    assert [row["id"] for row in coordinator.get("/feeds?status=behind")["items"]] == [number]


def test_a_304_counts_as_having_seen_the_change(life: Subscribed, coordinator: Caller) -> None:
    made = coordinator.post("/feeds", {"audience": "study", "study": STUDY})
    path = made["link"][made["link"].index("/calendars/") :]
    client = life.app.test_client()
    tag = client.get(path, headers={"User-Agent": OUTLOOK}).headers["ETag"]
    assert client.get(path, headers={"User-Agent": OUTLOOK, "If-None-Match": tag}).status_code == 304
    life.app.extensions["calendars"].fetches.flush()
    assert coordinator.get(f"/feeds/{made['feed']['id']}")["fetches"][0]["count"] == 2


def test_a_request_that_is_sent_again_with_its_key_makes_one_feed(life: Subscribed, coordinator: Caller) -> None:
    body = {"audience": "study", "study": STUDY}
    first = coordinator.post("/feeds", body, Idempotency_Key="once")
    assert coordinator.post("/feeds", body, Idempotency_Key="once") == first
    assert len(coordinator.get("/feeds")["items"]) == 1


def test_a_feed_is_withdrawn_and_given_another_link(life: Subscribed, coordinator: Caller) -> None:
    made = coordinator.post("/feeds", {"audience": "study", "study": STUDY})
    again = coordinator.post(f"/feeds/{made['feed']['id']}/rotation")
    assert again["link"] != made["link"]
    old = coordinator.get(f"/feeds/{made['feed']['id']}")
    assert (old["state"], old["why"]) == ("withdrawn", "rotated")
    ended = coordinator.post(f"/feeds/{again['feed']['id']}/revocation")
    assert (ended["state"], ended["why"]) == ("withdrawn", "revoked")
    assert coordinator.post(f"/feeds/{again['feed']['id']}/revocation")["revision"] == ended["revision"]
    coordinator.refused(400, "POST", f"/feeds/{again['feed']['id']}/rotation")
    assert [entry.action for name in ("made", "rotated", "revoked") for entry in audited(life.study, f"feed.{name}")]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"audience": "participant", "study": STUDY}, "participant"),
        ({"audience": "centre"}, "site"),
        ({"audience": "study", "study": STUDY, "site": NORTH}, "site"),
        ({"audience": "coordinator", "study": STUDY}, "participant"),
        ({"audience": "study", "study": STUDY, "busy_only": True}, "busy_only"),
        ({"audience": "study", "study": STUDY, "bring": "a diary"}, "bring"),
        ({"audience": "centre", "site": NORTH, "busy_only": True, "windows": True}, "windows"),
        ({"audience": "study", "study": STUDY, "alarm_minutes": [-1]}, "alarm_minutes"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(
    coordinator: Caller, body: dict[str, object], place: str
) -> None:
    found = coordinator.refused(400, "POST", "/feeds", body)
    assert [problem["place"] for problem in found["problems"]] == [place]


def test_nobody_makes_a_feed_of_what_they_may_not_see(life: Subscribed) -> None:
    life.study.enrol("02-001", site=SOUTH)
    south = caller(life.app, life.store, Role.COORDINATOR, STUDY, SOUTH)
    south.refused(404, "POST", "/feeds", {"audience": "participant", "study": STUDY, "participant": "01-001"})
    south.refused(404, "POST", "/feeds", {"audience": "site", "site": NORTH})
    south.refused(403, "POST", "/feeds", {"audience": "study", "study": STUDY})
    link = south.post("/feeds", {"audience": "coordinator"})["link"]
    path = link[link.index("/calendars/") :]
    shown = life.app.test_client().get(path).text
    assert "02-001" in shown
    assert "01-001" not in shown
    caller(life.app, life.store, Role.MONITOR, STUDY).refused(403, "POST", "/feeds", {"audience": "coordinator"})


def test_nobody_sees_or_ends_anothers_own_feed(life: Subscribed, coordinator: Caller) -> None:
    made = coordinator.post("/feeds", {"audience": "coordinator"})
    other = caller(life.app, life.store, Role.INVESTIGATOR, STUDY)
    assert other.get("/feeds")["items"] == []
    other.refused(404, "GET", f"/feeds/{made['feed']['id']}")
    other.refused(404, "POST", f"/feeds/{made['feed']['id']}/rotation")


def user_of(uow: UnitOfWork, email: str) -> User:
    found = user_by_email(uow.session, email)
    assert found is not None
    return found


def end_roles(life: Subscribed) -> None:
    """Take every role from the coordinator."""

    def work(uow: UnitOfWork) -> None:
        user = user_of(uow, f"coordinator.{STUDY}.all@example.org")
        for grant in uow.session.query(Grant).where(Grant.user_id == user.id):
            end_role(uow, user, grant.id)

    caller(life.app, life.store, Role.ADMINISTRATOR)
    life.store.write(SYSTEM, life.at(), work)


def disable(life: Subscribed) -> None:
    """Let the coordinator not sign in any more."""
    caller(life.app, life.store, Role.ADMINISTRATOR)
    email = f"coordinator.{STUDY}.all@example.org"
    life.store.write(SYSTEM, life.at(), lambda uow: set_enabled(uow, user_of(uow, email), enabled=False))


@pytest.mark.parametrize("ending", [end_roles, disable])
def test_a_participants_feed_goes_on_without_its_maker_and_somebody_is_asked_about_its_link(
    life: Subscribed, coordinator: Caller, ending: Callable[[Subscribed], None]
) -> None:
    made = coordinator.post("/feeds", {"audience": "participant", "study": STUDY, "participant": "01-001"})
    link, number = made["link"], made["feed"]["id"]
    client = life.app.test_client()
    before = client.get(link[link.index("/calendars/") :])
    ending(life)
    after = client.get(link[link.index("/calendars/") :])
    assert (after.data, after.headers["ETag"]) == (before.data, before.headers["ETag"])
    successor = caller(life.app, life.store, Role.COORDINATOR, STUDY, NORTH)
    assert [row["id"] for row in successor.get("/feeds")["items"]] == [number]
    (task,) = successor.get(f"/studies/{STUDY}/tasks?done=no")["items"]
    assert (task["kind"], task["number"]) == ("calendar-link", "01-001")
    successor.post(f"/feeds/{number}/rotation")
    assert successor.get(f"/studies/{STUDY}/tasks?done=no")["items"] == []


def test_a_feed_ends_with_the_role_that_it_hangs_on(life: Subscribed, coordinator: Caller) -> None:
    links = [
        coordinator.post("/feeds", body)["link"]
        for body in (
            {"audience": "coordinator"}, {"audience": "site", "site": NORTH}, {"audience": "study", "study": STUDY},
        )
    ]  # fmt: skip
    end_roles(life)
    for link in links:
        shown = life.app.test_client().get(link[link.index("/calendars/") :]).text
        assert "This calendar link was withdrawn" in shown
        assert STUDY not in shown


def test_a_feed_ends_when_whoever_made_it_may_not_sign_in_any_more(life: Subscribed, coordinator: Caller) -> None:
    link = coordinator.post("/feeds", {"audience": "study", "study": STUDY})["link"]
    caller(life.app, life.store, Role.ADMINISTRATOR)
    email = f"coordinator.{STUDY}.all@example.org"
    life.store.write(SYSTEM, life.at(), lambda uow: set_enabled(uow, user_of(uow, email), enabled=False))
    assert "withdrawn" in life.app.test_client().get(link[link.index("/calendars/") :]).text


def test_a_wider_scope_shows_more_in_a_coordinators_feed(life: Subscribed) -> None:
    life.study.enrol("02-001", site=SOUTH)
    north = caller(life.app, life.store, Role.COORDINATOR, STUDY, NORTH)
    link = north.post("/feeds", {"audience": "coordinator"})["link"]
    path = link[link.index("/calendars/") :]
    client = life.app.test_client()
    before = client.get(path)
    assert "02-001" not in before.text

    def widen(uow: UnitOfWork) -> None:
        user = user_of(uow, f"coordinator.{STUDY}.{NORTH}@example.org")
        from planner.services.access import find_study

        south = find_site(uow.session, EVERYTHING, SOUTH)
        grant_role(uow, user, Role.COORDINATOR, find_study(uow.session, EVERYTHING, STUDY), south.id)

    life.store.write(SYSTEM, life.at(), widen)
    after = client.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "02-001" in after.text


def test_no_line_of_a_log_has_a_link(life: Subscribed, capfd: pytest.CaptureFixture[str]) -> None:
    set_up_logging("debug", "json")
    life.record(DAY_8, TOLD)
    coordinator = caller(life.app, life.store, Role.COORDINATOR, STUDY)
    made = coordinator.post("/feeds", {"audience": "participant", "study": STUDY, "participant": "01-001"})
    token = made["page"].rpartition("/")[2]
    client = life.app.test_client()
    for path in (f"/calendars/{token}.ics", f"/calendars/{token}", f"/calendars/{token}/more"):
        client.get(path)
    client.post("/calendars/check", data={"link": made["link"]})
    structlog.reset_defaults()
    said = "".join(capfd.readouterr())
    assert "/calendars/<token>" in said
    assert token not in said

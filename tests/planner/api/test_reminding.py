"""A study reminds, over HTTP: booked, told, reminded, moved, answered, stopped; and what a person does about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from flask import Flask

from notifications.inbox import take_in
from notifications.message import Incoming
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.address_book import ContactBook
from planner.services.dispatching import Sending, sending_of
from planner.services.installation import Installation
from planner.services.tasks import sealed
from planner.services.users import Role
from planner.worker import Worker
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.reminded import DAY_8, DOSED, RULES
from tests.studies import SOUTH, STUDY, trial

__all__ = ["app", "at"]

IN = f"/studies/{STUDY}"
ONE = f"{IN}/participants/01-001"
PHONE = "+12125550100"
ON = {key: RULES[key] for key in ("enabled", "urgent_phone", "emergency_phone", "alias")}
THREE_BEFORE, THE_DAY_BEFORE = datetime(2026, 1, 9, 14, 1, tzinfo=UTC), datetime(2026, 1, 11, 14, 1, tzinfo=UTC)


@dataclass(slots=True)
class Desk:
    """The people of a study that reminds, its worker, and the participant's phone."""

    coordinator: Caller
    investigator: Caller
    planner: Installation
    store: Store
    clock: Clock
    sending: Sending
    wrote: int = 0

    def work(self) -> None:
        """Let the worker send what is due."""
        self.sending.send()
        self.sending.send()  # the simulated phone says only now that what it was handed has arrived

    def write(self, text: str, sender: str = PHONE) -> None:
        """The participant, or whoever has that number, writes back."""
        self.wrote += 1
        incoming = Incoming(channel="sms", provider_id=f"in-{self.wrote}", sender=sender, text=text)
        keys = self.planner.keys
        self.store.write(
            SYSTEM,
            self.clock(),
            lambda uow: take_in(uow.session, incoming, ContactBook(keys), lambda said: sealed(keys, said), uow.now),
        )

    def messages(self, *fields: str) -> list[Any]:
        """What is or was to be sent to the participant, as the API lists it."""
        items = self.coordinator.get(f"{ONE}/messages")["items"]
        return [tuple(item[name] for name in fields) for item in items] if fields else items

    def tasks(self) -> list[str]:
        """The kinds of the tasks that are open."""
        return [item["kind"] for item in self.coordinator.get(f"{IN}/tasks?done=no")["items"]]

    def record(self, *facts: dict[str, Any]) -> None:
        """Record facts."""
        self.coordinator.post(f"{ONE}/facts", {"facts": list(facts)})


@pytest.fixture
def desk(app: Flask, store: Store, at: Clock) -> Desk:
    study = trial(store)
    study.enrol()
    study.record("01-001", *DOSED)
    planner: Installation = app.extensions["installation"]
    sending = sending_of(planner.settings, store.database, planner.keys, planner.designs, at, Event().is_set)
    made = Desk(
        caller(app, store, Role.COORDINATOR), caller(app, store, Role.INVESTIGATOR), planner, store, at, sending
    )
    made.investigator.post(f"{IN}/wordings/shipped", {"languages": ["en"]})
    assert made.coordinator.call("PUT", f"{IN}/sending-rules", ON).status_code == 200
    assert made.coordinator.call("PUT", f"{ONE}/contact", {"phone": PHONE}).status_code == 200
    made.coordinator.post(f"{ONE}/contact-consents", {"channel": "sms", "how": "on the consent form"})
    return made


@pytest.fixture
def told(desk: Desk) -> Desk:
    desk.record(DAY_8)
    desk.record({"fact": "told", "about": "day-8", "date": "2026-01-05"})
    return desk


def moved(day: str, name: str = "moved", was: str = "2026-01-12") -> tuple[dict[str, Any], ...]:
    """The appointment is moved, and the participant told."""
    again = {"fact": "rebooked", "id": name, "date": day, "visit": "induction.c1.d8", "instead_of": was}
    return {**again, "time": "10:00"}, {"fact": "told", "about": name, "date": "2026-01-05"}


def test_a_participant_who_was_told_is_reminded_three_days_and_a_day_before(told: Desk) -> None:
    assert told.messages("timing", "state") == [("3d", "planned"), ("1d", "planned")]
    told.clock.now = THREE_BEFORE
    told.work()
    first, second = told.messages()
    assert (first["state"], second["state"]) == ("delivered", "planned")
    assert "Monday, January 12, 2026 at 9:30 AM" in first["text"]
    assert (first["to"], first["number"], first["visit"]) == ("…00", "01-001", "induction.c1.d8")
    told.clock.now = THE_DAY_BEFORE
    told.work()
    assert told.messages("state") == [("delivered",), ("delivered",)]
    events = told.coordinator.get(f"{IN}/messages/{first['id']}")["events"]
    assert [event["state"] for event in events] == ["planned", "sending", "accepted", "delivered"]
    figures = told.coordinator.get(f"{IN}/delivery-figures")
    assert (figures["by_state"], len(figures["days"]), figures["median_seconds"] < 60) == ({"delivered": 2}, 2, True)


def test_nobody_learns_a_number_from_the_lists(told: Desk) -> None:
    told.clock.now = THREE_BEFORE
    told.work()
    for path in (f"{IN}/messages", f"{ONE}/messages", f"{IN}/messages/1", f"{IN}/tasks", f"{ONE}/opt-outs"):
        assert PHONE[-7:] not in told.coordinator.call("GET", path).text


def test_a_move_after_a_reminder_is_told_at_once_and_one_before_is_no_news(told: Desk) -> None:
    told.clock.now = THREE_BEFORE
    told.work()
    told.record(*moved("2026-01-13"))
    told.work()
    assert ("moved", "delivered") in told.messages("template", "state")
    told.clock.now = datetime(2026, 1, 12, 14, 1, tzinfo=UTC)
    told.work()
    sent = sorted((m for m in told.messages() if m["state"] == "delivered"), key=lambda m: str(m["accepted_at"]))
    assert [(item["template"], item["timing"]) for item in sent] == [
        ("reminder", "3d"), ("moved", "change"), ("reminder", "1d"),
    ]  # fmt: skip
    assert "January 13" in sent[-1]["text"]


def test_a_confirmation_is_thanked_for_and_a_wish_to_move_becomes_a_task(told: Desk) -> None:
    told.clock.now = THREE_BEFORE
    told.work()
    told.write("1")
    told.work()
    assert told.messages("template", "state")[-1] == ("confirmed", "delivered")
    told.write("2")
    told.work()
    assert told.messages("template", "state")[-1] == ("move-asked", "delivered")
    assert told.tasks() == ["wants-to-move"]
    (task,) = told.coordinator.get(f"{IN}/tasks?done=no")["items"]
    assert (task["number"], task["visit"]) == ("01-001", "induction.c1.d8")
    done = told.coordinator.post(f"{IN}/tasks/{task['id']}/done", {"note": "moved to Tuesday by telephone"})
    assert (done["note"], done["done_by"]) == ("moved to Tuesday by telephone", "Test coordinator")
    assert told.tasks() == []
    told.coordinator.refused(409, "POST", f"{IN}/tasks/{task['id']}/done", {})


def test_what_somebody_wrote_is_read_by_whoever_may_call_them_and_by_nobody_else(
    told: Desk, app: Flask, store: Store
) -> None:
    told.clock.now = THREE_BEFORE
    told.work()
    told.write("I have a fever 🤒")
    (wrote,) = told.coordinator.get(f"{IN}/inbox")["items"]
    assert (wrote["text"], wrote["meaning"], wrote["number"]) == ("I have a fever 🤒", "free", "01-001")
    told.work()
    assert told.messages("template", "state")[-1] == ("not-watched", "delivered")
    assert "+1 212 555 0111" in told.messages("text")[-1][0]
    monitor = caller(app, store, Role.MONITOR)
    monitor.refused(403, "GET", f"{IN}/inbox")
    assert "fever" not in monitor.call("GET", f"{IN}/tasks").text


def test_stop_ends_what_is_pending_and_start_brings_it_back(told: Desk) -> None:
    told.clock.now = THREE_BEFORE
    told.work()
    told.write("STOP")
    told.work()
    assert ("1d", "suppressed") in told.messages("timing", "state")
    (address,) = told.coordinator.get(f"{ONE}/opt-outs")["addresses"]
    assert (address["stopped"], [event["source"] for event in address["events"]]) == (True, ["reply"])
    assert "opted-out" in told.tasks()
    told.write("START")
    told.clock.now = THE_DAY_BEFORE
    told.work()
    assert ("1d", "delivered") in told.messages("timing", "state")


def test_a_person_may_stop_and_start_a_number_and_say_that_it_was_verified(told: Desk) -> None:
    by_mouth = {"how": "by word of mouth"}
    stopped = told.coordinator.post(f"{ONE}/opt-outs", {"step": "stop", **by_mouth})["addresses"][0]
    assert (stopped["stopped"], stopped["events"][0]["source"]) == (True, "person")
    told.coordinator.refused(409, "POST", f"{ONE}/opt-outs", {"step": "stop", **by_mouth})
    assert not told.coordinator.post(f"{ONE}/opt-outs", {"step": "start", **by_mouth})["addresses"][0]["stopped"]
    told.coordinator.refused(409, "POST", f"{ONE}/opt-outs", {"step": "verify", **by_mouth})
    told.clock.now = THREE_BEFORE
    told.work()
    told.write("wrong number")
    assert told.coordinator.get(f"{ONE}/opt-outs")["addresses"][0]["suspended_at"] is not None
    told.clock.now = THE_DAY_BEFORE
    told.work()
    assert ("1d", "held") in told.messages("timing", "state")
    told.coordinator.post(f"{ONE}/opt-outs", {"step": "verify", **by_mouth})
    told.work()
    assert ("1d", "delivered") in told.messages("timing", "state")
    told.coordinator.refused(404, "POST", f"{ONE}/opt-outs", {"step": "stop", "channel": "email", **by_mouth})


def test_after_a_death_nothing_is_sent_not_even_that_a_visit_was_cancelled(told: Desk) -> None:
    told.clock.now = THREE_BEFORE
    told.work()
    told.record({"fact": "died", "id": "death", "date": "2026-01-09"})
    told.clock.now = THE_DAY_BEFORE
    told.work()
    assert told.messages("template", "state") == [("reminder", "delivered"), ("reminder", "cancelled")]
    told.coordinator.refused(422, "POST", f"{ONE}/test-message", {})


def test_an_unbooked_visit_is_a_line_on_the_coordinators_list_and_no_text(desk: Desk) -> None:
    lines = desk.coordinator.get(f"{IN}/visits-to-book")["items"]
    assert [(line["number"], line["key"]) for line in lines] == [("01-001", "induction.c1.d8")]
    assert desk.messages() == []
    desk.record(DAY_8)
    assert desk.coordinator.get(f"{IN}/visits-to-book")["items"] == []


@pytest.mark.parametrize("where", [f"{IN}/sending-switch", "/sending-switch"])
def test_a_switch_stops_everything_and_what_was_held_is_sent_after_all(
    told: Desk, app: Flask, store: Store, where: str
) -> None:
    chief = caller(app, store, Role.ADMINISTRATOR)
    assert chief.call("PUT", where, {"off": True, "why": "the provider asked"}).get_json()["off"]
    told.clock.now = THREE_BEFORE
    told.work()
    (first, state), *_ = told.messages("id", "state")
    assert state == "held"
    assert told.coordinator.get(f"{IN}/sending-switch")["everywhere"] == (where == "/sending-switch")
    chief.call("PUT", where, {"off": False, "why": "it works again"})
    assert told.coordinator.post(f"{IN}/messages/{first}/replay") == {"planned": 1}
    told.coordinator.refused(422, "POST", f"{IN}/messages/{first}/replay")
    assert told.coordinator.post(f"{IN}/messages/replay") == {"planned": 0}
    told.work()
    assert told.messages("state")[0] == ("delivered",)


def test_a_test_message_goes_through_every_check(told: Desk) -> None:
    told.coordinator.refused(422, "POST", f"{ONE}/test-message", {"channel": "email"})
    told.coordinator.refused(422, "POST", f"{ONE}/test-message", {"caregiver": True})
    made = told.coordinator.post(f"{ONE}/test-message", {})
    assert (made["template"], made["state"], made["text"]) == ("test", "planned", None)
    told.clock.now = datetime(2026, 1, 5, 14, 30, tzinfo=UTC)
    told.work()
    assert ("test", "delivered") in told.messages("template", "state")


def test_a_withdrawn_wording_is_not_sent_and_a_new_one_only_once_it_is_signed_off(told: Desk) -> None:
    listed = told.coordinator.get(f"{IN}/wordings")
    assert {gap["language"] for gap in listed["missing"]} == {"es", "fr", "ar", "zh"}
    shipped = next(row for row in listed["wordings"] if (row["template"], row["language"]) == ("reminder", "en"))
    told.investigator.post(f"{IN}/wordings/{shipped['id']}/withdrawal", {"why": "the committee wants another"})
    own = "{{ place }} sees you on {{ day }}{% if time %} at {{ time }}{% endif %}. Call {{ phone }}."
    mine = told.coordinator.post(f"{IN}/wordings", {"template": "reminder", "language": "en", "source": own})
    assert (mine["version"], mine["approved_at"]) == (2, None)
    told.clock.now = THREE_BEFORE
    told.work()
    assert told.messages("state")[0] == ("held",)
    told.coordinator.refused(403, "POST", f"{IN}/wordings/{mine['id']}/approval")
    assert told.investigator.post(f"{IN}/wordings/{mine['id']}/approval")["approved_by"] == "Test investigator"
    told.coordinator.post(f"{IN}/messages/replay")
    told.work()
    assert told.messages("text")[0][0].startswith("The clinic sees you on Monday, January 12, 2026 at 9:30 AM.")


WHEN = "{{ place }} {{ day }}{% if time %} {{ time }}{% endif %} {{ phone }}"


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        (f"Your leukaemia visit: {WHEN}", "leukaemia"), (f"{{{{ name }}}}: {WHEN}", "name is no variable"),
        (f"See www.example.com {WHEN}", "www.example.com"), (f"{STUDY}: {WHEN}", "vsli"),
        ("long " * 150 + WHEN, "segments"),
    ],
)  # fmt: skip
def test_a_wording_that_may_not_be_sent_is_refused_with_what_would_be_right(
    desk: Desk, source: str, wrong: str
) -> None:
    for path, languages in ((f"{IN}/wordings/preview", {"languages": ["en"]}), (f"{IN}/wordings", {"language": "en"})):
        said = desk.coordinator.refused(400, "POST", path, {"template": "reminder", "source": source, **languages})
        assert any(wrong in problem["wrong"] for problem in said["problems"]), said["problems"]


def test_a_wording_is_looked_at_in_every_language_with_what_it_costs(desk: Desk) -> None:
    shown = desk.coordinator.post(f"{IN}/wordings/preview", {"template": "reminder"})["previews"]
    assert {one["language"] for one in shown} == {"en", "es", "fr", "ar", "zh"}
    assert all(1 <= one["segments"] <= one["at_most"] <= 4 for one in shown)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"urgent_phone": ""}, "urgent_phone"), ({"emergency_phone": ""}, "emergency_phone"), ({"alias": " "}, "alias"),
        ({"alias": "VSLI-INO unit"}, "alias"), ({"opens": "09:00", "closes": "10:00"}, "hours"),
        ({"hour": "21:00"}, "hour"), ({"timings": ["3d", "3d"]}, "timings"), ({"hour": "9"}, "hour"),
        ({"per_day": 0}, "per_day"), ({"colour": "red"}, "colour"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_are_refused(desk: Desk, change: dict[str, Any], place: str) -> None:
    said = desk.coordinator.refused(400, "PUT", f"{IN}/sending-rules", {**ON, **change})
    assert place in {problem["place"] for problem in said["problems"]}, said["problems"]


def test_rules_are_shown_as_they_were_set_and_their_preview_has_the_recipients_hours(desk: Desk) -> None:
    assert desk.coordinator.get(f"{IN}/sending-rules")["hour"] == "09:00"
    asked = {"rules": ON, "day": "2026-01-12", "time": "09:30", "site_zone": "America/New_York"}
    found = desk.coordinator.post(f"{IN}/sending-rules/preview", {**asked, "zone": "Europe/Madrid"})["reminders"]
    assert [(one["timing"], one["due_at"]) for one in found] == [
        ("3d", "2026-01-09T08:00:00Z"), ("1d", "2026-01-11T08:00:00Z"),
    ]  # fmt: skip
    desk.coordinator.refused(400, "POST", f"{IN}/sending-rules/preview", {**asked, "zone": "Mars/Olympus"})
    desk.coordinator.refused(400, "POST", f"{IN}/sending-rules/preview", {**asked, "day": "9999-12-31"})


def test_switched_off_rules_plan_nothing_and_cancel_nothing_and_on_again_it_goes_on(told: Desk) -> None:
    told.coordinator.call("PUT", f"{IN}/sending-rules", {**ON, "enabled": False})
    assert told.messages("template", "state") == [("reminder", "cancelled"), ("reminder", "cancelled")]
    told.coordinator.call("PUT", f"{IN}/sending-rules", ON)
    assert told.messages("template", "state") == [("reminder", "planned"), ("reminder", "planned")]


@pytest.mark.parametrize(
    ("number", "wrong"),
    [("+442071838750", "landline"), ("+19005550100", "premium"), ("+1212555010", "like this"), ("0212555", "E.164")],
)
def test_a_number_that_no_text_can_reach_is_refused(desk: Desk, number: str, wrong: str) -> None:
    for field in ("phone", "caregiver_phone"):
        said = desk.coordinator.refused(400, "PUT", f"{ONE}/contact", {field: number})
        assert [(one["place"], wrong in one["wrong"]) for one in said["problems"]] == [(field, True)]


def test_messages_of_another_site_are_not_there(told: Desk, app: Flask, store: Store) -> None:
    stranger = caller(app, store, Role.COORDINATOR, STUDY, SOUTH)
    told.clock.now = THREE_BEFORE
    told.work()
    told.write("2")
    (task,) = told.coordinator.get(f"{IN}/tasks")["items"]
    assert stranger.get(f"{IN}/messages")["items"] == []
    assert stranger.get(f"{IN}/tasks")["items"] == []
    assert stranger.get(f"{IN}/inbox")["items"] == []
    assert stranger.get(f"{IN}/delivery-figures")["by_state"] == {}
    stranger.refused(404, "GET", f"{IN}/messages/1")
    stranger.refused(404, "POST", f"{IN}/messages/1/replay")
    stranger.refused(404, "POST", f"{IN}/tasks/{task['id']}/done", {})
    assert stranger.post(f"{IN}/messages/replay") == {"planned": 0}
    stranger.refused(403, "PUT", f"{IN}/sending-rules", ON)


def test_everything_that_people_do_about_messages_is_in_the_audit(told: Desk, app: Flask, store: Store) -> None:
    told.coordinator.call("PUT", f"{IN}/sending-switch", {"off": True, "why": "a look"})
    told.coordinator.post(f"{ONE}/test-message", {})
    told.coordinator.post(f"{ONE}/opt-outs", {"step": "stop", "how": "by word of mouth"})
    told.coordinator.post(f"{IN}/messages/replay")
    chief = caller(app, store, Role.ADMINISTRATOR)
    audited = {entry["action"] for entry in chief.get(f"{IN}/audit?limit=500")["items"]}
    assert audited >= {
        "sending-rules.set", "wordings.adopted", "sending.switched", "message.test", "opt-out.changed",
        "messages.replayed",
    }  # fmt: skip
    assert PHONE[-7:] not in chief.call("GET", f"{IN}/audit?limit=500").text


def test_a_worker_sends_by_itself_and_says_what_came_of_it(told: Desk) -> None:
    worker = Worker(told.store, told.clock, sending=told.sending)
    told.clock.now = THREE_BEFORE
    assert worker.once()
    assert worker.figures.counts["accepted"] == 1
    assert told.messages("state")[0] == ("delivered",)


def test_readiness_and_metrics_show_whether_messages_go_out_and_no_number(told: Desk, app: Flask) -> None:
    web = app.test_client()
    assert web.get("/readyz").get_json()["worker"] == "never"
    told.clock.now = THREE_BEFORE
    told.work()
    assert web.get("/readyz").get_json()["worker"] == "ok"
    figures = web.get("/metrics").text
    assert 'planner_messages{state="delivered"} 1.0' in figures
    assert "planner_messages_overdue 0.0" in figures
    assert 'planner_worker_messages_total{what="claimed"} 1.0' in figures
    assert PHONE[-7:] not in figures
    told.clock.now = THE_DAY_BEFORE
    assert web.get("/readyz").get_json()["worker"] == "stale"
    assert "planner_messages_overdue 1.0" in web.get("/metrics").text

"""How messages fare is shown, and sending is stopped with a reason and a second look, and goes on likewise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from notifications.outbox import MessageRow, State
from notifications.rules import RulesRow
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.users import Role
from tests.desk import Desk, desk_of
from tests.planner.api.callers import Clock
from tests.reminded import DAY_8, TOLD, reminding
from tests.studies import NORTH, SOUTH, STUDY, Trial, audited

HERE = f"/office/studies/{STUDY}/sending"
RULES = {
    "enabled": "yes", "alias": "The clinic", "urgent_phone": "+1 212 555 0111", "emergency_phone": "911",
    "timings": "1d", "hour": "09:30", "opens": "08:00", "closes": "20:00", "diary_hour": "18:00", "per_day": "2",
    "per_week": "3", "redact_after": "30", "morning_before": "03:00", "diary_per_day": "1",
}  # fmt: skip


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    """A study that reminds somebody of the day after tomorrow week."""
    made = reminding(store)
    made.record("01-001", DAY_8, TOLD)
    at.now = made.now
    return made


def put(study: Trial, state: State, code: str = "", reason: str = "") -> None:
    """Let all messages of the study stand there."""
    stands = update(MessageRow).values(state=state.value, error_code=code, reason=reason, due_at=study.now)
    study.store.write(SYSTEM, study.now, lambda uow: uow.session.execute(stands))


def states(study: Trial) -> set[str]:
    return set(study.store.read(lambda session: session.scalars(select(MessageRow.state)).all()))


def test_figures_are_shown_by_way_and_day_with_the_reasons_of_what_failed(office: Desk, study: Trial) -> None:
    put(study, State.FAILED, "30003", "the phone is switched off")
    page = office.text(HERE)
    assert "Text message – – 2" in page
    assert "failed the phone is switched off 30003 2" in page
    assert "Mon 5 Jan 2026 – – 2" in page or "Tue 6 Jan 2026 – – 2" in page


def test_an_empty_study_says_that_nothing_was_due(office: Desk, study: Trial) -> None:
    study.store.write(SYSTEM, study.now, lambda uow: uow.session.execute(update(MessageRow).values(study_id=99)))
    assert "Nothing was due in these days." in office.text(HERE)


@pytest.mark.parametrize(("path", "back"), [(f"{HERE}/switch", HERE), ("/office/sending/switch", "/office/sending")])
def test_sending_is_stopped_only_with_a_reason_and_a_second_look(
    office: Desk, study: Trial, path: str, back: str
) -> None:
    assert "2 messages that are planned are held" in office.text(path)
    missing = office.send(path, to="off", why="", sure="yes")
    assert missing.status_code == 400
    assert 'id="switch-why-error"' in missing.text
    unsure = office.send(path, to="off", why="wrong hours")
    assert unsure.status_code == 400
    assert 'id="switch-sure-error"' in unsure.text
    assert 'value="wrong hours"' in unsure.text
    assert office.send(path, to="off", why="wrong hours", sure="yes").status_code == 303
    assert "wrong hours" in office.text(back)
    assert "Sending is switched off" in office.text(HERE).replace("in all studies", "")
    assert audited(study, "sending.switched")[-1].why == "wrong hours"
    assert "It was switched off" in office.text(path)
    assert office.send(path, to="on", why="mended", sure="yes").status_code == 303
    assert "switched off" not in office.text(back).replace("Switch all sending off", "")


def test_what_was_held_is_sent_after_all_when_somebody_says_so(office: Desk, study: Trial) -> None:
    put(study, State.HELD, reason="sending is switched off")
    later = study.now + timedelta(days=1)
    study.store.write(SYSTEM, study.now, lambda uow: uow.session.execute(update(MessageRow).values(due_at=later)))
    page = office.html(HERE)
    assert "2 messages are held." in page
    answer = office.send(f"{HERE}/replay")
    assert answer.status_code == 303
    assert "held messages are planned again" in office.text(answer.headers["Location"])
    assert State.HELD.value not in states(study)


def test_a_test_message_goes_to_somebody_who_agreed_to_it_and_to_nobody_else(office: Desk, study: Trial) -> None:
    answer = office.send(f"{HERE}/test", number="01-001", channel="sms")
    assert answer.status_code == 303
    assert "The test message is on its way" in office.text(answer.headers["Location"])
    refused = office.send(f"{HERE}/test", number="01-001", channel="email")
    assert refused.status_code == 422
    assert 'id="test-channel-error"' in refused.text
    unknown = office.send(f"{HERE}/test", number="99-999", channel="sms")
    assert unknown.status_code == 400
    assert 'id="test-number-error"' in unknown.text
    assert 'value="99-999"' in unknown.text
    assert audited(study, "message.test")


def test_rules_are_set_by_the_form_and_what_it_does_not_ask_for_stays(office: Desk, study: Trial) -> None:
    before = study.store.read(lambda session: session.scalars(select(RulesRow)).one())
    assert 'value="The clinic"' in office.html(f"{HERE}/rules")
    assert office.send(f"{HERE}/rules", **{**RULES, "per_week": "5"}).status_code == 303
    after = study.store.read(lambda session: session.scalars(select(RulesRow)).one())
    assert (after.rules["timings"], after.rules["hour"], after.rules["per_week"]) == (["1d"], 570, 5)
    assert after.rules["morning_before"] == before.rules["morning_before"]


def rules_kept(study: Trial) -> dict[str, Any]:
    return study.store.read(lambda session: dict(session.scalars(select(RulesRow)).one().rules))


def test_a_kind_of_visit_has_reminders_of_its_own_until_it_is_as_any_other_again(office: Desk, study: Trial) -> None:
    new: dict[str, str | list[str]] = {
        "new_kind": "induction.d8",
        "new_timings": ["7d", "morning"],
        "morning_before": "02:30",
    }
    assert office.send(f"{HERE}/rules", **{**RULES, **new, "morning_before": "02:30"}).status_code == 303
    assert rules_kept(study)["timings_by_visit"] == {"induction.d8": ["7d", "morning"]}
    assert rules_kept(study)["morning_before"] == 150
    page = office.text(f"{HERE}/rules")
    assert ": Day 8 induction.d8" in page
    kept = {**RULES, "kinds": "induction.d8"}
    assert office.send(f"{HERE}/rules", **{**kept, "by-induction.d8": "1d"}).status_code == 303
    assert rules_kept(study)["timings_by_visit"] == {"induction.d8": ["1d"]}
    assert office.send(f"{HERE}/rules", **kept).status_code == 303
    assert rules_kept(study)["timings_by_visit"] == {"induction.d8": []}
    assert office.send(f"{HERE}/rules", **{**kept, "usual-induction.d8": "yes"}).status_code == 303
    assert rules_kept(study)["timings_by_visit"] == {}


def test_a_kind_of_visit_that_the_protocol_does_not_have_is_refused_and_what_was_typed_stays(office: Desk) -> None:
    answer = office.send(f"{HERE}/rules", **{**RULES, "new_kind": "induction.d99", "per_week": "7"})
    assert answer.status_code == 400
    assert "There is no such visit" in answer.text
    assert 'value="7"' in answer.text


def test_addresses_that_texts_may_name_are_written_one_on_each_line(office: Desk, study: Trial) -> None:
    two = "https://clinic.example/parking\r\n\r\nhttps://clinic.example/map\r\n"
    assert office.send(f"{HERE}/rules", **{**RULES, "links": two, "diary_per_day": "2"}).status_code == 303
    assert rules_kept(study)["links"] == ["https://clinic.example/parking", "https://clinic.example/map"]
    assert rules_kept(study)["diary_per_day"] == 2
    assert "https://clinic.example/parking\nhttps://clinic.example/map" in office.html(f"{HERE}/rules")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"urgent_phone": ""}, "urgent_phone"), ({"alias": "The leukemia clinic"}, "alias"), ({"hour": "nine"}, "hour"),
        ({"per_day": "0"}, "per_day"), ({"hour": "21:00"}, "hour"), ({"closes": "09:00"}, "hours"),
        ({"morning_before": "soon"}, "morning_before"), ({"diary": "yes", "diary_per_day": "0"}, "diary_per_day"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_rules_stands_at_its_field_and_what_was_typed_stays(
    office: Desk, wrong: dict[str, str], field: str
) -> None:
    answer = office.send(f"{HERE}/rules", **{**RULES, **wrong})
    assert answer.status_code == 400
    assert f"rules-{field}" in answer.text
    assert "This cannot be saved yet" in answer.text
    assert next(iter(wrong.values())) in answer.text


def test_whoever_is_of_one_site_sees_the_messages_of_that_site_and_stops_nothing(app: Flask, study: Trial) -> None:
    put(study, State.FAILED, "30003", "the phone is switched off")
    north = desk_of(app, study.store, Role.COORDINATOR, STUDY, NORTH)
    south = desk_of(app, study.store, Role.COORDINATOR, STUDY, SOUTH)
    assert "the phone is switched off" in north.text(HERE)
    assert "the phone is switched off" not in south.text(HERE)
    assert south.client.get(f"{HERE}/switch").status_code == 403
    assert "Switch sending off" not in south.text(HERE)

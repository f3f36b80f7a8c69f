"""By which rules a study sends: what is usual, what is refused, and that what is kept is read back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notifications.errors import RulesRefused
from notifications.quiet_hours import QuietHours
from notifications.rules import Rules, RulesRow, is_phone, read_rules, rules_of

ON: dict[str, Any] = {
    "enabled": True,
    "urgent_phone": "+1 212 555 0199",
    "emergency_phone": "911",
    "alias": "North Clinic",
}


def refused(**given: Any) -> str:
    with pytest.raises(RulesRefused) as wrong:
        read_rules(given)
    return "\n".join(wrong.value.problems)


def test_without_a_row_a_study_sends_nothing() -> None:
    assert not rules_of(None).enabled


def test_usual_are_three_days_and_one_day_before_in_the_morning_two_a_week_and_no_word_about_missed_visits() -> None:
    rules = Rules()
    assert (rules.timings, rules.hour, rules.per_week, rules.missed) == (("3d", "1d"), 540, 2, False)
    assert rules.hours == QuietHours(480, 1200)


def test_rules_come_back_from_their_row_as_they_were() -> None:
    rules = Rules(**ON, timings=("7d", "morning"), hours=QuietHours(600, 60), hour=660, links=("clinic.example",))
    kept = json.loads(json.dumps(rules.data()))
    assert not set(kept) & set(ON)
    assert rules_of(RulesRow(study_id=1, rules=kept, **ON)) == rules


def test_a_row_that_was_not_written_yet_has_the_usual_rules() -> None:
    assert rules_of(RulesRow(study_id=1)) == Rules()


@pytest.mark.parametrize(("missing", "said"), [
    ("urgent_phone", "everybody who writes back is told whom to call"),
    ("emergency_phone", "reminders cannot be on without it"),
    ("alias", "say what the clinic is called"),
])  # fmt: skip
def test_reminders_cannot_be_on_without_a_number_for_day_and_night_one_for_emergencies_and_a_name(
    missing: str, said: str
) -> None:
    assert said in refused(**{**ON, missing: ""})
    assert not read_rules({**ON, missing: "", "enabled": False}).enabled


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"urgent_phone": "ask the nurse"}, "no number to call"),
        ({"urgent_phone": "112"}, "no number to call"),
        ({"emergency_phone": "1\n2"}, "no number to call"),
        ({"alias": "N" * 31}, "at most 30 characters"),
        ({"alias": "Leukemia Center"}, "'leukemia' tells a stranger too much"),
        ({"alias": "St.Mary's"}, "telephones read it as a link"),
        ({"timings": ["2d"]}, "2d is none; there are 7d, 3d, 1d, morning"),
        ({"timings": ["3d", "3d"]}, "name each once"),
        ({"hour": 300}, "outside the hours"),
        ({"hour": True}, "hour: a whole number from 0 to 1439"),
        ({"per_day": 0}, "per_day: a whole number from 1 to 10"),
        ({"per_week": "2"}, "per_week: a whole number"),
        ({"redact_after": 0}, "redact_after: a whole number"),
        ({"hours": {"opens": 600, "closes": 700}}, "leave three hours a day"),
        ({"hours": {"opens": 600, "closes": 1440}}, "give opens and closes"),
        ({"hours": {"open": 600}}, "give opens and closes"),
        ({"hours": "8-20"}, "give opens and closes"),
        ({"alias": 7}, "alias: write text"),
        ({"links": "clinic.example"}, "links: a list"),
        ({"timings": 3}, "timings: a list"),
        ({"enabled": "no"}, "enabled: true or false"),
        ({"quiet": 1}, "unknown: quiet; rules have alias"),
    ],
)
def test_rules_that_cannot_be_are_refused_with_what_would_be_right(given: dict[str, Any], said: str) -> None:
    assert said in refused(**given)


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(refused(enabled=True, timings=["2d"], hour=0).splitlines()) == 5


@pytest.mark.parametrize("number", ["+1 212 555 0100", "(212) 555-0100", "0800.123.456", "+999 9999 999 9999"])
def test_a_number_may_be_written_as_people_do(number: str) -> None:
    assert is_phone(number)


@pytest.mark.parametrize(
    "number", ["", "+", "1234", "+1 212 555 0100 ext 5", "1" * 16, "٠١٢٣٤٥٦", "12345\u202e", "1-----" * 5]
)
def test_what_nobody_can_call_is_no_number(number: str) -> None:
    assert not is_phone(number)

"""Twilio's statuses and codes, in our words."""

import json
from pathlib import Path

import pytest

from notifications.channels import twilio_codes
from notifications.message import Verdict
from notifications.outbox import State

STATUSES = {
    "accepted": State.ACCEPTED, "scheduled": State.ACCEPTED, "queued": State.ACCEPTED, "sending": State.ACCEPTED,
    "receiving": State.ACCEPTED, "received": State.ACCEPTED, "sent": State.SENT, "delivered": State.DELIVERED,
    "read": State.DELIVERED, "partially_delivered": State.UNDELIVERED, "undelivered": State.UNDELIVERED,
    "failed": State.FAILED, "canceled": State.FAILED,
}  # fmt: skip


@pytest.mark.parametrize(("status", "state"), STATUSES.items())
def test_every_status_has_a_state(status: str, state: State) -> None:
    assert twilio_codes.STATES[status] == state


def test_there_are_no_other_statuses_than_in_twilios_own_description(reference_data: Path) -> None:
    description = reference_data / "twilio" / "twilio_api_v2010.json"
    if not description.is_file():
        pytest.skip(f"no description of Twilio's API at {description}")
    known = json.loads(description.read_text("utf-8"))["components"]["schemas"]["message_enum_status"]["enum"]
    assert set(twilio_codes.STATES) == set(known)


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (400, 21211, Verdict.REFUSED),
        (400, 21614, Verdict.REFUSED),
        (400, 0, Verdict.REFUSED),
        (403, 21408, Verdict.REFUSED),
        (400, 21612, Verdict.REFUSED),
        (400, 21610, Verdict.OPTED_OUT),
        (403, 21610, Verdict.OPTED_OUT),
        (429, 20429, Verdict.NOT_TAKEN),
        (429, 0, Verdict.NOT_TAKEN),
        (400, 21611, Verdict.NOT_TAKEN),
        (400, 30001, Verdict.NOT_TAKEN),
        (401, 20003, Verdict.NOT_TAKEN),
        (404, 20404, Verdict.NOT_TAKEN),
        (403, 20403, Verdict.NOT_TAKEN),
        (408, 0, Verdict.UNKNOWN),
        (500, 20500, Verdict.UNKNOWN),
        (503, 21610, Verdict.UNKNOWN),
        (302, 0, Verdict.UNKNOWN),
        (0, 0, Verdict.UNKNOWN),
    ],
)
def test_an_error_answer_says_whether_the_message_was_taken(status: int, code: int, verdict: Verdict) -> None:
    assert twilio_codes.verdict(status, code) is verdict


@pytest.mark.parametrize("code", sorted(twilio_codes.OPTED_OUT | twilio_codes.BUSY | twilio_codes.OURS))
def test_no_code_means_two_things(code: int) -> None:
    assert [code in codes for codes in (twilio_codes.OPTED_OUT, twilio_codes.BUSY, twilio_codes.OURS)].count(True) == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (21211, "this is no phone number"),
        ("30003", "the phone is switched off or cannot be reached"),
        (12345, "Twilio's error 12345"),
        ("", "Twilio has not said why"),
        (None, "Twilio has not said why"),
        ("٣٠٠٠٣", "the phone is switched off or cannot be reached"),
        ("no number", "Twilio has not said why"),
    ],
)
def test_a_code_is_put_into_words(code: int | str | None, words: str) -> None:
    assert twilio_codes.words(code) == words

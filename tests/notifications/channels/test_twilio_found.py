"""What Twilio has for a number, and texts that are removed there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifications.channels.twilio_sms import MOST_LISTED
from tests.provider.channel import ANOTHER_PHONE, PHONE, a_text, sms
from tests.provider.faults import Faults
from tests.provider.ledger import Message
from tests.provider.server import Provider

SHORT = timedelta(seconds=0.4)


def test_what_twilio_has_for_a_number_is_found_newest_first(provider: Provider) -> None:
    channel = sms(provider)
    for number in range(3):
        channel.send(a_text(f"Text {number}"))
    channel.send(a_text("For somebody else.", to=ANOTHER_PHONE))
    provider.settle()
    found = channel.find(PHONE, datetime.now(UTC))
    assert found is not None
    assert [(one.text, one.to, one.state) for one in found] == [
        (f"Text {number}", PHONE, "delivered") for number in (2, 1, 0)
    ]
    assert {one.provider_id for one in found} == {one.sid for one in provider.ledger.taken() if one.to == PHONE}


def kept(provider: Provider, age: timedelta, text: str = "x", **changes: Any) -> None:
    at = datetime.now(UTC) - age
    provider.ledger.take(Message(provider.account, PHONE, text, sender=provider.number, at=at, **changes))


def test_what_is_older_is_left_out_but_for_two_minutes_in_which_clocks_may_differ(provider: Provider) -> None:
    kept(provider, timedelta(minutes=1), "just before")
    kept(provider, timedelta(minutes=4), "long before")
    found = sms(provider).find(PHONE, datetime.now(UTC))
    assert found is not None
    assert [one.text for one in found] == ["just before"]


def test_what_somebody_wrote_to_us_is_no_message_of_ours(provider: Provider) -> None:
    kept(provider, timedelta(), direction="inbound")
    assert sms(provider).find(PHONE, datetime.now(UTC)) == []


def test_a_status_that_nobody_knows_is_still_a_message_that_was_taken(provider: Provider) -> None:
    kept(provider, timedelta(), status="teleported")
    found = sms(provider).find(PHONE, datetime.now(UTC))
    assert found is not None
    assert [one.state for one in found] == ["accepted"]


def test_long_lists_are_read_page_by_page(provider: Provider) -> None:
    for number in range(130):
        kept(provider, timedelta(seconds=number / 100), str(number))
    provider.largest_page = 50
    found = sms(provider).find(PHONE, datetime.now(UTC))
    assert found is not None
    assert [one.text for one in found] == [str(number) for number in range(130)]
    assert provider.requests["GET messages"] == 3


def test_a_list_that_may_have_been_cut_is_no_answer(provider: Provider) -> None:
    for _ in range(MOST_LISTED + 1):
        kept(provider, timedelta())
    assert sms(provider).find(PHONE, datetime.now(UTC)) is None


@pytest.mark.parametrize("fate", ["failed-before", "throttled", "broken-before", "garbled", "silent-before"])
def test_a_provider_that_cannot_be_asked_just_now_gives_none_and_not_an_empty_list(
    provider: Provider, fate: str
) -> None:
    provider.next(fate, reading=True)
    assert sms(provider, timeout=SHORT).find(PHONE, datetime.now(UTC)) is None


def test_what_was_just_taken_is_missing_in_a_list_that_lags(provider: Provider) -> None:
    provider.faults = Faults(lag=60)
    channel = sms(provider)
    channel.send(a_text())
    assert channel.find(PHONE, datetime.now(UTC)) == []


# redaction


def test_a_redacted_text_is_empty_at_the_provider(provider: Provider) -> None:
    channel = sms(provider)
    sent = channel.send(a_text())
    assert channel.redact(sent.provider_id or "")
    assert [(one.body, one.said) for one in provider.ledger.taken()] == [("", "See you on Tuesday.")]


@pytest.mark.parametrize("fate", ["failed-before", "throttled", "broken-before", "garbled"])
def test_a_text_that_could_not_be_redacted_is_said_to_be_there_still(provider: Provider, fate: str) -> None:
    channel = sms(provider)
    sent = channel.send(a_text())
    provider.next(fate, reading=True)
    assert not channel.redact(sent.provider_id or "")


def test_a_text_that_is_still_there_after_all_is_said_to_be_there_still(provider: Provider) -> None:
    channel = sms(provider)
    sent = channel.send(a_text())
    provider.faults = Faults(stubborn=True)
    assert not channel.redact(sent.provider_id or "")


@pytest.mark.parametrize("name", ["", "SM1", "../Messages", "SM" + "0" * 33, "handset-1", "SM" + "g" * 32])
def test_what_is_no_name_of_a_message_is_not_asked_for(provider: Provider, name: str) -> None:
    assert not sms(provider).redact(name)
    assert not provider.requests

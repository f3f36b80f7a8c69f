"""What Twilio tells us: believed only with its signature, and read whatever it holds."""

import secrets
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from notifications.channels.twilio_callbacks import (
    INBOUND_PATH,
    CallbackNotUnderstood,
    CallbackRefused,
    check_signature,
    incoming,
    status_report,
)
from notifications.claims import token_of
from notifications.message import Incoming, StatusReport
from tests.provider.callbacks import Callback
from tests.provider.channel import PHONE, PUBLIC_URL, a_text, sms
from tests.provider.faults import Faults
from tests.provider.server import Provider

TOKEN = "made-up-token"
URL = "https://planner.example.org/callbacks/twilio/status?token=attempt-1"
NAME = "SM" + "0" * 32
FORM = {"MessageSid": [NAME], "MessageStatus": ["delivered"], "To": [PHONE], "ErrorCode": ["30003"]}
WRITTEN = {"MessageSid": [NAME], "From": [PHONE], "Body": ["1"]}


def signed(url: str = URL, form: dict[str, list[str]] | None = None, key: str = TOKEN) -> str:
    """A signature by Twilio's own library."""
    flat = {name: values[0] for name, values in (FORM if form is None else form).items()}
    made: str = RequestValidator(key).compute_signature(url, flat)
    return made


def fields(callback: Callback) -> dict[str, list[str]]:
    return {name: [value] for name, value in callback.form.items()}


def test_a_signature_by_twilios_own_library_is_believed() -> None:
    check_signature(TOKEN, URL, FORM, signed())


@given(st.dictionaries(st.text(max_size=10), st.text(max_size=20), max_size=6))
def test_whatever_the_form_holds_the_signature_is_twilios(form: dict[str, str]) -> None:
    listed = {name: [value] for name, value in form.items()}
    check_signature(TOKEN, URL, listed, signed(form=listed))


def test_values_of_the_same_name_are_signed_in_order_and_once() -> None:
    class Several(dict[str, list[str]]):
        def getlist(self, name: str) -> list[str]:
            return self[name]

    form = Several(MediaUrl=["b", "a", "b"], MessageSid=[NAME])
    check_signature(TOKEN, URL, form, RequestValidator(TOKEN).compute_signature(URL, form))


@pytest.mark.parametrize(
    ("asked", "signed_for"),
    [
        ("https://planner.example.org/x?a=1", "https://planner.example.org:443/x?a=1"),
        ("https://planner.example.org:443/x", "https://planner.example.org/x"),
        ("https://planner.example.org:8443/x", "https://planner.example.org:8443/x"),
        ("https://planner.example.org:8443/x", "https://planner.example.org/x"),
        ("http://planner.example.org/x", "http://planner.example.org:80/x"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]:443/x"),
    ],
)
def test_the_port_may_be_signed_or_not(asked: str, signed_for: str) -> None:
    check_signature(TOKEN, asked, FORM, signed(signed_for))


@pytest.mark.parametrize("signature", [None, "", "x", "é" * 28, "\udcff" * 28, "=" * 28, "A" * 1_000_000])
def test_a_forged_or_missing_signature_is_refused(signature: str | None) -> None:
    with pytest.raises(CallbackRefused):
        check_signature(TOKEN, URL, FORM, signature)


@pytest.mark.parametrize(
    ("url", "form", "key"),
    [
        (URL.replace("attempt-1", "attempt-2"), FORM, TOKEN),
        (URL.replace("planner", "attacker"), FORM, TOKEN),
        (URL.replace("https", "http"), FORM, TOKEN),
        (URL, {**FORM, "MessageStatus": ["failed"]}, TOKEN),
        (URL, {**FORM, "More": [""]}, TOKEN),
        (URL, {"MessageSid": [NAME]}, TOKEN),
        (URL, FORM, "somebody else's token"),
    ],
)
def test_what_was_changed_after_it_was_signed_is_refused(url: str, form: dict[str, list[str]], key: str) -> None:
    with pytest.raises(CallbackRefused):
        check_signature(TOKEN, url, form, signed(key=key))


@pytest.mark.parametrize("form", [{"Body": ["x" * 1_000_000]}, {"x" * 1_000_000: [""]}, {"a": ["b"] * 70_000}])
def test_a_megabyte_is_no_callback_even_with_a_signature(form: dict[str, list[str]]) -> None:
    with pytest.raises(CallbackRefused, match="too long"):
        check_signature(TOKEN, URL, form, signed(form=form))


# statuses


def test_a_status_callback_says_how_a_message_fares_and_which_attempt_sent_it() -> None:
    assert status_report(FORM, "attempt-1") == StatusReport(
        channel="sms", provider_id=NAME, token="attempt-1", state="delivered", status="delivered", error_code="30003"
    )


def test_a_callback_that_is_replayed_says_the_same_again() -> None:
    assert status_report(FORM, "attempt-1") == status_report(FORM, "attempt-1")


@pytest.mark.parametrize("status", ["teleported", "", "DELIVERED", "x" * 5_000, "delivered\x00", "<script>"])
def test_a_status_that_nobody_knows_has_no_state(status: str) -> None:
    report = status_report({**FORM, "MessageStatus": [status], "SmsStatus": []}, None)
    assert report.state is None
    assert len(report.status) <= 40


@pytest.mark.parametrize("code", ["", "x", "-1", "٣", "1" * 50, "30003; DROP"])
def test_what_is_no_error_code_is_left_out(code: str) -> None:
    assert status_report({**FORM, "ErrorCode": [code]}, None).error_code == ""


@pytest.mark.parametrize("number", [1, 10**18 - 1])
def test_the_token_of_an_attempt_of_ours_is_read_so_that_a_callback_may_come_before_its_answer(number: int) -> None:
    token = token_of(secrets.token_hex(8), number)
    assert status_report(FORM, token).token == token


@pytest.mark.parametrize("token", [None, "", "x" * 41, "a b", "é", "a\x00"])
def test_a_token_that_cannot_be_ours_is_left_out(token: str | None) -> None:
    assert status_report(FORM, token).token == ""


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"MessageStatus": ["sent"]},
        {**FORM, "MessageSid": []},
        {**FORM, "MessageSid": [NAME, NAME]},
        {**FORM, "MessageSid": ["SM1"]},
        {**FORM, "MessageSid": [NAME + "\n"]},
        {**FORM, "MessageSid": ["x" * 100_000]},
    ],
)
def test_a_callback_about_no_message_is_not_understood(form: dict[str, list[str]]) -> None:
    with pytest.raises(CallbackNotUnderstood):
        status_report(form, "attempt-1")
    with pytest.raises(CallbackNotUnderstood):
        incoming({**form, "From": [PHONE]})


# what somebody wrote


def test_what_somebody_wrote_is_read_with_who_wrote_it() -> None:
    assert incoming(WRITTEN) == Incoming(channel="sms", provider_id=NAME, sender=PHONE, text="1")


@pytest.mark.parametrize(
    ("said", "opted"), [("STOP", "stop"), ("start", "start"), ("HELP", "help"), ("", ""), ("X", "")]
)
def test_the_providers_own_reading_of_it_is_kept(said: str, opted: str) -> None:
    assert incoming({**WRITTEN, "OptOutType": [said]}).opted == opted


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (["👋🏽 sí"], "👋🏽 sí"),
        (["نعم"], "نعم"),
        ([""], ""),
        ([], ""),
        (["a", "b"], ""),
        (["a\x00b"], "ab"),
        (["x" * 60_000], "x" * 1_600),
    ],
)
def test_any_text_can_be_read_and_none_at_all_too(body: list[str], text: str) -> None:
    assert incoming({**WRITTEN, "Body": body}).text == text


@pytest.mark.parametrize("sender", [[], [""], ["x" * 65], [PHONE, PHONE], ["<b>"], [PHONE + "\n"], ["'; --"]])
def test_what_nobody_wrote_is_not_understood(sender: list[str]) -> None:
    with pytest.raises(CallbackNotUnderstood):
        incoming({**WRITTEN, "From": sender})


@pytest.mark.parametrize("sender", ["+15005550010", "12345", "CLINIC 7", "whatsapp:+15005550010"])
def test_numbers_short_codes_and_names_may_have_written(sender: str) -> None:
    assert incoming({**WRITTEN, "From": [sender]}).sender == sender


@given(st.dictionaries(st.sampled_from([*FORM, *WRITTEN, "OptOutType", "SmsSid"]), st.lists(st.text(), max_size=2)))
def test_no_form_breaks_the_reading_of_it(form: dict[str, Any]) -> None:
    for read in (lambda: status_report(form, "x"), lambda: incoming(form)):
        try:
            read_as = read().provider_id
        except CallbackNotUnderstood as wrong:
            read_as = str(wrong)
        assert read_as.startswith(("SM", "MM", "the callback"))


# with the simulated provider


def test_what_the_simulated_provider_reports_is_believed_and_understood(provider: Provider) -> None:
    got: list[Callback] = []
    provider.sender.hand = got.append
    sent = sms(provider).send(a_text())
    provider.settle()
    for callback in got:
        check_signature(provider.token, callback.url, fields(callback), callback.signature)
    reports = [status_report(fields(callback), callback.url.partition("token=")[2]) for callback in got]
    assert [(report.provider_id, report.token, report.state) for report in reports] == [
        (sent.provider_id, "attempt-1", state) for state in ("accepted", "sent", "delivered")
    ]


def test_what_somebody_writes_to_the_simulated_provider_arrives(provider: Provider) -> None:
    got: list[Callback] = []
    provider.sender.hand = got.append
    provider.inbound_url = PUBLIC_URL + INBOUND_PATH
    provider.say(PHONE, "stop")
    [callback] = got
    check_signature(provider.token, PUBLIC_URL + INBOUND_PATH, fields(callback), callback.signature)
    said = incoming(fields(callback))
    assert (said.sender, said.text, said.opted) == (PHONE, "stop", "stop")


def test_callbacks_that_come_twice_and_in_another_order_are_each_understood(provider: Provider) -> None:
    got: list[Callback] = []
    provider.sender.hand = got.append
    provider.faults = Faults(repeated=1, reordered=1, early=1, seed=3)
    sms(provider).send(a_text())
    provider.settle()
    states = [status_report(fields(callback), None).state for callback in got]
    assert sorted(map(str, states)) == ["accepted"] * 2 + ["delivered"] * 2 + ["sent"] * 2
    assert states != sorted(map(str, states), key=["accepted", "sent", "delivered"].index)

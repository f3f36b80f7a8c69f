"""What a text handed to Twilio comes to: taken, not taken, refused, or nobody knows."""

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from notifications.channels.twilio_sms import TwilioAccount, TwilioSms
from notifications.message import Verdict
from tests.provider.certificates import self_signed, serving
from tests.provider.channel import ANOTHER_PHONE, PHONE, a_text, account, sms
from tests.provider.faults import Faults
from tests.provider.server import Provider

SHORT = timedelta(seconds=0.4)


def test_a_text_that_is_taken_is_accepted_under_the_name_that_twilio_gives_it(provider: Provider) -> None:
    receipt = sms(provider).send(a_text())
    [taken] = provider.ledger.taken()
    assert (receipt.verdict, receipt.provider_id) == (Verdict.ACCEPTED, taken.sid)
    assert (taken.to, taken.said, taken.sender, taken.service) == (PHONE, "See you on Tuesday.", provider.number, None)


def test_a_messaging_service_chooses_the_sender(provider: Provider) -> None:
    service = "MG" + "0" * 32
    sms(provider, sender="", service=service).send(a_text())
    [taken] = provider.ledger.taken()
    assert (taken.sender, taken.service) == (None, service)


def test_callbacks_are_asked_for_at_the_public_address_with_the_attempts_token(provider: Provider) -> None:
    sms(provider, public_url="https://planner.example.org/visits/").send(a_text(token="a b&c"))
    [taken] = provider.ledger.taken()
    assert taken.callback == "https://planner.example.org/visits/callbacks/twilio/status?token=a%20b%26c"


def test_without_a_public_address_no_callbacks_are_asked_for(provider: Provider) -> None:
    sms(provider, public_url="").send(a_text())
    assert [one.callback for one in provider.ledger.taken()] == [""]


@pytest.mark.parametrize(
    ("left", "asked"),
    [(timedelta(seconds=1), 1), (timedelta(minutes=90, milliseconds=900), 5_400), (timedelta(days=3), 36_000)],
)
def test_twilio_may_try_for_as_long_as_the_text_is_of_use_and_ten_hours_at_most(
    provider: Provider, left: timedelta, asked: int
) -> None:
    assert sms(provider).send(a_text(valid_for=left)).verdict is Verdict.ACCEPTED
    assert [one.valid_for for one in provider.ledger.taken()] == [asked]


@pytest.mark.parametrize("left", [timedelta(seconds=0.9), timedelta(), timedelta(days=-1)])
def test_a_text_that_is_of_no_use_any_more_does_not_go_out(provider: Provider, left: timedelta) -> None:
    assert sms(provider).send(a_text(valid_for=left)).verdict is Verdict.NOT_TAKEN
    assert not provider.requests


@pytest.mark.parametrize("says", ["Réservé : à bientôt", "موعدك يوم الثلاثاء", "星期二见", "👋🏽 1 & 2 = 100 %; a+b"])
def test_every_script_arrives_as_it_was_written(provider: Provider, says: str) -> None:
    sms(provider).send(a_text(says))
    assert [one.said for one in provider.ledger.taken()] == [says]


@pytest.mark.parametrize(("says", "wait"), [(7, timedelta(seconds=7)), (-1, None), (999_999, timedelta(hours=1))])
def test_too_many_requests_are_not_taken_and_say_when_to_come_again(
    provider: Provider, says: int, wait: timedelta | None
) -> None:
    provider.faults = Faults(throttled=1, retry_after=says)
    receipt = sms(provider).send(a_text())
    assert (receipt.verdict, receipt.retry_after) == (Verdict.NOT_TAKEN, wait)
    assert not provider.ledger.taken()


@pytest.mark.parametrize("fate", ["failed-before", "failed-after", "broken-before", "broken-after", "garbled"])
def test_whatever_goes_wrong_after_the_request_went_out_leaves_it_unknown(provider: Provider, fate: str) -> None:
    provider.next(fate)
    assert sms(provider).send(a_text()).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("fate", ["silent-before", "silent-after"])
def test_an_answer_that_does_not_come_in_time_leaves_it_unknown(provider: Provider, fate: str) -> None:
    provider.next(fate)
    begun = time.monotonic()
    assert sms(provider, timeout=SHORT).send(a_text()).verdict is Verdict.UNKNOWN
    assert SHORT.total_seconds() <= time.monotonic() - begun < 3


@pytest.mark.parametrize("code", [21211, 21614, 21408, 21612, 21617, 21999])
def test_a_number_or_a_text_that_twilio_turns_down_is_refused_for_good(provider: Provider, code: int) -> None:
    provider.refuse(PHONE, code)
    receipt = sms(provider).send(a_text())
    assert (receipt.verdict, receipt.error_code) == (Verdict.REFUSED, str(code))
    assert not provider.ledger.taken()


@pytest.mark.parametrize("number", ["", "hello", "12345", "+1500555001x", "+", "+1" * 40, "+15005550010\n", "٠١٢٣"])
def test_a_malformed_number_is_never_taken(provider: Provider, number: str) -> None:
    assert sms(provider).send(a_text(to=number)).verdict is Verdict.REFUSED
    assert not provider.ledger.taken()


def test_a_recipient_who_has_told_the_provider_to_stop_is_opted_out(provider: Provider) -> None:
    provider.say(PHONE, "Stop")
    receipt = sms(provider).send(a_text())
    assert (receipt.verdict, receipt.error_code) == (Verdict.OPTED_OUT, "21610")


@pytest.mark.parametrize("code", [20429, 21611, 30001, 21606, 20003, 21603])
def test_full_queues_and_our_own_mistakes_cost_no_message(provider: Provider, code: int) -> None:
    provider.refuse(PHONE, code)
    assert sms(provider).send(a_text()).verdict is Verdict.NOT_TAKEN


def test_a_wrong_secret_costs_no_message(provider: Provider) -> None:
    receipt = sms(provider, secret="of yesterday").send(a_text())
    assert (receipt.verdict, receipt.error_code) == (Verdict.NOT_TAKEN, "20003")


def test_an_account_that_twilio_does_not_know_costs_no_message(provider: Provider) -> None:
    assert sms(provider, account="AC" + "f" * 32).send(a_text()).verdict is Verdict.NOT_TAKEN


def test_a_refused_connection_is_not_taken(provider: Provider) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    receipt = sms(provider, base_url=f"http://127.0.0.1:{port}").send(a_text())
    assert receipt.verdict is Verdict.NOT_TAKEN


def test_a_name_that_cannot_be_resolved_is_not_taken(provider: Provider) -> None:
    assert sms(provider, base_url="http://twilio.invalid").send(a_text()).verdict is Verdict.NOT_TAKEN


@contextmanager
def listening(answer: bytes = b"", backlog: int = 5) -> Iterator[str]:
    """Something that listens, reads what comes first, and answers so; where it listens."""
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65_536)
                    connection.sendall(answer)

        if answer:
            Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_what_does_not_speak_tls_gets_no_request(provider: Provider) -> None:
    with listening(b"SSH-2.0-something else\r\n") as place:
        assert sms(provider, base_url=f"https://{place}").send(a_text()).verdict is Verdict.NOT_TAKEN


def test_a_connection_that_takes_longer_than_the_timeout_is_not_taken(provider: Provider) -> None:
    """Its handshake is never answered, so nothing of the request goes out."""
    with listening() as place:
        begun = time.monotonic()
        receipt = sms(provider, base_url=f"https://{place}", timeout=SHORT).send(a_text())
    assert receipt.verdict is Verdict.NOT_TAKEN
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\nnull",
        b'HTTP/1.1 201 Created\r\nContent-Length: 22\r\n\r\n{"sid": "something x"}',
        b"HTTP/1.1 201 Created\r\nContent-Length: 900\r\n\r\n{}",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n[",
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad",
    ],
)
def test_an_answer_that_nobody_can_read_leaves_it_unknown(provider: Provider, answer: bytes) -> None:
    with listening(answer) as place:
        assert sms(provider, base_url=f"http://{place}").send(a_text()).verdict is Verdict.UNKNOWN


def test_a_process_that_stood_still_past_its_deadline_sends_nothing(provider: Provider) -> None:
    receipt = sms(provider).send(a_text(deadline=time.monotonic() - 0.001))
    assert receipt.verdict is Verdict.NOT_TAKEN
    assert not provider.requests


def test_a_process_that_stands_still_while_it_connects_sends_nothing(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection stands, its lease has lapsed meanwhile, somebody else may be sending: no request goes out."""
    connect = socket.socket.connect

    def slowly(self: socket.socket, address: Any) -> None:
        connect(self, address)
        time.sleep(0.3)

    channel = sms(provider)
    channel.redact("SM" + "0" * 32)  # so that the client is there already
    time.sleep(0.05)
    monkeypatch.setattr(socket.socket, "connect", slowly)
    another = sms(provider)
    receipt = another.send(a_text(deadline=time.monotonic() + 0.2))
    assert receipt.verdict is Verdict.NOT_TAKEN
    assert not provider.ledger.taken()


def test_a_connection_that_was_closed_while_it_was_idle_is_replaced(provider: Provider) -> None:
    """Each answer promises that the connection stays, and none does."""
    sid = b"SM" + b"0" * 32
    body = b'{"sid": "' + sid + b'"}'
    answer = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with listening(answer) as place:
        channel = sms(provider, base_url=f"http://{place}")
        for _ in range(3):
            assert channel.send(a_text()).provider_id == sid.decode()
            time.sleep(0.05)


def test_several_threads_may_send_at_once(provider: Provider) -> None:
    channel = sms(provider)
    threads = [
        Thread(target=lambda one=one: [channel.send(a_text(f"{one}-{number}")) for number in range(20)])
        for one in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(provider.ledger.taken()) == 80
    assert not provider.ledger.doubled()


# settings and logs


@pytest.mark.parametrize("changes", [{"sender": ""}, {"timeout": timedelta()}, {"timeout": timedelta(seconds=-1)}])
def test_an_account_without_a_sender_or_a_timeout_is_refused(provider: Provider, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"sender|timeout"):
        account(provider, **changes)


def test_secrets_are_not_shown(provider: Provider) -> None:
    assert provider.secret not in repr(account(provider))


def test_region_and_edge_are_taken_from_the_settings_and_not_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TWILIO_REGION", "au1")
    known = TwilioAccount(account="AC" + "0" * 32, user="SK" + "0" * 32, secret="x", sender="+15005550006")
    assert _host(TwilioSms(known)) == "api.twilio.com"
    assert _host(TwilioSms(replace(known, region="ie1", edge="dublin"))) == "api.dublin.ie1.twilio.com"


def _host(channel: TwilioSms) -> str:
    made: str = channel._client.get_hostname("https://api.twilio.com/2010-04-01/x.json")
    return made.split("/")[2]


def test_a_server_that_nobody_vouches_for_gets_no_request(tmp_path: Path) -> None:
    with Provider(context=serving(self_signed(tmp_path))) as impostor:
        assert sms(impostor).send(a_text()).verdict is Verdict.NOT_TAKEN
        assert not impostor.requests


def test_certificates_of_the_machine_are_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with Provider(context=serving(file)) as provider:
        assert sms(provider).send(a_text()).verdict is Verdict.ACCEPTED


def test_neither_numbers_nor_texts_nor_secrets_are_logged(provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    channel = sms(provider, timeout=SHORT)
    with caplog.at_level(logging.DEBUG):
        channel.send(a_text("A private matter."))
        provider.refuse(ANOTHER_PHONE, 21211)
        channel.send(a_text("A private matter.", to=ANOTHER_PHONE))
        for fate in ("silent-after", "failed-after", "broken-after", "garbled", "throttled"):
            provider.next(fate)
            channel.send(a_text("A private matter."))
            provider.next(fate, reading=True)
            channel.find(PHONE, datetime.now(UTC))
        channel.redact(provider.ledger.taken()[0].sid)
    assert "21211" in caplog.text
    for secret in (PHONE[1:], ANOTHER_PHONE[1:], "private", provider.secret):
        assert secret not in caplog.text

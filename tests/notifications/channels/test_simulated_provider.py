"""The simulated provider is a judge, so it is judged itself: what it counts, and what it does when it is told to."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from notifications.channels.twilio_sms import TwilioAccount, TwilioSms
from notifications.message import Verdict
from tests.architecture.source import ROOT
from tests.provider.callbacks import Callback
from tests.provider.channel import ANOTHER_PHONE, PHONE, PUBLIC_URL, a_text, sms
from tests.provider.faults import KEPT, Chance, Fate, Faults
from tests.provider.server import Provider


@pytest.mark.parametrize("fate", list(Fate))
def test_it_counts_what_it_really_took_and_not_what_it_said(provider: Provider, fate: Fate) -> None:
    provider.faults = Faults(silence=0.1)
    provider.next(fate)
    sms(provider, timeout=timedelta(seconds=1)).send(a_text())
    assert provider.ledger.counts().total() == (fate in KEPT)


def test_it_tells_what_was_lost_and_what_was_taken_twice(provider: Provider) -> None:
    channel = sms(provider)
    for text in ("once", "twice", "twice"):
        channel.send(a_text(text))
    assert provider.ledger.doubled() == [(PHONE, "twice")]
    assert provider.ledger.lost([(PHONE, "once"), (PHONE, "never"), (ANOTHER_PHONE, "once")]) == [
        (PHONE, "never"), (ANOTHER_PHONE, "once"),
    ]  # fmt: skip


def test_redacting_and_deleting_change_no_count(provider: Provider) -> None:
    channel = sms(provider)
    first, second = channel.send(a_text("one")), channel.send(a_text("two"))
    channel.redact(first.provider_id or "")
    provider.ledger.delete(second.provider_id or "")
    assert sorted(provider.ledger.counts()) == [(PHONE, "one"), (PHONE, "two")]
    found = channel.find(PHONE, datetime.now(UTC))
    assert found is not None
    assert [one.text for one in found] == [""]


def test_a_list_shows_what_was_taken_once_it_has_caught_up(provider: Provider) -> None:
    provider.faults = Faults(lag=0.3)
    channel = sms(provider)
    channel.send(a_text())
    assert channel.find(PHONE, datetime.now(UTC)) == []
    time.sleep(0.35)
    assert channel.find(PHONE, datetime.now(UTC)) != []


def test_the_same_seed_does_the_same_to_the_same_messages_in_any_order() -> None:
    faults = Faults(seed=7, throttled=0.2, failed_after=0.2, silent_after=0.2)
    texts = [f"Text {number}" for number in range(200)]

    def drawn(order: list[str]) -> dict[str, Fate]:
        chance = Chance(faults)
        return {text: chance.draw(PHONE, text)[0] for text in order}

    first = drawn(texts)
    assert first == drawn(texts[::-1])
    assert len(set(first.values())) == 4
    faults.seed = 8
    assert drawn(texts) != first


def test_about_as_many_go_wrong_as_it_was_told() -> None:
    chance = Chance(Faults(throttled=0.3, broken_after=0.1))
    fates = [chance.draw(PHONE, str(number))[0] for number in range(2_000)]
    assert 500 < fates.count(Fate.THROTTLED) < 700
    assert 140 < fates.count(Fate.BROKEN_AFTER) < 260


def test_an_answer_takes_as_long_as_it_was_told(provider: Provider) -> None:
    provider.faults = Faults(least_delay=0.2, most_delay=0.3)
    sms(provider).redact("SM" + "0" * 32)  # the client is imported the first time
    begun = time.monotonic()
    sms(provider).send(a_text())
    assert time.monotonic() - begun >= 0.2


def test_statuses_end_as_it_was_told(provider: Provider) -> None:
    got: list[Callback] = []
    provider.sender.hand = got.append
    provider.end(PHONE, "sent", "undelivered", error_code=30003)
    sms(provider).send(a_text())
    provider.settle()
    assert [(one.form["MessageStatus"], one.form.get("ErrorCode")) for one in got] == [
        ("sent", None), ("undelivered", "30003"),
    ]  # fmt: skip
    assert [(one.status, one.error_code) for one in provider.ledger.taken()] == [("undelivered", 30003)]


def test_a_callback_may_come_before_the_answer(provider: Provider) -> None:
    """Whoever waits for the answer before it is ready for callbacks would miss this one."""
    order: list[str] = []
    provider.faults = Faults(early=1, callback_delay=0.1)
    provider.sender.hand = lambda callback: order.append(callback.form["MessageStatus"])
    sms(provider).send(a_text())
    order.append("answered")
    provider.settle()
    assert order == ["queued", "answered", "sent", "delivered"]


def test_a_status_that_is_told_late_does_not_set_a_message_back(provider: Provider) -> None:
    provider.faults = Faults(reordered=1, seed=2)
    provider.sender.hand = lambda _: None
    sms(provider).send(a_text())
    provider.settle()
    assert [one.status for one in provider.ledger.taken()] == ["delivered"]


def test_stop_is_kept_until_start(provider: Provider) -> None:
    channel = sms(provider)
    said = [provider.say(PHONE, text).form.get("OptOutType") for text in ("hello", "help", "Stop ")]
    assert said == [None, "HELP", "STOP"]
    assert channel.send(a_text()).verdict is Verdict.OPTED_OUT
    provider.say(PHONE, "start")
    assert channel.send(a_text()).verdict is Verdict.ACCEPTED


@contextmanager
def receiving() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """A web server that takes callbacks: where it listens, and what came (path, body, signature)."""
    got: list[tuple[str, str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            got.append((self.path, body, self.headers["X-Twilio-Signature"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", got
        server.shutdown()
        thread.join()


def test_callbacks_go_to_this_machine_and_are_signed_for_the_public_address(provider: Provider) -> None:
    with receiving() as (base, got):
        provider.sender.base = base
        sms(provider).send(a_text())
        provider.settle()
    assert [path for path, _, _ in got] == ["/callbacks/twilio/status?token=attempt-1"] * 3
    callback, status = provider.sender.sent[0]
    assert status == 204
    signed = RequestValidator(provider.token).compute_signature(f"{PUBLIC_URL}{got[0][0]}", callback.form)
    assert got[0][2] == signed


def test_no_callback_ever_leaves_the_machine(provider: Provider) -> None:
    sms(provider).send(a_text())
    provider.settle()
    assert {status for _, status in provider.sender.sent} == {0}


# from another process


def ask(base: str, what: str, told: dict[str, Any] | None = None) -> dict[str, Any]:
    data = None if told is None else json.dumps(told).encode()
    with urllib.request.urlopen(f"{base}/control/{what}", data, timeout=10) as answer:  # noqa: S310
        read: dict[str, Any] = json.loads(answer.read())
    return read


def test_it_can_be_told_and_asked_over_http_by_other_processes() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.provider"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout is not None
            base = f"http://127.0.0.1:{int(running.stdout.readline())}"
            _tell(base)
        finally:
            running.terminate()
    assert running.returncode == 0


def _tell(base: str) -> None:
    known = ask(base, "account")
    channel = TwilioSms(
        TwilioAccount(
            account=known["account"], user=known["key"], secret=known["secret"], sender=known["number"], base_url=base
        )
    )
    ask(base, "faults", {"throttled": 1, "retry_after": 3})
    assert channel.send(a_text()).retry_after == timedelta(seconds=3)
    ask(base, "faults", {})
    ask(base, "next", {"fates": ["failed-after"]})
    ask(base, "refuse", {"number": ANOTHER_PHONE, "code": 21614})
    ask(base, "end", {"number": PHONE, "path": ["sent", "failed"], "error_code": 30007})
    assert channel.send(a_text()).verdict is Verdict.UNKNOWN
    assert channel.send(a_text(to=ANOTHER_PHONE)).verdict is Verdict.REFUSED
    assert ask(base, "say", {"number": PHONE, "text": "stop"})["form"]["OptOutType"] == "STOP"
    ask(base, "settle", {})
    taken = ask(base, "taken")
    assert [(one["to"], one["text"], one["status"]) for one in taken["messages"]] == [
        (PHONE, "See you on Tuesday.", "failed")
    ]
    assert taken["requests"] == {"POST messages": 3}


@pytest.mark.parametrize(("what", "told"), [("faults", {"unheard_of": 1}), ("next", {"fates": ["?"]}), ("refuse", {})])
def test_what_it_cannot_do_is_refused(provider: Provider, what: str, told: dict[str, Any]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(provider.url, what, told)
    refused.value.close()
    assert refused.value.code == 400

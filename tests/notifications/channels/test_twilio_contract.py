"""Every request that our client makes, and every answer that it reads, is within Twilio's own description."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import urllib3

from notifications.message import Verdict
from tests.provider import contract
from tests.provider.channel import ANOTHER_PHONE, PHONE, a_text, sms
from tests.provider.ledger import API, Message
from tests.provider.server import Provider

LANGUAGES = ("See you on Tuesday.", "Réservé : à bientôt", "Nos vemos el martes", "نراك يوم الثلاثاء", "星期二见 👋🏽")
STATUSES = (
    "queued", "sending", "sent", "failed", "delivered", "undelivered", "receiving", "received", "accepted", "scheduled",
    "read", "partially_delivered", "canceled",
)  # fmt: skip


@pytest.fixture(scope="module")
def upstream() -> Iterator[Provider]:
    """A simulated provider for as long as the judge runs: it takes seconds to start."""
    with Provider() as made:
        yield made


@pytest.fixture(scope="module")
def judge(
    upstream: Provider, reference_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[contract.Judge]:
    """Prism between our client and the simulated provider; skips where it cannot run."""
    if why := contract.missing(reference_data):
        pytest.skip(f"the contract with Twilio is not checked: {why}")
    with contract.judging(reference_data, upstream.url, tmp_path_factory.mktemp("prism")) as running:
        yield running


def test_every_call_is_within_twilios_contract(
    upstream: Provider, judge: contract.Judge, record_property: Callable[[str, object], None]
) -> None:
    judge.settle()
    before = judge.calls, judge.violations, judge.undescribed, upstream.requests.total()
    channel = sms(upstream, base_url=judge.url)
    _send(upstream, judge)
    sent = channel.send(a_text("To be found again."))
    upstream.settle()
    _look(upstream, judge)
    assert channel.redact(sent.provider_id or "")
    _refuse(upstream, judge)
    judge.settle()
    calls, undescribed = judge.calls - before[0], judge.undescribed - before[2]
    said = f"contract with Twilio: {calls} calls checked, {undescribed} of them answered with an error"
    record_property("figures", f"{said}; {len(judge.violations) - len(before[1])} violations")
    assert judge.violations == before[1]
    assert calls == upstream.requests.total() - before[3] >= 40


def _send(upstream: Provider, judge: contract.Judge) -> None:
    """Every language, every way to send."""
    service = "MG" + "0" * 32
    for changes in ({}, {"sender": "", "service": service}, {"service": service}, {"public_url": ""}):
        channel = sms(upstream, base_url=judge.url, **changes)
        for text in LANGUAGES:
            for left in (timedelta(seconds=1), timedelta(days=2)):
                assert channel.send(a_text(text, valid_for=left)).verdict is Verdict.ACCEPTED


def _look(upstream: Provider, judge: contract.Judge) -> None:
    """Lists of several pages, with every status, redacted texts, and nothing in them."""
    channel = sms(upstream, base_url=judge.url)
    for status in STATUSES:
        message = Message(upstream.account, ANOTHER_PHONE, "x", sender=upstream.number, status=status)
        message.error_code = 30003 if status in ("failed", "undelivered") else None
        upstream.ledger.take(message)
    upstream.largest_page = 5
    since = datetime.now(UTC)
    found = channel.find(ANOTHER_PHONE, since)
    assert found is not None
    assert len(found) == len(STATUSES)
    assert channel.find(PHONE, since)
    assert channel.find("+15005550099", since) == []


def _refuse(upstream: Provider, judge: contract.Judge) -> None:
    """Errors: the description has none of them, but the requests that they answer are within it."""
    channel = sms(upstream, base_url=judge.url)
    for code in (21211, 21610, 21614):
        upstream.refuse("+15005550012", code)
        assert channel.send(a_text(to="+15005550012")).error_code == str(code)
    upstream.next("throttled", "failed-before")
    verdicts = [channel.send(a_text()).verdict for _ in range(2)]
    assert verdicts == [Verdict.NOT_TAKEN, Verdict.UNKNOWN]


OUTSIDE = (
    "From=%2B15005550006&Body=x",
    "To=%2B15005550010&Body=x&From=%2B15005550006&ValidityPeriod=soon",
    "To=%2B15005550010&Body=x&From=%2B15005550006&StatusCallback=nowhere",
    "To=%2B15005550010&Body=x&MessagingServiceSid=MG1",
)


def test_a_request_outside_the_contract_is_noticed(upstream: Provider, judge: contract.Judge) -> None:
    judge.settle()
    before = len(judge.violations)
    headers = urllib3.make_headers(basic_auth=f"{upstream.key}:{upstream.secret}")
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    address = f"{judge.url}{API}/Accounts/{upstream.account}/Messages.json"
    answers = [urllib3.request("POST", address, body=form, headers=headers).status for form in OUTSIDE]
    judge.settle()
    assert answers == [422] * len(OUTSIDE)
    assert len(judge.violations) == before + len(OUTSIDE)


def test_an_answer_outside_the_contract_is_noticed(upstream: Provider, judge: contract.Judge) -> None:
    judge.settle()
    before = len(judge.violations)
    number = "+15005550013"
    for changes in ({"status": "teleported"}, {"service": "MG1"}, {"sid": "SM1"}):
        message = Message(upstream.account, number, "x", sender=upstream.number)
        for name, value in changes.items():
            setattr(message, name, value)
        upstream.ledger.take(message)
        assert sms(upstream, base_url=judge.url).find(number, datetime.now(UTC)) is None
        upstream.ledger.delete(message.sid)
    judge.settle()
    assert len(judge.violations) == before + 3

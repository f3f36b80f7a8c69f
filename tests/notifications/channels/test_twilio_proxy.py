"""Hospitals reach the internet through proxies: what a proxy does says whether a message was taken."""

from pathlib import Path

import pytest

from notifications.message import Verdict
from tests.provider.certificates import NAME, self_signed, serving
from tests.provider.channel import a_text, sms
from tests.provider.proxy import proxying
from tests.provider.server import Provider

TWILIO = f"https://{NAME}"


def test_a_text_goes_through_the_proxy_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with Provider(context=serving(file)) as provider, proxying(provider.port) as (proxy, asked):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        assert sms(provider, base_url=TWILIO).send(a_text()).verdict is Verdict.ACCEPTED
    assert [line.split()[:2] for line in asked] == [["CONNECT", f"{NAME}:443"]]


def test_a_proxy_that_opens_no_way_took_nothing(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxying(None) as (proxy, asked):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        assert sms(provider, base_url=TWILIO).send(a_text()).verdict is Verdict.NOT_TAKEN
    assert len(asked) == 1


def test_a_proxy_is_not_used_where_the_environment_says_so(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxying(None) as (proxy, asked):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", NAME)
        assert sms(provider, base_url=TWILIO).send(a_text()).verdict is Verdict.NOT_TAKEN  # nobody has that name
    assert not asked


def test_a_proxy_is_not_used_for_this_machine(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxying(None) as (proxy, asked):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        assert sms(provider).send(a_text()).verdict is Verdict.ACCEPTED
    assert not asked

"""Our channel, pointed at the simulated provider."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from notifications.channels.twilio_sms import TwilioAccount, TwilioSms
from notifications.message import Outgoing
from tests.provider.server import Provider

PUBLIC_URL = "https://planner.example.org"
#: made-up numbers; nobody has them
PHONE, ANOTHER_PHONE = "+15005550010", "+15005550011"


def account(provider: Provider, **changes: Any) -> TwilioAccount:
    """How to reach the simulated provider, with its key."""
    known: dict[str, Any] = {
        "account": provider.account, "user": provider.key, "secret": provider.secret, "sender": provider.number,
        "public_url": PUBLIC_URL, "base_url": provider.url, "timeout": timedelta(seconds=5),
    }  # fmt: skip
    return TwilioAccount(**known | changes)


def sms(provider: Provider, **changes: Any) -> TwilioSms:
    """The channel."""
    return TwilioSms(account(provider, **changes))


def a_text(says: str = "See you on Tuesday.", **changes: Any) -> Outgoing:
    """A message to be sent."""
    known: dict[str, Any] = {"to": PHONE, "text": says, "token": "attempt-1", "valid_for": timedelta(hours=4)}
    return Outgoing(**known | changes)

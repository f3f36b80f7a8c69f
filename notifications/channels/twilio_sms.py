"""Text messages through Twilio.

Whether a message was taken is decided by whether its request went out and what Twilio said, never by a guess:

- nothing went out (no connection, a lease that would lapse), 429, a queue that is full, credentials or a sender that
  Twilio does not know: not taken, and to be tried again;
- Twilio has turned down the number or the text: refused; the recipient's own stop: opted out;
- anything else after the request went out (no answer in time, 5xx, an answer that cannot be read): unknown.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from notifications.channels import twilio_codes
from notifications.channels.twilio_callbacks import STATUS_PATH
from notifications.message import Outgoing, Receipt, Sent, Verdict
from notifications.outbox import State

if TYPE_CHECKING:
    from notifications.channels.twilio_http import Attempt

log = logging.getLogger(__name__)

#: seconds, ends included: what Twilio takes for a validity period
LEAST_VALID, MOST_VALID = 1, 36_000
#: so many of a number's messages are looked at, the newest; a participant gets far fewer within any time of use
MOST_LISTED = 200
#: so much may the two clocks differ: a message that was taken must not be missed for that
CLOCKS_DIFFER = timedelta(minutes=2)
_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
_NEVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioAccount:
    """How to reach Twilio. ``user`` and ``secret`` are an API key with its secret, or the account with its token.

    ``sender`` is a number (E.164), short code or alphanumeric name; ``service`` a Messaging Service, which chooses the
    sender itself. ``public_url`` is where Twilio reaches this installation; without one no callbacks are asked for.
    ``region`` and ``edge`` are Twilio's; ``base_url`` stands in for https://api.twilio.com.
    Raises ValueError without a sender, or with a timeout that is not positive.
    """

    account: str
    user: str
    secret: str = field(repr=False)
    sender: str = ""
    service: str = ""
    public_url: str = ""
    timeout: timedelta = timedelta(seconds=10)
    region: str = ""
    edge: str = ""
    base_url: str = ""

    def __post_init__(self) -> None:
        if not (self.sender or self.service):
            raise ValueError("a sender's number or a Messaging Service is needed")
        if self.timeout <= timedelta():
            raise ValueError("a timeout is longer than nothing")


class TwilioSms:
    """The channel ``sms``. May be used by several threads at once."""

    def __init__(self, account: TwilioAccount, name: str = "sms") -> None:
        self.name = name
        self.timeout = account.timeout
        self._account = account

    def send(self, outgoing: Outgoing) -> Receipt:
        """Hand a text to Twilio; see the module for what becomes of it. Raises nothing."""
        if outgoing.valid_for < timedelta(seconds=LEAST_VALID):
            return Receipt(verdict=Verdict.NOT_TAKEN, words="it is of no use any more")
        attempt = self._attempt(outgoing.deadline)
        try:
            made = self._within(attempt, lambda: self._messages.create(**self._request(outgoing)))
        except Exception as wrong:  # noqa: BLE001 - whatever it is, the message must stand somewhere
            receipt = _receipt(wrong, attempt)
        else:
            receipt = _accepted(made.sid)
        if receipt.verdict is not Verdict.ACCEPTED:
            log.warning("twilio: %s %s (%s)", receipt.verdict, receipt.error_code, receipt.words)
        return receipt

    def find(self, to: str, since: datetime) -> list[Sent] | None:
        """What Twilio has for that number since then (and two minutes before: clocks differ), newest first.

        Not filtered by Twilio's DateSent: what waits in a queue has none, and must not be missed. None where Twilio
        does not answer, or has so many messages that the list might be cut.
        """
        attempt = self._attempt()
        try:
            listed = self._within(attempt, lambda: self._messages.list(to=to, limit=MOST_LISTED))
            found = _since(listed, since - CLOCKS_DIFFER)
        except Exception as wrong:  # noqa: BLE001 - asked again later
            log.warning("twilio: messages cannot be listed (%s)", _receipt(wrong, attempt).words)
            return None
        return None if len(found) == MOST_LISTED else found

    def redact(self, provider_id: str) -> bool:
        """Empty the text of a message at Twilio; whether it is gone. Twilio refuses that while it is on its way."""
        if not _SID.fullmatch(provider_id):
            return False
        attempt = self._attempt()
        try:
            left = self._within(attempt, lambda: self._client.messages(provider_id).update(body=""))
        except Exception as wrong:  # noqa: BLE001 - asked again later
            receipt = _receipt(wrong, attempt)
            log.warning("twilio: a text could not be redacted (%s)", receipt.words)
            return False
        return bool(left.body == "")

    @cached_property
    def _client(self) -> Any:
        from twilio.rest import Client  # type: ignore[import-untyped]

        from notifications.channels.twilio_http import TimedClient

        known = self._account
        return Client(
            known.user, known.secret, known.account, known.region or None,
            TimedClient(self.timeout.total_seconds(), known.base_url),
            {"": ""},  # in place of the environment, which may be about another account
            known.edge or None,
        )  # fmt: skip

    @property
    def _messages(self) -> Any:
        return self._client.messages

    def _attempt(self, deadline: float | None = None) -> Attempt:
        """A request that must have begun within the timeout, and by the deadline if there is one."""
        self._client.messages  # noqa: B018 - imported the first time: the timeout is not for that
        from notifications.channels.twilio_http import Attempt

        return Attempt(min(_NEVER if deadline is None else deadline, monotonic() + self.timeout.total_seconds()))

    @staticmethod
    def _within(attempt: Attempt, ask: Any) -> Any:
        from notifications.channels.twilio_http import attempting

        with attempting(attempt):
            return ask()

    def _request(self, outgoing: Outgoing) -> dict[str, Any]:
        """Without smart encoding: it would turn letters into others that cost less."""
        seconds = min(int(outgoing.valid_for.total_seconds()), MOST_VALID)
        asked = {"to": outgoing.to, "body": outgoing.text, "validity_period": seconds, "smart_encoded": False}
        if self._account.service:
            asked["messaging_service_sid"] = self._account.service
        if self._account.sender:
            asked["from_"] = self._account.sender
        if self._account.public_url:
            base = self._account.public_url.rstrip("/")
            asked["status_callback"] = f"{base}{STATUS_PATH}?token={quote(outgoing.token, safe='')}"
        return asked


def _accepted(provider_id: object) -> Receipt:
    """The receipt for a message that was taken, unless the answer has no name for it."""
    if isinstance(provider_id, str) and _SID.fullmatch(provider_id):
        return Receipt(verdict=Verdict.ACCEPTED, provider_id=provider_id)
    return Receipt(verdict=Verdict.UNKNOWN, words="Twilio's answer does not name the message")


def _receipt(wrong: Exception, attempt: Attempt) -> Receipt:
    """What an exception means for the message. Its own words are not used: they repeat numbers."""
    from twilio.base.exceptions import TwilioRestException, TwilioServiceException  # type: ignore[import-untyped]

    from notifications.channels.twilio_http import NotHandedOver, Throttled

    if isinstance(wrong, Throttled):
        wait = None if wrong.retry_after is None else timedelta(seconds=wrong.retry_after)
        return Receipt(
            verdict=Verdict.NOT_TAKEN, error_code=str(wrong.code), words=twilio_codes.words(20429), retry_after=wait
        )
    if isinstance(wrong, TwilioRestException | TwilioServiceException):
        status, code = _number(wrong.status), _number(wrong.code)
        return Receipt(
            verdict=twilio_codes.verdict(status, code), error_code=str(code or status), words=twilio_codes.words(code)
        )
    if isinstance(wrong, NotHandedOver) or not attempt.begun:
        return Receipt(verdict=Verdict.NOT_TAKEN, words="Twilio could not be reached")
    return Receipt(verdict=Verdict.UNKNOWN, words="Twilio has not answered, or not in a way that can be read")


def _number(said: object) -> int:
    """A number that Twilio should have said; 0 for anything else."""
    return said if isinstance(said, int) else 0


def _since(listed: Iterable[Any], since: datetime) -> list[Sent]:
    """Outgoing messages of a list as ours. One whose date cannot be read is kept: it may be the one looked for."""
    return [
        Sent(
            provider_id=one.sid,
            to=one.to or "",
            text=one.body or "",
            at=one.date_created or since,
            state=twilio_codes.STATES.get(one.status, State.ACCEPTED),
            error_code=str(one.error_code or ""),
        )
        for one in listed
        if str(one.direction).startswith("outbound") and (one.date_created or since) >= since
    ]

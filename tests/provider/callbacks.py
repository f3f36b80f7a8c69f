"""What the simulated provider sends by itself: status callbacks and what people wrote, signed as Twilio signs."""

from __future__ import annotations

import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread
from urllib.parse import urlencode, urlsplit, urlunsplit

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.provider.faults import Faults
from tests.provider.ledger import Message

PATH = ("queued", "sent", "delivered")


@dataclass(frozen=True, slots=True)
class Callback:
    """A request to us: its public address, its form and its signature."""

    url: str
    form: dict[str, str]
    signature: str


@dataclass(slots=True)
class Sender:
    """Sends callbacks, one after the other, from a thread of its own.

    ``base`` is where the server that they are for really listens; they are signed for the address that it is known by.
    """

    token: str
    base: str = ""
    #: takes them instead of a request over HTTP
    hand: Callable[[Callback], object] | None = None
    #: those that were sent, and how they were answered: 0 where nobody did
    sent: list[tuple[Callback, int]] = field(default_factory=list)
    _queue: SimpleQueue[tuple[float, Callable[[], object]] | None] = field(default_factory=SimpleQueue)
    _thread: Thread | None = None

    def make(self, url: str, form: dict[str, str]) -> Callback:
        """A callback with its signature."""
        return Callback(url, form, RequestValidator(self.token).compute_signature(url, form))

    def send(self, callback: Callback) -> int:
        """Send one now. How it was answered."""
        if self.hand is not None:
            self.hand(callback)
            status = 204
        else:
            status = self._post(callback)
        self.sent.append((callback, status))
        return status

    def later(self, wait: float, work: Callable[[], object]) -> None:
        """Do something after what is waiting already, and so many seconds."""
        if self._thread is None:
            self._thread = Thread(target=self._run, name="callbacks", daemon=True)
            self._thread.start()
        self._queue.put((wait, work))

    def settle(self) -> None:
        """Wait until everything that waits was sent."""
        done: SimpleQueue[bool] = SimpleQueue()
        self.later(0, lambda: done.put(True))
        done.get(timeout=30)

    def stop(self) -> None:
        """Send no more."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(10)

    def _run(self) -> None:
        while (waiting := self._queue.get()) is not None:
            wait, work = waiting
            time.sleep(wait)
            work()

    def _post(self, callback: Callback) -> int:
        where = self._where(callback.url)
        if not where:
            return 0
        request = urllib.request.Request(  # noqa: S310 - loopback only, see _where
            where, urlencode(callback.form).encode(), {"X-Twilio-Signature": callback.signature}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            refused.close()
            return refused.code
        except OSError:
            return 0

    def _where(self, url: str) -> str:
        """Where a callback really goes: never off this machine."""
        parts = urlsplit(url)
        if self.base:
            base = urlsplit(self.base)
            parts = parts._replace(scheme=base.scheme, netloc=base.netloc)
        return urlunsplit(parts) if parts.hostname in ("127.0.0.1", "localhost", "::1") else ""


def status_form(message: Message, status: str, error_code: int | None = None) -> dict[str, str]:
    """The form of a status callback."""
    form = {
        "AccountSid": message.account, "ApiVersion": "2010-04-01", "From": message.sender or "", "To": message.to,
        "MessageSid": message.sid, "SmsSid": message.sid, "MessageStatus": status, "SmsStatus": status,
    }  # fmt: skip
    return form | ({"ErrorCode": str(error_code)} if error_code else {})


def inbound_form(message: Message, opted: str) -> dict[str, str]:
    """The form with which something that somebody wrote is handed on."""
    form = {
        "AccountSid": message.account, "ApiVersion": "2010-04-01", "From": message.sender or "", "To": message.to,
        "MessageSid": message.sid, "SmsSid": message.sid, "SmsMessageSid": message.sid, "SmsStatus": "received",
        "Body": message.said, "NumMedia": "0", "NumSegments": "1",
    }  # fmt: skip
    return form | ({"OptOutType": opted} if opted else {})


def ordered(path: tuple[str, ...], faults: Faults, dice: random.Random) -> list[str]:
    """Statuses in the order in which they are told: some twice, some late."""
    told = [status for status in path for _ in range(2 if dice.random() < faults.repeated else 1)]
    if dice.random() < faults.reordered:
        dice.shuffle(told)
    return told

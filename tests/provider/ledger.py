"""What the simulated provider has taken: the judge of what was lost and what was sent twice."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import RLock
from typing import Any

API = "/2010-04-01"
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
NUMBER = "+15005550006"


def sid(kind: str) -> str:
    """A name as Twilio gives them: two letters and 32 hexadecimal digits."""
    return kind + secrets.token_hex(16)


@dataclass(slots=True)
class Message:
    """One message that was taken. ``body`` is what is kept of it: it may be redacted; ``said`` is what it said."""

    account: str
    to: str
    said: str
    sender: str | None = None
    service: str | None = None
    callback: str = ""
    valid_for: int = 36_000
    direction: str = "outbound-api"
    sid: str = field(default_factory=lambda: sid("SM"))
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    body: str = ""
    status: str = "queued"
    error_code: int | None = None

    def __post_init__(self) -> None:
        self.body = self.said

    def as_json(self) -> dict[str, Any]:
        """As the API writes it."""
        place = f"{API}/Accounts/{self.account}/Messages/{self.sid}"
        at = format_datetime(self.at)
        return {
            "account_sid": self.account, "api_version": "2010-04-01", "body": self.body, "date_created": at,
            "date_sent": at, "date_updated": at, "direction": self.direction, "error_code": self.error_code,
            "error_message": self.error_code and "made to fail", "from": self.sender, "num_media": "0",
            "num_segments": "1", "price": None, "price_unit": None, "messaging_service_sid": self.service,
            "sid": self.sid, "status": self.status, "subresource_uris": {"media": f"{place}/Media.json"},
            "to": self.to, "uri": f"{place}.json",
        }  # fmt: skip


class Ledger:
    """Every message that was ever taken, and what numbers cannot be written to."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._messages: dict[str, Message] = {}
        self._deleted: set[str] = set()
        #: numbers with the error code with which they are refused
        self.refused: dict[str, int] = {}

    def take(self, message: Message) -> Message:
        """Keep a message."""
        with self._lock:
            self._messages[message.sid] = message
        return message

    def find(self, name: str) -> Message | None:
        """The message of that name, unless it was deleted."""
        with self._lock:
            return None if name in self._deleted else self._messages.get(name)

    def delete(self, name: str) -> None:
        """Forget a message, except in the count of what was taken."""
        with self._lock:
            self._deleted.add(name)

    def listed(self, to: str | None, sender: str | None, lag: timedelta) -> list[Message]:
        """What a list shows, newest first. What was taken within the last ``lag`` is not in it yet."""
        until = datetime.now(UTC) - lag
        with self._lock:
            found = [
                one
                for one in self._messages.values()
                if one.sid not in self._deleted
                and one.at <= until
                and to in (None, one.to)
                and sender in (None, one.sender)
            ]
        return sorted(found, key=lambda one: one.at, reverse=True)

    def taken(self) -> list[Message]:
        """What was really taken, in order, whatever was deleted or redacted since."""
        with self._lock:
            return [one for one in self._messages.values() if one.direction != "inbound"]

    def counts(self) -> Counter[tuple[str, str]]:
        """How often each text was taken for each number."""
        return Counter((one.to, one.said) for one in self.taken())

    def lost(self, wanted: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Of these numbers and texts, those that were never taken."""
        counts = self.counts()
        return [one for one in wanted if not counts[one]]

    def doubled(self) -> list[tuple[str, str]]:
        """Numbers and texts that were taken more than once."""
        return [one for one, count in self.counts().items() if count > 1]

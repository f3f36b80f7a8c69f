"""A simulated Twilio over real HTTP on loopback: stateful, and as unreliable as it is told to be.

It speaks what is used of API 2010-04-01. What it has really taken is in its ledger; see ``faults`` for what it can be
told to do, in process or over HTTP (``control``).
"""

from __future__ import annotations

import base64
import random
import socket
import ssl
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from http.server import ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self

from tests.provider.callbacks import PATH, Callback, Sender, inbound_form, ordered, status_form
from tests.provider.faults import Chance, Fate, Faults
from tests.provider.handler import Handler
from tests.provider.ledger import NUMBER, Ledger, Message, sid

#: what carriers take as a wish, whatever else is meant by it
STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
STARTS = frozenset({"START", "YES", "UNSTOP"})
HELPS = frozenset({"HELP", "INFO"})


class Server(ThreadingHTTPServer):
    """The listening part. What breaks off is not worth a line on the terminal."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, provider: Provider, port: int) -> None:
        self.provider = provider
        super().__init__(("127.0.0.1", port), Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Answers go out at once: they are small."""
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients are killed in these tests: a connection that ends is no error."""


class Provider:
    """The simulated provider with one account. Use it as a context; ``url`` is where it listens."""

    def __init__(
        self,
        port: int = 0,
        faults: Faults | None = None,
        callbacks_to: str = "",
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.account = sid("AC")
        self.key = sid("SK")
        self.secret = "made-up-secret"  # of the key: it opens the API
        self.token = "made-up-token"  # of the account: it signs callbacks
        self.number = NUMBER
        self.ledger = Ledger()
        self.chance = Chance(faults or Faults())
        self.sender = Sender(self.token, callbacks_to)
        self.requests: Counter[str] = Counter()
        #: statuses that messages to a number go through, where they differ from the usual, and the code they end with
        self.paths: dict[str, tuple[tuple[str, ...], int | None]] = {}
        #: where what people write is handed on
        self.inbound_url = ""
        #: a list's pages are no longer than this, whatever is asked for
        self.largest_page = 1_000
        self.stopping = Event()
        self._secure = context is not None
        self._server = Server(self, port)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def port(self) -> int:
        """The port on loopback."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self._secure else 'http'}://127.0.0.1:{self.port}"

    @property
    def faults(self) -> Faults:
        """What it does wrong by chance."""
        return self.chance.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self.chance.faults = faults

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
        self.sender.stop()

    def next(self, *fates: Fate | str, reading: bool = False) -> None:
        """The next requests to send (or to read) end like this."""
        self.chance.order(*(Fate(fate) for fate in fates), reading=reading)

    def knows(self, authorization: str) -> bool:
        """Whether a basic authorization is the account's token or its key."""
        pairs = ((self.account, self.token), (self.key, self.secret))
        return authorization in {"Basic " + base64.b64encode(":".join(pair).encode()).decode() for pair in pairs}

    def refuse(self, number: str, code: int) -> None:
        """Refuse everything to that number from now on: 21211 invalid, 21610 opted out, 21614 not mobile, …"""
        self.ledger.refused[number] = code

    def end(self, number: str, *path: str, error_code: int | None = None) -> None:
        """Messages to that number go through these statuses instead of queued, sent, delivered."""
        self.paths[number] = (path, error_code)

    @property
    def lag(self) -> timedelta:
        """How far lists lag behind."""
        return timedelta(seconds=self.faults.lag)

    def take(self, message: Message, dice: random.Random) -> Message:
        """Keep a message and have its statuses told; the first one perhaps before it is answered."""
        self.ledger.take(message)
        path, code = self.paths.get(message.to, (PATH, None))
        statuses = ordered(path, self.faults, dice)
        if statuses and dice.random() < self.faults.early:
            self._tell(message, statuses.pop(0), path, code)
        for status in statuses:
            self.sender.later(self.faults.callback_delay, lambda told=status: self._tell(message, told, path, code))  # type: ignore[misc]
        return message

    def _tell(self, message: Message, status: str, path: tuple[str, ...], code: int | None) -> None:
        if message.status not in path or path.index(status) > path.index(message.status):
            message.status = status
        ends = code if status == path[-1] else None
        message.error_code = message.error_code or ends
        if message.callback:
            self.sender.send(self.sender.make(message.callback, status_form(message, status, ends)))

    def say(self, number: str, text: str, name: str | None = None) -> Callback:
        """Somebody writes to us. STOP and the like are taken by the provider as well, as it does."""
        said = Message(self.account, self.number, text, sender=number, direction="inbound", status="received")
        said.sid = name or said.sid
        opted = self._opted(text)
        if opted == "STOP":
            self.refuse(number, 21610)
        elif opted == "START" and self.ledger.refused.get(number) == 21610:
            del self.ledger.refused[number]
        self.ledger.take(said)
        callback = self.sender.make(self.inbound_url, inbound_form(said, opted))
        if self.inbound_url:
            self.sender.send(callback)
        return callback

    @staticmethod
    def _opted(text: str) -> str:
        word = text.strip().upper()
        return "STOP" if word in STOPS else "START" if word in STARTS else "HELP" if word in HELPS else ""

    def pause(self, dice: random.Random) -> None:
        """Take as long as an answer takes."""
        time.sleep(dice.uniform(self.faults.least_delay, max(self.faults.least_delay, self.faults.most_delay)))

    def hold(self) -> None:
        """Say nothing for as long as silence lasts."""
        self.stopping.wait(self.faults.silence)

    def settle(self) -> None:
        """Wait until all callbacks that wait were sent."""
        with suppress(TimeoutError):
            self.sender.settle()

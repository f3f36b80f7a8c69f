"""A mail server on loopback for tests: it answers as it is told, and keeps what it has taken."""

from __future__ import annotations

import base64
import socket
import ssl
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any, Self

YES = "250 done"


@dataclass(slots=True)
class Script:
    """How the server behaves. An answer that is none: it breaks the connection instead."""

    greeting: str | None = "220 at your service"
    #: answers to commands (MAIL, RCPT, DATA, AUTH) that differ from the usual
    answers: dict[str, str | None] = field(default_factory=dict)
    #: the answer once a whole message has come
    end: str | None = YES
    #: what it offers
    offers: tuple[str, ...] = ("PIPELINING",)
    #: seconds of silence instead of the last answer
    silence: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """One message that was taken."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    secure: bool


class _Handler(StreamRequestHandler):
    server: _Server

    def setup(self) -> None:
        self.secure = False
        self.user = ""
        if self.server.mail.context is not None and self.server.mail.tls_at_once:
            self._secure()
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def handle(self) -> None:
        script = self.server.mail.script
        if not self._say(script.greeting):
            return
        while line := self.rfile.readline():
            self.server.mail.commands.append(line.decode("ascii", "replace").strip())
            if not self._obey(line.decode("ascii", "replace").strip(), script):
                return

    def _obey(self, line: str, script: Script) -> bool:
        verb = line.partition(" ")[0].upper()
        if verb in script.answers:
            return self._say(script.answers[verb])
        match verb:
            case "EHLO":
                said = ("mail.example", *script.offers)
                return self._say("".join(f"250-{one}\r\n" for one in said) + "250 HELP")
            case "STARTTLS":
                return self._start_tls()
            case "MAIL":
                self.sender, self.recipients = line.partition(":")[2].split(" ")[0].strip("<>"), list[str]()
            case "RCPT":
                self.recipients.append(line.partition(":")[2].strip("<>"))
            case "AUTH":
                self.user = base64.b64decode(line.split()[-1]).decode().split("\0")[1]
                return self._say("235 welcome")
            case "DATA":
                return self._take(script)
            case "QUIT":
                self._say("221 bye")
                return False
        return self._say(YES)

    def _take(self, script: Script) -> bool:
        self._say("354 go on")
        content = b""
        while (line := self.rfile.readline()) and line != b".\r\n":
            content += line.removeprefix(b".") if line.startswith(b"..") else line
        if not line:
            return False
        kept = script.end is None or script.end.startswith("2")
        if kept:
            letter = Letter(self.sender, tuple(self.recipients), content, self.secure)
            self.server.mail.letters.append(letter)
        if script.silence:
            self.rfile.read(1)
        return self._say(script.end)

    def _start_tls(self) -> bool:
        self._say("220 go on")
        self._secure()
        super().setup()
        return True

    def _secure(self) -> None:
        context = self.server.mail.context
        assert context is not None
        self.request = context.wrap_socket(self.request, server_side=True)
        self.secure = True

    def _say(self, answer: str | None) -> bool:
        if answer is None:
            self.request.shutdown(socket.SHUT_RDWR)
            return False
        self.wfile.write(answer.encode() + b"\r\n")
        return True


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the tests."""


class Mail:
    """The server, as a context."""

    def __init__(
        self, script: Script | None = None, context: ssl.SSLContext | None = None, *, tls_at_once: bool = False
    ) -> None:
        self.script = script or Script()
        self.context = context
        self.tls_at_once = tls_at_once
        self.letters: list[Letter] = []
        self.commands: list[str] = []
        self._server = _Server(self)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def port(self) -> int:
        """The port on loopback."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

"""E-mail over SMTP.

What was taken is what the server has acknowledged: before the text goes out nothing is taken, whatever breaks; once it
has begun to go out, an answer that does not come leaves it unknown. A mail server cannot be asked what it has sent
(``find`` gives None): such a message is never sent again by itself, but stays held for a person.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from time import monotonic

from notifications.calendars.ical_text import CalendarEvent, EventStatus
from notifications.calendars.invitations import Invitation, Person, Words, cancel, request
from notifications.message import Outgoing, Receipt, Sent, Verdict

log = logging.getLogger(__name__)

#: RFC 5321, 4.5.3.1.3
LONGEST_ADDRESS = 254
#: lines as mail has them, and nothing but ASCII in them: not every relay takes more
_POLICY = SMTP.clone(cte_type="7bit")


class Security(StrEnum):
    """How the connection is kept from being read."""

    #: begun in the clear, and refused where the server cannot do better (port 587)
    STARTTLS = "starttls"
    #: from the first byte on (port 465)
    TLS = "tls"
    #: in the clear: for a relay on the same machine only
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The relay that takes our mail, and the address that it comes from. ``name`` is shown beside that address.

    Raises ValueError for an address that is none, and for a timeout that is not positive.
    """

    host: str
    sender: str
    port: int = 587
    security: Security = Security.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    name: str = ""
    timeout: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        if _address(self.sender) is None:
            raise ValueError("the sender is no e-mail address")
        if self.timeout <= timedelta():
            raise ValueError("a timeout is longer than nothing")


class Reply(Exception):
    """The server has answered with something else than yes."""

    def __init__(self, code: int, *, recipient: bool) -> None:
        super().__init__(str(code))
        self.code = code
        #: whether it is about the recipient or the text, and not about us
        self.recipient = recipient


@dataclass(slots=True)
class Progress:
    """How far an attempt has come. Its text must not begin to go out after ``deadline`` (of ``time.monotonic``)."""

    deadline: float
    begun: bool = False

    def begin(self) -> None:
        """The text goes out now. Raises TimeoutError where it is too late for that."""
        if monotonic() > self.deadline:
            raise TimeoutError("it took too long to connect, or this process stood still")
        self.begun = True


class SmtpEmail:
    """The channel ``email``. Each message has a connection of its own.

    ``clock`` dates messages; without one that is left to the relay.
    """

    def __init__(
        self,
        server: MailServer,
        name: str = "email",
        context: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.name = name
        self.timeout = server.timeout
        self._server = server
        self._context = context
        self._clock = clock

    def send(self, outgoing: Outgoing) -> Receipt:
        """Hand a message to the relay; see the module for what becomes of it. Raises nothing."""
        latest = monotonic() + self.timeout.total_seconds()
        progress = Progress(latest if outgoing.deadline is None else min(latest, outgoing.deadline))
        try:
            message = self._message(outgoing)
            with self._connected() as server:
                self._hand_over(server, outgoing.to, message, progress)
        except Exception as wrong:  # noqa: BLE001 - whatever it is, the message must stand somewhere
            receipt = _receipt(wrong, progress)
            log.warning("email: %s %s (%s)", receipt.verdict, receipt.error_code, receipt.words)
            return receipt
        return Receipt(verdict=Verdict.ACCEPTED, provider_id=outgoing.token)

    def find(self, to: str, since: datetime) -> list[Sent] | None:
        """Cannot be asked: a relay does not tell what it has taken."""
        return None

    def redact(self, provider_id: str) -> bool:
        """There is nothing to redact: a relay keeps nothing of what it handed on, and what has arrived is theirs."""
        return True

    def _message(self, outgoing: Outgoing) -> EmailMessage:
        """The message. Its name carries the token, so that an answer or a bounce can be told apart."""
        to = _address(outgoing.to)
        if to is None:
            raise Reply(553, recipient=True)
        ours = self._server.sender
        message = self._letter(outgoing, to) if outgoing.event is None else self._invitation(outgoing, outgoing.event)
        message["Message-ID"] = f"<{outgoing.token}@{ours.rpartition('@')[2]}>"
        if self._clock is not None:
            message["Date"] = self._clock()
        message["Content-Language"] = outgoing.language
        return message

    def _letter(self, outgoing: Outgoing, to: Address) -> EmailMessage:
        message = EmailMessage(_POLICY)
        message["From"] = Address(self._server.name, addr_spec=self._server.sender)
        message["To"] = to
        message["Subject"] = " ".join(outgoing.subject.split())
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(outgoing.text, charset="utf-8")
        for file in outgoing.files:
            kind, _, part = file.mimetype.partition("/")
            message.add_attachment(file.content, maintype=kind, subtype=part, filename=file.name)
        return message

    def _invitation(self, outgoing: Outgoing, event: CalendarEvent) -> EmailMessage:
        """The same with the appointment in it. What is called off went out before, with a lower SEQUENCE."""
        people = Person(self._server.sender, self._server.name), Person(outgoing.to)
        words = Words(outgoing.subject, outgoing.text)
        if event.status is EventStatus.CANCELLED:
            return cancel(Invitation(event, *people, sent=event.sequence - 1), words)
        return request(Invitation(event, *people), words)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        known, seconds = self._server, self.timeout.total_seconds()
        context = self._context or ssl.create_default_context()
        server = (
            smtplib.SMTP_SSL(known.host, known.port, timeout=seconds, context=context)
            if known.security is Security.TLS
            else smtplib.SMTP(known.host, known.port, timeout=seconds)
        )
        try:
            server.ehlo_or_helo_if_needed()
            if known.security is Security.STARTTLS:
                server.starttls(context=context)
                server.ehlo()
            if known.user:
                server.login(known.user, known.password)
            yield server
        finally:
            # What was answered stands, however the connection ends.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _hand_over(self, server: smtplib.SMTP, to: str, message: EmailMessage, progress: Progress) -> None:
        _check(server.mail(self._server.sender), recipient=False)
        _check(server.rcpt(to), recipient=True)
        progress.begin()
        _check(server.data(message.as_bytes()), recipient=True)


def _check(reply: tuple[int, bytes], *, recipient: bool) -> None:
    """See to it that the server said yes. Raises Reply."""
    code, _ = reply
    if not 200 <= code < 300:
        raise Reply(code, recipient=recipient)


def _address(text: str) -> Address | None:
    """An address, or None where it is none: one that would need a relay for other scripts is not taken either."""
    if not text.isascii() or len(text) > LONGEST_ADDRESS or not text.isprintable() or " " in text:
        return None
    try:
        made = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError):
        return None
    return made if made.username and made.domain else None


def _receipt(wrong: Exception, progress: Progress) -> Receipt:
    """What went wrong, for the message. What the server has said is not repeated: it names addresses."""
    if isinstance(wrong, Reply | smtplib.SMTPResponseException):
        code = wrong.code if isinstance(wrong, Reply) else wrong.smtp_code
        if code >= 500 and isinstance(wrong, Reply) and wrong.recipient:
            return Receipt(verdict=Verdict.REFUSED, error_code=str(code), words="the mail server refuses this address")
        if 400 <= code < 600:
            return Receipt(verdict=Verdict.NOT_TAKEN, error_code=str(code), words="the mail server does not take it")
    if progress.begun:
        return Receipt(verdict=Verdict.UNKNOWN, words="the mail server has not said whether it took it")
    unreached = isinstance(wrong, OSError)  # smtplib's own errors are of that kind as well
    words = "the mail server could not be reached" if unreached else "the message could not be made"
    return Receipt(verdict=Verdict.NOT_TAKEN, words=words)

"""What an e-mail handed to a mail server comes to: taken, not taken, refused, or nobody knows."""

import logging
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from notifications.channels.smtp_email import MailServer, Security, SmtpEmail
from notifications.message import Outgoing, Verdict
from tests.provider.certificates import self_signed, serving, trusting
from tests.provider.mail import Mail, Script

TO = "made.up@example.org"
SHORT = timedelta(seconds=0.4)


@pytest.fixture
def mail() -> Iterator[Mail]:
    with Mail() as made:
        yield made


def channel(mail: Mail, **changes: Any) -> SmtpEmail:
    known: dict[str, Any] = {
        "host": "127.0.0.1", "port": mail.port, "security": Security.NONE, "sender": "visits@clinic.example",
        "name": "Made-up clinic", "timeout": timedelta(seconds=5),
    }  # fmt: skip
    context, clock = changes.pop("context", None), changes.pop("clock", None)
    return SmtpEmail(MailServer(**known | changes), context=context, clock=clock)


def a_letter(**changes: Any) -> Outgoing:
    known: dict[str, Any] = {
        "to": TO, "text": "See you on Tuesday.\n", "token": "attempt-1", "valid_for": timedelta(hours=4),
        "subject": "Your visit",
    }  # fmt: skip
    return Outgoing(**known | changes)


def read(mail: Mail) -> EmailMessage:
    [letter] = mail.letters
    message = message_from_bytes(letter.content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def said(message: EmailMessage) -> str:
    """The text, with lines as we write them."""
    text: str = message.get_content()
    return text.replace("\r\n", "\n")


def test_a_letter_that_is_taken_is_accepted_under_the_attempts_token(mail: Mail) -> None:
    receipt = channel(mail).send(a_letter())
    assert (receipt.verdict, receipt.provider_id) == (Verdict.ACCEPTED, "attempt-1")
    [letter] = mail.letters
    assert (letter.sender, letter.recipients) == ("visits@clinic.example", (TO,))


def test_a_letter_says_who_it_is_from_and_carries_the_token(mail: Mail) -> None:
    channel(mail).send(a_letter(language="es"))
    message = read(mail)
    assert {name: str(message[name]) for name in message} == {
        "From": "Made-up clinic <visits@clinic.example>", "To": TO, "Subject": "Your visit",
        "Message-ID": "<attempt-1@clinic.example>", "Auto-Submitted": "auto-generated",
        "Content-Type": 'text/plain; charset="utf-8"', "Content-Transfer-Encoding": "7bit", "MIME-Version": "1.0",
        "Content-Language": "es",
    }  # fmt: skip
    assert said(message) == "See you on Tuesday.\n"


def test_a_letter_is_dated_by_the_clock_that_was_handed_in(mail: Mail) -> None:
    channel(mail, clock=lambda: datetime(2026, 3, 10, 9, 30, tzinfo=UTC)).send(a_letter())
    assert read(mail)["Date"] == "Tue, 10 Mar 2026 09:30:00 +0000"


TEXTS = ("Réservé : à bientôt\n", "موعدك يوم الثلاثاء\n", "星期二见\n", ".\n..\n.\n", "x" * 3_000 + "\n")


@pytest.mark.parametrize("says", TEXTS)
def test_every_script_and_every_line_arrives_as_it_was_written(mail: Mail, says: str) -> None:
    channel(mail).send(a_letter(text=says, subject=says[:20]))
    message = read(mail)
    assert said(message) == says
    assert message["Subject"] == " ".join(says[:20].split())
    assert mail.letters[0].content.isascii()
    assert max(map(len, mail.letters[0].content.splitlines())) < 998


def test_a_subject_with_line_breaks_adds_no_header(mail: Mail) -> None:
    channel(mail).send(a_letter(subject="Your visit\r\nBcc: somebody@example.org"))
    assert read(mail)["Bcc"] is None


MALFORMED = (
    "", "nobody", "@example.org", "a@", "a b@example.org", "a@example.org\nRCPT TO:<b@example.org>", "<a@example.org>",
    "a@example.org, b@example.org", "a@b@example.org", "müller@example.org", "a" * 250 + "@example.org",
    "a@ex\x00ample.org",
)  # fmt: skip


@pytest.mark.parametrize("to", MALFORMED)
def test_a_malformed_address_is_refused_and_goes_nowhere(mail: Mail, to: str) -> None:
    assert channel(mail).send(a_letter(to=to)).verdict is Verdict.REFUSED
    assert not mail.letters
    assert not mail.commands


@pytest.mark.parametrize(
    ("command", "answer", "verdict"),
    [
        ("MAIL", "451 later", Verdict.NOT_TAKEN),
        ("MAIL", "550 not you", Verdict.NOT_TAKEN),
        ("RCPT", "450 greylisted", Verdict.NOT_TAKEN),
        ("RCPT", "421 too many", Verdict.NOT_TAKEN),
        ("RCPT", "550 no such user", Verdict.REFUSED),
        ("RCPT", "551 moved", Verdict.REFUSED),
        ("RCPT", "251 will forward", Verdict.ACCEPTED),
        ("DATA", "451 later", Verdict.NOT_TAKEN),
        ("DATA", "554 no valid recipients", Verdict.NOT_TAKEN),
    ],
)
def test_before_the_text_goes_out_an_answer_says_that_it_was_not_taken(
    mail: Mail, command: str, answer: str, verdict: Verdict
) -> None:
    mail.script.answers[command] = answer
    receipt = channel(mail).send(a_letter())
    assert receipt.verdict is verdict
    assert receipt.error_code == ("" if verdict is Verdict.ACCEPTED else answer[:3])
    assert len(mail.letters) == (verdict is Verdict.ACCEPTED)


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT"])
def test_a_connection_that_breaks_before_the_text_goes_out_took_nothing(mail: Mail, command: str) -> None:
    mail.script.answers |= {command: None, "HELO": None}
    assert channel(mail).send(a_letter()).verdict is Verdict.NOT_TAKEN


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("250 queued", Verdict.ACCEPTED),
        ("451 later", Verdict.NOT_TAKEN),
        ("552 too much", Verdict.REFUSED),
        (None, Verdict.UNKNOWN),
        ("what?", Verdict.UNKNOWN),
        ("354 go on", Verdict.UNKNOWN),
    ],
)
def test_after_the_text_only_an_answer_says_what_became_of_it(mail: Mail, answer: str | None, verdict: Verdict) -> None:
    mail.script.end = answer
    assert channel(mail).send(a_letter()).verdict is verdict


def test_an_answer_that_does_not_come_in_time_leaves_it_unknown(mail: Mail) -> None:
    mail.script.silence = True
    begun = time.monotonic()
    assert channel(mail, timeout=SHORT).send(a_letter()).verdict is Verdict.UNKNOWN
    assert time.monotonic() - begun < 3


def test_a_connection_that_breaks_when_all_is_said_changes_nothing(mail: Mail) -> None:
    mail.script.answers["QUIT"] = None
    assert channel(mail).send(a_letter()).verdict is Verdict.ACCEPTED


def test_a_refused_connection_is_not_taken(mail: Mail) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    assert channel(mail, port=port).send(a_letter()).verdict is Verdict.NOT_TAKEN


@pytest.mark.parametrize("greeting", ["554 go away", None, "HTTP/1.1 400 Bad Request"])
def test_a_server_that_does_not_want_us_took_nothing(mail: Mail, greeting: str | None) -> None:
    mail.script.greeting = greeting
    assert channel(mail).send(a_letter()).verdict is Verdict.NOT_TAKEN


def test_a_process_that_stood_still_past_its_deadline_sends_nothing(mail: Mail) -> None:
    assert channel(mail).send(a_letter(deadline=time.monotonic() - 0.001)).verdict is Verdict.NOT_TAKEN
    assert not mail.letters
    assert "data" not in mail.commands


# security


def test_a_server_that_offers_no_tls_gets_no_letter(mail: Mail) -> None:
    assert channel(mail, security=Security.STARTTLS).send(a_letter()).verdict is Verdict.NOT_TAKEN
    assert not mail.letters


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_what_is_sent_over_tls_is_read_by_nobody_else(tmp_path: Path, security: Security) -> None:
    file = self_signed(tmp_path)
    script = Script(offers=("STARTTLS", "AUTH PLAIN"))
    with Mail(script, serving(file), tls_at_once=security is Security.TLS) as mail:
        sender = channel(mail, security=security, user="visits", password="made-up", context=trusting(file))
        assert sender.send(a_letter()).verdict is Verdict.ACCEPTED
    assert [letter.secure for letter in mail.letters] == [True]
    assert any(command.startswith("AUTH PLAIN") for command in mail.commands)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_server_that_nobody_vouches_for_gets_no_letter(tmp_path: Path, security: Security) -> None:
    with Mail(
        Script(offers=("STARTTLS",)), serving(self_signed(tmp_path)), tls_at_once=security is Security.TLS
    ) as mail:
        assert channel(mail, security=security).send(a_letter()).verdict is Verdict.NOT_TAKEN
    assert not mail.letters


def test_a_wrong_password_costs_no_message(mail: Mail) -> None:
    mail.script.offers = ("AUTH PLAIN",)
    mail.script.answers["AUTH"] = "535 no"
    receipt = channel(mail, user="visits", password="of yesterday").send(a_letter())
    assert (receipt.verdict, receipt.error_code) == (Verdict.NOT_TAKEN, "535")


# what cannot be asked, settings and logs


def test_a_mail_server_cannot_be_asked_what_it_has_sent(mail: Mail) -> None:
    assert channel(mail).find(TO, datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert channel(mail).redact("attempt-1")
    assert not mail.commands


@pytest.mark.parametrize("changes", [{"sender": "nobody"}, {"sender": ""}, {"timeout": timedelta()}])
def test_a_server_without_a_sender_or_a_timeout_is_refused(mail: Mail, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"sender|timeout"):
        channel(mail, **changes)


def test_a_password_is_not_shown() -> None:
    assert "of yesterday" not in repr(MailServer(host="x", sender="a@example.org", password="of yesterday"))


def test_neither_addresses_nor_texts_are_logged(mail: Mail, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        channel(mail).send(a_letter())
        mail.script.answers["RCPT"] = f"550 nobody is called {TO}"
        channel(mail).send(a_letter())
        channel(mail).send(a_letter(to="not an address"))
    assert "550" in caplog.text
    for secret in (TO, "Tuesday", "Your visit", "not an address"):
        assert secret not in caplog.text

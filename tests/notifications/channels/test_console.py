"""The channel that prints."""

import io
from datetime import UTC, datetime, timedelta

import pytest

from notifications.channels.console import Console
from notifications.message import Outgoing, Verdict

TEXT = Outgoing(to="+15005550010", text="See you on Tuesday.", token="t-1", valid_for=timedelta(hours=1))


def test_a_message_is_printed_without_the_number(capsys: pytest.CaptureFixture[str]) -> None:
    receipt = Console().send(TEXT)
    assert (receipt.verdict, receipt.provider_id) == (Verdict.ACCEPTED, "console-t-1")
    assert capsys.readouterr().out == "--- sms to …010 (en)\nSee you on Tuesday.\n"


def test_a_subject_is_printed_above_the_text() -> None:
    stream = io.StringIO()
    letter = Outgoing(to="a@example.org", text="Hello", token="t", valid_for=timedelta(hours=1), subject="A visit")
    Console("email", stream).send(letter)
    assert stream.getvalue() == "--- email to …org (en)\nA visit\nHello\n"


def test_a_terminal_that_is_gone_leaves_it_unknown() -> None:
    stream = io.StringIO()
    stream.close()
    assert Console(stream=stream).send(TEXT).verdict is Verdict.UNKNOWN


def test_a_terminal_that_cannot_show_a_script_leaves_it_unknown() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    text = Outgoing(to="+15005550010", text="星期二见", token="t-1", valid_for=timedelta(hours=1))
    assert Console(stream=stream).send(text).verdict is Verdict.UNKNOWN


def test_what_was_printed_cannot_be_asked_for_and_is_not_kept() -> None:
    console = Console(stream=io.StringIO())
    assert console.find("+15005550010", datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert console.redact("console-t-1")

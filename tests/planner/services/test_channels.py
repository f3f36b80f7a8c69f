"""The channels that the settings describe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes

from notifications.message import Outgoing, Verdict
from planner.config import Settings
from planner.persistence.database import Database
from planner.services.channels import channels_of
from tests.provider.mail import Mail
from tests.reminded import KEYS

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
LETTER = Outgoing(
    to="made.up@example.org", text="See you on Tuesday.", token="attempt-1", valid_for=timedelta(hours=1)
)  # fmt: skip


def test_letters_are_dated_by_the_clock_of_the_installation(database: Database) -> None:
    """And not by that of the machine: a relay would date them itself where we do not."""
    with Mail() as mail:
        settings = Settings(
            smtp_host="127.0.0.1", smtp_port=mail.port, smtp_from="visits@clinic.example", smtp_tls="none"
        )
        channel = channels_of(settings, database, KEYS, lambda: NOW)["email"]
        assert channel.send(LETTER).verdict is Verdict.ACCEPTED
        [letter] = mail.letters
    assert message_from_bytes(letter.content)["Date"] == "Tue, 10 Mar 2026 09:30:00 +0000"


def test_a_fresh_installation_reaches_nobody_outside_this_machine(database: Database) -> None:
    names = {
        name: type(channel).__name__ for name, channel in channels_of(Settings(), database, KEYS, lambda: NOW).items()
    }
    assert names == {"sms": "Handset", "email": "Handset", "calendar": "Handset"}

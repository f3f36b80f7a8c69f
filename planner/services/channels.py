"""The channels that the settings describe: texts by a simulated phone, a terminal or Twilio; e-mail by SMTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from notifications.channels.console import Console
from notifications.channels.handset import Handset
from notifications.channels.twilio_sms import TwilioAccount, TwilioSms
from notifications.message import Channel
from notifications.recipients import CALENDAR
from planner.config import Settings
from planner.persistence.database import Database
from planner.services.keyring import Keys

SMS, EMAIL = "sms", "email"


def channels_of(
    settings: Settings, database: Database, keys: Keys, clock: Callable[[], datetime]
) -> dict[str, Channel]:
    """Every channel of this installation, by what participants agree to; nothing is connected to yet."""
    return {channel.name: channel for channel in _channels(settings, database, keys, clock)}


def _channels(settings: Settings, database: Database, keys: Keys, clock: Callable[[], datetime]) -> Iterator[Channel]:
    timeout = timedelta(seconds=settings.send_timeout_seconds)
    if settings.channel == "twilio":
        yield TwilioSms(_twilio(settings, timeout))
    elif settings.channel == "console":
        yield Console(SMS)
    else:
        yield Handset(database, keys.find, clock, SMS, timeout)
    for name in (EMAIL, CALENDAR):
        if settings.smtp_host:
            yield _mail(settings, name, timeout, clock)
        elif settings.channel == "console":
            yield Console(name)
        elif settings.channel == "handset":
            yield Handset(database, keys.find, clock, name, timeout)


def _twilio(settings: Settings, timeout: timedelta) -> TwilioAccount:
    token = settings.twilio_token.get_secret_value() if settings.twilio_token else ""
    secret = settings.twilio_secret.get_secret_value() if settings.twilio_secret else token
    return TwilioAccount(
        account=settings.twilio_account, user=settings.twilio_key or settings.twilio_account, secret=secret,
        sender=settings.twilio_from, service=settings.twilio_service, public_url=settings.public_url, timeout=timeout,
        base_url=settings.twilio_base_url,
    )  # fmt: skip


def _mail(settings: Settings, name: str, timeout: timedelta, clock: Callable[[], datetime]) -> Channel:
    from notifications.channels.smtp_email import MailServer, Security, SmtpEmail

    password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
    server = MailServer(
        host=settings.smtp_host, port=settings.smtp_port, sender=settings.smtp_from, user=settings.smtp_user,
        password=password, security=Security(settings.smtp_tls), timeout=timeout,
    )  # fmt: skip
    return SmtpEmail(server, name, clock=clock)

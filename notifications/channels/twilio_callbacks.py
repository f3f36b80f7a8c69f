"""What Twilio tells us by itself: how a message fares, and what somebody wrote. Pure: an address, a form, a header.

Whoever can make such requests can cancel somebody's messages or confirm their visit: nothing is read before its
signature is checked, and that against the address that Twilio was given, not the one that a request claims to be for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit, urlunsplit

from notifications.channels import twilio_codes
from notifications.errors import NotificationsError
from notifications.message import Incoming, StatusReport

#: where Twilio reports to, below the public address of an installation
STATUS_PATH = "/callbacks/twilio/status"
INBOUND_PATH = "/callbacks/twilio/messages"
SIGNATURE_HEADER = "X-Twilio-Signature"
#: Twilio's own are below 4 KB
LONGEST_FORM = 65_536
LONGEST_TEXT = 1_600

#: a form as web frameworks give it: each name with all its values
Form = Mapping[str, Sequence[str]]

_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_STATUS = re.compile(r"[a-z_]{1,40}")
_SENDER = re.compile(r"[0-9A-Za-z :._@+-]{1,64}")
_OPTED = {"STOP": "stop", "START": "start", "HELP": "help"}


class CallbackRefused(NotificationsError):
    """A callback is not believed: it is not signed, or not with our token, or it is far too long."""


class CallbackNotUnderstood(NotificationsError):
    """A callback is signed, and lacks what makes it one: it says so, so that it can be logged without what it holds."""


def check_signature(token: str, url: str, form: Form, signature: str | None) -> None:
    """See to it that Twilio has made this request.

    ``url`` is the public address with its query, as Twilio was given it; ``token`` the account's auth token (an API
    key's secret does not sign). Raises CallbackRefused.
    """
    if not signature:
        raise CallbackRefused("the callback is not signed")
    if sum(len(name) + len(value) for name, value in _pairs(form)) > LONGEST_FORM:
        raise CallbackRefused("the callback is too long to be one")
    given = signature.encode("utf-8", "surrogatepass")
    fits = [hmac.compare_digest(_signature(token, address, form), given) for address in _addresses(url)]
    if not any(fits):
        raise CallbackRefused("the callback's signature is not ours")


def status_report(form: Form, attempt: str | None, channel: str = "sms") -> StatusReport:
    """What a status callback says. ``attempt`` is the token in the query of its address.

    A status that nobody knows has the state None. Raises CallbackNotUnderstood where no message is named.
    """
    status = _one(form, "MessageStatus") or _one(form, "SmsStatus")
    return StatusReport(
        channel=channel,
        provider_id=_message(form),
        token=attempt if attempt and _TOKEN.fullmatch(attempt) else "",
        state=twilio_codes.STATES.get(status),
        status=status if _STATUS.fullmatch(status) else "",
        error_code=code if (code := _one(form, "ErrorCode")).isascii() and code.isdigit() and len(code) < 10 else "",
    )


def incoming(form: Form, channel: str = "sms") -> Incoming:
    """What somebody wrote to us; the text may be empty (a picture), and is cut where no text can be that long.

    Raises CallbackNotUnderstood where it does not say who wrote, or names no message.
    """
    sender = _one(form, "From")
    if not _SENDER.fullmatch(sender):
        raise CallbackNotUnderstood("the callback does not say who wrote")
    return Incoming(
        channel=channel,
        provider_id=_message(form),
        sender=sender,
        text=_one(form, "Body").replace("\x00", "")[:LONGEST_TEXT],
        opted=_OPTED.get(_one(form, "OptOutType").upper(), ""),
    )


def _message(form: Form) -> str:
    """Twilio's name for the message."""
    named = _one(form, "MessageSid") or _one(form, "SmsSid")
    if not _SID.fullmatch(named):
        raise CallbackNotUnderstood("the callback names no message")
    return named


def _one(form: Form, name: str) -> str:
    """The only value of that name; nothing where there is none, or more than one."""
    values = form.get(name) or ()
    return values[0] if len(values) == 1 else ""


def _pairs(form: Form) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, values in form.items() for value in values)


def _signature(token: str, url: str, form: Form) -> bytes:
    """Base64 of HMAC-SHA1 over the address and every name and value, by name; each value of a name once, in order."""
    said = url + "".join(name + value for name, value in sorted(set(_pairs(form))))
    # SHA-1 is what Twilio signs with; as an HMAC's hash it is not known to be broken.
    return base64.b64encode(hmac.new(token.encode(), said.encode("utf-8", "surrogatepass"), hashlib.sha1).digest())


def _addresses(url: str) -> tuple[str, str]:
    """With its port and without: Twilio signs now one, now the other."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    named = f"[{host}]" if ":" in host else host
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return urlunsplit(parts._replace(netloc=named)), urlunsplit(parts._replace(netloc=f"{named}:{port}"))

"""Twilio's words and numbers, in ours: message statuses and error codes.

Source: Twilio's description of its API (``message_enum_status``) and its error dictionary.
"""

from __future__ import annotations

from collections.abc import Mapping

from notifications.message import Verdict
from notifications.outbox import State

#: All 13 statuses. What only WhatsApp or incoming messages have is there too: a status must not be lost for want of a
#: place. A text that arrived in part has not told its reader what it says.
STATES: Mapping[str, str] = {
    "accepted": State.ACCEPTED,
    "scheduled": State.ACCEPTED,
    "queued": State.ACCEPTED,
    "sending": State.ACCEPTED,
    "receiving": State.ACCEPTED,
    "received": State.ACCEPTED,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "undelivered": State.UNDELIVERED,
    "partially_delivered": State.UNDELIVERED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}

#: The recipient has told the provider to stop.
OPTED_OUT = frozenset({21610})
#: Not taken, and would be later.
BUSY = frozenset({20429, 21611, 30001, 63038})
#: Not taken because this installation is set up wrongly, not because of the recipient: no message may be given up for
#: that. Credentials, account, sender, Messaging Service, permission, the address for callbacks.
OURS = frozenset({
    20003, 20005, 20006, 20008, 20403, 20404, 21212, 21602, 21603, 21606, 21609, 21659, 21660, 21701, 21703,
    21704, 21705,
})  # fmt: skip

#: All others of these are about one message: its number, its text.
ABOUT_ONE_MESSAGE = range(21_000, 22_000)

#: What a code means, for people. No number is in it.
WORDS: Mapping[int, str] = {
    20003: "Twilio does not know the account or the key",
    20005: "the account at Twilio is not active",
    20404: "Twilio does not know the account or what was asked for",
    20429: "Twilio asks to send more slowly",
    21211: "this is no phone number",
    21212: "the sender is no number that can send",
    21408: "messages to this country are not switched on at Twilio",
    21602: "the text is empty",
    21603: "no sender is set up",
    21606: "the sender does not belong to the account, or cannot send texts",
    21609: "Twilio cannot reach the public address of this installation",
    21610: "the recipient has told the provider to stop",
    21611: "the sender's queue at Twilio is full",
    21612: "the sender cannot reach this number",
    21614: "this number takes no texts: a landline, or no number at all",
    21617: "the text is too long",
    30001: "Twilio's queue is full",
    30003: "the phone is switched off or cannot be reached",
    30004: "the number or its carrier blocks messages",
    30005: "nobody has this number",
    30006: "this number takes no texts: a landline, or a carrier that cannot be reached",
    30007: "the carrier has filtered the message",
    30008: "the message could not be delivered; nobody says why",
    63038: "the account's messages of the day are used up",
}


def words(code: int | str | None) -> str:
    """What an error code means."""
    number = int(code) if isinstance(code, int) or (code and code.isdecimal()) else 0
    return WORDS.get(number, f"Twilio's error {number}" if number else "Twilio has not said why")


def verdict(status: int, code: int) -> Verdict:
    """What an error answer means for the message: ``status`` is HTTP's, ``code`` Twilio's own.

    Only what Twilio has looked at and turned down is surely not taken: 4xx. A 408 comes from whoever stands between.
    """
    if not 400 <= status < 500 or status == 408:
        return Verdict.UNKNOWN
    if code in OPTED_OUT:
        return Verdict.OPTED_OUT
    if code in BUSY | OURS:
        return Verdict.NOT_TAKEN
    about_us = status in (401, 403, 404, 429) and code not in ABOUT_ONE_MESSAGE
    return Verdict.NOT_TAKEN if about_us else Verdict.REFUSED

"""Appointments as invitations by e-mail, which calendar apps take in and can withdraw again (iMIP).

What strangers see on a locked screen is who a mail is from, its subject, and what the event is called: these may not
tell that their reader is ill. Source: RFC 5546, 3.2.2 and 3.2.5; RFC 6047.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from html import escape

from notifications.calendars.ical_text import (
    PRODUCT,
    CalendarEvent,
    EventStatus,
    clean,
    lines_of,
    octets,
)
from notifications.forbidden import told

#: RFC 5321, 4.5.3.1.3
LONGEST_ADDRESS = 254
#: nothing but ASCII goes out, whatever the relays on the way take
_POLICY = SMTP.clone(cte_type="7bit")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_NO_HEADER = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NO_PARAMETER = re.compile('[\x00-\x1f"\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]+')


class Method(StrEnum):
    """What an invitation asks of the app that it reaches. Source: RFC 5546, 1.4."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Person:
    """Who invites or is invited: an e-mail address, ASCII only, and a name if it may be shown.

    Raises ValueError for an address that is none.
    """

    address: str
    name: str = ""

    def __post_init__(self) -> None:
        if len(self.address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(self.address):
            raise ValueError("this is no e-mail address")
        try:
            Address(addr_spec=self.address)
        except (MessageError, ValueError, IndexError) as wrong:
            raise ValueError("this is no e-mail address") from wrong


@dataclass(frozen=True, slots=True)
class Words:
    """What the mail says to its reader, in their language: its subject, and its text, a paragraph a line.

    ``forbidden`` are the study's own words that nobody else may see: its name and code, its drugs.
    """

    subject: str
    text: str
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Invitation:
    """An appointment as it is sent to one person. The event's own ``sequence`` counts where nothing was sent before.

    ``sent`` is the SEQUENCE of what that person got last for the same UID: apps take no notice of a mail that does
    not go beyond it, so that this one is at least one more.
    """

    event: CalendarEvent
    organizer: Person
    attendee: Person
    sent: int | None = None

    @property
    def sequence(self) -> int:
        """The SEQUENCE that goes out; to be given as ``sent`` the next time."""
        return self.event.sequence if self.sent is None else max(self.event.sequence, self.sent + 1)


def request(invitation: Invitation, words: Words) -> EmailMessage:
    """The mail that puts an appointment into a calendar, or moves what the same UID has put there.

    Raises ValueError for a cancelled event, and for a forbidden word where strangers see it.
    """
    if invitation.event.status is EventStatus.CANCELLED:
        raise ValueError("nobody is invited to what is cancelled")
    return _mail(invitation, words, Method.REQUEST)


def cancel(invitation: Invitation, words: Words) -> EmailMessage:
    """The mail that takes an appointment out of the calendar it was sent to.

    Raises ValueError where nothing was sent before (whoever knows nothing of it should not hear of it now), and for a
    forbidden word where strangers see it.
    """
    if invitation.sent is None:
        raise ValueError("what was never sent cannot be called off")
    event = replace(invitation.event, status=EventStatus.CANCELLED, transparent=True)
    return _mail(replace(invitation, event=event), words, Method.CANCEL)


def invitation_text(invitation: Invitation, method: Method) -> bytes:
    """The invitation as the bytes of an .ics file."""
    event = replace(invitation.event, sequence=invitation.sequence)
    heading = ("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", f"METHOD:{method}")
    people = _people(invitation, method)
    return octets([*heading, *lines_of([event], *people), "END:VCALENDAR"])


def _people(invitation: Invitation, method: Method) -> Iterator[str]:
    """No answer is asked for: it would come to a mailbox that nobody reads."""
    asked = ";ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE" if method is Method.REQUEST else ""
    yield f"ORGANIZER{_called(invitation.organizer)}:mailto:{invitation.organizer.address}"
    yield f"ATTENDEE{asked}{_called(invitation.attendee)}:mailto:{invitation.attendee.address}"


def _called(person: Person) -> str:
    """A parameter has no escapes: what would end it is left out (RFC 5545, 3.2)."""
    name = " ".join(_NO_PARAMETER.sub(" ", person.name).split())
    return f';CN="{name}"' if name else ""


def _mail(invitation: Invitation, words: Words, method: Method) -> EmailMessage:
    """multipart/mixed of the text in three forms, one of which is the calendar, and the calendar as a file."""
    for seen in (words.subject, invitation.organizer.name, invitation.event.summary):
        if (word := told(seen, words.forbidden)) is not None:
            raise ValueError(f"strangers may not read {word!r} in an invitation")
    content = invitation_text(invitation, method)
    mail = EmailMessage(policy=_POLICY)
    mail["Subject"] = _header(words.subject)
    mail["From"], mail["To"] = _address(invitation.organizer), _address(invitation.attendee)
    # Answers of machines ("I am on holiday") are not wanted.
    mail["Auto-Submitted"] = "auto-generated"
    text = clean(words.text)
    mail.set_content(f"{text}\n")
    mail.add_alternative(_html(text), subtype="html")
    mail.add_alternative(content, maintype="text", subtype="calendar", params={"charset": "utf-8", "method": method})
    mail.add_attachment(content, maintype="application", subtype="ics", filename="invite.ics")
    return mail


def _address(person: Person) -> Address:
    return Address(display_name=_header(person.name), addr_spec=person.address)


def _header(text: str) -> str:
    """Nothing in it can begin another header."""
    return " ".join(_NO_HEADER.sub(" ", text).split())


def _html(text: str) -> str:
    """The same words."""
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line.strip())
    return f'<!doctype html><html><head><meta charset="utf-8"></head><body>{paragraphs}</body></html>\n'

"""How participants come to their own page: by the link and a one-time code, and from then on by the device alone."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.codes import send_code
from planner.persistence.home_links import HomeDevice, HomeLink, link_by_digest
from planner.persistence.participants import Contact, Participant
from planner.persistence.unit_of_work import Actor, UnitOfWork
from planner.services.feeds import digest_of
from planner.services.home_codes import TEXT, asked_too_often, new_code, use_code
from planner.services.home_links import BYTES, may_be_contacted
from planner.services.keyring import Keys
from planner.services.recipients import recipient_row

#: how long a device that was let in may come back
LASTS = timedelta(days=180)
#: more devices are not let in at a time: the oldest one ends
MOST_DEVICES = 8
_NOTED = timedelta(days=1)


class Asked(StrEnum):
    """What came of asking for a code: the same whether or not there is a number that it can go to."""

    SENT = "sent"
    TOO_OFTEN = "too-often"


@dataclass(frozen=True, slots=True)
class AtHome:
    """A device that was let in, and whose page it shows."""

    link: HomeLink
    device: HomeDevice
    participant: Participant

    @property
    def actor(self) -> Actor:
        """Who does what is done on the page."""
        return Actor(f"participant:{self.participant.number}")


def linked(session: Session, token: str) -> HomeLink | None:
    """The link of that secret; None for one that leads nowhere, guessed or ended alike."""
    link = link_by_digest(session, digest_of(token))
    return link if link is not None and may_be_contacted(session, link.participant_id) else None


def language_of_link(session: Session, link: HomeLink) -> str:
    """The language that its participant reads."""
    contact = session.get(Contact, link.participant_id)
    return contact.language if contact is not None else "en"


def ask_for_code(uow: UnitOfWork, keys: Keys, token: str) -> Asked | None:
    """Text a code to the number that the participant has agreed to, if there is one; None for a link of nowhere."""
    link = _locked(uow.session, token)
    if link is None:
        return None
    if asked_too_often(uow.session, link, uow.now):
        return Asked.TOO_OFTEN
    said, row = new_code(uow.session, keys, link, TEXT, uow.now)
    recipient = recipient_row(uow.session, link.participant_id)
    if recipient is not None:
        send_code(uow.session, recipient, said, f"home-code.{row.id}", row.expires_at, uow.now)
    return Asked.SENT


def enter(uow: UnitOfWork, keys: Keys, token: str, said: str) -> str | None:
    """Let a device in that has the right code; the secret for its cookie. None for a wrong one, which is counted."""
    link = _locked(uow.session, token)
    code = use_code(uow.session, keys, link, said, uow.now) if link is not None else None
    if link is None or code is None:
        return None
    _make_room(uow.session, link, uow.now)
    secret = secrets.token_urlsafe(BYTES)
    device = HomeDevice(
        link_id=link.id, digest=digest_of(secret), how=code.how, began_at=uow.now, seen_at=uow.now,
        ends_at=uow.now + LASTS,
    )  # fmt: skip
    uow.session.add(device)
    uow.session.flush()
    number = uow.session.get_one(Participant, link.participant_id).number
    uow.audit("home-link.device-let-in", f"participant:{number}", study_id=link.study_id, after={"how": code.how})
    return secret


def at_home(session: Session, secret: str, now: datetime) -> AtHome | None:
    """Whose page a device may see; None for one that was not let in, or whose time or link is over."""
    query = (
        select(HomeDevice, HomeLink, Participant)
        .join(HomeLink, HomeLink.id == HomeDevice.link_id)
        .join(Participant, Participant.id == HomeLink.participant_id)
        .where(HomeDevice.digest == digest_of(secret), HomeDevice.ended_at.is_(None), HomeDevice.ends_at > now)
        .where(HomeLink.ended_at.is_(None))
    )
    found = session.execute(query).first()
    if found is None or not may_be_contacted(session, found[2].id):
        return None
    return AtHome(found[1], found[0], found[2])


def is_to_be_noted(seen: AtHome, now: datetime) -> bool:
    """Whether so much time has passed since the device was seen that it is worth writing down."""
    return now - seen.device.seen_at >= _NOTED


def note_seen(uow: UnitOfWork, device_id: int) -> None:
    """Write down that a device has come back."""
    uow.session.get_one(HomeDevice, device_id).seen_at = uow.now


def leave(uow: UnitOfWork, seen: AtHome) -> None:
    """End a device: whoever has it in their hand asks for it."""
    uow.session.get_one(HomeDevice, seen.device.id).ended_at = uow.now
    uow.audit("home-link.device-left", f"participant:{seen.participant.number}", study_id=seen.link.study_id)


def _locked(session: Session, token: str) -> HomeLink | None:
    link = link_by_digest(session, digest_of(token), lock=True)
    return link if link is not None and may_be_contacted(session, link.participant_id) else None


def _make_room(session: Session, link: HomeLink, now: datetime) -> None:
    alive = (HomeDevice.link_id == link.id, HomeDevice.ended_at.is_(None), HomeDevice.ends_at > now)
    devices = list(session.scalars(select(HomeDevice).where(*alive).order_by(HomeDevice.seen_at, HomeDevice.id)))
    for device in devices[: max(0, len(devices) - MOST_DEVICES + 1)]:
        device.ended_at = now

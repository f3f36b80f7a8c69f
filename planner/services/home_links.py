"""The link to a participant's own page, as staff look after it: given, renewed, ended; and devices let in by hand."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.recipients import RecipientRow, channels_in_force
from planner.persistence.feeds import PARTICIPANT, Feed
from planner.persistence.home_links import HomeDevice, HomeLink, end_link, open_link
from planner.persistence.participants import Contact, Participant
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import Conflict, InputProblem, NotFound, Refused
from planner.services.access import Scope, find_participant, find_study
from planner.services.designs import Designs
from planner.services.feeds import MakeFeed, digest_of, make_feed, revoke_feed
from planner.services.home_codes import DESK, new_code
from planner.services.keyring import Keys
from planner.services.recipients import ending_facts, recipient_row
from schedules.participant_view import contact_ended

#: 256 bits
BYTES = 32
SMS = "sms"


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveLink:
    """A page for a participant. ``bring``: what to bring to each visit; ``no_driving`` on days with a study drug."""

    study: str
    participant: str
    bring: str = ""
    no_driving: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """A link with its secret, which nobody can look up later."""

    link: HomeLink
    token: str


@dataclass(frozen=True, slots=True)
class PageState:
    """How a participant's page stands. ``texts``: whether a code can come to their telephone by text."""

    link: HomeLink | None
    devices: tuple[HomeDevice, ...]
    texts: bool
    bring: str


def give_link(uow: UnitOfWork, designs: Designs, keys: Keys, scope: Scope, command: GiveLink) -> Given:
    """Give a participant a page of their own, with a calendar to subscribe to.

    Raises NotFound, Conflict where they have one, Refused where they may not be contacted any more, and InvalidInput
    for something to bring that would tell a stranger too much.
    """
    participant = _find(uow.session, scope, command.study, command.participant, lock=True)
    require_contact(uow.session, participant)
    if open_link(uow.session, participant.id) is not None:
        wrong = "they have a link already"
        raise Conflict([InputProblem("participant", wrong, "renew it, which ends the old one, or end it first")])
    seed = secrets.token_hex(32)
    wanted = MakeFeed(
        audience=PARTICIPANT, study=command.study, participant=command.participant, bring=command.bring,
        label="Their own page",
    )  # fmt: skip
    feed = make_feed(uow, designs, scope, wanted, calendar_token(keys, seed)).feed
    return _add(uow, participant, seed, feed.id, command.no_driving)


def renew_link(uow: UnitOfWork, scope: Scope, study: str, number: str) -> Given:
    """Give the same page another link. The old one and every device that it let in end; the calendar goes on.

    Raises NotFound, and Refused where they may not be contacted any more.
    """
    participant = _find(uow.session, scope, study, number, lock=True)
    require_contact(uow.session, participant)
    old = _require_link(uow.session, participant)
    _end(uow, participant, old, "renewed")
    uow.session.flush()
    return _add(uow, participant, old.seed, old.feed_id, old.no_driving)


def take_link_back(uow: UnitOfWork, scope: Scope, study: str, number: str) -> None:
    """End a participant's page: the link, the devices and the calendar. Raises NotFound where there is none."""
    participant = _find(uow.session, scope, study, number, lock=True)
    link = _require_link(uow.session, participant)
    _end(uow, participant, link, "ended")
    feed = uow.session.get(Feed, link.feed_id) if link.feed_id is not None else None
    if feed is not None:
        revoke_feed(uow, feed)


def let_in(uow: UnitOfWork, keys: Keys, scope: Scope, study: str, number: str) -> str:
    """A code to be told to the participant, whom staff know: it lets one device in within ten minutes.

    Raises NotFound where there is no link.
    """
    participant = _find(uow.session, scope, study, number, lock=True)
    code = new_code(uow.session, keys, _require_link(uow.session, participant), DESK, uow.now)[0]
    uow.audit("home-link.code-shown", f"participant:{participant.number}", study_id=participant.study_id)
    return code


def end_device(uow: UnitOfWork, scope: Scope, study: str, number: str, device_id: int) -> None:
    """Let one device in no more, such as a lost telephone. Raises NotFound; done twice, nothing happens."""
    participant = _find(uow.session, scope, study, number, lock=True)
    link = _require_link(uow.session, participant)
    device = uow.session.get(HomeDevice, device_id)
    if device is None or device.link_id != link.id:
        raise NotFound([InputProblem("device", "there is no such device", "look at the list of them")])
    if device.ended_at is None:
        device.ended_at = uow.now
        uow.audit("home-link.device-ended", f"participant:{participant.number}", study_id=participant.study_id)


def page_state(session: Session, scope: Scope, study: str, number: str, now: datetime) -> PageState:
    """How a participant's page stands, and the devices that may see it, the newest first. Raises NotFound."""
    participant = _find(session, scope, study, number)
    link = open_link(session, participant.id)
    texts = can_be_texted(session, recipient_row(session, participant.id), now)
    if link is None:
        return PageState(None, (), texts, "")
    alive = (HomeDevice.link_id == link.id, HomeDevice.ended_at.is_(None), HomeDevice.ends_at > now)
    devices = session.scalars(select(HomeDevice).where(*alive).order_by(HomeDevice.id.desc()))
    feed = session.get(Feed, link.feed_id) if link.feed_id is not None else None
    return PageState(link, tuple(devices), texts, str(feed.options.get("bring", "")) if feed is not None else "")


def can_be_texted(session: Session, recipient: RecipientRow | None, now: datetime) -> bool:
    """Whether there is a number that they have agreed to be texted at, as of now."""
    if recipient is None or not recipient.may_be_contacted:
        return False
    return SMS in channels_in_force(session, recipient.id, now)


def calendar_token(keys: Keys, seed: str) -> str:
    """The secret of the link of somebody's own calendar: their page shows it again and again, and nobody keeps it."""
    made = hmac.new(keys.index, f"home calendar {seed}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(made).decode().rstrip("=")


def may_be_contacted(session: Session, participant_id: int) -> bool:
    """Whether somebody has neither died nor withdrawn from contact, and was not erased."""
    contact = session.get(Contact, participant_id)
    erased = contact is not None and contact.erased_at is not None
    return not erased and not contact_ended(ending_facts(session, participant_id))


def require_contact(session: Session, participant: Participant) -> None:
    """Raise Refused for somebody who may not be contacted any more."""
    if not may_be_contacted(session, participant.id):
        wrong = "the participant may not be contacted any more"
        raise Refused([InputProblem("participant", wrong, "nobody is given a page of their own then")])


def _find(session: Session, scope: Scope, study: str, number: str, lock: bool = False) -> Participant:
    return find_participant(session, scope, find_study(session, scope, study), number, lock=lock)


def _require_link(session: Session, participant: Participant) -> HomeLink:
    link = open_link(session, participant.id, lock=True)
    if link is None:
        raise NotFound([InputProblem("link", "they have no link to a page of their own", "give them one first")])
    return link


def _add(uow: UnitOfWork, participant: Participant, seed: str, feed_id: int | None, no_driving: bool) -> Given:
    token = secrets.token_urlsafe(BYTES)
    link = HomeLink(
        study_id=participant.study_id, participant_id=participant.id, digest=digest_of(token), made_at=uow.now,
        made_by=uow.actor.user_id, no_driving=no_driving, feed_id=feed_id, seed=seed, ended_why="",
    )  # fmt: skip
    uow.session.add(link)
    uow.session.flush()
    uow.audit("home-link.given", f"participant:{participant.number}", study_id=participant.study_id)
    return Given(link, token)


def _end(uow: UnitOfWork, participant: Participant, link: HomeLink, why: str) -> None:
    end_link(uow.session, link, why, uow.now)
    uow.audit(f"home-link.{why}", f"participant:{participant.number}", study_id=participant.study_id)

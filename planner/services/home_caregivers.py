"""Whoever cares for a participant and gets texts too, as the participant says on their own page.

For a number that the clinic knows, their word there is the consent: given or ended at once, and a coordinator is told.
Somebody new is a request for a coordinator, who talks with both and keeps the number.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.inbox import InboundRow, write_on_page
from notifications.tasks import NewTask, TaskRow, ask
from planner.persistence.contact_consents import consents_of, in_force
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.access import EVERYTHING
from planner.services.contact_consents import AgreeToContact, EndContactConsent, agree_to_contact, end_contact_consent
from planner.services.contacts import contact_of
from planner.services.home_doors import AtHome
from planner.services.home_settings import locked
from planner.services.keyring import Keys
from planner.services.recipients import CAREGIVER, recipient_row
from planner.services.reminders import rules_row
from planner.services.sites import today_at
from planner.services.tasks import sealed

LONGEST_NAME, LONGEST_PHONE = 100, 40
_FEWEST_DIGITS = 5
_SHOWN_DIGITS = 2
_HOW = "on their own page"
_WORDS = {
    True: "They agreed on their page that whoever cares for them gets texts.",
    False: "They ended on their page that whoever cares for them gets texts.",
}
_NAMED = "They name somebody on their page who is to get texts too: talk with both, and keep the number."


@dataclass(frozen=True, slots=True)
class OwnCaregiver:
    """How it stands. ``known`` is whether the clinic has a number; of that ``digits`` are the last ones.

    ``asked``: the participant has named somebody, and no coordinator has dealt with it yet.
    """

    known: bool
    name: str
    digits: str
    agreed: bool
    asked: bool


def own_caregiver(session: Session, keys: Keys, seen: AtHome, now: datetime) -> OwnCaregiver | None:
    """Who else gets texts; None where the study sends none."""
    if rules_row(session, seen.link.study_id) is None:
        return None
    details = contact_of(session, keys, seen.participant)
    phone = details.caregiver_phone if details is not None else ""
    name = details.caregiver_name if details is not None and phone else ""
    asked = select(TaskRow.id).where(
        TaskRow.occasion.startswith(f"{_named(seen)}.", autoescape=True), TaskRow.done_at.is_(None)
    )
    return OwnCaregiver(
        bool(phone), name, phone[-_SHOWN_DIGITS:], _agreed(session, seen, now), session.scalar(asked) is not None
    )


def let_them_be_texted(uow: UnitOfWork, keys: Keys, seen: AtHome, *, agreed: bool) -> None:
    """Agree that whoever cares for them gets texts, or end that. Said twice, or about nobody, nothing happens."""
    locked(uow, seen)
    standing = own_caregiver(uow.session, keys, seen, uow.now)
    if standing is None or standing.agreed is agreed or (agreed and not standing.known):
        return
    study = uow.session.get_one(Study, seen.link.study_id).code
    number = seen.participant.number
    if agreed:
        yes = AgreeToContact(study=study, participant=number, channel=CAREGIVER, how=_HOW)
        agree_to_contact(uow, EVERYTHING, yes)
    else:
        no = EndContactConsent(study=study, participant=number, channel=CAREGIVER, how=_HOW)
        end_contact_consent(uow, EVERYTHING, no)
    ask(uow.session, _task(uow, seen, f"caregiver.{secrets.token_hex(8)}", _WORDS[agreed]), uow.now)


def wrong_with_caregiver(name: str, phone: str) -> dict[str, str]:
    """What is wrong with somebody who was typed in, by the field: the name of a text."""
    wrong = {} if name.strip() else {"name": "care_no_name"}
    if sum(sign.isdecimal() for sign in phone) < _FEWEST_DIGITS:
        wrong["phone"] = "care_no_phone"
    if len(name) > LONGEST_NAME:
        wrong["name"] = "care_long_name"
    if len(phone) > LONGEST_PHONE:
        wrong["phone"] = "care_long_phone"
    return wrong


def name_caregiver(uow: UnitOfWork, keys: Keys, seen: AtHome, name: str, phone: str) -> None:
    """Ask a coordinator to let somebody be texted too. Nothing happens while one is asked for already."""
    locked(uow, seen)
    standing = own_caregiver(uow.session, keys, seen, uow.now)
    if standing is None or standing.asked:
        return
    mark = secrets.token_hex(16)
    row = InboundRow(
        study_id=seen.link.study_id, site_id=seen.participant.site_id, provider_id=f"page-{mark}",
        sender=f"p{seen.participant.id}", received_at=uow.now, sealed=sealed(keys, f"{name.strip()}, {phone.strip()}"),
    )  # fmt: skip
    write_on_page(uow.session, row, _task(uow, seen, f"{_named(seen)}.{mark}", _NAMED), uow.now)


def _named(seen: AtHome) -> str:
    return f"caregiver.named.p{seen.participant.id}"


def _agreed(session: Session, seen: AtHome, now: datetime) -> bool:
    today = today_at(session.get_one(SiteRow, seen.participant.site_id), now)
    return CAREGIVER in in_force(consents_of(session, seen.participant.id), today)


def _task(uow: UnitOfWork, seen: AtHome, occasion: str, words: str) -> NewTask:
    recipient = recipient_row(uow.session, seen.participant.id)
    return NewTask(
        study_id=seen.link.study_id, site_id=seen.participant.site_id, kind="caregiver", words=words,
        occasion=occasion, recipient_id=recipient.id if recipient is not None else None,
    )  # fmt: skip

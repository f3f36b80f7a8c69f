"""What participants set on their own page: the language of all that they read, and whether messages are sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from planner.persistence.feeds import Feed
from planner.persistence.participants import Contact, Participant
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.access import EVERYTHING
from planner.services.contacts import ContactDetails, contact_of, keep_contact
from planner.services.home_doors import AtHome
from planner.services.keyring import Keys
from planner.services.opt_outs import ChangeOptOut, Line, change_opt_out, opt_outs
from planner.services.recipients import CAREGIVER


def choose_language(uow: UnitOfWork, keys: Keys, seen: AtHome, language: str) -> None:
    """Write to somebody in another language from now on. Raises InvalidInput for one in which there are no texts."""
    participant = locked(uow, seen)
    known = contact_of(uow.session, keys, participant) or ContactDetails()
    if known.language == language and uow.session.get(Contact, participant.id) is not None:
        return
    keep_contact(uow, keys, participant, replace(known, language=language))
    feed = uow.session.get(Feed, seen.link.feed_id) if seen.link.feed_id is not None else None
    if feed is not None:
        feed.options = {**feed.options, "language": language}
        uow.tells(participant.id)


def locked(uow: UnitOfWork, seen: AtHome) -> Participant:
    """The participant, whom nobody else changes meanwhile."""
    return uow.session.get_one(Participant, seen.participant.id, with_for_update=True, populate_existing=True)


def own_channels(session: Session, seen: AtHome, now: datetime) -> list[Line]:
    """How each number and address of their own stands: whether messages go there."""
    study = session.get_one(Study, seen.link.study_id)
    lines = opt_outs(session, EVERYTHING, study.code, seen.participant.number, now)
    return [line for line in lines if line.whom != CAREGIVER]


def switch_messages(uow: UnitOfWork, seen: AtHome, channel: str, on: bool) -> None:
    """Stop messages by a channel or begin them again, as a reply of STOP or START does; twice, nothing happens."""
    lines = [line for line in own_channels(uow.session, seen, uow.now) if line.channel == channel]
    if not lines or lines[0].stopped is not on:
        return
    study = uow.session.get_one(Study, seen.link.study_id)
    change_opt_out(
        uow,
        EVERYTHING,
        ChangeOptOut(
            study=study.code, participant=seen.participant.number, step="start" if on else "stop",
            how="on their own page", channel=channel,
        ),
    )  # fmt: skip

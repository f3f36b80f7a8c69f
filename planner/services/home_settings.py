"""What participants set on their own page: the language of the page, of messages and of their calendar."""

from __future__ import annotations

from dataclasses import replace

from planner.persistence.feeds import Feed
from planner.persistence.participants import Contact, Participant
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.contacts import ContactDetails, contact_of, keep_contact
from planner.services.home_doors import AtHome
from planner.services.keyring import Keys


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

"""The planner's book of numbers and addresses: notifications ask it for each send, and keep none of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.message import Reached
from notifications.recipients import CALENDAR, RecipientRow
from planner.persistence.home_links import HomeLink
from planner.persistence.participants import Contact
from planner.services.keyring import Keys
from planner.services.recipients import participant_of

#: which field of the contact details a channel needs, the participant's own and the caregiver's
_FIELDS = {
    ("sms", False): "phone",
    ("email", False): "email",
    (CALENDAR, False): "email",
    ("sms", True): "caregiver_phone",
}
_BY_MAIL = frozenset({"email", CALENDAR})
#: where a device that was let in finds its page; the secret of the link itself is nowhere kept
OWN_PAGE = "/home"
_SHOWN_DIGITS = 2


@dataclass(frozen=True, slots=True)
class ContactBook:
    """The contact details of all participants, opened with the installation's keys, one by one.

    ``public_url`` is where the installation is reached; none where that was not said: then nobody is told of a page.
    """

    keys: Keys
    public_url: str = ""

    def reach(self, session: Session, recipient_ids: Collection[int], channel: str) -> dict[int, Reached]:
        """Where these recipients are reached; those of whom nothing is kept are left out."""
        rows = session.execute(
            select(RecipientRow.id, RecipientRow.reference).where(RecipientRow.id.in_(recipient_ids))
        ).all()
        people = {participant_of(reference)[0] for _, reference in rows}
        pages = _with_pages(session, people) if channel in _BY_MAIL and self.public_url else set()
        return dict(self._reached(rows, _contacts(session, people), channel, pages))

    def _reached(
        self, rows: Iterable[tuple[int, str]], contacts: dict[int, Contact], channel: str, pages: set[int]
    ) -> Iterator[tuple[int, Reached]]:
        for recipient_id, reference in rows:
            participant_id, cares = participant_of(reference)
            contact, field = contacts.get(participant_id), _FIELDS.get((channel, cares))
            if contact is None or contact.sealed is None or field is None:
                continue
            address = str(self.keys.open(contact.sealed).get(field, ""))
            if address:
                page = f"{self.public_url.rstrip('/')}{OWN_PAGE}" if participant_id in pages else ""
                yield recipient_id, Reached(address, self.digest(address), page)

    def digest(self, address: str) -> str:
        """The keyed digest by which a number or an address is found."""
        return self.keys.find(address)


def _with_pages(session: Session, participant_ids: Iterable[int]) -> set[int]:
    """Who of them has a page of their own."""
    query = select(HomeLink.participant_id).where(
        HomeLink.participant_id.in_(set(participant_ids)), HomeLink.ended_at.is_(None)
    )
    return set(session.scalars(query))


def _contacts(session: Session, participant_ids: Iterable[int]) -> dict[int, Contact]:
    query = select(Contact).where(Contact.participant_id.in_(set(participant_ids)))
    return {row.participant_id: row for row in session.scalars(query)}


def masked(address: str) -> str:
    """A number or an address so that whoever knows it recognises it, and nobody else learns it."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return f"…{address[-_SHOWN_DIGITS:]}" if len(address) > 2 * _SHOWN_DIGITS else "…"

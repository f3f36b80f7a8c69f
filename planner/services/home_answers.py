"""What participants do on their own page about a visit: the same as they would by answering a text."""

from __future__ import annotations

import secrets

from sqlalchemy.orm import Session

from notifications.appointments import lock_appointments
from notifications.inbox import Answered, answer_on_page
from notifications.replies import Meaning
from planner.persistence.feeds import Feed
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.home_doors import AtHome
from planner.services.home_links import calendar_token
from planner.services.keyring import Keys
from planner.services.recipients import recipient_row
from planner.services.tasks import sealed

#: what can be answered on the page, as a reply by text would say it
ANSWERS = {"confirm": (Meaning.CONFIRM, "1", "confirmed"), "move": (Meaning.MOVE, "2", "wants-to-move")}


def answer_visit(uow: UnitOfWork, keys: Keys, seen: AtHome, appointment: int, version: int, answer: str) -> bool:
    """Confirm a visit, or ask for another time, which moves nothing and asks a coordinator.

    False where nothing was done: the visit is not theirs, is over, was called off, or is not what they had seen.
    Said twice, nothing happens the second time.
    """
    recipient = recipient_row(uow.session, seen.participant.id)
    rows = lock_appointments(uow.session, [appointment])
    if recipient is None or answer not in ANSWERS or not rows or rows[0].recipient_id != recipient.id:
        return False
    row = rows[0]
    if row.cancelled or row.starts_at <= uow.now or row.version != version:
        return False
    meaning, text, noted = ANSWERS[answer]
    if row.answer != noted:
        said = Answered(meaning, sealed(keys, text), f"page-{secrets.token_hex(16)}")
        answer_on_page(uow.session, recipient, row, said, uow.now)
    return True


def own_calendar(session: Session, keys: Keys, seen: AtHome) -> str | None:
    """The secret of the link of their own calendar; None where it was withdrawn."""
    feed = session.get(Feed, seen.link.feed_id) if seen.link.feed_id is not None else None
    return calendar_token(keys, seen.link.seed) if feed is not None and feed.revoked_at is None else None

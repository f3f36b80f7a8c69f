"""A one-time code to somebody who has just asked for one on their own page: sent like every text, and at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from notifications.attempts import CODE
from notifications.outbox import NewMessage, put
from notifications.recipients import RecipientRow, channels_in_force

SMS = "sms"


def send_code(
    session: Session, recipient: RecipientRow, code: str, occasion: str, expires_at: datetime, now: datetime
) -> bool:
    """Plan a text with the code, to be sent now or not at all; whether there is a number that it may go to."""
    if not recipient.may_be_contacted or SMS not in channels_in_force(session, recipient.id, now):
        return False
    new = NewMessage(
        study_id=recipient.study_id, site_id=recipient.site_id, recipient_id=recipient.id, template=CODE,
        timing="once", channel=SMS, occasion=occasion, due_at=now, expires_at=expires_at, code=code,
    )  # fmt: skip
    return bool(put(session, [new], now))

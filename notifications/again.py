"""A phone that was switched off, a queue that was full: what could not be delivered is sent again later, by itself.

Only where the provider says that it has given up, and why is something that passes: nothing else is sent again without
a person. Each further one is a message of its own, so that a late word on the first one says nothing of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.attempts import ANSWERS, Outcome
from notifications.outbox import MessageRow, NewMessage, State, move_pending, put
from notifications.tasks import settle_task

#: what passes: the queue was full, the phone is off or out of reach, nobody says why
LATER = frozenset({"30001", "30003", "30008"})
#: the first one waits so long, each further one twice as long
WAIT = timedelta(hours=1)
#: what an occasion has behind it where its message is sent again
MARK = ".again"


def first_of(occasion: str) -> tuple[str, int]:
    """What a message is for, and how often it has been sent again: ("…3d.sms", 2) of "…3d.sms.again2"."""
    first, mark, times = occasion.partition(MARK)
    return first, int(times) if mark else 0


def send_again(session: Session, row: Any, outcome: Outcome, now: datetime) -> bool:
    """Plan what could not be delivered once more, if it is still of use then; whether it is planned.

    An answer to somebody who wrote is of no use so much later.
    """
    failed = outcome.state in (State.UNDELIVERED, State.FAILED) and outcome.provider_id is not None
    if not failed or outcome.error_code not in LATER or not row.may_be_contacted or row.template in ANSWERS:
        return False
    first, times = first_of(row.occasion)
    due_at = now + WAIT * 2**times
    if due_at >= row.expires_at:
        return False
    again = NewMessage(
        study_id=row.study_id, site_id=row.site_id, recipient_id=row.recipient_id, template=row.template,
        timing=row.timing, channel=row.channel, occasion=f"{first}{MARK}{times + 1}", due_at=due_at,
        expires_at=row.expires_at, appointment_id=row.appointment_id, appointment_version=row.appointment_version,
    )  # fmt: skip
    put(session, [again], now, "callback")
    return True


def arrived_after_all(session: Session, row: Any, now: datetime) -> None:
    """One of them has arrived: nothing is sent in its place any more, and nobody has to look at those that did not."""
    first, times = first_of(row.occasion)
    if not times and row.state not in (State.UNDELIVERED, State.FAILED):
        return
    all_of_them = [first, *(f"{first}{MARK}{each}" for each in range(1, times + 2))]
    mine = [MessageRow.occasion.in_(all_of_them)]
    move_pending(session, mine, State.CANCELLED, "it has arrived after all", now, "callback")
    for number in session.scalars(select(MessageRow.id).where(*mine)):
        settle_task(session, f"unreachable.m{number}", "it has arrived", now)

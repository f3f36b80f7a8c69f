"""Encrypts everything that is kept encrypted anew, with the newest key: then the older ones can be taken out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from notifications.inbox import InboundRow
from planner.persistence.idempotency import GivenAnswer
from planner.persistence.participants import Contact
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import User
from planner.services.keyring import Keys

#: every column that holds something encrypted
SEALED: tuple[tuple[Any, str], ...] = (
    (Contact, "sealed"), (User, "totp"), (GivenAnswer, "sealed"), (InboundRow, "sealed"),
)  # fmt: skip


def rotate_keys(uow: UnitOfWork, keys: Keys) -> dict[str, int]:
    """Encrypt everything anew; how much of each there was. Raises ConfigurationError if none of the keys fits."""
    counts = {}
    for table, column in SEALED:
        rows = list(uow.session.scalars(select(table).where(getattr(table, column).is_not(None)).with_for_update()))
        for row in rows:
            setattr(row, column, keys.again(getattr(row, column)))
        counts[table.__tablename__] = len(rows)
    uow.audit("keys.rotated", "installation", after=counts)
    return counts

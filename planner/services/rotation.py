"""Encrypts everything that is kept encrypted anew, with the newest key: then the older ones can be taken out.

A backup that was taken before still needs them; whether the keys at hand fit what is stored is said here too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.inbox import InboundRow
from planner.config import ConfigurationError
from planner.persistence.idempotency import GivenAnswer
from planner.persistence.participants import Contact
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import User
from planner.services.keyring import Keys

#: every column that holds something encrypted
SEALED: tuple[tuple[Any, str], ...] = (
    (Contact, "sealed"), (User, "totp"), (GivenAnswer, "sealed"), (InboundRow, "sealed"),
)  # fmt: skip
_AT_ONCE = 1_000
_REMEDY = "add the key that was in use when it was written to PLANNER_CONTACT_KEYS (or to keys.json), after the newest"


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


def is_anything_sealed(session: Session) -> bool:
    """Whether anything is stored that cannot be read without a key."""
    return any(
        session.scalar(select(func.count()).where(getattr(table, column).is_not(None))) for table, column in SEALED
    )


def verify_keys(session: Session, keys: Keys) -> Iterator[str]:
    """Say of everything that is encrypted with a key that is not at hand how much it is, and what to do."""
    for table, column in SEALED:
        sealed = getattr(table, column)
        rows = session.scalars(select(sealed).where(sealed.is_not(None))).yield_per(_AT_ONCE)
        unreadable = sum(not _fits(keys, row) for row in rows)
        if unreadable:
            yield f"{table.__tablename__}: none of the keys opens {unreadable} of its rows; {_REMEDY}"
    if _is_found_by_another_key(session, keys):
        remedy = "set PLANNER_INDEX_KEY (or index in keys.json) to the one that was in use when they were written"
        yield f"contact: nobody is found by number or address with this index key; {remedy}"


def _fits(keys: Keys, sealed: bytes) -> bool:
    try:
        keys.open(sealed)
    except ConfigurationError:
        return False
    return True


def _is_found_by_another_key(session: Session, keys: Keys) -> bool:
    """Whether the first participant with a telephone number has another digest than this key gives."""
    query = select(Contact.sealed, Contact.phone_index).where(Contact.phone_index.is_not(None))
    first = session.execute(query.order_by(Contact.participant_id).limit(1)).first()
    if first is None or not _fits(keys, first.sealed):
        return False
    return bool(keys.find(keys.open(first.sealed).get("phone", "")) != first.phone_index)

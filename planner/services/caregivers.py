"""Whoever cares for a participant is found by their number, also where it was kept before anybody looked for that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from planner.persistence.participants import Contact, Participant
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.keyring import Keys
from planner.services.reminders import contact_changed

#: in one transaction
MOST = 100
#: what stands where somebody has looked, and nobody cares for them
NOBODY = ""


def caregiver_index(keys: Keys, phone: str) -> str:
    """The keyed digest of a caregiver's number, or that there is none."""
    return keys.find(phone) if phone else NOBODY


def find_caregivers(store: Store, keys: Keys, now: datetime, stopped: Callable[[], bool] = lambda: False) -> int:
    """Look once at everybody's details where nobody has looked yet; how many caregivers were found."""
    found = 0
    while not stopped():
        looked, caring = store.write(SYSTEM, now, lambda uow: _find_some(uow, keys))
        found += caring
        if looked < MOST:
            break
    return found


def _find_some(uow: UnitOfWork, keys: Keys) -> tuple[int, int]:
    query = select(Contact).where(Contact.sealed.is_not(None), Contact.caregiver_index.is_(None))
    rows = uow.session.scalars(query.order_by(Contact.participant_id).limit(MOST)).all()
    found = 0
    for row in rows:
        participant = uow.session.get_one(Participant, row.participant_id, with_for_update=True)
        uow.session.refresh(row)
        if row.sealed is None or row.caregiver_index is not None:
            continue  # somebody has kept or erased them in the meantime
        row.caregiver_index = caregiver_index(keys, str(keys.open(row.sealed).get("caregiver_phone", "")))
        if row.caregiver_index:
            found += 1
            contact_changed(uow, participant)
    return len(rows), found

"""Who somebody is at the chair: a name with a birth date or a record number, as the contact details hold them.

No number and no address: those are for whoever may read contact details. Each look stands in the audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.participants import Contact
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.keyring import Keys


@dataclass(frozen=True, slots=True)
class Identity:
    """A participant by name and at least one of birth date (ISO 8601) and record number."""

    name: str
    birth_date: str
    record_number: str


def identities_of(session: Session, keys: Keys, participant_ids: Iterable[int]) -> dict[int, Identity]:
    """Those of these participants of whom two identifiers are kept: a name alone tells two people not apart."""
    query = select(Contact.participant_id, Contact.sealed).where(
        Contact.participant_id.in_(tuple(participant_ids)), Contact.sealed.is_not(None)
    )
    kept = {who: keys.open(sealed) for who, sealed in session.execute(query) if sealed is not None}
    found = {
        who: Identity(said["name"], said["birth_date"], said["record_number"]) for who, said in kept.items()
    }  # fmt: skip
    return {who: one for who, one in found.items() if one.name and (one.birth_date or one.record_number)}


def note_look(uow: UnitOfWork, subject: str, numbers: Mapping[int, Iterable[str]]) -> None:
    """Say in the audit that whoever acts has seen who these participants are: screening numbers by study.

    ``subject`` is what the page was about, such as site:north.
    """
    for study_id, those in sorted(numbers.items()):
        uow.audit("identifiers.read", subject, study_id=study_id, after={"participants": sorted(those)})

"""How participants are reached: kept apart from everything else, encrypted, found by keyed digests, erased for good."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.participants import Contact, Participant
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput
from planner.services.access import Scope, find_study, within
from planner.services.contact_consents import end_contact_consents
from planner.services.keyring import Keys

_EARLIEST_BIRTH = 1900
LANGUAGES = ("en", "es", "fr", "ar", "zh")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDetails:
    """How to reach a participant. ``phone`` is in E.164, such as +12125550100; everything may be empty."""

    name: str = ""
    birth_date: str = ""
    record_number: str = ""
    phone: str = ""
    email: str = ""
    caregiver_name: str = ""
    caregiver_phone: str = ""
    language: str = "en"
    zone: str = ""
    preferences: dict[str, Any] = field(default_factory=dict)

    def sealed_part(self) -> dict[str, str]:
        """What is encrypted."""
        return {name: value for name, value in asdict(self).items() if name not in _OPEN}


_OPEN = frozenset({"language", "zone", "preferences"})


def keep_contact(uow: UnitOfWork, keys: Keys, participant: Participant, details: ContactDetails) -> Contact:
    """Keep how to reach a participant. The audit names the fields that changed, and never what they say."""
    _check(details)
    row = uow.session.get(Contact, participant.id)
    before = keys.open(row.sealed) if row is not None and row.sealed else {}
    if row is None:
        row = Contact(participant_id=participant.id, study_id=participant.study_id)
        uow.session.add(row)
    now = details.sealed_part()
    row.sealed = keys.seal(now)
    row.phone_index = keys.find(details.phone) if details.phone else None
    row.email_index = keys.find(details.email) if details.email else None
    row.language, row.zone, row.preferences = details.language, details.zone, dict(details.preferences)
    row.erased_at, row.changed_at = None, uow.now
    changed = {name: keys.find(f"{name}:{value}") for name, value in now.items() if before.get(name, "") != value}
    uow.audit("contact.changed", f"participant:{participant.number}", study_id=participant.study_id, after=changed)
    return row


def contact_of(session: Session, keys: Keys, participant: Participant) -> ContactDetails | None:
    """How to reach a participant; None if nothing is kept, or it was erased."""
    row = session.get(Contact, participant.id)
    if row is None or row.sealed is None:
        return None
    return ContactDetails(
        **keys.open(row.sealed), language=row.language, zone=row.zone, preferences=dict(row.preferences)
    )


def find_by_contact(
    session: Session, keys: Keys, scope: Scope, study_code: str, phone: str = "", email: str = ""
) -> list[tuple[Participant, SiteRow]]:
    """Who of a study is reached by this number or this address, as far as the scope goes; nothing is decrypted.

    The number is the participant's own, in E.164. Raises NotFound for a study, InvalidInput for neither or both.
    """
    study = find_study(session, scope, study_code)
    if bool(phone.strip()) == bool(email.strip()):
        raise InvalidInput([InputProblem("phone", "a number or an address is wanted", "write one of the two")])
    same = Contact.phone_index == keys.find(phone) if phone.strip() else Contact.email_index == keys.find(email)
    query = (
        select(Participant, SiteRow)
        .join(Contact, Contact.participant_id == Participant.id)
        .join(SiteRow, SiteRow.id == Participant.site_id)
        .where(same, Participant.study_id == study.id, within(scope, Participant.study_id, Participant.site_id))
    )
    return [(participant, site) for participant, site in session.execute(query.order_by(Participant.number))]


def erase_contact(uow: UnitOfWork, participant: Participant, why: str) -> None:
    """Erase for good how a participant was reached, and end what they agreed to be sent; the facts stay."""
    end_contact_consents(uow, participant, f"contact details erased: {why}")
    row = uow.session.get(Contact, participant.id)
    if row is None:
        return
    row.sealed, row.phone_index, row.email_index = None, None, None
    row.preferences, row.erased_at, row.changed_at = {}, uow.now, uow.now
    uow.audit("contact.erased", f"participant:{participant.number}", study_id=participant.study_id, why=why)


def _is_a_birthday(text: str) -> bool:
    """A day since 1900; that it lies ahead is found by whoever reads it."""
    try:
        return len(text) == len("1961-01-31") and date.fromisoformat(text).year >= _EARLIEST_BIRTH
    except ValueError:
        return False


def _check(details: ContactDetails) -> None:
    problems = []
    if details.language not in LANGUAGES:
        problems.append(InputProblem("language", "there is no such language", f"choose from {', '.join(LANGUAGES)}"))
    if details.zone and details.zone not in available_timezones():
        problems.append(InputProblem("zone", "there is no such time zone", "write an IANA name, or leave it out"))
    if details.birth_date and not _is_a_birthday(details.birth_date):
        problems.append(
            InputProblem("birth_date", "this is no day of birth", "write it as 1961-01-31, or leave it out")
        )
    problems += [
        InputProblem(name, "it has characters that cannot be seen", "write it on one line, in letters that can")
        for name, value in details.sealed_part().items()
        if not value.isprintable()
    ]
    for name in ("phone", "caregiver_phone"):
        number = getattr(details, name)
        if number and not (
            number.startswith("+") and number[1:].isdecimal() and number.isascii() and 8 <= len(number) <= 16
        ):
            problems.append(InputProblem(name, "this is no number in E.164", "write e.g. +12125550100"))
    if details.email and (
        "@" not in details.email[1:-1] or len(details.email) > 254 or not details.email.isprintable()
    ):
        problems.append(InputProblem("email", "this is no address", "write e.g. somebody@example.org"))
    problems += [
        InputProblem(name, f"{name} is too long", "write at most 200 characters")
        for name, value in details.sealed_part().items()
        if len(value) > 254
    ]
    if problems:
        raise InvalidInput(problems)

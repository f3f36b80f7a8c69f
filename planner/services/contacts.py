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
from planner.services.caregivers import caregiver_index
from planner.services.contact_consents import end_contact_consents
from planner.services.home_ends import end_page
from planner.services.keyring import Keys
from planner.services.phone_numbers import phone_problems
from planner.services.reminders import contact_changed
from planner.services.revisions import Edited, refuse_what_changed

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


def keep_contact(
    uow: UnitOfWork, keys: Keys, participant: Participant, details: ContactDetails, expected: int | None = None
) -> Contact:
    """Keep how to reach a participant. The audit names the fields that changed, and never what they say.

    ``expected`` is the revision that the person had seen, 0 if nothing was ever kept. Raises InvalidInput, or Conflict
    with the names of what somebody else has changed since.
    """
    check_contact(details)
    row = uow.session.get(Contact, participant.id)
    refuse_what_changed(uow.session, _edited(participant, row), expected)
    before = asdict(ContactDetails()) | _kept(keys, row)
    if row is None:
        row = Contact(participant_id=participant.id, study_id=participant.study_id, revision=0)
        uow.session.add(row)
    now = asdict(details)
    row.revision += 1
    row.sealed = keys.seal(details.sealed_part())
    row.phone_index = keys.find(details.phone) if details.phone else None
    row.email_index = keys.find(details.email) if details.email else None
    row.caregiver_index = caregiver_index(keys, details.caregiver_phone)
    row.language, row.zone, row.preferences = details.language, details.zone, dict(details.preferences)
    row.erased_at, row.changed_at = None, uow.now
    changed = {name: keys.find(f"{name}:{value}") for name, value in now.items() if before[name] != value}
    uow.audit("contact.changed", f"participant:{participant.number}", study_id=participant.study_id, after=changed)
    contact_changed(uow, participant)
    return row


def _edited(participant: Participant, row: Contact | None) -> Edited:
    return Edited(
        subject=f"participant:{participant.number}", chain=participant.study_id, says_values=False,
        actions=("contact.changed", "contact.erased"), revision=row.revision if row is not None else 0,
    )  # fmt: skip


def _kept(keys: Keys, row: Contact | None) -> dict[str, Any]:
    """All that is kept, by its fields; nothing after an erasure."""
    if row is None or row.sealed is None:
        return {}
    opened = {"language": row.language, "zone": row.zone, "preferences": dict(row.preferences)}
    return {**keys.open(row.sealed), **opened}


def contact_of(session: Session, keys: Keys, participant: Participant) -> ContactDetails | None:
    """How to reach a participant; None if nothing is kept, or it was erased."""
    row = session.get(Contact, participant.id)
    found = _kept(keys, row)
    return ContactDetails(**found) if found else None


def contact_revision(session: Session, participant: Participant) -> int:
    """The revision of what is kept of how to reach a participant; 0 if nothing ever was."""
    row = session.get(Contact, participant.id)
    return row.revision if row is not None else 0


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
    """Erase for good how a participant was reached, end what they agreed to be sent and their page; the facts stay."""
    end_contact_consents(uow, participant, f"contact details erased: {why}")
    end_page(uow, participant, "erased")
    row = uow.session.get(Contact, participant.id)
    if row is None:
        return
    row.sealed, row.phone_index, row.email_index, row.caregiver_index = None, None, None, None
    row.preferences, row.erased_at, row.changed_at = {}, uow.now, uow.now
    row.revision += 1
    uow.audit("contact.erased", f"participant:{participant.number}", study_id=participant.study_id, why=why)
    contact_changed(uow, participant)


def is_zone(name: str) -> bool:
    """Whether it is the IANA name of a time zone."""
    return name in available_timezones()


def _is_a_birthday(text: str) -> bool:
    """A day since 1900; that it lies ahead is found by whoever reads it."""
    try:
        return len(text) == len("1961-01-31") and date.fromisoformat(text).year >= _EARLIEST_BIRTH
    except ValueError:
        return False


def check_contact(details: ContactDetails) -> None:
    """Raise InvalidInput with everything that is wrong with how to reach somebody."""
    problems = []
    if details.language not in LANGUAGES:
        problems.append(InputProblem("language", "there is no such language", f"choose from {', '.join(LANGUAGES)}"))
    if details.zone and not is_zone(details.zone):
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
        problems += phone_problems(name, number) if number else ()
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

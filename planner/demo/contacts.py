"""How the demo's participants would be reached, if there were any: plainly made up, on numbers that ring nowhere."""

from __future__ import annotations

from planner.demo.courses import Course
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.access import EVERYTHING, find_participant, find_study
from planner.services.contacts import ContactDetails, erase_contact, keep_contact
from planner.services.keyring import Keys

_AREA = {"north": "212", "south": "213"}


#: who reads what, in turn
_LANGUAGES = ("en", "fr", "es", "en", "ar", "es", "en", "zh", "zh", "en", "ar", "es")


def keep_contacts(uow: UnitOfWork, keys: Keys, course: Course, place: int) -> ContactDetails:
    """Keep a made-up participant's contact details: in five languages, some with a caregiver."""
    study = find_study(uow.session, EVERYTHING, course.study)
    participant = find_participant(uow.session, EVERYTHING, study, course.number)
    area = _AREA[course.site]
    details = ContactDetails(
        name=f"Participant {course.number} (made up)", birth_date=f"{1950 + place}-01-01",
        record_number=f"MADE-UP-{course.study}-{course.number}", phone=f"+1{area}55501{place + 10:02}",
        email=f"participant-{course.number}.{course.study}@example.org",
        caregiver_name=f"Caregiver of {course.number} (made up)" if place % 4 == 0 else "",
        caregiver_phone=f"+1{area}55501{place + 50:02}" if place % 4 == 0 else "",
        language=_LANGUAGES[place % len(_LANGUAGES)],
        preferences={"sms": place % 5 != 4, "email": place % 2 == 0},
    )  # fmt: skip
    keep_contact(uow, keys, participant, details)
    return details


def erase_contacts(uow: UnitOfWork, course: Course) -> None:
    """Erase the contact details of somebody who wants no contact any more."""
    study = find_study(uow.session, EVERYTHING, course.study)
    participant = find_participant(uow.session, EVERYTHING, study, course.number)
    erase_contact(uow, participant, "the participant withdrew from all contact")

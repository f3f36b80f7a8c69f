"""Somebody who has appointments in a chair of the site in the north, and is known by name."""

from __future__ import annotations

from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING, find_participant, find_study
from planner.services.contacts import ContactDetails, keep_contact
from tests.reminded import KEYS
from tests.studies import NORTH, STUDY, Trial, begun_study, trial

#: the page of a day, which is Monday 5 January 2026 by the tests' clock, and that of the first dose
DAY = f"/infusions/{NORTH}"
DAY_1 = f"/studies/{STUDY}/participants/01-001/visits/induction.c1.d1/infusion"


def seated(store: Store) -> Trial:
    """A study with somebody who has their first dose today, and the second one in a week."""
    return begun_study(store, "seated", _seated)


def _seated(store: Store) -> Trial:
    made = trial(store)
    made.enrol("01-001")
    book(made, "01-001", "2026-01-05", "induction.c1.d1")
    book(made, "01-001", "2026-01-12", "induction.c1.d8")
    name_them(made, "01-001")
    return made


def book(study: Trial, number: str, day: str, visit: str, time: str = "09:00") -> None:
    """Make an appointment."""
    study.record(number, {"fact": "booked", "date": day, "visit": visit, "time": time})


def name_them(study: Trial, number: str, name: str = "Ada Madeup", born: str = "1961-05-12") -> None:
    """Keep who somebody is, by three identifiers."""

    def work(uow: UnitOfWork) -> None:
        found = find_participant(uow.session, EVERYTHING, find_study(uow.session, EVERYTHING, STUDY), number)
        said = ContactDetails(name=name, birth_date=born, record_number="4711")
        keep_contact(uow, KEYS, found, said)

    study.store.write(SYSTEM, study.now, work)

"""A site with an infusion centre on a day on which somebody comes."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING, find_participant, find_study
from planner.services.contacts import ContactDetails, keep_contact
from planner.services.users import Role
from tests.desk import Desk, desk_of
from tests.planner.api.callers import Clock
from tests.reminded import KEYS
from tests.studies import NORTH, STUDY, Trial, trial

#: Monday, the day of the tests' clock
TODAY = date(2026, 1, 5)
DAY_1 = f"/studies/{STUDY}/participants/01-001/visits/induction.c1.d1/infusion"
DAY = f"/infusions/{NORTH}"


def booked(study: Trial, number: str, day: str, visit: str, time: str = "09:00") -> None:
    """Make an appointment."""
    study.record(number, {"fact": "booked", "date": day, "visit": visit, "time": time})


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    """A study with somebody who has their first dose today, and is known by name."""
    made = trial(store)
    made.enrol("01-001")
    booked(made, "01-001", "2026-01-05", "induction.c1.d1")
    booked(made, "01-001", "2026-01-12", "induction.c1.d8")
    name_them(made, "01-001")
    return made


def name_them(study: Trial, number: str, **details: str) -> None:
    """Keep how to reach somebody."""
    said = {"name": "Ada Madeup", "birth_date": "1961-05-12", "record_number": "4711", **details}

    def work(uow: UnitOfWork) -> None:
        found = find_participant(uow.session, EVERYTHING, find_study(uow.session, EVERYTHING, STUDY), number)
        keep_contact(uow, KEYS, found, ContactDetails(**said))

    study.store.write(SYSTEM, study.now, work)


@pytest.fixture
def centre(app: Flask, store: Store, study: Trial) -> Desk:
    """Somebody of the infusion centre who is signed in."""
    return desk_of(app, store, Role.INFUSION_CENTRE)


@pytest.fixture
def coordinator(app: Flask, store: Store, study: Trial) -> Desk:
    """A coordinator who is signed in."""
    return desk_of(app, store)

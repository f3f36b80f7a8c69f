"""Demos in databases of a test's own."""

from __future__ import annotations

from datetime import UTC, date, datetime

from cryptography.fernet import Fernet, MultiFernet

from planner.demo.filling import Demo, fill
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from planner.services.keyring import Keys

#: two moments of one day, on the clock of the demo
MOMENTS = {"sqlite": datetime(2026, 11, 20, 9, 0, tzinfo=UTC), "postgresql": datetime(2026, 11, 21, 7, 0, tzinfo=UTC)}
TODAY = date(2026, 11, 20)
Filled = tuple[Store, Demo, Keys]


def made_keys() -> Keys:
    return Keys(MultiFernet([Fernet(Fernet.generate_key())]), b"k" * 32)


def filled(url: str, now: datetime) -> Filled:
    store, keys = Store(Database(url)), made_keys()
    return store, fill(store, keys, now), keys

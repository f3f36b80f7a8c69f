"""Demos in databases of a test's own."""

from __future__ import annotations

from datetime import UTC, date, datetime

from cryptography.fernet import Fernet, MultiFernet

from planner.demo.filling import Demo, fill
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from planner.services.keyring import Keys
from tests.begun import begun

#: two moments of one day, on the clock of the demo
MOMENTS = {"sqlite": datetime(2026, 11, 20, 9, 0, tzinfo=UTC), "postgresql": datetime(2026, 11, 21, 7, 0, tzinfo=UTC)}
TODAY = date(2026, 11, 20)
Filled = tuple[Store, Demo, Keys]


def made_keys() -> Keys:
    return Keys(MultiFernet([Fernet(Fernet.generate_key())]), b"k" * 32)


def filled(url: str, now: datetime) -> Filled:
    """The demo of that moment in an empty database; to make it takes half a minute, to copy it a second."""
    store = Store(Database(url))

    def make() -> tuple[Demo, Keys]:
        keys = made_keys()
        return fill(store, keys, now), keys

    return (store, *begun(store.database, f"demo {now}", make))

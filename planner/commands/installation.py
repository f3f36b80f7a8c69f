"""The installation that the environment describes, for the commands of whoever runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from planner.config import Settings, read_settings
from planner.persistence import schema
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Actor, Store
from planner.services.designs import Designs

#: whoever has a shell on the machine
OPERATOR = Actor("operator")


@dataclass(frozen=True, slots=True)
class Installation:
    """Its settings, its database, and the designs of its studies."""

    settings: Settings
    store: Store
    designs: Designs

    @property
    def database(self) -> Database:
        """The database."""
        return self.store.database


@contextmanager
def installation(of_this_version: bool = True) -> Iterator[Installation]:
    """The installation; its database is of this planner's version unless told otherwise."""
    settings = read_settings()
    if settings.is_embedded:
        settings.data_folder.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database, settings.database_pool)
    try:
        if of_this_version:
            schema.check(database)
        yield Installation(settings, Store(database), Designs())
    finally:
        database.dispose()

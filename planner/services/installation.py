"""Everything that one installation of the planner is made of: settings, database, keys, designs."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from planner.config import Settings
from planner.persistence import schema
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from planner.services.designs import Designs
from planner.services.keyring import Keys, keys_of


@dataclass(slots=True)
class Installation:
    """What entry points hand to services. Opening one connects to nothing yet."""

    settings: Settings
    store: Store
    designs: Designs = field(default_factory=Designs)
    _keys: Keys | None = None
    _checked: bool = False
    _lock: Lock = field(default_factory=Lock)

    @property
    def database(self) -> Database:
        """The database."""
        return self.store.database

    @property
    def keys(self) -> Keys:
        """The keys of contact details, read when first needed. Raises ConfigurationError."""
        with self._lock:
            if self._keys is None:
                self._keys = keys_of(self.settings)
            return self._keys

    def require_schema(self) -> None:
        """Raise WrongSchema unless the database is of this planner's version; asked until it is."""
        if not self._checked:
            schema.check(self.database)
            self._checked = True

    def ping(self) -> None:
        """Reach the database. Raises DatabaseUnavailable or WrongSchema; nothing is taken from memory."""
        schema.check(self.database)

    def close(self) -> None:
        """Close all connections."""
        self.database.dispose()


def open_installation(settings: Settings) -> Installation:
    """The installation that the settings describe."""
    return Installation(settings, Store(Database(settings.database, settings.database_pool)))

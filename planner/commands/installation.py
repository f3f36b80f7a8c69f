"""The installation that the environment describes, for the commands of whoever runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from planner.config import ConfigurationError, read_settings
from planner.persistence.unit_of_work import Actor
from planner.services.installation import Installation, open_installation

__all__ = ["OPERATOR", "Installation", "installation"]

#: whoever has a shell on the machine
OPERATOR = Actor("operator")


def _require_file(address: str) -> None:
    """Raise ConfigurationError for an embedded database that is not there: opened, it would be made, and be empty."""
    url = make_url(address)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        raise ConfigurationError(
            f"there is no database {url.database}; check DATABASE_URL, or make it: run `planner database upgrade`"
        )


@contextmanager
def installation(of_this_version: bool = True) -> Iterator[Installation]:
    """The installation; its database is of this planner's version unless told otherwise."""
    settings = read_settings()
    if of_this_version:
        _require_file(settings.database)
    if settings.is_embedded:
        settings.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened = open_installation(settings)
    try:
        if of_this_version:
            opened.require_schema()
        yield opened
    finally:
        opened.close()

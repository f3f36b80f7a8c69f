"""The installation that the environment describes, for the commands of whoever runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from planner.config import read_settings
from planner.persistence.unit_of_work import Actor
from planner.services.installation import Installation, open_installation

__all__ = ["OPERATOR", "Installation", "installation"]

#: whoever has a shell on the machine
OPERATOR = Actor("operator")


@contextmanager
def installation(of_this_version: bool = True) -> Iterator[Installation]:
    """The installation; its database is of this planner's version unless told otherwise."""
    settings = read_settings()
    if settings.is_embedded:
        settings.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened = open_installation(settings)
    try:
        if of_this_version:
            opened.require_schema()
        yield opened
    finally:
        opened.close()

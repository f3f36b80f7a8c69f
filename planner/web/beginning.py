"""What a visitor of a fresh installation is told: which commands make its tables and its first administrator."""

from __future__ import annotations

from typing import cast

from flask import current_app

from planner.persistence import schema
from planner.persistence.database import DatabaseUnavailable
from planner.persistence.schema import WrongSchema
from planner.services.first_steps import has_administrator
from planner.services.installation import Installation

UPGRADE = "planner database upgrade"
ADMINISTRATOR = 'planner user create you@example.org --name "Your Name" --administrator'
_BEGUN = "beginning"


def commands_to_begin() -> tuple[str, ...]:
    """The commands that are left before anybody can sign in; none where somebody can, or where it cannot be said.

    Only whoever has the machine may make the first administrator: of all who reach the pages nobody is known yet.
    """
    if current_app.extensions.get(_BEGUN):
        return ()
    planner = cast(Installation, current_app.extensions["installation"])
    try:
        if schema.current(planner.database) is None:
            return (UPGRADE, ADMINISTRATOR)
        planner.require_schema()
        current_app.extensions[_BEGUN] = planner.store.read(has_administrator)
    except (DatabaseUnavailable, WrongSchema):
        return ()
    return () if current_app.extensions[_BEGUN] else (ADMINISTRATOR,)

"""What all tables of the planner share: the MetaData that the tables of notifications are in as well."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase

from notifications.columns import METADATA


class Base(DeclarativeBase):
    """The tables of the planner."""

    metadata = METADATA

"""Column types that both databases keep the same way, and the one MetaData that all tables are in.

They stand here and not in the planner because the outbox is SQL of its own: what claims a message, and the last check
before it is sent, are statements on these tables.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, MetaData, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

#: names for every constraint, so that migrations can name them
METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
#: A number that the database gives out. SQLite gives them out only for INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")


class NotificationsBase(DeclarativeBase):
    """The tables of notifications. Studies and sites are numbers here: what they are is the planner's."""

    metadata = METADATA


class Instant(TypeDecorator[datetime]):
    """An instant, kept in UTC and read back with its zone; SQLite alone would drop it.

    Refuses a datetime without a zone: nobody knows which instant that is.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone, so it is no instant")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """Plain data as JSON text, the same bytes on every machine: what is hashed and compared must not depend on one."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """To the database: in one form only."""
        return None if value is None else json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """From the database: as it was put in."""
        return None if value is None else json.loads(value)


def json_text(value: Any) -> str:
    """Plain data as JSON in one form only: keys sorted, no spaces, no escapes that are not needed."""
    return _ENCODER.encode(value)


def code(length: int = 64) -> String:
    """A short name that people and programs write: a study's code, a visit's key."""
    return String(length)

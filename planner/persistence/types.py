"""Column types that both databases keep the same way."""

from __future__ import annotations

from sqlalchemy import ColumnElement, literal

from notifications.columns import Id, Instant, Json, code, json_text

__all__ = ["Id", "Instant", "Json", "code", "json_text", "said"]


def said(value: str) -> ColumnElement[str]:
    """A value that stands in the query itself, as it stands in the condition of an index that holds only such rows."""
    return literal(value, literal_execute=True)

"""Column types that both databases keep the same way."""

from __future__ import annotations

from notifications.columns import Id, Instant, Json, code, json_text

__all__ = ["Id", "Instant", "Json", "code", "json_text"]

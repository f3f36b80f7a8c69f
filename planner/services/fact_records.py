"""Facts as plain data: how the API takes them and the database keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from planner.persistence.facts import FactRow
from planner.problems import InputProblem, InvalidInput
from schedules.errors import HistoryError, SourceError
from schedules.fact_kinds import KINDS, NAMES
from schedules.history import Fact
from schedules.history_file import facts_of
from schedules.plain_data import plain_document
from schedules.validation import validate

_OWN_COLUMNS = frozenset({"id", "recorded", "by", "origin"})


@lru_cache(maxsize=len(KINDS))
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[kind])


def read_facts(items: Sequence[Mapping[str, Any]], pointer: str = "/facts") -> tuple[Fact, ...]:
    """The facts that plain data says, each ``{"fact": …, "date": …}``. Raises InvalidInput with every problem."""
    try:
        found = facts_of(plain_document([dict(item) for item in items], pointer, HistoryError))
    except HistoryError as error:
        raise InvalidInput(InputProblem(p.file, p.wrong, p.right) for p in error.problems) from None
    return tuple(replace(fact, origin=None) for fact in found)


def read_fact(data: dict[str, Any]) -> Fact:
    """The fact that plain data of texts, numbers, truth values and lists of texts says. Raises HistoryError.

    What is right, which nearly everything is, is read straight; what is wrong is told by the one way for everybody.
    """
    kind = data.get("fact")
    if isinstance(kind, str) and kind in KINDS:
        with suppress(SourceError):
            straight: Fact = validate(_adapter(kind), plain_document(data), (), HistoryError, besides={"fact"})
            return straight
    (fact,) = facts_of(plain_document([data], "", HistoryError))
    return replace(fact, origin=None)


def fact_content(fact: Fact) -> dict[str, Any]:
    """What a fact says, without what has a column of its own; the date as it was written, perhaps a month only."""
    kind = NAMES[type(fact)]
    data = _adapter(kind).dump_python(fact, mode="json", exclude_defaults=True)
    return {name: value for name, value in data.items() if name not in _OWN_COLUMNS}


def fact_data(row: FactRow, by: str | None = None) -> dict[str, Any]:
    """A stored fact as the API gives it out."""
    return data_of(row.fact_id, row.kind, row.content, row.recorded_at, by)


def data_of(
    fact_id: str, kind: str, content: Mapping[str, Any], recorded: datetime, by: str | None = None
) -> dict[str, Any]:
    """A fact as the API gives it out, by what is kept of it."""
    return {"id": fact_id, "fact": kind, **content, "recorded": recorded.isoformat(), "by": by}


def stored_fact(row: FactRow) -> Fact:
    """The fact that a row keeps."""
    return kept_fact(row.kind, row.content, row.fact_id, row.recorded_at)


def kept_fact(kind: str, content: Mapping[str, Any], fact_id: str, recorded: datetime) -> Fact:
    """The fact of a kind with this content. It was checked before it was kept."""
    fact: Fact = _adapter(kind).validate_python({**content, "id": fact_id, "recorded": recorded})
    return fact

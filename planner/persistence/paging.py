"""Lists a page at a time: each page begins after the last row of the one before, however many rows came meanwhile."""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar
from zlib import crc32

from sqlalchemy import Select, func, literal, select, tuple_, union_all
from sqlalchemy.orm import Session

T = TypeVar("T")
LARGEST = 2**63
#: stands for no date in the order of lists: after every other
NO_DAY = date(9999, 12, 31)


class WrongCursor(ValueError):
    """A cursor is not one that a page of this list gave out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page: how many rows at most, after which row."""

    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the next page; none on the last one."""

    rows: list[T]
    next: str | None


def page(session: Session, query: Select[Any], order: Sequence[tuple[Any, type]], asked: Asked) -> Page[Any]:
    """One page of a query's rows, in the order of these columns (each with its Python type), which tell rows apart.

    The columns must not be null. Raises WrongCursor.
    """
    columns = [column for column, _ in order]
    mark = _mark(columns)
    query = query.add_columns(*(column.label(f"order_{at}") for at, column in enumerate(columns)))
    if asked.cursor is not None:
        after = _read(asked.cursor, mark, [kind for _, kind in order])
        values = [literal(value, column.type) for value, column in zip(after, columns, strict=True)]
        query = query.where(tuple_(*columns) > tuple_(*values))
    found = session.execute(query.order_by(*columns).limit(asked.limit + 1)).all()
    width = len(columns)
    rows = [row[0] if len(row) == width + 1 else row[:-width] for row in found[: asked.limit]]
    more = len(found) > asked.limit
    return Page(rows, _written(mark, found[asked.limit - 1][-width:]) if more else None)


def page_by_day(session: Session, query: Select[Any], keys: Select[Any], day: Any, key: Any, asked: Asked) -> Page[Any]:
    """One page of a query's rows by a day, those without one last, and by the key that tells them apart.

    ``keys`` selects the keys of all rows that are wanted. A page's keys are found first, the dated ones apart from
    the others, so that an index on day and key finds them in their order and nothing is sorted. Raises WrongCursor.
    """
    dated, undated = keys.where(day.is_not(None)), keys.where(day.is_(None))
    order = ((func.coalesce(day, NO_DAY), date), (key, int))
    if asked.cursor is not None:
        after_day, after_key = _read(asked.cursor, _mark(column for column, _ in order), [date, int])
        dated = dated.where(tuple_(day, key) > tuple_(literal(after_day, day.type), literal(after_key, key.type)))
        undated = undated.where(key > after_key) if after_day == NO_DAY else undated
    most = asked.limit + 1
    parts = [part.limit(most).subquery() for part in (dated.order_by(day, key), undated.order_by(key))]
    first = union_all(*(select(part.c[0].label("key")) for part in parts)).subquery()
    return page(session, query.join(first, first.c.key == key), order, Asked(asked.limit))


def page_of_list(rows: Iterable[T], fields: Sequence[str], asked: Asked) -> Page[T]:
    """One page of rows that are worked out, not looked up, in the order of these fields: texts, days, or nothing.

    Rows that are alike in all of them are told apart by which of them it is. Raises WrongCursor.
    """
    alike: Counter[tuple[str, ...]] = Counter()
    placed: list[tuple[tuple[str | int, ...], T]] = []
    for row in rows:
        place = tuple(_text(getattr(row, name)) for name in fields)
        placed.append(((*place, alike[place]), row))
        alike[place] += 1
    placed.sort(key=lambda one: one[0])
    if asked.cursor is not None:
        after = tuple(_read(asked.cursor, _mark(fields), [*(str for _ in fields), int]))
        placed = [(place, row) for place, row in placed if place > after]
    found = placed[: asked.limit]
    return Page([row for _, row in found], _written(_mark(fields), found[-1][0]) if len(placed) > asked.limit else None)


def _text(value: str | date | None) -> str:
    return value.isoformat() if isinstance(value, date) else value or ""


def _mark(order: Iterable[Any]) -> int:
    """A number for the order of a list: a place in one order is none in another, though both be a day and a number."""
    return crc32(" ".join(str(one) for one in order).encode())


def _written(mark: int, values: Sequence[Any]) -> str:
    plain = [mark] + [value.isoformat() if isinstance(value, date) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, ensure_ascii=False).encode()).decode().rstrip("=")


def _read(cursor: str, mark: int, kinds: Sequence[type]) -> list[Any]:
    try:
        plain = json.loads(base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), b"-_", validate=True))
        if not isinstance(plain, list) or len(plain) != 1 + len(kinds) or plain[0] != mark:
            raise WrongCursor
        return [_value(value, kind) for value, kind in zip(plain[1:], kinds, strict=True)]
    except (binascii.Error, ValueError, RecursionError):
        raise WrongCursor("this is no cursor of this list") from None


def _value(value: Any, kind: type) -> Any:
    if kind is date and isinstance(value, str):
        return date.fromisoformat(value)
    if type(value) is not kind:
        raise WrongCursor
    if isinstance(value, int) and not -LARGEST < value < LARGEST:
        raise WrongCursor
    # U+0000, or half a character, which no database can be asked for
    if isinstance(value, str) and any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in value):
        raise WrongCursor
    return value

"""A statement that PostgreSQL has prepared once, and that is then called by the driver's own library.

For the one look-up that is made for each message by itself: a cursor takes longer to ask than the server to answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

#: what a statement is given, by name; instants as text that says their zone
Given = Mapping[str, str | int | None]
_NAMED = re.compile(r":(\w+)")
#: what libpq says of a statement that has done what it should: COMMAND_OK, TUPLES_OK
_FINE = frozenset({1, 2})


class Prepared:
    """A statement with ``:names`` that finds one word. It belongs to one connection, which must be in no transaction.

    Raises psycopg's errors for what the server refuses, or where it is gone.
    """

    def __init__(self, connection: PGconn, name: str, source: str) -> None:
        self._connection, self._name = connection, name.encode()
        self._names = list(dict.fromkeys(_NAMED.findall(source)))
        numbered = _NAMED.sub(lambda found: f"${self._names.index(found[1]) + 1}", source)
        _checked(connection.prepare(self._name, numbered.encode()))

    def word(self, given: Given) -> str | None:
        """What it finds; None where there is no row."""
        # the driver takes None for a value, which its types leave out
        values: list[Any] = [None if (value := given[name]) is None else str(value).encode() for name in self._names]
        result = _checked(self._connection.exec_prepared(self._name, values))
        found = result.get_value(0, 0) if result.ntuples else None
        return None if found is None else found.decode()

    def forget(self) -> None:
        """Have the server forget it: its name is free again."""
        _checked(self._connection.exec_(b"DEALLOCATE " + self._name))


def _checked(result: PGresult) -> PGresult:
    if result.status not in _FINE:
        from psycopg.errors import error_from_result  # only where PostgreSQL is

        raise error_from_result(result)
    return result

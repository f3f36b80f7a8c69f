"""Makes what a plan is made of, thousands of times a second: days from their ordinals, and named tuples."""

from __future__ import annotations

from datetime import date


class _Days(dict[int, date]):
    """The days by their ordinals. Each is made once: all participants of a study live in the same few years."""

    def __missing__(self, ordinal: int) -> date:
        day = self[ordinal] = date.fromordinal(ordinal)
        return day


#: the day of an ordinal, as ``date.fromordinal`` makes it, at a fifth of its price
DAYS = _Days()

#: ``made(Basis, ("Day 1", 5, "given", "", ""))``: a named tuple of all of its fields, in their order. Its constructor,
#: which knows names and defaults, takes three times as long: this is for the few that every visit of every plan needs.
made = tuple.__new__

"""Intervals of shares: Wilson's, which stay within 0 and 1 and are honest about few."""

from __future__ import annotations

from math import sqrt

#: the normal quantile of a two-sided 95 % interval
Z = 1.959963984540054


def wilson(n: float, of: float) -> tuple[float, float]:
    """The 95 % interval of n in ``of``, which is greater than 0; n is between 0 and ``of``."""
    share, weight = n / of, Z * Z / of
    middle = (share + weight / 2) / (1 + weight)
    half = Z * sqrt(share * (1 - share) / of + weight / (4 * of)) / (1 + weight)
    low = 0.0 if n == 0 else max(0.0, middle - half)
    return low, 1.0 if n == of else min(1.0, middle + half)


def quantile(counts: dict[int, int], part: float) -> float:
    """The quantile of whole numbers that occur so often, at least one of them; between two it is interpolated."""
    total = sum(counts.values())
    place = part * (total - 1)
    below, above = int(place), min(int(place) + 1, total - 1)
    low, high = _at(counts, below), _at(counts, above)
    return low + (high - low) * (place - below)


def _at(counts: dict[int, int], place: int) -> int:
    passed = 0
    for value in sorted(counts):
        passed += counts[value]
        if place < passed:
            return value
    raise IndexError(place)

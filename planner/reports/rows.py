"""Makes rows of counts: shares with their intervals, medians, and what is masked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from planner.reports.definitions import DEFINITIONS, TITLES
from planner.reports.intervals import quantile, wilson
from planner.reports.report import EVERYBODY, Curve, LeftOut, Measure, MeasureKind, Row

NONE_DUE = "none due"


def measure(
    name: str,
    kind: MeasureKind,
    rows: Iterable[Row],
    left_out: Mapping[str, int] | None = None,
    unit: str = "",
    curves: Iterable[Curve] = (),
) -> Measure:
    """A measure by its id, with its definition; what is left out of it only where there is any."""
    gone = tuple(LeftOut(why, count) for why, count in sorted((left_out or {}).items()) if count)
    return Measure(
        id=name, title=TITLES[name], kind=kind, definition=DEFINITIONS[name], unit=unit, rows=tuple(rows),
        curves=tuple(curves), left_out=gone,
    )  # fmt: skip


def share(group: str, n: int, of: int, label: str = "", none: str = NONE_DUE, **more: float | None) -> Row:
    """n of N with Wilson's interval; in words where N is 0."""
    if of == 0:
        return Row(group=group, label=label, n=n, of=0, more=tuple(more.items()), note=none)
    low, high = wilson(n, of)
    return Row(group=group, label=label, n=n, of=of, share=n / of, low=low, high=high, more=tuple(more.items()))


def days(group: str, counts: Counter[int], of: int, label: str = "") -> Row:
    """The median of days with its quartiles, and how many there are among how many."""
    total = counts.total()
    row = share(group, total, of, label)
    if not total:
        return row
    low, median, high = (quantile(counts, part) for part in (0.25, 0.5, 0.75))
    spread = {"lower quartile": low, "upper quartile": high, "least": min(counts), "most": max(counts)}
    return replace(row, value=median, more=tuple((name, float(day)) for name, day in spread.items()))


def groups(found: Iterable[str]) -> list[str]:
    """Everybody first, then the groups of the breakdown in order."""
    return [EVERYBODY, *sorted(set(found) - {EVERYBODY})]


# -- masking ------------------------------------------------------------------------------------


def masked(found: Measure, least: int) -> Measure:
    """The same, without figures that stand for fewer than ``least`` people or things, nor what would give them away.

    A row is masked where n, N or the difference of the two is more than 0 and less than ``least``. Where that hides one
    group only, its figure would be the difference between everybody and the others: the smallest other is masked too.
    """
    if least <= 1:
        return found
    small = {place for place, row in enumerate(found.rows) if _is_small(row, least)}
    small |= set(_besides(found.rows, small))
    rows = tuple(_hidden(row, least) if place in small else row for place, row in enumerate(found.rows))
    gone = tuple(LeftOut(one.why, None if (one.count or 0) < least else one.count) for one in found.left_out)
    return replace(found, rows=rows, left_out=gone, curves=tuple(_cut(curve, least) for curve in found.curves))


def _is_small(row: Row, least: int) -> bool:
    counts = [row.n, row.of, None if row.n is None or row.of is None else row.of - row.n]
    counts += [value for name, value in row.more if name in _COUNTS]
    return any(count is not None and 0 < count < least for count in counts)


#: figures besides n and N that count people or things
_COUNTS = frozenset({"important", "confirmed", "candidates", "queries", "dismissed", "participants", "over 100 %"})


def _besides(rows: tuple[Row, ...], small: set[int]) -> Iterable[int]:
    by_label: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        if row.group != EVERYBODY:
            by_label.setdefault(row.label, []).append(place)
    for places in by_label.values():
        hidden = [place for place in places if place in small]
        others = [place for place in places if place not in small]
        if len(hidden) == 1 and others:
            yield min(others, key=lambda place: rows[place].of or rows[place].n or 0)


def _hidden(row: Row, least: int) -> Row:
    return Row(group=row.group, label=row.label, note=f"masked: fewer than {least}", masked=True)


def _cut(curve: Curve, least: int) -> Curve:
    """A curve up to where fewer than ``least`` are still followed; events are not counted in it."""
    kept = [point for point in curve.points if (point.at_risk or 0) >= least]
    return replace(curve, points=tuple(replace(point, events=None, censored=None) for point in kept))

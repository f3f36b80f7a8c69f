"""Numbers that stay: what a later version brings is numbered between what has a number already."""

from __future__ import annotations

from collections.abc import Sequence

from planner.problems import InputProblem, Refused

STEP = 10


def allot(known: dict[str, int], ordered: Sequence[str], most: int) -> None:
    """Give each name that has none a number from 1 to ``most``, so that numbers follow the order where there is room.

    A number that was given is never changed. Raises Refused where there are more names than numbers.
    """
    after, fresh = 0, list[str]()
    for name in ordered:
        if name not in known:
            fresh.append(name)
            continue
        _place(known, fresh, after, most)
        after, fresh = known[name], []
    _place(known, fresh, after, most)


def _place(known: dict[str, int], fresh: Sequence[str], after: int, most: int) -> None:
    """Number these names, which all come right after the number ``after``."""
    if fresh:
        known.update(zip(fresh, _free(set(known.values()), len(fresh), after, most), strict=True))


def _free(taken: set[int], count: int, after: int, most: int) -> Sequence[int]:
    following = min((number for number in taken if number > after), default=None)
    if following is None:
        step = min(STEP, (most - after) // count)
        return [after + step * place for place in range(1, count + 1)] if step else _any(taken, count, most)
    gap = following - after
    if gap > count:
        return [after + gap * place // (count + 1) for place in range(1, count + 1)]
    return _free(taken, count, max(taken), most)


def _any(taken: set[int], count: int, most: int) -> Sequence[int]:
    left = [number for number in range(1, most + 1) if number not in taken]
    if len(left) < count:
        wrong = f"a part of the protocol has more than the {most} visits (or epochs) that can be numbered"
        raise Refused([InputProblem("study", wrong, "export the visits as a table instead")])
    return left[:count]

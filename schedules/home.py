"""Drugs taken at home: on which days a dose is expected, and which a hold took away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from schedules.course import FOREVER
from schedules.path import calendar_limit
from schedules.protocol import ActivityKind, Epoch, HomeDosing
from schedules.scheduled import HomeDoses
from schedules.walk import Anchor, Walk


def place_home_doses(walk: Walk) -> None:
    """Lay out the doses at home of every stay, from its Day 1 to the day before the next one."""
    walk.home_doses.extend(_home_doses(walk, list(walk.anchors.values())))


def last_home_dose(walk: Walk, anchors: list[Anchor]) -> int | None:
    """The last day on which a study drug is taken at home in these stays, one after the other."""
    known = walk.course.compiled.protocol.activities
    doses = (each for each in _home_doses(walk, anchors) if known[each.activity].kind is ActivityKind.HOME_DOSE)
    return max((each.days[-1].toordinal() for each in doses if each.days), default=None)


def _home_doses(walk: Walk, anchors: list[Anchor]) -> Iterator[HomeDoses]:
    epochs = walk.course.compiled.protocol.epochs
    for place, anchor in enumerate(anchors):
        epoch = epochs[anchor.stay.epoch]
        if not epoch.home and len(walk.course.versions) == 1:
            continue
        later = anchors[place + 1] if place + 1 < len(anchors) else None
        apart = later is not None and epochs[later.stay.epoch].starts is not None and (later.stay.cycle or 1) == 1
        following = None if later is None or apart else _next_day_1(walk, later)
        for activity in _taken_at_home(walk, anchor, epoch):
            doses = _doses(walk, anchor, epoch, activity, following)
            if doses is not None:
                yield doses


def _next_day_1(walk: Walk, anchor: Anchor) -> int | None:
    """The Day 1 that daily doses run up to; while the next cycle is held they stop with this one."""
    return None if walk.record.cycle_holds(str(anchor.stay)) else anchor.day


def _applies(walk: Walk, anchor: Anchor, dosing: HomeDosing, activity: str) -> bool:
    in_arm = not dosing.arms or walk.course.arm in dosing.arms
    in_cycle = dosing.cycles is None or (anchor.stay.cycle or 1) in dosing.cycles
    begun = walk.course.end is None or ((anchor.day or 0) <= walk.course.end.day and _has_begun(walk, anchor))
    begun = begun and (anchor.day or 0) < walk.course.lost_since
    return in_arm and in_cycle and begun and activity not in walk.stopped_in.get(anchor.stay, ())


def _has_begun(walk: Walk, anchor: Anchor) -> bool:
    """Whether a stay that the treatment ended in really began: a visit on its Day 1, or a later one, is recorded."""
    visits = [visit for visit in walk.visits if visit.spec.stay == anchor.stay]
    return not any(visit.spec.is_day_1 for visit in visits) or any(visit.actual is not None for visit in visits)


def _taken_at_home(walk: Walk, anchor: Anchor, epoch: Epoch) -> list[str]:
    """The drugs that any version in force during the stay has taken at home in it."""
    homes = [home for _, _, home in _homes(walk, anchor, epoch)] if anchor.day is not None else []
    return list(dict.fromkeys(activity for home in homes for activity in home))


def _homes(walk: Walk, anchor: Anchor, epoch: Epoch) -> list[tuple[int, int, Mapping[str, HomeDosing]]]:
    """From which day to before which day what is taken at home by which version; what is to come by the newest."""
    if len(walk.course.versions) == 1:
        return [(0, FOREVER, epoch.home)]
    known = [(since, compiled.protocol) for since, compiled in walk.course.versions if since <= walk.course.as_of]
    ends = [*(since for since, _ in known[1:]), FOREVER]
    return [
        (since, until, protocol.epochs[anchor.stay.epoch].home)
        for (since, protocol), until in zip(known, ends, strict=True)
        if anchor.stay.epoch in protocol.epochs and until > (anchor.day or 0)
    ]


def _doses(walk: Walk, anchor: Anchor, epoch: Epoch, activity: str, following: int | None) -> HomeDoses | None:
    """The doses of one drug in one stay; None if the participant does not take it there."""
    assert anchor.day is not None  # noqa: S101 - the caller has looked
    last = _last_day(walk, anchor.day, epoch, following)
    spans = [(since, until, home[activity]) for since, until, home in _homes(walk, anchor, epoch) if activity in home]
    spans = [span for span in spans if span[0] <= last and _applies(walk, anchor, span[2], activity)]
    if not spans:
        return None
    planned = [day for since, until, dosing in spans for day in _planned(anchor, dosing, since, min(last + 1, until))]
    held = [day for day in planned if _is_held(walk, activity, day)]
    days = [day for day in planned if day not in set(held)]
    return HomeDoses(
        activity, anchor.stay, tuple(map(date.fromordinal, days)), tuple(map(date.fromordinal, held)),
        anchor.doubt is not None or walk.visit_is_tentative(anchor), _note(spans[-1][2], anchor.stay.cycle or 1),
    )  # fmt: skip


def _planned(anchor: Anchor, dosing: HomeDosing, since: int, until: int) -> list[int]:
    """The days of a stay on which a dose is planned, from ``since`` to before ``until``."""
    day_1 = anchor.day or 0
    first = max(since, day_1 + (dosing.starts_on - 1 if (anchor.stay.cycle or 1) == 1 else 0))
    return [day for day in range(first, until) if day - day_1 + 1 in dosing.days]


def _note(dosing: HomeDosing, cycle: int) -> str | None:
    return dosing.note if dosing.note_cycles is None or cycle in dosing.note_cycles else None


def _last_day(walk: Walk, first: int, epoch: Epoch, following: int | None) -> int:
    """The day before the next Day 1, else the end of the cycle; the end of treatment and limits cut it short.

    Of somebody who is lost nobody knows what they take.
    """
    length = epoch.cycles.length if epoch.cycles else epoch.length
    over = length.after_day(first) if length else first + 1
    last = min(over if following is None else following, walk.course.lost_since) - 1
    if walk.course.end is not None:
        last = min(last, walk.course.end.day)
    limit = calendar_limit(walk, epoch)
    if limit is not None and epoch.cycles is not None and epoch.cycles.home_doses_at_limit == "stop":
        last = min(last, limit - 1)
    return last


def _is_held(walk: Walk, activity: str, day: int) -> bool:
    holds = walk.record.home_holds.get(activity, [])
    spans = [(hold.date.toordinal(), hold.resume.toordinal() if hold.resume else FOREVER) for hold in holds]
    return any(start <= day < end for start, end in spans)

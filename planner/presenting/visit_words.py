"""What is done at a visit, in words: in its order, drugs marked, what was really given, and the times by the clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schedules.history import Given, TreatmentEnded
from schedules.offsets import Offset
from schedules.protocol import ActivityKind, Protocol, VisitActivity
from schedules.scheduled import ScheduledVisit
from schedules.statuses import Status
from schedules.windows import ClockWindow

_DRUGS = (ActivityKind.DOSE, ActivityKind.HOME_DOSE)
GONE = (Status.CANCELLED, Status.OMITTED, Status.MISSED, Status.SUSPENDED)
_HOUR = 60


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the facts say and a plan does not repeat: the doses really given, by the key of their visit, and the end.

    ``anything``: there are facts at all, and not a start date alone.
    """

    given: Mapping[str, Sequence[Given]] = field(default_factory=dict)
    ended: TreatmentEnded | None = None
    anything: bool = True


NOTHING = Recorded()


class Item(NamedTuple):
    """One thing that is done: the activity's id, whether it is a study drug, and whether it was not given after all."""

    activity: str
    drug: bool = False
    left_out: bool = False

    def __str__(self) -> str:
        return f"no {self.activity}" if self.left_out else f"{'*' if self.drug else ''}{self.activity}"


def is_drug(name: str, protocol: Protocol) -> bool:
    """Whether an activity gives or is a study drug."""
    return name in protocol.activities and protocol.activities[name].kind in _DRUGS


def visit_items(visit: ScheduledVisit, protocol: Protocol, facts: Recorded) -> list[Item]:
    """What is done, in the order in which it is done; where doses are recorded, the drugs really given."""
    given = list(dict.fromkeys(fact.activity for fact in facts.given.get(visit.key, ())))
    unplanned = [Item(name, drug=True) for name in given if name not in visit.spec.activities]
    items: list[Item] = []
    for name in visit.spec.activities:
        if given and is_drug(name, protocol) and name not in given:
            items += [*unplanned, Item(name, drug=True, left_out=True)]
            unplanned = []
        else:
            items.append(Item(name, is_drug(name, protocol)))
    return [*items, *unplanned]


# -- by the clock -------------------------------------------------------------------------------


class Timed(NamedTuple):
    """An activity at one time of a visit: how long after the start of ``base`` (None: the arrival), how nearly."""

    activity: str
    base: str | None
    at: Offset
    within: ClockWindow | None

    def on_the_clock(self, start: datetime) -> datetime:
        """The time on the clock that showed ``start`` when the base began."""
        later = start.astimezone(UTC) + timedelta(minutes=self.at.in_minutes or 0)
        return later.astimezone(start.tzinfo)


def timed(visit: ScheduledVisit) -> list[Timed]:
    """Everything that a visit does by the clock, in the order of its base and of the times."""
    if visit.status in GONE:
        return []
    found = [Timed(i.activity, i.timed_from, at, i.within) for i in visit.spec.details for at in i.at]
    bases = list(dict.fromkeys(each.base for each in found))
    return sorted(found, key=lambda each: (bases.index(each.base), each.at.in_minutes or 0))


def started(visit: ScheduledVisit, base: str | None, facts: Recorded, zone: str) -> datetime | None:
    """When the base of a visit's times really began, on the site's clock; None if nobody recorded it."""
    begun = [(fact.date, fact.start) for fact in facts.given.get(visit.key, ()) if fact.activity == base and fact.start]
    if not begun:
        return None
    day, start = min(begun)
    return datetime.combine(day, start, ZoneInfo(zone))


def distance_words(at: Offset) -> str:
    """``15 minutes before``, ``2 hours after``."""
    if at.amount == 0:
        return "at the same time"
    return f"{Offset(abs(at.amount), at.unit)} {'before' if at.amount < 0 else 'after'}"


def short_times(visit: ScheduledVisit) -> Iterator[list[str]]:
    """For each activity the parts of a line: ``levels −15 min``, ``+30 min``, ``+1 h after tablet-a (± 5 min)``."""
    rows: dict[tuple[str, str | None], list[Timed]] = {}
    for each in timed(visit):
        rows.setdefault((each.activity, each.base), []).append(each)
    for (activity, base), times in rows.items():
        alike = len({each.within for each in times}) == 1
        parts = [_part(each, following, alike) for each, following in zip(times, [*times[1:], None], strict=True)]
        nearly = _nearly(times[0]) if alike else ""
        parts[0] = f"{activity} {parts[0]}"
        parts[-1] += f" after {base or 'arrival'}{nearly}"
        yield parts


def _part(each: Timed, following: Timed | None, alike: bool) -> str:
    """One time; where the times differ in how nearly they are kept, the last one of each run says it."""
    last = following is None or following.within != each.within
    return f"{_short(each.at)}{_nearly(each) if last and not alike else ''}"


def _short(at: Offset) -> str:
    minutes = at.in_minutes or 0
    whole = minutes and minutes % _HOUR == 0
    size = f"{abs(minutes) // _HOUR} h" if whole else f"{abs(minutes)} min"
    return f"{'−' if minutes < 0 else '+'}{size}"


def _nearly(each: Timed) -> str:
    within = each.within
    if within is None:
        return ""
    hours = within.before + within.after and within.before % _HOUR == within.after % _HOUR == 0
    unit, size = ("h", _HOUR) if hours else ("min", 1)
    if within.before == within.after:
        return f" (± {within.before // size} {unit})"
    return f" ({_side('−', within.before // size)}/{_side('+', within.after // size)} {unit})"


def _side(sign: str, size: int) -> str:
    return f"{sign}{size}" if size else "0"


def timed_items(visit: ScheduledVisit) -> list[VisitActivity]:
    """The activities of a visit that are done by the clock, as the protocol writes them."""
    return [] if visit.status in GONE else [item for item in visit.spec.details if item.at]

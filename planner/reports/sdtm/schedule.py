"""Which visits the protocol plans in each arm, and on which study day: what TV lists, and what SV calls planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from planner.presenting.protocol_table import apart_words, base_words
from planner.reports.sdtm.book import VisitBook
from planner.reports.sdtm.texts import fitted
from schedules.compiled import CompiledProtocol
from schedules.design import Design
from schedules.keys import Stay, parse_key
from schedules.protocol import Epoch, Stage
from schedules.specs import VisitSpec
from schedules.study_day import day_number

#: an arm that is not known (yet), in a protocol that has arms
UNKNOWN = None
#: how far cycles without a limit are listed where nobody has come further: for each epoch and entry, a cycle
Reached = Mapping[tuple[str, int], int]


class PlannedDay(NamedTuple):
    """A visit as one arm plans it: its study day, None where the protocol does not fix one, and its rules in words."""

    day: int | None
    starts: str
    ends: str


class Schedule:
    """The planned visits of a study by arm, each as the newest version has it that has it."""

    def __init__(self, design: Design, book: VisitBook) -> None:
        self._design, self._book = design, book
        arms = dict.fromkeys(arm for protocol in design.versions for arm in protocol.arms)
        self.arms: tuple[str | None, ...] = tuple(arms) or (UNKNOWN,)
        self._days: dict[tuple[str | None, str], PlannedDay | None] = {}
        self._stays: dict[tuple[CompiledProtocol, Stay], dict[str, VisitSpec]] = {}

    def planned(self, arm: str | None, key: str) -> PlannedDay | None:
        """The visit of that key as it is planned in an arm; None where it is not.

        Without an arm, in a protocol with arms: as any of them plans it, and on a day only where all say the same.
        """
        if arm is UNKNOWN and self.arms != (UNKNOWN,):
            found = [day for each in self.arms if (day := self._of_arm(each, key)) is not None]
            days = {each.day for each in found}
            return found[0]._replace(day=found[0].day if len(days) == 1 else None) if found else None
        return self._of_arm(arm, key)

    def _of_arm(self, arm: str | None, key: str) -> PlannedDay | None:
        key = self._book.canonical(key)
        if (arm, key) not in self._days:
            self._days[arm, key] = self._look_up(arm, key)
        return self._days[arm, key]

    def _look_up(self, arm: str | None, key: str) -> PlannedDay | None:
        parts = parse_key(key)
        for compiled in self._versions(arm) if parts is not None else ():
            assert parts is not None  # noqa: S101 - for the type checker
            spec = self._specs(compiled, parts.stay).get(parts.name) if _has(compiled, parts.stay) else None
            if spec is not None:
                return PlannedDay(_study_day(compiled, spec, parts.stay), _starts(compiled, spec), _ends(spec))
        return None

    def keys(self, arm: str | None, reached: Reached) -> Iterator[str]:
        """The keys of all visits that an arm plans, in any version, as far as cycles are listed."""
        found = dict[str, None]()
        for compiled in self._versions(arm):
            for stay in _stays(compiled, reached):
                found |= dict.fromkeys(stay.key(name) for name in self._specs(compiled, stay))
        yield from found

    def _versions(self, arm: str | None) -> Iterator[CompiledProtocol]:
        """The versions that have the arm, the newest first."""
        for place in reversed(range(len(self._design.versions))):
            if not self._design.versions[place].arms or arm in self._design.versions[place].arms:
                yield self._design.compiled(place, arm, 0)

    def _specs(self, compiled: CompiledProtocol, stay: Stay) -> dict[str, VisitSpec]:
        """The visits of a stay by their names; a further entry of an epoch plans the same as the first."""
        if (compiled, stay) not in self._stays:
            specs = compiled.stay(stay._replace(entry=1)).visits
            self._stays[compiled, stay] = {parts.name: spec for spec in specs if (parts := parse_key(spec.key))}
        return self._stays[compiled, stay]


def _reach(compiled: CompiledProtocol) -> Iterator[str]:
    """The epochs of an arm: those before, those that its path may come to, and those after the treatment."""
    yield from compiled.screening
    yield from (name for name in compiled.protocol.epochs if name in compiled.within_reach)
    yield from compiled.follow_up


def _has(compiled: CompiledProtocol, stay: Stay) -> bool:
    """Whether the version plans such a stay; how many cycles there may be counts, how long they may go on does not."""
    epoch = compiled.protocol.epochs.get(stay.epoch)
    if epoch is None or stay.epoch not in _reach(compiled) or bool(epoch.cycles) != bool(stay.cycle):
        return False
    most = epoch.cycles.at_most if epoch.cycles else None
    return most is None or (stay.cycle or 1) <= most


def _stays(compiled: CompiledProtocol, reached: Reached) -> Iterator[Stay]:
    for name in _reach(compiled):
        epoch = compiled.protocol.epochs[name]
        entries = max((entry for known, entry in reached if known == name), default=1)
        for entry in range(1, entries + 1):
            if epoch.cycles is None:
                yield Stay(name, entry, None)
                continue
            last = _last_cycle(epoch, reached.get((name, entry), 0))
            yield from (Stay(name, entry, cycle) for cycle in range(1, last + 1))


def _last_cycle(epoch: Epoch, reached: int) -> int:
    """The last cycle that is listed: the protocol's, else as far as anybody has come and the plans look ahead."""
    assert epoch.cycles is not None  # noqa: S101 - the caller has looked
    cycles = epoch.cycles
    if cycles.at_most is not None:
        return cycles.at_most
    length, within = cycles.length.in_days, cycles.within
    if within is not None and length:
        days = within.after_day(_SOME_DAY) - _SOME_DAY
        return max(reached, -(-days // length))
    return max(reached, 1) + cycles.plan_ahead


#: 1 January 2001, to count months from
_SOME_DAY = 730_486


def _study_day(compiled: CompiledProtocol, spec: VisitSpec, stay: Stay) -> int | None:
    """The planned study day; None behind a decision, and where it is counted from what has no planned day."""
    start = 0 if spec.stage is Stage.SCREENING else _start(compiled, stay.epoch)
    offset = _offset(compiled, spec)
    if stay.entry > 1 or start is None or offset is None or spec.stage is Stage.FOLLOW_UP:
        return None
    epoch = compiled.protocol.epochs[stay.epoch]
    length = epoch.cycles.length.in_days if epoch.cycles else 0
    if length is None:
        return None
    return day_number(start + ((stay.cycle or 1) - 1) * length + offset)


def _offset(compiled: CompiledProtocol, spec: VisitSpec) -> int | None:
    """How many days after Day 1 of its stay a visit is, also where it is counted from another one of the same stay."""
    days = 0
    for _ in range(100):
        if spec.offset is not None:
            return days + spec.offset
        base = spec.base.visit if spec.base else None
        others = {f"{each.stay.epoch}.{each.name}": each for each in compiled.stay(spec.stay).visits}
        following = others.get(base) or others.get(f"{spec.stay.epoch}.{base}") if base else None
        if following is None or following.planned.repeat is not None or spec.by.in_days is None:
            return None
        days, spec = days + spec.by.in_days, following
    return None


def _start(compiled: CompiledProtocol, epoch_id: str) -> int | None:
    """How many days after Day 1 of the study an epoch of treatment is planned to begin; None behind a decision."""
    day: int | None = 0
    for place, name in enumerate(compiled.sequence):
        epoch = compiled.protocol.epochs[name]
        if place and epoch.starts is not None:
            day = None
        if name == epoch_id or day is None:
            return day
        length = epoch.cycles.length.in_days if epoch.cycles else epoch.length.in_days if epoch.length else None
        many = epoch.cycles.at_most if epoch.cycles else 1
        day = None if epoch.gates or length is None or many is None else day + length * many
    return None


# -- the rules, in words ------------------------------------------------------------------------


def _starts(compiled: CompiledProtocol, spec: VisitSpec) -> str:
    """``Day 8 of cycle 2 of Induction, up to 1 day before or 2 days after``."""
    protocol, epoch = compiled.protocol, compiled.protocol.epochs[spec.stay.epoch]
    where = f"cycle {spec.stay.cycle} of {epoch.label}" if spec.stay.cycle else epoch.label
    if spec.base is not None:
        due = apart_words(spec.by, base_words(protocol, epoch, spec.base), said=spec.base.event in protocol.events)
    elif spec.day is not None:
        due = f"Day {spec.day}" if spec.stage is Stage.SCREENING else f"Day {spec.day} of {where}"
    else:
        due = apart_words(spec.by, "Day 1" if spec.stage is Stage.SCREENING else f"Day 1 of {where}", said=False)
    return fitted(f"{due[:1].upper()}{due[1:]}{_window(spec)}")


def _window(spec: VisitSpec) -> str:
    sides = ((spec.before, "before"), (spec.after, "after"))
    words = [f"{days} {'day' if days == 1 else 'days'} {side}" for days, side in sides if days]
    return f", up to {' or '.join(words)}" if words else ""


def _ends(spec: VisitSpec) -> str:
    """On its day, unless something may be done on other days than the visit's."""
    own_days = any(item.window is not None for item in spec.details)
    return "When its last activity is done" if own_days else "On the day on which it started"

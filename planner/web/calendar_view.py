"""A calendar as the page shows it: sections by epoch, blocks by cycle, a row for each visit, gate and home dose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from planner.services.calendars import Calendar
from planner.web.words import days_in_runs, run_words, short_day, timing_words, window_words
from schedules.keys import Stay
from schedules.leftovers import UNSCHEDULED
from schedules.protocol import Activity, Protocol, Stage
from schedules.scheduled import Conflict, GateState, HomeDoses, Plan, ScheduledVisit, TreatmentEnd
from schedules.statuses import GATE_STATUS_MEANINGS, STATUS_MEANINGS
from schedules.wording import state_words

#: heading of what happened and is of no epoch
OUTSIDE = "Outside the schedule"


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that is done at a visit, and when it is not simply at the visit."""

    label: str
    timing: str


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit in words. ``day`` is None where it has no date; ``moved_from`` is the day it was due, if it moved."""

    key: str
    label: str
    name: str
    day: date | None
    due: date | None
    doses: tuple[Done, ...]
    others: tuple[Done, ...]
    window: str
    left: str
    moved_from: date | None
    status: str
    tentative: bool
    setting: str
    conflicts: tuple[Conflict, ...]
    why: tuple[str, ...]

    @property
    def blocked(self) -> bool:
        """Whether somebody has to decide before it has a date."""
        return any(conflict.blocks for conflict in self.conflicts)


@dataclass(frozen=True, slots=True)
class GateRow:
    """A decision in words; ``options`` are label and whether the plan follows it. ``with_gate`` answers it too."""

    key: str
    label: str
    due: date | None
    status: str
    tentative: bool
    options: tuple[tuple[str, bool], ...]
    with_gate: str | None
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HomeRow:
    """The doses of a drug to be taken at home in one cycle."""

    label: str
    count: int
    runs: str
    note: str | None
    tentative: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A cycle, or an epoch without cycles: the gates before it, its visits and home doses, the gates after it."""

    id: str
    heading: str | None
    before: tuple[GateRow, ...]
    visits: tuple[VisitRow, ...]
    home: tuple[HomeRow, ...]
    after: tuple[GateRow, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """An epoch with its blocks; ``end`` is the end of treatment if it comes before this epoch."""

    id: str
    label: str
    blocks: tuple[Block, ...]
    end: TreatmentEnd | None = None


def sections(calendar: Calendar) -> list[Section]:
    """The whole calendar, epoch by epoch, in the order in which a participant comes to them."""
    return plan_sections(calendar.read.protocol, calendar.plan)


def plan_sections(protocol: Protocol, plan: Plan) -> list[Section]:
    """The same of any plan; the protocol has everything that the plan names."""
    items = [*(visit.spec.stay for visit in plan.visits), *(doses.stay for doses in plan.home_doses)]
    stays = sorted(
        dict.fromkeys([*items, *(gate.stay for gate in plan.gates)]),
        key=lambda stay: (stay == UNSCHEDULED, _is_follow_up(protocol, stay.epoch)),
    )
    blocks: dict[tuple[str, int], list[Block]] = {}
    for stay in stays:
        blocks.setdefault((stay.epoch, stay.entry), []).append(_block(protocol, plan, stay))
    found = [
        Section(_id(epoch, entry), protocol.epochs[epoch].label if epoch in protocol.epochs else OUTSIDE, tuple(listed))
        for (epoch, entry), listed in blocks.items()
    ]
    return _with_end(found, protocol, plan.treatment_end)


def _with_end(found: list[Section], protocol: Protocol, end: TreatmentEnd | None) -> list[Section]:
    """Put the end of treatment before the follow-up, or into a section of its own."""
    if end is None:
        return found
    for place, section in enumerate(found):
        if _is_follow_up(protocol, section.id.partition("-again-")[0]):
            return [*found[:place], Section(section.id, section.label, section.blocks, end), *found[place + 1 :]]
    return [*found, Section("end", "End of treatment", (), end)]


def _is_follow_up(protocol: Protocol, name: str) -> bool:
    epoch = protocol.epochs.get(name)
    return epoch is not None and epoch.stage is Stage.FOLLOW_UP


def _id(epoch: str, entry: int) -> str:
    return epoch if entry == 1 else f"{epoch}-again-{entry}"


def _block(protocol: Protocol, plan: Plan, stay: Stay) -> Block:
    gates = [gate for gate in plan.gates if gate.stay == stay]
    before = [gate for gate in gates if _stands_before(gate, protocol)]
    return Block(
        id=str(stay).replace(".", "-").replace("#", "-again-"),
        heading=f"Cycle {stay.cycle}" if stay.cycle else None,
        before=tuple(_gate_row(gate, plan.gates, protocol) for gate in before),
        visits=tuple(visit_row(visit, protocol) for visit in plan.visits if visit.spec.stay == stay),
        home=tuple(_home_row(doses, protocol) for doses in plan.home_doses if doses.stay == stay),
        after=tuple(_gate_row(gate, plan.gates, protocol) for gate in gates if gate not in before),
    )


# -- visits -------------------------------------------------------------------------------------


def visit_row(visit: ScheduledVisit, protocol: Protocol) -> VisitRow:
    """One visit in words."""
    moved = visit.target is not None and visit.due is not None and visit.target != visit.due
    name = visit.spec.planned.label
    return VisitRow(
        key=visit.key,
        label=visit.spec.label,
        name=name if name not in visit.spec.label and "{n}" not in name else "",
        day=visit.target,
        due=visit.due,
        doses=tuple(_done(visit, protocol.activities, doses=True)),
        others=tuple(_done(visit, protocol.activities, doses=False)),
        window=window_words(visit.opens, visit.closes),
        left=", ".join(short_day(day) for day in visit.feasible),
        moved_from=visit.due if moved else None,
        status=state_words(visit.status.value),
        tentative=visit.tentative,
        setting={"remote": "by telephone", "inpatient": "in hospital"}.get(visit.setting, ""),
        conflicts=visit.conflicts,
        why=visit.why,
    )


def _done(visit: ScheduledVisit, activities: Mapping[str, Activity], doses: bool) -> Iterator[Done]:
    if visit.spec.stay == UNSCHEDULED:  # nothing was planned of it, but what was done is known
        known = [activities[name] for name in visit.spec.activities if name in activities]
        yield from (Done(activity.label, "") for activity in known if activity.is_dose is doses)
    for item in visit.spec.details:
        if activities[item.activity].is_dose is doses:
            yield Done(activities[item.activity].label, timing_words(item, activities))


# -- gates and home doses -----------------------------------------------------------------------


def _stands_before(gate: GateState, protocol: Protocol) -> bool:
    planned = protocol.epochs[gate.stay.epoch].gates.get(gate.key.rpartition(".")[2])
    return planned is not None and planned.when == "before-each-cycle"


def _gate_row(gate: GateState, gates: Sequence[GateState], protocol: Protocol) -> GateRow:
    followed = gate.outcome or gate.default
    return GateRow(
        key=gate.key,
        label=gate.label,
        due=gate.due,
        status=state_words(gate.status.value),
        tentative=gate.tentative,
        options=tuple((label, name == followed) for name, label in gate.options),
        with_gate=_answered_with(gate, gates, protocol),
        why=gate.why,
    )


def _answered_with(gate: GateState, gates: Sequence[GateState], protocol: Protocol) -> str | None:
    """The label of the gate just before, if deciding that one answers this one too."""
    planned = protocol.epochs[gate.stay.epoch].gates.get(gate.key.rpartition(".")[2])
    place = gates.index(gate)
    if planned is None or planned.answered_by is None or place == 0 or gate.stay.cycle not in (None, 1):
        return None
    earlier = gates[place - 1]
    return earlier.label if earlier.key.endswith(f".{planned.answered_by}") else None


def _home_row(doses: HomeDoses, protocol: Protocol) -> HomeRow:
    runs = "; ".join(run_words(run) for run in days_in_runs(doses.days))
    return HomeRow(protocol.activities[doses.activity].label, len(doses.days), runs, doses.note, doses.tentative)


# -- around the list ----------------------------------------------------------------------------


def rows(found: Iterable[Section]) -> list[VisitRow]:
    """All visits of these sections."""
    return [row for section in found for block in section.blocks for row in block.visits]


def legend(calendar: Calendar) -> list[tuple[str, str]]:
    """The words that the calendar uses for how things stand, and what they mean."""
    return plan_legend(calendar.plan)


def plan_legend(plan: Plan) -> list[tuple[str, str]]:
    """The same of any plan."""
    visits = {visit.status for visit in plan.visits}
    gates = {gate.status for gate in plan.gates}
    words = [(state_words(status.value), text) for status, text in STATUS_MEANINGS.items() if status in visits]
    words += [
        (f"decision {state_words(status.value)}", text)
        for status, text in GATE_STATUS_MEANINGS.items()
        if status in gates
    ]
    if any(visit.tentative for visit in plan.visits):
        words.append(("tentative", "It lies beyond a decision that is still open, and will change with it."))
    return words

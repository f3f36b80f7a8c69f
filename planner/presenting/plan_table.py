"""A plan for people: one line a visit, grouped by cycle, and below it what else there is to know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from planner.presenting.plan_below import below_the_visits
from planner.presenting.short_days import counted, short_day, short_span
from planner.presenting.visit_words import NOTHING, Item, Recorded, is_drug, short_times, visit_items
from schedules.keys import Stay
from schedules.protocol import Protocol
from schedules.scheduled import Plan, ScheduledVisit
from schedules.statuses import Status
from schedules.wording import state_words

NARROW = 72  # below it the columns leave too little for a label: it stands above them
WIDE = 100  # from here on one line holds the key and the activities too
UNSCHEDULED = "unscheduled"  # the epoch of visits that no protocol plans
_LONGEST_LABEL = 28
_TARGET, _WINDOW, _STATUS = 17, 13, 14
_STYLES = {
    Status.DUE: "bold cyan",
    Status.BOOKED: "cyan",
    Status.TO_REBOOK: "bold yellow",
    Status.NEEDS_DECISION: "bold red",
    Status.HELD: "bold magenta",
    Status.DONE: "green",
    Status.UNRECORDED: "yellow",
    Status.MISSED: "red",
    Status.EXPIRED: "yellow",
    Status.OMITTED: "dim",
    Status.SUSPENDED: "dim",
    Status.CANCELLED: "dim",
}
_GONE = (Status.CANCELLED, Status.OMITTED, Status.MISSED, Status.SUSPENDED)


# -- the whole screen ---------------------------------------------------------------------------


def plan_screen(
    plan: Plan, protocol: Protocol, name: str, width: int, facts: Recorded = NOTHING, stored: bool = False
) -> Iterator[RenderableType]:
    """Everything about a plan for a screen of this width; ``name`` is what the user called the protocol.

    Of a participant who is ``stored`` it is the study's code and the number.
    """
    yield from plan_heading(plan)
    if not facts.anything:
        yield Text('From a start date alone: until something is recorded, all visits are "planned".', "dim")
    yield from visit_lines(plan.visits, protocol, width, facts)
    yield from _legend(plan.visits, protocol)
    yield from below_the_visits(plan, protocol, width, facts)
    yield Text()
    many = counted(len(plan.assumptions), "assumption")
    if stored:
        yield Text(f"`planner participant calendar {name} --format json` has the {many} that this rests on,", "dim")
        yield Text("and how every date came about.", "dim")
        return
    if plan.assumptions:
        yield Text(f"This rests on {many}, which `planner protocol show {name}` lists.", "dim")
    yield Text(f"`planner why {name} VISIT …` says how a date came about.", "dim")


def plan_heading(plan: Plan) -> Iterator[RenderableType]:
    """Which protocol, from when, as of when, for whom."""
    yield Text.assemble((f"{plan.protocol} {plan.version}", "bold"), f"  {plan.title}")
    about = [f"Day 1 {short_day(plan.day_1)}", f"as of {short_day(plan.as_of)}"]
    about += [f"{what} {name}" for what, name in (("arm", plan.arm), ("cohort", plan.cohort)) if name]
    yield Text(" · ".join(about))


# -- visits -------------------------------------------------------------------------------------


def visit_lines(
    visits: Iterable[ScheduledVisit], protocol: Protocol, width: int, facts: Recorded
) -> Iterator[RenderableType]:
    """Visits in the order of their days, a heading wherever another cycle or epoch begins."""
    known = list(visits)
    layout = _Layout(known, width)
    yield Text()
    yield layout.header()
    for stay, group in _groups(known):
        yield Text.assemble("\n", (stay_label(stay, protocol), "bold"), (f"  {stay}" if layout.wide else "", "dim"))
        for visit in group:
            yield layout.line(visit, visit_items(visit, protocol, facts))
            yield from _times(visit, width - 4)
            yield from _remarks(visit)


def _times(visit: ScheduledVisit, room: int) -> Iterator[RenderableType]:
    """What is done by the clock, in lines that end behind a comma."""
    for parts in short_times(visit):
        line = ""
        for part in parts:
            longer = f"{line}, {part}" if line else part
            if line and cell_len(longer) > room - 1:
                yield Padding(Text(f"{line},", "dim"), (0, 0, 0, 4))
                longer = f"  {part}"
            line = longer
        yield Padding(Text(line, "dim"), (0, 0, 0, 4))


def _groups(visits: list[ScheduledVisit]) -> Iterable[tuple[Stay, list[ScheduledVisit]]]:
    """The visits by cycle or epoch; an unscheduled one stands where it fell, behind the visit before it."""
    groups: dict[Stay, list[ScheduledVisit]] = {}
    latest = next((visit.spec.stay for visit in visits if visit.spec.stay.epoch != UNSCHEDULED), None)
    for visit in visits:
        if visit.spec.stay.epoch != UNSCHEDULED or latest is None:
            latest = visit.spec.stay
        groups.setdefault(latest, []).append(visit)
    return groups.items()


def _legend(visits: Iterable[ScheduledVisit], protocol: Protocol) -> Iterator[RenderableType]:
    tentative = ["~ tentative: it lies beyond a decision or a record that is still open"]
    drugs = ["* a study drug"] if any(is_drug(name, protocol) for v in visits for name in v.spec.activities) else []
    lines = [*(tentative if any(visit.tentative for visit in visits) else []), *drugs]
    if lines:
        yield Text("\n" + "\n".join(lines), "dim")


def stay_label(stay: Stay, protocol: Protocol) -> str:
    """``Maintenance, cycle 2``; an epoch that is entered again says which time it is."""
    epoch = protocol.epochs.get(stay.epoch)
    words = [epoch.label if epoch else stay.epoch.capitalize()]
    words += [f"time {stay.entry}"] if stay.entry > 1 else []
    words += [f"cycle {stay.cycle}"] if stay.cycle else []
    return ", ".join(words)


class _Layout:
    """Where the columns of the visits stand: the same ones under every heading."""

    def __init__(self, visits: list[ScheduledVisit], width: int) -> None:
        label = max([5, *(cell_len(visit.spec.label) for visit in visits)])
        name = max([3, *(cell_len(_name(visit)) for visit in visits)])
        status = max([_STATUS, *(len(_status(visit)) for visit in visits)])
        self.wide = width >= WIDE
        self.stacked = width < NARROW
        self.width = width
        self.columns = [min(label, _LONGEST_LABEL), *([min(name, _LONGEST_LABEL)] if self.wide else [])]
        self.columns += [_TARGET, _WINDOW, status]
        self.rest = width - 2 - sum(self.columns) - 2 * len(self.columns)
        if not self.wide:  # nothing stands beside the status
            self.columns[0] += min(0, self.rest + 2)

    def header(self) -> RenderableType:
        """The names of the columns."""
        if self.stacked:
            return Padding(Text("Visit, status\n  Date  Window", "dim"), (0, 0, 0, 2))
        key = ["Key"] if self.wide else []
        return self._row("dim", ["Visit", *key, "Date", "Window", "Status"], "Activities")

    def line(self, visit: ScheduledVisit, items: list[Item]) -> RenderableType:
        """One visit; its key and its activities are in a line below where the screen is narrow."""
        cells = [Text(visit.spec.label), _target(visit), _window(visit), _status(visit)]
        if self.wide:
            cells.insert(1, Text(_name(visit), "dim"))
            return self._row("", cells, _activities(items, self.rest))
        if self.stacked:
            return self._stack(visit, items)
        room = self.width - 6 - cell_len(visit.key)
        below = Padding(Text.assemble((visit.key, "dim"), "  ", _activities(items, room)), (0, 0, 0, 4))
        return Group(self._row("", cells, ""), below)

    def _stack(self, visit: ScheduledVisit, items: list[Item]) -> RenderableType:
        """Each thing in a line of its own, which breaks between words."""
        return Group(
            Padding(Text.assemble((visit.spec.label, "bold"), ", ", _status(visit)), (0, 0, 0, 2)),
            Padding(Text.assemble(_target(visit), "  ", _window(visit)), (0, 0, 0, 4)),
            Padding(Text(visit.key, "dim"), (0, 0, 0, 4)),
            Padding(_activities(items, self.width - 4), (0, 0, 0, 4)),
        )

    def _row(self, style: str, cells: Sequence[str | Text], rest: str | Text) -> RenderableType:
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(width=0)
        for place, width in enumerate(self.columns):
            is_target = place == len(self.columns) - 3
            row.add_column(width=width, style=style, justify="right" if is_target else "left", overflow="fold")
        if self.wide:
            row.add_column(width=max(self.rest, 12), style=style or "dim", overflow="fold")
        row.add_row("", *cells, *([rest] if self.wide else []))
        return row


def _name(visit: ScheduledVisit) -> str:
    """The key without the part that stands in the heading; an unscheduled visit is not the heading's."""
    if visit.spec.stay.epoch == UNSCHEDULED:
        return visit.key
    return visit.key.removeprefix(str(visit.spec.stay))


def _target(visit: ScheduledVisit) -> Text:
    if visit.target is None and visit.status in _GONE:
        return Text("—", _STYLES[visit.status])
    mark = "~ " if visit.tentative else ""
    if visit.target is not None:
        return Text(f"{mark}{short_day(visit.target)}")
    return Text(f"{mark}no date", _STYLES.get(visit.status, ""))


def _window(visit: ScheduledVisit) -> Text:
    return Text(short_span(visit.opens, visit.closes), "dim")


def _status(visit: ScheduledVisit) -> Text:
    words = state_words(visit.status.value)
    booking = visit.booking
    if visit.status is Status.BOOKED and booking is not None and booking.time is not None:
        words += f" {booking.time:%H:%M}"
    return Text(words, _STYLES.get(visit.status, ""))


# -- what is done -------------------------------------------------------------------------------


def _activities(items: list[Item], room: int) -> Text:
    """As many activities as there is room for, all the drugs among them, and how many more there are."""
    others = [place for place, item in enumerate(items) if not item.drug]
    for count in range(len(others), -1, -1):
        left_out = set(others[count:])
        shown = [item for place, item in enumerate(items) if place not in left_out]
        more = f" +{len(left_out)}" if left_out else ""
        if cell_len(", ".join(map(str, shown)) + more) <= room:
            break
    words = Text(", ", "dim").join(Text(str(item), "bold not dim" if item.drug else "dim") for item in shown)
    return Text.assemble(words, (more, "dim"))


def _remarks(visit: ScheduledVisit) -> Iterator[RenderableType]:
    """Under its line: why it has no date or another one than the protocol's, and what is wrong with it."""
    for conflict in visit.conflicts:
        style = "red" if conflict.blocks else "yellow"
        yield Padding(Text.assemble(("! ", style), (conflict.text, style)), (0, 0, 0, 4))
    said = {conflict.text for conflict in visit.conflicts}
    for sentence in _of_note(visit):
        if sentence not in said:
            yield Padding(Text(f"· {sentence}", "dim"), (0, 0, 0, 4))


def _of_note(visit: ScheduledVisit) -> Iterator[str]:
    moved = visit.target is not None and visit.target != visit.due
    outside = visit.actual and visit.opens and visit.closes and not visit.opens <= visit.actual <= visit.closes
    if visit.basis.cause:
        yield visit.basis.cause
    if (outside if visit.actual else moved) and visit.status is not Status.BOOKED:
        yield from (sentence for sentence in visit.why[1:] if sentence not in (visit.basis.cause, *visit.notes)
                    and not sentence.startswith("tentative:"))  # fmt: skip
    yield from visit.notes

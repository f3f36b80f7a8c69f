"""What stands below the visits of a plan on the screen: decisions, doses at home, deviations, what to know."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from planner.presenting.short_days import counted, short_day, short_span
from planner.presenting.visit_words import Recorded, is_drug
from schedules.deviation import Deviation
from schedules.protocol import Protocol
from schedules.scheduled import GateState, HomeDoses, Plan, TreatmentEnd
from schedules.statuses import GateStatus
from schedules.wording import state_words

_GATE_STYLES = {GateStatus.OVERDUE: "bold red", GateStatus.DECIDED: "green", GateStatus.NOT_NEEDED: "dim"}


def below_the_visits(plan: Plan, protocol: Protocol, width: int, facts: Recorded) -> Iterator[RenderableType]:
    """Decisions first, then doses at home, deviations and queries, and what moves no date."""
    yield from _gates(plan.gates, width)
    yield from _home_doses(plan.home_doses, protocol)
    yield from _list("Deviations to look at", [_deviation(found) for found in plan.deviations])
    yield from _list("Nothing recorded yet", [_deviation(found) for found in plan.queries])
    yield from _list("To know", [Text(line) for line in _notes(plan, facts)])


def _heading(title: str) -> Text:
    return Text.assemble("\n", (title, "bold"))


def _list(title: str, lines: list[Text]) -> Iterator[RenderableType]:
    if not lines:
        return
    yield _heading(title)
    rows = Table.grid(padding=(0, 1))
    for line in lines:
        rows.add_row(" ·", line)
    yield rows


def _gates(gates: tuple[GateState, ...], width: int) -> Iterator[RenderableType]:
    """Each in a line; where it does not fit, its key has a line of its own."""
    if not gates:
        return
    yield _heading("Decisions")
    name = min(max(cell_len(gate.key) for gate in gates), 34)
    for gate in gates:
        status = Text(f"{state_words(gate.status.value):<7}", _GATE_STYLES.get(gate.status, ""))
        key, day = Text(gate.key.ljust(name)), f"{short_day(gate.due):>15}"
        line = Text.assemble("   ", key, f"  {day}  ", status, "  ", _answer(gate))
        if line.cell_len <= width:
            yield line
        else:
            yield Text(f"   {gate.key}")
            yield Padding(Text.assemble(f"{day.strip()}  ", status, "  ", _answer(gate)), (0, 0, 0, 5))


def _answer(gate: GateState) -> Text:
    if gate.outcome is not None:
        told = "" if gate.told_on is None else f", told {short_day(gate.told_on)}"
        return Text(f"{gate.outcome}{told}")
    if gate.status is GateStatus.NOT_NEEDED:
        return Text()
    return Text(f"as if: {gate.default}" if gate.default else "nothing planned beyond it", "dim")


def _home_doses(doses: tuple[HomeDoses, ...], protocol: Protocol) -> Iterator[RenderableType]:
    if not doses:
        return
    yield _heading("At home")
    rows = Table.grid(padding=(0, 2))
    rows.add_column(width=1)
    for each in doses:
        known = protocol.activities.get(each.activity)
        what = "dose" if is_drug(each.activity, protocol) else "day"
        held = f"{len(each.held)} held" if each.held else ""
        days = short_span(each.days[0], each.days[-1]) if each.days else "—"
        mark = "~" if each.tentative else ""
        label = known.label if known else each.activity
        rows.add_row("", str(each.stay), mark, days, counted(len(each.days), what), held, Text(label, "dim"))
    yield rows


def _deviation(found: Deviation) -> Text:
    important = ("important: ", "bold red") if found.important else ""
    return Text.assemble(important, found.text, (f" ({found.kind.value})", "dim"))


def _notes(plan: Plan, facts: Recorded) -> Iterator[str]:
    end = plan.treatment_end
    if end is not None:
        when = "ended" if end.recorded else "is expected to end"
        tentative = ", tentatively" if end.tentative else ""
        yield f"The treatment {when} on {short_day(end.day)} ({_reason(end, facts)}){tentative}."
    if plan.observation is not None:
        state = plan.observation
        yield f"Observation for dose-limiting toxicity: {state_words(state.state)}, {state.why}."
        if state.rule:
            yield f"Its rule, shown and never applied: {state.rule}"
    yield from (notice.text for notice in plan.notices)


def _reason(end: TreatmentEnd, facts: Recorded) -> str:
    """Why the treatment ended, with the note that was written beside it."""
    ended = facts.ended
    note = ended.note if ended and (ended.date, ended.reason) == (end.day, end.reason) else None
    return f"{state_words(end.reason)}: {note}" if note else state_words(end.reason)

"""What would move: the differences of two plans, as a table for people and as plain data for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, TypeVar

from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from planner.presenting.plan_json import deviation_data, gate_data, visit_data
from planner.presenting.short_days import short_day, short_span
from schedules.changes import Change, Changes, What, moved_by
from schedules.deviation import Deviation
from schedules.scheduled import GateState, HomeDoses, Plan, ScheduledVisit, TreatmentEnd
from schedules.wording import state_words

T = TypeVar("T")
#: what became of visits, as a heading
HEADINGS = {
    What.MOVED: "Moved, or with another window",
    What.APPEARED: "Appeared",
    What.FELL_AWAY: "Fell away",
    What.CHANGED: "On the same day, but changed",
}
_STYLES = {What.MOVED: "yellow", What.APPEARED: "green", What.FELL_AWAY: "red", What.CHANGED: "cyan"}


# -- for programs -------------------------------------------------------------------------------


def changes_data(changes: Changes) -> dict[str, Any]:
    """The changes as plain data, each thing as it was and as it is; null where it was or is not there."""
    before, after = changes.before, changes.after
    end = changes.treatment_end
    return {
        "before": _plan_data(before),
        "after": _plan_data(after),
        **{
            what.value.replace("-", "_"): [_visit_change(change, changes) for change in changes.of(what)]
            for what in What
        },
        "gates": [_change(change, gate_data) for change in changes.gates],
        "home_doses": [_change(change, _doses_data) for change in changes.home_doses],
        "treatment_end": _change(end, _end_data) if end is not None else None,
        "new_deviations": [deviation_data(found) for found in changes.new_deviations],
        "gone_deviations": [deviation_data(found) for found in changes.gone_deviations],
    }


def _plan_data(plan: Plan) -> dict[str, Any]:
    return {
        "protocol": plan.protocol,
        "version": plan.version,
        "as_of": plan.as_of.isoformat(),
        "day_1": _day(plan.day_1),
    }


def _visit_change(change: Change[ScheduledVisit], changes: Changes) -> dict[str, Any]:
    old = None if change.old is None else visit_data(change.old, changes.before.day_1)
    new = None if change.new is None else visit_data(change.new, changes.after.day_1)
    return {**_heading(change), "days": moved_by(change), "old": old, "new": new}


def _change(change: Change[T], data: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    old = None if change.old is None else data(change.old)
    return {**_heading(change), "old": old, "new": None if change.new is None else data(change.new)}


def _heading(change: Change[T]) -> dict[str, Any]:
    return {
        "key": change.key,
        "label": change.label,
        "what": change.what.value,
        "aspects": list(change.aspects),
    }


def _doses_data(doses: HomeDoses) -> dict[str, Any]:
    return {
        "activity": doses.activity,
        "days": [_day(day) for day in doses.days],
        "held": [_day(day) for day in doses.held],
        "certainty": "tentative" if doses.tentative else "firm",
    }


def _end_data(end: TreatmentEnd) -> dict[str, Any]:
    certainty = "tentative" if end.tentative else "firm"
    return {"date": _day(end.day), "reason": end.reason, "recorded": end.recorded, "certainty": certainty}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


# -- for people ---------------------------------------------------------------------------------


def changes_screen(changes: Changes) -> Iterator[RenderableType]:
    """The changes, grouped by what became of the visits; then the decisions, the end, the doses at home."""
    before, after = changes.before, changes.after
    version = before.version if before.version == after.version else f"{before.version} → {after.version}"
    yield Text.assemble((f"{after.protocol} {version}", "bold"), f"  as of {short_day(after.as_of)}")
    if not changes:
        yield Text("\nNothing would change.")
    label = max((cell_len(change.label) for change in changes.visits), default=0)
    for what in What:
        yield from _visits(what, changes.of(what), min(label, 28))
    yield from _section("Decisions", [(change.key, gate_words(change)) for change in changes.gates])
    if changes.treatment_end is not None:
        end = changes.treatment_end
        yield from _section("End of treatment", [("", end_change(end))])
    yield from _section("At home", [(change.key, doses_words(change)) for change in changes.home_doses])
    yield from _section("New deviations and queries", _deviations(changes.new_deviations))
    yield from _section("No deviations or queries any more", _deviations(changes.gone_deviations))


def _visits(what: What, found: tuple[Change[ScheduledVisit], ...], label: int) -> Iterator[RenderableType]:
    if not found:
        return
    yield Text(f"\n{HEADINGS[what]} ({len(found)})", f"bold {_STYLES[what]}")
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(width=0)
    rows.add_column(width=label, overflow="fold")
    for change in found:
        rows.add_row("", change.label, Text("\n".join(_visit_words(change))))
    yield rows


def _visit_words(change: Change[ScheduledVisit]) -> Iterator[str]:
    """First where the visit was and is, then whatever else differs."""
    old, new = change.old, change.new
    if change.what is What.APPEARED and new is not None:
        yield f"{_date_words(new)}, {state_words(new.status.value)}"
        yield from (conflict.text for conflict in new.conflicts)
    elif change.what is What.FELL_AWAY and old is not None:
        after = state_words(new.status.value) if new else "not planned"
        yield f"{_date_words(old)}, {state_words(old.status.value)} → {after}"
    elif old is not None and new is not None:
        yield _moved_words(change, old, new)
        yield from other_words(change, old, new)


def _date_words(visit: ScheduledVisit) -> str:
    return f"{'~ ' if visit.tentative else ''}{short_day(visit.target) if visit.target else 'no date'}"


def _moved_words(change: Change[ScheduledVisit], old: ScheduledVisit, new: ScheduledVisit) -> str:
    if "target" not in change.aspects:
        return _date_words(new)
    days = moved_by(change)
    size = "" if days is None else f"  {days:+d} day{'' if abs(days) == 1 else 's'}"
    return f"{_date_words(old)} → {_date_words(new)}{size}"


def other_words(change: Change[ScheduledVisit], old: ScheduledVisit, new: ScheduledVisit) -> Iterator[str]:
    """What differs besides the day: ``window 3 to 6 Feb → none``, ``status planned → booked``."""
    texts: dict[str, Callable[[ScheduledVisit], str]] = {
        "window": lambda visit: short_span(visit.opens, visit.closes) or "none",
        "status": lambda visit: state_words(visit.status.value),
        "certainty": lambda visit: visit.certainty,
        "booking": _booking_words,
        "label": lambda visit: visit.spec.label,
        "setting": lambda visit: visit.setting,
    }
    for name, text in texts.items():
        if name in change.aspects and not (name == "window" and _moved_along(change, old, new)):
            yield f"{name} {text(old)} → {text(new)}"
    if "activities" in change.aspects:
        yield from _listed("also", [name for name in new.spec.activities if name not in old.spec.activities])
        yield from _listed("no longer", [name for name in old.spec.activities if name not in new.spec.activities])
    if "conflicts" in change.aspects:
        yield from (conflict.text for conflict in new.conflicts)


def _moved_along(change: Change[ScheduledVisit], old: ScheduledVisit, new: ScheduledVisit) -> bool:
    """Whether the window only moved with the target, by as many days: that goes without saying."""
    if not (old.opens and old.closes and new.opens and new.closes):
        return False
    return {(new.opens - old.opens).days, (new.closes - old.closes).days} == {moved_by(change)}


def _booking_words(visit: ScheduledVisit) -> str:
    fact = visit.booking
    if fact is None:
        return "none"
    return short_day(fact.date) + (f" {fact.time:%H:%M}" if fact.time else "")


def _listed(what: str, names: list[str]) -> Iterator[str]:
    if names:
        yield f"{what}: {', '.join(names)}"


def gate_words(change: Change[GateState]) -> str:
    """How a decision stood and stands: ``open → decided: benefit``."""
    if change.old is None or change.new is None:
        return f"{_gate_state(change.old)} → {_gate_state(change.new)}"
    old, new = _gate_state(change.old), _gate_state(change.new)
    due = f"due {short_day(change.old.due)} → {short_day(change.new.due)}" if "due" in change.aspects else ""
    state = f"{old} → {new}" if old != new else ""
    return "; ".join(part for part in (state, due) if part) or f"now {'tentative' if change.new.tentative else 'firm'}"


def _gate_state(gate: GateState | None) -> str:
    if gate is None:
        return "not on the path"
    return f"{state_words(gate.status.value)}{f': {gate.outcome}' if gate.outcome else ''}"


def end_change(change: Change[TreatmentEnd]) -> str:
    """When the treatment was to end, and when it does now."""
    old, new = _end_words(change.old), _end_words(change.new)
    if old != new or change.new is None:
        return f"{old} → {new}"
    return f"{new}, now {'tentative' if change.new.tentative else 'firm'}"


def _end_words(end: TreatmentEnd | None) -> str:
    if end is None:
        return "not known"
    return f"{short_day(end.day)} ({state_words(end.reason)}{'' if end.recorded else ', expected'})"


def doses_words(change: Change[HomeDoses]) -> str:
    """How many doses at home there were, and how many there are."""
    old, new = _doses_state(change.old), _doses_state(change.new)
    if old != new or change.old is None or change.new is None:
        return f"{old} → {new}"
    if change.old.days != change.new.days:
        return f"{new}, on other days among them"
    return f"{new}, now {'tentative' if change.new.tentative else 'firm'}"


def _doses_state(doses: HomeDoses | None) -> str:
    if doses is None or not doses.days:
        return "none"
    held = f", {len(doses.held)} held" if doses.held else ""
    return f"{len(doses.days)} from {short_span(doses.days[0], doses.days[-1])}{held}"


def _deviations(found: Iterable[Deviation]) -> list[tuple[str, str]]:
    return [("·", f"{deviation.text} ({deviation.state})") for deviation in found]


def _section(title: str, lines: list[tuple[str, str]]) -> Iterator[RenderableType]:
    if not lines:
        return
    yield Text(f"\n{title}", "bold")
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(width=0)
    for name, words in lines:
        rows.add_row("", *([name] if name else []), Text(words))
    yield rows

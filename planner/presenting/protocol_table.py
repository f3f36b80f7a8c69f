"""The schedule of activities of a protocol, the table that everybody knows: visits across, activities down.

Plain data: the command line and the pages each show it in their own way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from schedules.language import Spans
from schedules.offsets import Offset, Unit
from schedules.protocol import (
    Activity,
    ActivityKind,
    Epoch,
    HomeDosing,
    Mark,
    PlannedVisit,
    Protocol,
    Reference,
    Repeat,
    Stage,
    Variation,
    VisitActivity,
)
from schedules.study_day import offset_of_day
from schedules.windows import ClockWindow, DayRange, Window
from schedules.wording import list_words

MOST_NUMBERS = 6  # of a visit that repeats, before the numbers in its label are shortened
_REMOTE = "nobody travels: a remote contact"
_EVENTS = {
    "end-of-treatment": "the end of treatment", "last-dose": "the last dose", "day-1": "Day 1",
    "new-therapy": "a new therapy", "transplant": "the transplant",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SoaColumn:
    """One planned visit: ``day`` and ``window`` in words, ``notes`` the letters of its footnotes."""

    epoch: str
    visit: str
    label: str
    day: str
    window: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SoaEpoch:
    """One epoch: ``repeats`` says how its visits come again (in which cycles), empty if they do not."""

    id: str
    label: str
    stage: Stage
    repeats: str
    notes: tuple[str, ...]
    columns: tuple[SoaColumn, ...]
    home: tuple[SoaHome, ...]


@dataclass(frozen=True, slots=True)
class SoaHome:
    """A drug taken or a diary filled in at home in an epoch, on which days of it."""

    activity: str
    label: str
    days: str


@dataclass(frozen=True, slots=True)
class SoaCell:
    """Whether a visit has an activity: "X", "(X)" only under a condition, or empty; and its footnotes' letters."""

    mark: str = ""
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.mark} {note_marks(self.notes)}".strip()


def note_marks(letters: Sequence[str]) -> str:
    """The letters of footnotes behind a text, ``[a] [b]``: in brackets, or they would read as part of a name."""
    return " ".join(f"[{letter}]" for letter in letters)


@dataclass(frozen=True, slots=True)
class SoaRow:
    """One activity, with a cell for each column of the table, in their order."""

    activity: str
    label: str
    kind: ActivityKind
    cells: tuple[SoaCell, ...]


@dataclass(frozen=True, slots=True)
class SoaTable:
    """A schedule of activities. ``footnotes`` go from letter to sentence; ``unscheduled`` stand in no visit."""

    epochs: tuple[SoaEpoch, ...]
    rows: tuple[SoaRow, ...]
    footnotes: dict[str, str]
    unscheduled: tuple[str, ...]

    @property
    def columns(self) -> tuple[SoaColumn, ...]:
        """All columns from left to right."""
        return tuple(column for epoch in self.epochs for column in epoch.columns)


def schedule_of_activities(protocol: Protocol) -> SoaTable:
    """The schedule of activities of a protocol, epochs and visits in the order of its file."""
    notes = _Footnotes()
    epochs = tuple(_epoch(protocol, name, epoch, notes) for name, epoch in protocol.epochs.items())
    visits = [visit for epoch in protocol.epochs.values() for visit in epoch.visits.values()]
    rows = tuple(_rows(protocol, visits, notes))
    shown = {row.activity for row in rows} | {home.activity for epoch in epochs for home in epoch.home}
    beside = tuple(activity.label for name, activity in protocol.activities.items() if name not in shown)
    return SoaTable(epochs, rows, {letter: text for text, letter in notes.letters.items()}, beside)


@dataclass(slots=True)
class _Footnotes:
    """Gives every footnote a letter: the same words, the same letter."""

    letters: dict[str, str] = field(default_factory=dict)

    def letter(self, text: str) -> str:
        if text not in self.letters:
            self.letters[text] = _letter(len(self.letters))
        return self.letters[text]

    def of(self, texts: Iterator[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.letter(text) for text in texts))


def _letter(number: int) -> str:
    """a to z, then aa, ab and so on."""
    rest, last = divmod(number, 26)
    return (_letter(rest - 1) if rest else "") + chr(ord("a") + last)


# -- across: epochs and visits ------------------------------------------------------------------


def _epoch(protocol: Protocol, name: str, epoch: Epoch, notes: _Footnotes) -> SoaEpoch:
    columns = tuple(
        SoaColumn(name, visit_id, _label(visit), _day(protocol, epoch, visit), window_words(visit.window),
                  notes.of(_visit_notes(protocol, visit)))
        for visit_id, visit in epoch.visits.items()
    )  # fmt: skip
    home = tuple(
        SoaHome(activity, protocol.activities[activity].label, _home_words(protocol, dosing))
        for activity, dosing in epoch.home.items()
    )
    return SoaEpoch(
        name, epoch.label, epoch.stage, _repeats(epoch), notes.of(_epoch_notes(protocol, epoch)), columns, home
    )


def _repeats(epoch: Epoch) -> str:
    cycles = epoch.cycles
    if cycles is None:
        return f"{epoch.length} long" if epoch.length else ""
    if cycles.at_most == 1:
        return f"one cycle of {cycles.length}"
    if cycles.at_most is not None:
        return f"cycles 1-{cycles.at_most} of {cycles.length}"
    within = f", begun within {cycles.within} of Day 1" if cycles.within else ", until a decision ends them"
    return f"cycles of {cycles.length}{within}"


def _epoch_notes(protocol: Protocol, epoch: Epoch) -> Iterator[str]:
    if epoch.arms:
        yield _only_arms(protocol, epoch.arms)
    if epoch.starts is not None:
        yield f"begins {_counted(protocol, epoch, epoch.starts)}"
    if epoch.only_by_gate:
        yield "only where a decision leads to it"


def _label(visit: PlannedVisit) -> str:
    return visit.label.replace("{n}", _numbers(visit))


def _numbers(visit: PlannedVisit) -> str:
    """The numbers of a visit that repeats: ``3, 6, 9, 12``, or ``3, 6 … 60``, or n where there is no limit."""
    repeat = visit.repeat
    if repeat is None:
        return ""
    first, every = _first(visit).amount, repeat.every.amount
    if repeat.times is not None:
        last = first + (repeat.times - 1) * every
    elif repeat.until is not None and repeat.until.unit == repeat.every.unit:
        last = repeat.until.amount
    else:
        return "n"
    numbers = [str(number) for number in range(first, last + 1, max(every, 1))]
    return ", ".join(numbers) if len(numbers) <= MOST_NUMBERS else f"{numbers[0]}, {numbers[1]} … {numbers[-1]}"


def _first(visit: PlannedVisit) -> Offset:
    if visit.after is not None:
        return visit.after.by
    return visit.at or Offset(offset_of_day(visit.day or 1), Unit.DAYS)


def _day(protocol: Protocol, epoch: Epoch, visit: PlannedVisit) -> str:
    """On which day the visit is due, in words."""
    if visit.after is not None:
        words = _counted(protocol, epoch, visit.after, visit.repeat)
    elif visit.at is not None:
        words = _after(visit.at, "Day 1", visit.repeat)
    else:
        words = f"Day {_minus(str(visit.day or 1))}"
    return f"{words}, {cycles_words(visit.cycles)}" if visit.cycles is not None else words


def _counted(protocol: Protocol, epoch: Epoch, base: Reference, repeat: Repeat | None = None) -> str:
    return _after(base.by, base_words(protocol, epoch, base), repeat, said=base.event in protocol.events)


def base_words(protocol: Protocol, epoch: Epoch, base: Reference) -> str:
    """What something is counted from: ``the end of treatment``, ``Dose 2``."""
    if base.event is not None:
        return protocol.events.get(base.event) or _EVENTS.get(base.event, base.event.replace("-", " "))
    if base.activity is not None:
        return protocol.activities[base.activity].label
    home, _, name = (base.visit or "").rpartition(".")
    visits = protocol.epochs[home].visits if home in protocol.epochs else epoch.visits
    return visits[name].label if name in visits else str(base.visit)


def _after(by: Offset, base: str, repeat: Repeat | None, said: bool = False) -> str:
    if repeat is None:
        return apart_words(by, base, said)
    until = f" until {repeat.until}" if repeat.until else ""
    times = f", {repeat.times} times" if repeat.times and repeat.times > 1 else ", once" if repeat.times else ""
    return f"every {_single(repeat.every)}{times}{until}, from {apart_words(by, base, said)}"


def apart_words(by: Offset, base: str, said: bool) -> str:
    """``2 weeks after Dose 2``; an event that the protocol declares is ``said`` in a sentence of its own."""
    if by.amount == 0:
        return f"when: {base}" if said else f"at {base}"
    side = "after" if by.amount > 0 else "before"
    return f"{Offset(abs(by.amount), by.unit)} {side}{':' if said else ''} {base}"


def _single(every: Offset) -> str:
    return str(every).removeprefix("1 ")


def cycles_words(cycles: Spans) -> str:
    """``every 2nd cycle``, ``every 3rd cycle from cycle 1``, ``cycles 1-4, 8-11``, ``cycles from 7``."""
    if cycles.every > 1:
        start = cycles.spans[0][0]
        words = f"every {cycles.every}{({2: 'nd', 3: 'rd'}).get(cycles.every, 'th')} cycle"
        return words if start == cycles.every else f"{words} from cycle {start}"
    text = str(cycles)
    return f"cycle {text}" if text.isdigit() else f"cycles {text}"


def window_words(window: Window | DayRange) -> str:
    """``−1/+2 days``, ``−1/+1 weeks``, ``days 21 to 28``, ``that day``.

    With a minus sign, which no spreadsheet takes for a formula; whole weeks on both sides are said as weeks.
    """
    if isinstance(window, DayRange):
        return _minus(str(window))
    if window == Window(0, 0):
        return "that day"
    if window.before and window.after and window.before % 7 == window.after % 7 == 0:
        return f"−{window.before // 7}/+{window.after // 7} weeks"
    return f"{_minus(str(window))} {'day' if window.before + window.after == 1 else 'days'}"


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _visit_notes(protocol: Protocol, visit: PlannedVisit) -> Iterator[str]:
    if visit.arms:
        yield _only_arms(protocol, visit.arms)
    if visit.valid_for is not None:
        yield f"valid for {visit.valid_for} before Day 1, then due again"
    if visit.ends_before is not None:
        yield f"over before {'conditioning' if visit.ends_before == 'conditioning' else 'the next Day 1'}"
    if visit.only_with:
        yield f"only while {list_words(_labels(protocol, visit.only_with), 'or')} is given"
    if visit.remote:
        yield _REMOTE
    for variation in visit.instead:
        yield _variation_words(variation)


def _variation_words(variation: Variation) -> str:
    label = variation.label.replace("{n}", "n")
    what = f'"{label}" instead{", a remote contact" if variation.remote else ""}'
    return f"after {list_words(map(_mark_words, variation.when), 'or')}: {what}"


def _mark_words(mark: Mark) -> str:
    return "withdrawal from visits" if mark is Mark.WITHDRAWN_FROM_VISITS else mark.value.replace("-", " ")


def _only_arms(protocol: Protocol, arms: tuple[str, ...]) -> str:
    return f"only in {list_words(protocol.arms[arm].label for arm in arms)}"


def _labels(protocol: Protocol, activities: tuple[str, ...]) -> list[str]:
    return [protocol.activities[name].label for name in activities]


def _home_words(protocol: Protocol, dosing: HomeDosing) -> str:
    words = f"days {dosing.days}"
    if dosing.starts_on > 1:
        words += f", in the first cycle not before day {dosing.starts_on}"
    if dosing.cycles is not None:
        words += f" of {cycles_words(dosing.cycles)}"
    if dosing.arms:
        words += f", {_only_arms(protocol, dosing.arms)}"
    where = f"{cycles_words(dosing.note_cycles)}: " if dosing.note_cycles is not None else ""
    return f"{words}; {where}{dosing.note}" if dosing.note else words


# -- down: activities ---------------------------------------------------------------------------


def _rows(protocol: Protocol, visits: list[PlannedVisit], notes: _Footnotes) -> Iterator[SoaRow]:
    for name, activity in protocol.activities.items():
        cells = tuple(_cell(protocol, visit, name, notes) for visit in visits)
        if any(cell.mark for cell in cells):
            yield SoaRow(name, activity.label, activity.kind, cells)


def _cell(protocol: Protocol, visit: PlannedVisit, name: str, notes: _Footnotes) -> SoaCell:
    planned = [item for item in visit.activities if item.activity == name]
    if planned:
        texts = (text for item in planned for text in _cell_notes(protocol, item))
        return SoaCell("X", notes.of(texts))
    under = [variation for variation in visit.instead if any(item.activity == name for item in variation.activities)]
    return SoaCell("(X)", notes.of(map(_variation_words, under))) if under else SoaCell()


def _cell_notes(protocol: Protocol, item: VisitActivity) -> Iterator[str]:
    if item.window is not None:
        yield _own_window(item.window)
    if item.at or item.timed_from or item.within:
        yield _timed(protocol, item)
    if item.cycles is not None:
        yield f"only in {cycles_words(item.cycles)}"
    if item.arms:
        yield _only_arms(protocol, item.arms)


def _own_window(window: Window | DayRange) -> str:
    if isinstance(window, DayRange):
        return f"on {window_words(window)}"
    return f"{window_words(window)} around the visit's day"


def _timed(protocol: Protocol, item: VisitActivity) -> str:
    within = f", {clock_words(item.within)}" if item.within else ""
    return f"{timed_words(item, protocol.activities)}{within}"


def timed_words(item: VisitActivity, activities: Mapping[str, Activity]) -> str:
    """When within its visit: ``15 minutes before Tablet A``, ``1 hour and 2 hours after the start of Tablet A``."""
    label = activities[item.timed_from].label if item.timed_from else "arrival"
    start = f"the start of {label}" if item.timed_from else label
    before = [_amount(at) for at in item.at if at.amount < 0]
    after = [_amount(at) for at in item.at if at.amount > 0]
    words = [f"{list_words(before)} before {label}"] if before else []
    words += [f"at {start}"] if len(before) + len(after) < len(item.at) or not item.at else []
    words += [f"{list_words(after)} after {start}"] if after else []
    return ", ".join(words)


def _amount(at: Offset) -> str:
    return str(Offset(abs(at.amount), at.unit))


def clock_words(within: ClockWindow) -> str:
    """By how much a time may be missed: ``± 5 minutes``, ``−5/+10 minutes``, ``± 1 hour``."""
    before, after, unit = within.before, within.after, "minutes"
    if before + after and before % 60 == after % 60 == 0:
        before, after, unit = before // 60, after // 60, "hours"
    if before == after:
        return f"± {before} {unit if before != 1 else unit[:-1]}"
    return f"{f'−{before}' if before else 0}/{f'+{after}' if after else 0} {unit}"

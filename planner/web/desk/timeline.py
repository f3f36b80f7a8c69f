"""A participant's time as a picture: epochs and cycles, windows as bars, targets, what took place, holds, gates, today.

Everything is worked out here as numbers, in the picture's own units of a pixel; the template only draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import zip_longest

from planner.web.desk.seen import Seen
from planner.web.words import dated, month_name, window_words
from schedules.history import Away, CycleHeld, Fact, Held
from schedules.keys import Stay
from schedules.leftovers import UNSCHEDULED
from schedules.protocol import Stage
from schedules.scheduled import GateState, ScheduledVisit
from schedules.statuses import GateStatus, Status
from schedules.wording import state_words

#: what may be shown: label, and how many days before and after today; none for as far as there is anything
SPANS = {"near": "Around today", "treatment": "Treatment", "all": "Everything"}
_BEFORE, _AFTER = 35, 84
WIDTH, WIDEST = 1_040, 6_000
_EDGE = 12
_ROW, _BAND, _AXIS = 30, 26, 34
_LETTER = 7.2
_LEAST = 3.0
_FEW_DAYS = 5.0
_SHOWN = (
    Status.PLANNED, Status.DUE, Status.BOOKED, Status.TO_REBOOK, Status.NEEDS_DECISION, Status.HELD, Status.DONE,
    Status.UNRECORDED, Status.MISSED, Status.OMITTED, Status.EXPIRED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasts: from ``x`` on, so wide; ``kind`` says how it looks, ``title`` what it is."""

    x: float
    y: float
    width: float
    label: str
    title: str
    kind: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A visit, or a decision: its window as a bar, its day as a point; none where it has no date."""

    key: str
    x: float
    y: float
    window: tuple[float, float] | None
    label: str
    title: str
    kind: str
    #: whether its label stands before it, as there is no room behind it
    to_the_left: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture, with its size."""

    width: int
    height: int
    first: date
    last: date
    months: tuple[tuple[float, str], ...]
    weeks: tuple[float, ...]
    today: float | None
    bands: tuple[Bar, ...]
    pauses: tuple[Bar, ...]
    visits: tuple[Mark, ...]
    gates: tuple[Mark, ...]
    #: where the visits begin, and the decisions
    visits_at: float
    gates_at: float


def timeline(seen: Seen, span: str) -> Timeline | None:
    """The picture of one participant's plan; None while there is nothing to show."""
    if seen.plan is None or not any(_days(visit) for visit in seen.visits):
        return None
    return _Drawing(seen, *_ends(seen, span)).draw()


def _days(visit: ScheduledVisit) -> list[date]:
    return [day for day in (visit.opens, visit.due, visit.target, visit.closes) if day is not None]


def _ends(seen: Seen, span: str) -> tuple[date, date]:
    """The first and the last day that is shown."""
    if span == "near":
        return seen.today - timedelta(days=_BEFORE), seen.today + timedelta(days=_AFTER)
    wanted = [
        visit for visit in seen.visits
        if visit.status in _SHOWN and (span == "all" or visit.spec.stage is not Stage.FOLLOW_UP)
    ]  # fmt: skip
    days = [day for visit in wanted or seen.visits for day in _days(visit)]
    return min(days) - timedelta(days=7), max(days) + timedelta(days=14)


class _Drawing:
    """Puts what is known on its place between the first and the last day."""

    def __init__(self, seen: Seen, first: date, last: date) -> None:
        self.seen, self.first, self.last = seen, first, last
        days = (last - first).days + 1
        self.per_day = max((WIDTH - 2 * _EDGE) / days, min(_LEAST, (WIDEST - 2 * _EDGE) / days))
        self.width = round(days * self.per_day) + 2 * _EDGE

    def draw(self) -> Timeline:
        top = float(_AXIS)
        bands = self._bands(top)
        top += _BAND + 8
        pauses = self._pauses(top)
        top += _BAND if pauses else 0
        visits, bottom = self._visits(top)
        gates, end = self._gates(bottom + 4)
        return Timeline(
            self.width, round(end) + 6, self.first, self.last, tuple(self._months()), tuple(self._weeks()),
            self.x(self.seen.today) if self._inside(self.seen.today) else None,
            tuple(bands), tuple(pauses), tuple(visits), tuple(gates), top, bottom,
        )  # fmt: skip

    # -- days -----------------------------------------------------------------------------------

    def x(self, day: date) -> float:
        """The middle of a day; a day outside lies at the edge."""
        inside = min(max(day, self.first), self.last)
        return round(_EDGE + ((inside - self.first).days + 0.5) * self.per_day, 1)

    def _inside(self, day: date) -> bool:
        return self.first <= day <= self.last

    def _span(self, begins: date, ends: date) -> tuple[float, float]:
        half = self.per_day / 2
        return round(self.x(begins) - half, 1), round(self.x(ends) + half, 1)

    def _months(self) -> Iterator[tuple[float, str]]:
        """The months' names, those that have room: of many months every third one, of years each January."""
        day = self.first.replace(day=1)
        last_end = -1_000.0
        while day <= self.last:
            at = self.x(day) - self.per_day / 2
            label = f"{month_name(day)[:3]} {day.year}" if day.month == 1 or last_end < 0 else month_name(day)[:3]
            if self._inside(day) and at > last_end:
                yield round(at, 1), label
                last_end = at + len(label) * _LETTER + 10
            day = (day + timedelta(days=32)).replace(day=1)

    def _weeks(self) -> Iterator[float]:
        if self.per_day < _FEW_DAYS:
            return
        monday = self.first + timedelta(days=-self.first.weekday() % 7)
        while monday <= self.last:
            yield round(self.x(monday) - self.per_day / 2, 1)
            monday += timedelta(days=7)

    # -- what lasts -----------------------------------------------------------------------------

    def _bands(self, y: float) -> list[Bar]:
        """Epochs and cycles, each from its first visit to where the next one begins."""
        known = [(stay, visits) for stay, visits in _by_stay(self.seen.visits) if stay != UNSCHEDULED]
        spans = [(stay, *_ends_of(visits)) for stay, visits in known]
        spans.sort(key=lambda each: each[1])
        found = []
        for (stay, begins, ends), following in zip_longest(spans, spans[1:]):
            until = min(ends, following[1] - timedelta(days=1)) if following and following[1] > begins else ends
            if until < self.first or begins > self.last:
                continue
            left, right = self._span(begins, until)
            label = self.seen.protocol.epochs[stay.epoch].label
            words = self.seen.stay_words(stay)
            short = f"{self.seen.protocol.epochs[stay.epoch].prefix}{stay.cycle}" if stay.cycle else label
            fitting = next((text for text in (words, short) if len(text) * _LETTER < right - left - 8), "")
            stage = self.seen.protocol.epochs[stay.epoch].stage.value
            found.append(Bar(left, y, right - left, fitting, f"{words}: {window_words(begins, until)}", stage))
        return found

    def _pauses(self, y: float) -> list[Bar]:
        """Holds, days away and days in hospital."""
        found = []
        for begins, ends, label, kind in _pauses_of(self.seen):
            if ends < self.first or begins > self.last:
                continue
            left, right = self._span(begins, ends)
            fits = len(label) * _LETTER < right - left - 8
            title = f"{label}: {window_words(begins, ends)}"
            found.append(Bar(left, y, right - left, label if fits else "", title, kind))
        return found

    # -- visits and decisions -------------------------------------------------------------------

    def _visits(self, top: float) -> tuple[list[Mark], float]:
        rows = _Rows(top)
        found = [self._visit(visit, rows) for visit in self.seen.visits if self._is_shown(visit)]
        return found, rows.bottom

    def _is_shown(self, visit: ScheduledVisit) -> bool:
        days = _days(visit)
        return visit.status in _SHOWN and bool(days) and min(days) <= self.last and max(days) >= self.first

    def _visit(self, visit: ScheduledVisit, rows: _Rows) -> Mark:
        day = visit.target or visit.due or visit.nominal or self.first
        window = self._span(visit.opens, visit.closes) if visit.opens and visit.closes else None
        at = self.x(day)
        label = visit.spec.label if self.per_day >= 1.2 else ""
        begins, ends, to_the_left = self._room(at, label)
        y = rows.place(min(begins, window[0] if window else at), max(ends, window[1] if window else at))
        stands = dated(visit.target) if visit.target else "no date"
        words = f"{visit.spec.label}: {stands}, {state_words(visit.status.value)}"
        title = f"{words}; window {window_words(visit.opens, visit.closes)}"
        kind = f"{visit.status.value}{' tentative' if visit.tentative else ''}"
        return Mark(visit.key, at, y, window, label, title, kind, to_the_left)

    def _room(self, at: float, label: str) -> tuple[float, float, bool]:
        """From where to where a point and its label go, and whether the label has to stand before it."""
        long = len(label) * _LETTER
        if at + 12 + long > self.width and at - 12 - long > 0:
            return at - 12 - long, at + 8, True
        return at - 8, at + 12 + long, False

    def _gates(self, top: float) -> tuple[list[Mark], float]:
        gates = self.seen.plan.gates if self.seen.plan else ()
        shown = [(gate, day) for gate in gates if (day := _gate_day(gate)) and self._inside(day)]
        rows = _Rows(top)
        found = []
        for gate, day in shown:
            at = self.x(day)
            label = gate.label if self.per_day >= _LEAST else ""
            begins, ends, to_the_left = self._room(at, label)
            y = rows.place(begins, ends)
            kind = f"{gate.status.value}{' tentative' if gate.tentative else ''}"
            title = f"Decision: {gate.label}, {dated(day)}, {state_words(gate.status.value)}"
            found.append(Mark(gate.key, at, y, None, label, title, kind, to_the_left))
        return found, rows.bottom


class _Rows:
    """Puts things below each other wherever they would lie on top of each other."""

    def __init__(self, top: float) -> None:
        self.top = top
        self._ends: list[float] = []

    @property
    def bottom(self) -> float:
        return self.top + _ROW * len(self._ends)

    def place(self, begins: float, ends: float) -> float:
        """The top of the first row that is free from ``begins`` on."""
        row = next((at for at, end in enumerate(self._ends) if end < begins), len(self._ends))
        if row == len(self._ends):
            self._ends.append(ends)
        else:
            self._ends[row] = ends
        return self.top + _ROW * row


def _by_stay(visits: Sequence[ScheduledVisit]) -> Iterator[tuple[Stay, list[ScheduledVisit]]]:
    for stay in dict.fromkeys(visit.spec.stay for visit in visits):
        those = [visit for visit in visits if visit.spec.stay == stay and _days(visit) and visit.status in _SHOWN]
        if those:
            yield stay, those


def _ends_of(visits: Iterable[ScheduledVisit]) -> tuple[date, date]:
    days = [visit.target or visit.due for visit in visits]
    known = [day for day in days if day is not None]
    fallback = [day for visit in visits for day in _days(visit)]
    return min(known or fallback), max(known or fallback)


def _gate_day(gate: GateState) -> date | None:
    return None if gate.status is GateStatus.NOT_NEEDED else gate.decided_on or gate.due


def _pauses_of(seen: Seen) -> Iterator[tuple[date, date, str, str]]:
    """From when to when, what it is, and how it looks."""
    for fact in seen.life.live:
        if isinstance(fact, Held | CycleHeld):
            yield fact.date, _end_of_hold(fact, seen.today), f"Held: {fact.reason}", "hold"
        elif isinstance(fact, Away):
            yield fact.date, fact.until, "Away", "away"
    hospital = seen.life.course(seen.now).in_hospital
    for first, last in hospital:
        ends = min(date.fromordinal(min(last, date.max.toordinal())), seen.today + timedelta(days=_AFTER))
        yield date.fromordinal(first), ends, "In hospital", "hospital"


def _end_of_hold(fact: Fact, today: date) -> date:
    resume: date | None = getattr(fact, "resume", None)
    return resume - timedelta(days=1) if resume and resume > fact.day else max(fact.day, today)

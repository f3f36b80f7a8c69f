"""The swimmer plot: each participant a lane from the enrolment on, with what happened to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import zip_longest

from planner.reports.charts.chart import Cell, Chart, chart
from planner.reports.charts.people import Shown
from planner.reports.charts.visit_states import IN_WINDOW, MISSED, state_of
from planner.reports.evidence import OUTSIDE
from planner.reports.replanned import Planned
from planner.services.tallies import Dated, days_off
from schedules.history import CycleHeld, Fact, Given, Held, Omitted, Progressed, TreatmentEnded
from schedules.keys import Stay, parse_key
from schedules.protocol import Mark, Stage
from schedules.scheduled import GateState, ScheduledVisit

COLUMNS = ("participant", "site", "kind", "what", "from day", "to day", "on")
#: what lasts: the lane itself, and what lies in it
BEFORE, TREATMENT, AFTER = "before treatment", "treatment", "after treatment"
HELD, HOSPITAL = "held", "in hospital"
BARS, THIN = (TREATMENT, AFTER, BEFORE), (HELD, HOSPITAL)
#: what happens on a day
VISIT, OFF_VISIT, MISSED_VISIT = "visit in window", "visit early or late", "visit missed"
RESPONSE, PROGRESSION, ENDED = "response", "progression", "treatment ended"
TRANSPLANTED, LEFT, DIED, STILL = "transplanted", "left the study", "died", "still in the study"
MARKS = (
    VISIT, OFF_VISIT, MISSED_VISIT, RESPONSE, PROGRESSION, ENDED, TRANSPLANTED, LEFT, DIED, STILL,
)  # fmt: skip
_DAY = timedelta(days=1)


def swimmer(shown: Shown, page: int) -> Chart:
    """One page of participants, who were followed longest first."""
    lanes = [_Lane(planned) for planned in shown.page(page)]
    lanes.sort(key=lambda lane: (-lane.length, lane.planned.person.number))
    rows = [row for lane in lanes for row in lane.rows()]
    still = sum(lane.still for lane in lanes)
    said = (
        f"{len(lanes)} participants, each a lane in days since enrolment, who were followed longest first: cycles and "
        f"other parts of the study, holds, visits, responses and how it ended. {still} are still in the study."
    )
    if shown.pages > 1:
        said += f" Part {page} of {shown.pages}, by number."
    return chart("swimmer", COLUMNS, rows, said, "Nobody is enrolled yet.", page, shown.pages)


@dataclass(frozen=True)
class _Lane:
    """One participant's time in the study, from the enrolment to what ended it, or to the day of the report.

    With a period only what lies in it is shown; days count from the enrolment all the same.
    """

    planned: Planned

    @cached_property
    def begin(self) -> date:
        return self.planned.person.enrolled or self.planned.person.today

    @cached_property
    def first(self) -> date:
        """The first day that is shown."""
        return max(self.begin, self.planned.choice.filters.since or self.begin)

    @cached_property
    def horizon(self) -> date:
        """The last day of which anything is shown, whether they were in the study or not."""
        return max(self.first, min(self.planned.person.today, self.planned.choice.filters.until or date.max))

    @cached_property
    def last(self) -> date:
        """The last day of the lane: what comes after it happened to somebody who had left."""
        person = self.planned.person
        return max(self.first, min(day for day in (self.horizon, person.died, person.left) if day is not None))

    @property
    def length(self) -> int:
        """How many days they were followed."""
        return (self.last - self.begin).days

    @property
    def still(self) -> bool:
        """Whether they are in the study on the day of the report, or the last of the period."""
        return not any(day is not None and day <= self.horizon for day in self._ends)

    @property
    def _ends(self) -> tuple[date | None, date | None]:
        return self.planned.person.died, self.planned.person.left

    def rows(self) -> Iterator[tuple[Cell, ...]]:
        yield from self._spans(self._parts())
        yield from self._spans(self._pauses())
        for kind, what, day in sorted(self._marks(), key=lambda mark: mark[2]):
            if self.first <= day <= self.horizon:
                yield self._row(kind, what, day, day)

    def _row(self, kind: str, what: str, first: date, until: date) -> tuple[Cell, ...]:
        person = self.planned.person
        days = ((each - self.begin).days for each in (first, until))
        return (person.number, person.site, kind, what, *days, first)

    def _spans(self, spans: Iterable[tuple[str, str, date, date]]) -> Iterator[tuple[Cell, ...]]:
        """What lies within the lane, cut at its ends."""
        for kind, what, first, until in spans:
            first, until = max(first, self.first), min(until, self.last)
            if first < until:
                yield self._row(kind, what, first, until)

    # -- what lasts -----------------------------------------------------------------------------

    def _parts(self) -> Iterator[tuple[str, str, date, date]]:
        """The parts of the study that have begun, each up to the next; the first up to the first dose or visit."""
        begun = self._begun()
        yield (BEFORE, BEFORE, self.begin, begun[0][0] if begun else self.last)
        for (first, stay, stage), following in zip_longest(begun, begun[1:]):
            until = following[0] if following else self.last
            kind = TREATMENT if stage is Stage.TREATMENT else AFTER
            ended = self._treatment_ended
            if kind == TREATMENT and ended is not None and first <= ended < until:
                yield (kind, self._stay_words(stay), first, ended)
                yield (AFTER, AFTER, ended, until)
            else:
                yield (kind, self._stay_words(stay), first, until)

    def _begun(self) -> list[tuple[date, Stay, Stage]]:
        found: dict[Stay, tuple[date, Stay, Stage]] = {}
        for visit in self._visits():
            stage, stay = visit.spec.stage, visit.spec.stay
            if visit.actual is not None and stage is not Stage.SCREENING:
                begin = min(visit.actual, found[stay][0]) if stay in found else visit.actual
                found[stay] = (begin, stay, stage)
        return sorted(found.values())

    def _visits(self) -> Iterator[ScheduledVisit]:
        return (visit for visit in self.planned.plan.visits if not visit.key.startswith(OUTSIDE))

    @cached_property
    def _treatment_ended(self) -> date | None:
        return min((fact.date for fact in self.planned.life.live if isinstance(fact, TreatmentEnded)), default=None)

    def _stay_words(self, stay: Stay) -> str:
        protocols = reversed(self.planned.life.study.protocols.values())
        label = next((each.epochs[stay.epoch].label for each in protocols if stay.epoch in each.epochs), stay.epoch)
        again = f" ({stay.entry})" if stay.entry > 1 else ""
        return f"{label}{again}, cycle {stay.cycle}" if stay.cycle else f"{label}{again}"

    def _pauses(self) -> Iterator[tuple[str, str, date, date]]:
        for fact in self.planned.life.live:
            if isinstance(fact, Held | CycleHeld):
                yield (HELD, f"held: {fact.reason}", fact.date, fact.resume or self._went_on(fact))
        for first, until in self.planned.life.course_as_of(self.planned.person.today).in_hospital:
            last = date.fromordinal(min(until, self.last.toordinal()))
            yield (HOSPITAL, HOSPITAL, date.fromordinal(first), last + _DAY)

    def _went_on(self, hold: Held | CycleHeld) -> date:
        """When a hold without a last day was over: what it held was given, left out or begun, or the treatment ended.

        A dose of another drug ends none; where nothing of this has happened it goes on.
        """
        if isinstance(hold, CycleHeld):
            begun = (day for day, stay, _ in self._begun() if str(stay) == hold.cycle)
        else:
            begun = (fact.date for fact in self.planned.life.live if _is_of(fact, hold))
        ended = [self._treatment_ended] if self._treatment_ended is not None else []
        return min((day for day in (*begun, *ended) if day >= hold.date), default=self.last)

    # -- what happens on a day ------------------------------------------------------------------

    def _marks(self) -> Iterator[tuple[str, str, date]]:
        person = self.planned.person
        for visit in self._visits():
            yield from _mark_of(visit)
        for gate in self.planned.plan.gates:
            yield from self._decision(gate)
        for fact in self.planned.life.live:
            if isinstance(fact, Progressed):
                yield (PROGRESSION, fact.kind, fact.day)
            elif isinstance(fact, TreatmentEnded):
                yield (ENDED, f"{ENDED}: {fact.reason.replace('-', ' ')}", fact.date)
        ends = ((TRANSPLANTED, person.transplanted), (LEFT, person.left), (DIED, person.died))
        for kind, day in ends:
            if day is not None:
                yield (kind, person.why if kind == LEFT and person.why else kind, day)
        if self.still:
            yield (STILL, STILL, self.last)

    def _decision(self, gate: GateState) -> Iterator[tuple[str, str, date]]:
        """A decision that says how the disease answered to the treatment."""
        if gate.decided_on is None or gate.outcome is None:
            return
        marks, label = self._meaning(gate.key, gate.outcome)
        for kind, mark in ((RESPONSE, Mark.BENEFIT), (PROGRESSION, Mark.PROGRESSION)):
            if mark in marks:
                yield (kind, label, gate.decided_on)

    def _meaning(self, key: str, outcome: str) -> tuple[tuple[Mark, ...], str]:
        parts = parse_key(key)
        for protocol in reversed(self.planned.life.study.protocols.values()):
            epoch = protocol.epochs.get(parts.stay.epoch) if parts else None
            gate = epoch.gates.get(parts.name) if epoch and parts else None
            if gate is not None and outcome in gate.outcomes:
                return gate.outcomes[outcome].marks, gate.outcomes[outcome].label
        return (), outcome


def _is_of(fact: Fact, hold: Held) -> bool:
    """Whether a fact says what became of what was held: a dose of its visit, or at home, that was given or left out."""
    if not isinstance(fact, Given | Omitted) or fact.visit != hold.visit:
        return False
    if hold.visit is None and fact.date == hold.date:  # a drug at home was taken before it was held
        return False
    return hold.activity is None or fact.activity in (None, hold.activity)


def _mark_of(visit: ScheduledVisit) -> Iterator[tuple[str, str, date]]:
    off = days_off(Dated(visit.nominal, visit.opens, visit.closes, visit.actual))
    state = state_of(visit.status.value, visit.actual is not None, off)
    if visit.actual is not None:
        kind = OFF_VISIT if off else VISIT
        yield (kind, visit.spec.label if state == IN_WINDOW else f"{visit.spec.label}: {state}", visit.actual)
    elif state == MISSED:
        day = visit.closes or visit.target or visit.nominal
        if day is not None:
            yield (MISSED_VISIT, visit.spec.label, day)

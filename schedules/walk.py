"""What is known while a plan is being made: one participant's way through the protocol so far."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from schedules.course import Cause, Course
from schedules.keys import Stay
from schedules.record import Record
from schedules.scheduled import Basis, Doubt, GateState, HomeDoses, Notice, ScheduledVisit, TreatmentEnd
from schedules.spacing import DoseLedger


class Anchor(NamedTuple):
    """The Day 1 of a stay: its day (None while it is held), how it is known, and what makes that tentative."""

    stay: Stay
    label: str
    day: int | None
    how: str
    doubt: Doubt | None


class Base(NamedTuple):
    """What a visit is counted from: its day, how sentences say it, and since when its cause is known.

    ``day`` is None for something that is to come and has no date yet. ``gone``: it was cancelled, and what is
    counted from it with it.
    """

    what: str
    day: int | None
    how: str
    known: int
    doubt: Doubt | None = None
    gone: bool = False


class UndatedDose(NamedTuple):
    """A dose without a date: at which visit. ``passed``: how many doses after it have dates, counted up to two.

    They are as tentative as all behind them; where that comes from is told at the first two.
    """

    label: str
    passed: int = 0


class Step(NamedTuple):
    """The next stay on the path: where its Day 1 is due, and how that came about."""

    stay: Stay
    nominal: int | None
    basis: Basis


@dataclass(slots=True)
class Walk:
    """The state of one planning: what has been placed, and what binds what comes next.

    ``begun``: there is a participant at all; a calendar for a start date alone has no records to miss.
    ``first_cut``: the first day from which on anything is not planned any more. ``quiet_until``: a visit whose
    window closes before that day, and about which nothing is recorded, simply stands on its nominal day or near.
    ``delayed_by_hold`` are the drugs of which a hold delayed a dose of this stay; ``undated_doses`` those of which a
    dose has no date yet, and at which visit, until a later one is given.
    ``doubt``: what makes all that comes next tentative, ``end_doubt`` the end of treatment; None while it is firm.
    ``stopped`` are the drugs not given any more from here on; ``stopped_in`` those that a stay began without.
    """

    course: Course
    record: Record
    ledger: DoseLedger
    begun: bool
    first_cut: int
    quiet_until: int
    visits: list[ScheduledVisit] = field(default_factory=list)
    gates: list[GateState] = field(default_factory=list)
    home_doses: list[HomeDoses] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    anchors: dict[Stay, Anchor] = field(default_factory=dict)
    doubt: Doubt | None = None
    end_doubt: Doubt | None = None
    stopped: frozenset[str] = frozenset()
    stopped_in: dict[Stay, frozenset[str]] = field(default_factory=dict)
    activity_days: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    treatment_cycles: int = 0
    #: the calendar limit before which the Day 1 that is being placed must be, where it is near
    starts_before: int | None = None
    delayed_by_hold: set[str] = field(default_factory=set)
    undated_doses: dict[str, UndatedDose] = field(default_factory=dict)
    next_day_1: dict[Stay, int] = field(default_factory=dict)
    end: TreatmentEnd | None = None
    walked: bool = False
    study_day_1: int | None = None
    bases: dict[str, Base | None] = field(default_factory=dict)
    off_path: list[tuple[Stay, GateState | None]] = field(default_factory=list)

    def end_treatment(self, cause: Cause) -> None:
        """End the treatment where the path came to its end, unless something ended it before."""
        course = self.course
        if course.end is None or cause.day < course.end.day:
            course.end = cause
            course.cut.treatment = cause.day
            self.first_cut = min(self.first_cut, cause.day)
            self.quiet_until = min(self.quiet_until, cause.day)

    def visit_is_tentative(self, anchor: Anchor) -> bool:
        """Whether the visits of the anchor's stay are tentative."""
        return any(visit.tentative for visit in self.visits if visit.spec.stay == anchor.stay)

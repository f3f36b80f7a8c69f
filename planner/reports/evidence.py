"""What the figures are made of: the same, whether counted from the stored plans or from plans made again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from planner.services import tallies
from schedules.statuses import Status

#: what a visit comes to in the figures
OCCURRED, MISSED = "occurred", "not occurred"
TO_COME, OMITTED, ENDED, WAITING, UNSCHEDULED = (
    "still to come, or its window still open", "left out by a recorded decision", "after discontinuation, or cancelled",
    "waits for a decision or the end of a hold", "outside the schedule",
)  # fmt: skip
_OUTCOMES = {
    Status.PLANNED: TO_COME, Status.DUE: TO_COME, Status.BOOKED: TO_COME, Status.TO_REBOOK: TO_COME,
    Status.HELD: WAITING, Status.NEEDS_DECISION: WAITING, Status.UNRECORDED: MISSED, Status.MISSED: MISSED,
    Status.OMITTED: OMITTED, Status.SUSPENDED: ENDED, Status.CANCELLED: ENDED,
}  # fmt: skip
#: what the key of a visit outside the schedule begins with
OUTSIDE = tallies.OUTSIDE


def outcome_of(status: str, occurred: bool, outside: bool) -> str:
    """What a visit with this status comes to; ``occurred``: it has an actual day; ``outside`` the schedule."""
    if outside:
        return UNSCHEDULED
    return OCCURRED if occurred else _OUTCOMES.get(Status(status), MISSED)


class VisitCell(NamedTuple):
    """Visits of which everything that is counted is the same.

    ``days_off``: days before (negative) or after the window, 0 within it; ``late``: days from the day on which it was
    due. Both are None for visits that did not occur, or were set aside as too old by Day 1.
    """

    group: str
    outcome: str
    days_off: int | None = None
    late: int | None = None


class KeyCell(NamedTuple):
    """Visits of the same key and label that stand the same; ``days_off`` as in VisitCell."""

    key: str
    label: str
    status: str
    occurred: bool
    days_off: int | None


class DeviationCell(NamedTuple):
    """Deviations of which everything that is counted is the same; ``month`` as 2026-01, empty without a day."""

    group: str
    kind: str
    important: bool
    site: str
    month: str
    standing: str


#: how a deviation stands, for reports
CONFIRMED, CANDIDATE, QUERY, DISMISSED = "confirmed", "candidate", "query", "dismissed"


def standing_of(state: str) -> str:
    """How a deviation that is found stands: a query or a candidate, else what a person has said of it."""
    return state if state in (CANDIDATE, QUERY, DISMISSED) else CONFIRMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A participant by the facts: when they joined, and what ended or changed their time in the study.

    ``left`` is the first day out of the study (withdrawn from visits or contact, or lost and not found again), ``why``
    says how. ``observation`` is how they stand in the observation for dose-limiting toxicity, in cohort ``level``.
    """

    id: int
    number: str
    site: str
    arm: str | None
    cohort: str | None
    versions: tuple[tuple[date, str], ...]
    today: date
    enrolled: date | None = None
    left: date | None = None
    why: str = ""
    died: date | None = None
    transplanted: date | None = None
    observation: str | None = None
    level: str = ""

    def version_on(self, day: date | None) -> str:
        """The protocol version that held for them on a day; without one, the newest."""
        held = [version for since, version in self.versions if day is None or since <= day]
        return held[-1] if held else (self.versions[0][1] if self.versions else "")


@dataclass(frozen=True, slots=True)
class DrugTally:
    """One drug of one participant: what was planned by now and what was given; amounts in ``unit``, None if unknown.

    ``begun_planned`` and ``begun_amount`` are what was planned in the cycles that began; ``planned_days`` are the
    lengths of those, ``taken_days`` how long they really took.
    """

    group: str
    drug: str
    planned: int
    given: int
    unknown: int
    unit: str | None
    planned_amount: float
    given_amount: float
    without_amount: int
    begun_planned: int
    begun_amount: float
    planned_days: int
    taken_days: int


@dataclass(frozen=True, slots=True)
class HomeTally:
    """One drug that one participant takes at home: days with a dose expected by now, and days with one recorded.

    ``covered`` is None for somebody of whom no dose at home is recorded at all. ``held`` days and those in hospital
    are not expected. ``counts`` are pairs: doses taken by the count of what came back, doses expected in those days.
    """

    group: str
    drug: str
    expected: int
    covered: int | None
    held: int
    in_hospital: int
    counts: tuple[tuple[int, int], ...]
    unreadable: int


class ContactCell(NamedTuple):
    """One visit that was missed: days until the participant (or who knows of them) was reached; None if not yet."""

    group: str
    days: int | None


class ReminderCell(NamedTuple):
    """Appointments of which somebody was reminded, that are over: what became of the reminder and of the visit."""

    group: str
    delivered: bool
    confirmed: bool
    attended: bool


@dataclass(slots=True)
class Evidence:
    """All that the figures of one report are made of; empty where a measure was not asked for."""

    people: list[Person] = field(default_factory=list)
    visits: Counter[VisitCell] = field(default_factory=Counter)
    deviations: Counter[DeviationCell] = field(default_factory=Counter)
    #: (group, activity) -> [done, planned], at visits that occurred
    activities: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    drugs: list[DrugTally] = field(default_factory=list)
    home: list[HomeTally] = field(default_factory=list)
    contacts: Counter[ContactCell] = field(default_factory=Counter)
    reminders: Counter[ReminderCell] = field(default_factory=Counter)
    #: the days on which visits took place, by participant and key
    actual: dict[tuple[int, str], date] = field(default_factory=dict)

    def add_care(self, more: Evidence) -> None:
        """Add what was done, given and taken of other participants."""
        for what, (done, planned) in more.activities.items():
            before = self.activities.setdefault(what, [0, 0])
            self.activities[what] = [before[0] + done, before[1] + planned]
        self.drugs += more.drugs
        self.home += more.home

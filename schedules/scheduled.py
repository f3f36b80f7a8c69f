"""A plan: what a participant's calendar looks like, computed from a design and a history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from schedules.compiled import VisitSpec
from schedules.errors import VisitNotFound
from schedules.history import Booked, Rebooked
from schedules.keys import Stay

if TYPE_CHECKING:
    from schedules.deviations import Deviation
    from schedules.limits import Limits
    from schedules.reasons import Basis


class Status(StrEnum):
    """How a scheduled visit stands on the day of the plan."""

    PLANNED = "planned"
    DUE = "due"
    BOOKED = "booked"
    TO_REBOOK = "to-rebook"
    NEEDS_DECISION = "needs-decision"
    HELD = "held"
    DONE = "done"
    UNRECORDED = "unrecorded"
    MISSED = "missed"
    OMITTED = "omitted"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


STATUS_MEANINGS = {
    Status.PLANNED: "It has a date, its window is not open yet, and nobody has booked it.",
    Status.DUE: "Its window is open on the day of the plan; not booked, nothing recorded.",
    Status.BOOKED: "It has an appointment that fits; the target is the booked day.",
    Status.TO_REBOOK: "It has an appointment that no longer fits, and why; the target is where it should be.",
    Status.NEEDS_DECISION: "No day is left on which it may be, or a decision is asked first; there is no target.",
    Status.HELD: "It waits for the end of a hold that has no end yet; there is no target.",
    Status.DONE: "It took place; the target is the day on which it did.",
    Status.UNRECORDED: "Its window has closed and nothing is recorded: a query, later a candidate deviation.",
    Status.MISSED: "The participant did not come, and it will not be made up.",
    Status.OMITTED: "It was left out for good.",
    Status.EXPIRED: "It took place, but is too old by Day 1; it is due again.",
    Status.SUSPENDED: "The participant is lost to follow-up; it has no target until they are found again.",
    Status.CANCELLED: "The end of treatment, a withdrawal or a death took it away.",
}


class GateStatus(StrEnum):
    """How a gate stands on the day of the plan."""

    OPEN = "open"
    OVERDUE = "overdue"
    DECIDED = "decided"
    NOT_NEEDED = "not-needed"


GATE_STATUS_MEANINGS = {
    GateStatus.OPEN: "Nobody has decided yet; what lies beyond follows the default and is tentative.",
    GateStatus.OVERDUE: "Nobody has decided, and the day on which it was due has passed.",
    GateStatus.DECIDED: "It was decided; `outcome` and `decided_on` say how and when.",
    GateStatus.NOT_NEEDED: "The treatment ended before it came to it.",
}


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why a visit has no date, or what is wrong with the one it has.

    ``blocks``: there is no publishable date. ``earliest_safe`` is the first day on which nothing but the
    window stands in the way; ``may_omit``: leaving it out is the other way on. ``overdue_from``: the day from
    which the decision is late.
    """

    kind: str
    text: str
    blocks: bool = True
    earliest_safe: date | None = None
    may_omit: bool = False
    overdue_from: date | None = None


class ScheduledVisit(NamedTuple):
    """One visit in a participant's calendar.

    ``nominal`` is the protocol's day, ``due`` the day its window stands around (later than nominal after a
    recorded hold), ``opens`` to ``closes`` the window by which it is judged, ``target`` where it stands
    now: the actual day, else the booked, else the planned one; None where there is no publishable date.
    ``actual`` is the day on which it took place.
    """

    spec: VisitSpec
    nominal: date | None
    due: date | None
    opens: date | None
    closes: date | None
    target: date | None
    status: Status
    tentative: bool
    basis: Basis
    limits: Limits | None = None
    actual: date | None = None
    booking: Booked | Rebooked | None = None
    conflicts: tuple[Conflict, ...] = ()
    again: int = 1
    notes: tuple[str, ...] = ()
    inpatient: bool = False

    @property
    def key(self) -> str:
        """The key that it has for life."""
        return self.spec.key if self.again == 1 else f"{self.spec.key}#{self.again}"

    @property
    def certainty(self) -> str:
        """``firm``, or ``tentative`` beyond an open gate or behind an anchor without a record."""
        return "tentative" if self.tentative else "firm"

    @property
    def setting(self) -> str:
        """``clinic``, ``remote`` for a contact that nobody travels for, or ``inpatient`` while in hospital."""
        if self.spec.remote:
            return "remote"
        return "inpatient" if self.inpatient else "clinic"

    @property
    def feasible(self) -> tuple[date, ...]:
        """The days that are left of its window; empty once it took place or fell away."""
        return () if self.limits is None else self.limits.free_days()

    @property
    def is_open(self) -> bool:
        """Whether it is still to come."""
        return self.status in _OPEN

    @property
    def why(self) -> tuple[str, ...]:
        """How its date came about, in sentences."""
        from schedules.reasons import explain

        return explain(self)


_OPEN = frozenset(
    {Status.PLANNED, Status.DUE, Status.BOOKED, Status.TO_REBOOK, Status.NEEDS_DECISION, Status.HELD, Status.SUSPENDED}
)


class GateState(NamedTuple):
    """A gate on a participant's path: when it is due and how it stands."""

    key: str
    label: str
    stay: Stay
    due: date | None
    status: GateStatus
    outcome: str | None
    default: str | None
    options: tuple[tuple[str, str], ...]
    decided_on: date | None = None
    told_on: date | None = None
    tentative: bool = False
    leads_to: Stay | None = None
    answered_by: str | None = None

    @property
    def why(self) -> tuple[str, ...]:
        """Why it is due when it is, and what the plan follows, in sentences."""
        from schedules.reasons import explain_gate

        return explain_gate(self)


@dataclass(frozen=True, slots=True)
class HomeDoses:
    """The doses of one drug that are to be taken at home in one stay.

    ``days`` are the days on which one is expected, ``held`` those on which a hold said not to.
    """

    activity: str
    stay: Stay
    days: tuple[date, ...]
    held: tuple[date, ...]
    tentative: bool
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ObservationState:
    """Where a participant stands in the observation for dose-limiting toxicity. Shown, never applied."""

    opens: date
    closes: date
    state: str
    why: str
    rule: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know that moves no date: an advice, a bound that was met, a decision that is late."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class TreatmentEnd:
    """When and why the treatment ended, or is expected to end."""

    day: date
    reason: str
    recorded: bool
    tentative: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A participant's calendar, computed: visits in the order of their days, gates, doses at home, deviations.

    ``queries`` are visits without a record that are not late enough for a candidate deviation.
    """

    protocol: str
    version: str
    engine: str
    title: str
    as_of: date
    arm: str | None
    cohort: str | None
    day_1: date | None
    assumptions: tuple[str, ...]
    visits: tuple[ScheduledVisit, ...]
    gates: tuple[GateState, ...]
    home_doses: tuple[HomeDoses, ...]
    treatment_end: TreatmentEnd | None
    observation: ObservationState | None
    notices: tuple[Notice, ...]
    deviations: tuple[Deviation, ...] = ()
    queries: tuple[Deviation, ...] = ()
    off_path: tuple[Stay, ...] = ()
    _by_key: dict[str, ScheduledVisit] = field(default_factory=dict, repr=False)

    def __iter__(self) -> Iterator[ScheduledVisit]:
        return iter(self.visits)

    def visit(self, key: str) -> ScheduledVisit:
        """The visit of that key. Raises VisitNotFound, naming the ones that come near."""
        if not self._by_key:
            self._by_key.update({visit.key: visit for visit in self.visits})
        if key not in self._by_key:
            raise VisitNotFound(_not_found(key, list(self._by_key)))
        return self._by_key[key]


def _not_found(key: str, known: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(key, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"the plan's visits are {', '.join(known[:12])} …"
    return f"the plan has no visit {key!r}; {hint}"

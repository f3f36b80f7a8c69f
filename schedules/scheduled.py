"""A plan: what a participant's calendar looks like, and why each visit stands on its day (in words, when asked)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, TypeAlias

from schedules.deviation import Deviation
from schedules.errors import VisitNotFound
from schedules.history import Booked, Rebooked
from schedules.keys import Stay
from schedules.limits import Limits
from schedules.made import made
from schedules.specs import VisitSpec
from schedules.statuses import GateStatus, Status
from schedules.wording import day_words, days_words, quoted, span_words

#: what makes a date tentative: a gate that nobody has decided, or words about a visit or a dose
Doubt: TypeAlias = "GateState | str"


class Basis(NamedTuple):
    """What a visit's nominal day is counted from: what, its day (an ordinal), how it is known, how long after.

    ``cause`` is a sentence about anything that moved its due day (a hold, a delay, a late decision).
    """

    what: str
    day: int | None
    how: str
    by: str = ""
    cause: str = ""


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
    ``actual`` is the day on which it took place. ``doubt``: what makes it tentative; None where it is firm.
    """

    spec: VisitSpec
    nominal: date | None
    due: date | None
    opens: date | None
    closes: date | None
    target: date | None
    status: Status
    doubt: Doubt | None
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
    def tentative(self) -> bool:
        """Whether it lies beyond an open gate, or behind an anchor without a record."""
        return self.doubt is not None

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
        """The days that are left of its window; none while it needs a decision, took place or fell away."""
        return () if self.limits is None or self.target is None else self.limits.free_days()

    @property
    def is_open(self) -> bool:
        """Whether it is still to come."""
        return self.status in _OPEN

    @property
    def why(self) -> tuple[str, ...]:
        """How its date came about, in sentences."""
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
    answered_by: str | None = None
    leads_to: Stay | None = None

    def leading_to(self, stay: Stay) -> GateState:
        """The same gate, and the stay to which the path led from it."""
        return made(GateState, (*self[:-1], stay))  # its last field; many times the speed of _replace

    @property
    def why(self) -> tuple[str, ...]:
        """Why it is due when it is, and what the plan follows, in sentences."""
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
    return f"the plan has no visit {quoted(key)}; {hint}"


# -- why ----------------------------------------------------------------------------------------

_HOW = {
    "given": "was given on",
    "attended": "took place on",
    "booked": "is booked for",
    "planned": "is planned for",
    "nominal": "is due on",
    "possible": "is possible from",
    "event": "was on",
    "expected": "is expected on",
    "start": "is planned for",
}


def explain(visit: ScheduledVisit) -> tuple[str, ...]:
    """The sentences that lead from the protocol to the visit's day."""
    sentences = [_counted(visit), visit.basis.cause, _outcome(visit)]
    sentences += [conflict.text for conflict in visit.conflicts]
    sentences += list(visit.notes)
    if visit.doubt is not None and visit.is_open:
        sentences.append(f"tentative: {_doubt_words(visit.doubt)}")
    return tuple(sentence for sentence in sentences if sentence)


def _doubt_words(doubt: Doubt) -> str:
    return f"{doubt.label} ({doubt.key}) is not decided yet" if isinstance(doubt, GateState) else doubt


def doubt_about(visit: ScheduledVisit) -> str:
    """Why what is counted from a visit is unsure, by how it stands."""
    return _DOUBTS.get(visit.status, "{} has no date yet").format(visit.spec.label)


_DOUBTS = {
    Status.UNRECORDED: "nothing is recorded about {} yet",
    Status.DONE: "no dose of {} is recorded yet",
    Status.PLANNED: "{} is still to come",
    Status.DUE: "{} is still to come",
    Status.BOOKED: "{} is still to come",
    Status.TO_REBOOK: "the appointment of {} does not fit",
    Status.NEEDS_DECISION: "{} needs a decision",
    Status.MISSED: "{} was missed",
    Status.OMITTED: "{} was left out",
    Status.CANCELLED: "{} was cancelled",
}


def explain_gate(gate: GateState) -> tuple[str, ...]:
    """Why a gate is due on its day, and what the plan follows."""
    labels = dict(gate.options)
    if gate.answered_by is not None:
        return (f"answered by the decision at {gate.answered_by}",)
    if gate.decided_on is not None and gate.outcome is not None:
        return (f"decided on {day_words(gate.decided_on)}: {labels[gate.outcome]}",)
    due = (f"due on {day_words(gate.due)}, the last open day before the next Day 1",) if gate.due else ()
    if gate.status is GateStatus.NOT_NEEDED:
        return ("it needs no decision any more",)
    if gate.default is None:
        return (*due, "nothing is planned beyond it until it is decided")
    return (*due, f'until it is decided the plan follows "{labels[gate.default]}"')


def _counted(visit: ScheduledVisit) -> str:
    basis = visit.basis
    if basis.day is None or visit.nominal is None:
        return f"{basis.what} {basis.how}"
    if basis.what == "Day 1" and basis.how == "given" and not basis.by:
        return f"the first dose was given on {day_words(basis.day)}, which is Day 1"
    start = f"{basis.what} {_how(basis)} {day_words(basis.day)}"
    return f"{start}; {_signed(basis.by)} = {day_words(visit.nominal)}" if basis.by else start


def _how(basis: Basis) -> str:
    """A dose is given and a visit takes place; a day, or the latest of something, simply was."""
    if basis.how == "given" and basis.what != "the last dose":
        return "was on" if basis.what == "Day 1" else "took place on"
    return "was on" if basis.how == "attended" and basis.what.startswith("the latest ") else _HOW[basis.how]


def _signed(by: str) -> str:
    return f"- {by[1:]}" if by.startswith("-") else f"+ {by}"


def _outcome(visit: ScheduledVisit) -> str:
    if visit.actual is not None:
        return _done(visit, visit.actual)
    if visit.status is Status.HELD and all(conflict.kind == "no-anchor" for conflict in visit.conflicts):
        return ""  # what it is counted from has no date: its conflict says so, and nothing need be held
    if visit.status in _FALLEN_AWAY:
        return _FALLEN_AWAY[visit.status]
    if visit.target is None or visit.due is None:
        return ""
    if visit.status is Status.BOOKED:
        return f"it is booked for {day_words(visit.target)}"
    return _moved(visit, visit.due, visit.target)


_FALLEN_AWAY = {
    Status.CANCELLED: "",
    Status.OMITTED: "it was left out",
    Status.MISSED: "it was missed",
    Status.HELD: "it waits for the end of the hold",
    Status.SUSPENDED: "the participant is lost to follow-up",
}


def _done(visit: ScheduledVisit, actual: date) -> str:
    assert visit.opens is not None  # noqa: S101 - what took place has a window
    assert visit.closes is not None  # noqa: S101
    took_place = f"it took place on {day_words(actual)}"
    if visit.opens <= actual <= visit.closes:
        return f"{took_place}, within {span_words(visit.opens, visit.closes)}"
    off = (visit.opens - actual).days if actual < visit.opens else (actual - visit.closes).days
    side = "before" if actual < visit.opens else "after"
    return f"{took_place}, {days_words(off)} {side} its window, {span_words(visit.opens, visit.closes)}"


def _moved(visit: ScheduledVisit, due: date, target: date) -> str:
    limits = visit.limits
    if target == due or limits is None:
        return ""
    step = 1 if target > due else -1
    days = range(due.toordinal(), target.toordinal(), step)
    in_the_way = [why for day in days if (why := limits.why_not(day)) is not None]
    found = f"{day_words(target)} is the nearest day within {span_words(limits.first, limits.last)}"
    return "; ".join([*dict.fromkeys(in_the_way), found])

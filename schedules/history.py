"""The facts about one participant: append-only, dated, never edited; a mistake is voided by a later fact.

Each class is one kind of fact; its docstring, its fields and its example are what
docs/reference/facts.md prints. Dates are days at the participant's site. ``given`` and its kin are per
drug, so that one drug of a visit can be late, reduced or left out while the other is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time
from functools import lru_cache
from itertools import groupby
from typing import Annotated, Literal

from pydantic import Field

from schedules.scalars import Identifier, Instant, IsoDate, PartialDate, Text, WallTime
from schedules.validation import record

Count = Annotated[int, Field(ge=1, le=1000)]
Key = Annotated[str, Field(min_length=1, max_length=120)]
FactId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
EndReason = Literal[
    "completed", "progression", "relapse", "toxicity", "no-benefit", "transplant", "new-therapy",
    "investigator", "withdrawal", "pregnancy", "lost", "other",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact was written: file, line and column from 1, or an import's row."""

    file: str
    line: int
    column: int


@record
class Fact:
    """What every fact has.

    ``date`` is the day it is about. ``id`` names it, so that it can be voided or told; without one the fact
    gets an id from its content. ``recorded`` is the instant it was entered (its day, where not given),
    ``by`` whom, ``note`` why.
    """

    date: IsoDate
    id: FactId | None = None
    recorded: Instant | None = None
    by: Text | None = None
    note: Text | None = None
    origin: Annotated[Origin | None, Field(exclude=True)] = field(default=None, compare=False, repr=False)

    @property
    def day(self) -> date:
        """The day it is about; the first possible one where only a month or a year is known."""
        return self.date

    @property
    def last_day(self) -> date:
        """The day it is about; the last possible one where only a month or a year is known."""
        return self.date


@record
class PartlyDated(Fact):
    """A fact of which perhaps only the month or the year is known: ``2026-05``."""

    date: PartialDate  # type: ignore[assignment]

    @property
    def day(self) -> date:
        """The first day it can have been."""
        return self.date.earliest()

    @property
    def last_day(self) -> date:
        """The last day it can have been."""
        return self.date.latest()


@record
class Consented(Fact):
    """The participant signed the consent form of a protocol version. {fact: consented, date: 2025-12-01, version: "1.0"}"""

    version: Text | None = None


@record
class Enrolled(Fact):
    """The participant joined the study; Day 1 is planned for ``day_1``. {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05}

    ``dose_levels`` name the level of each drug where it is fixed for this participant.
    """

    day_1: IsoDate | None = None
    arm: Identifier | None = None
    cohort: Identifier | None = None
    version: Text | None = None
    site: Identifier | None = None
    dose_levels: dict[Identifier, Text] = field(default_factory=dict)


@record
class Attended(Fact):
    """The participant came to a visit. {fact: attended, date: 2026-02-02, visit: induction.c2.d1}

    ``not_done`` lists planned activities that were left out. ``outside_plan`` marks a visit that should not have
    happened by the plan (a further cycle, another path). ``version``: under which version it was done.
    """

    visit: Key
    not_done: tuple[Identifier, ...] = ()
    outside_plan: bool = False
    version: Text | None = None


@record
class Given(Fact):
    """A dose of a study drug was given. {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: vsli}

    ``again`` marks a second administration at one visit, ``partial`` an incomplete one (which counts).
    ``level`` is the dose level given, ``amount`` the amount with its unit. Without ``visit``: outside any visit
    (a dose at home, or an unscheduled one). Source: SDTM EX.
    """

    activity: Identifier
    visit: Key | None = None
    amount: Text | None = None
    level: Text | None = None
    start: WallTime | None = None
    stop: WallTime | None = None
    partial: bool = False
    again: bool = False
    outside_plan: bool = False
    version: Text | None = None


@record
class Reduced(Fact):
    """From this visit on a drug is given at a lower dose. {fact: reduced, date: 2026-02-02, visit: induction.c2.d1, activity: ino, to: level -1}"""

    visit: Key
    activity: Identifier
    to: Text
    reason: Identifier


@record
class Omitted(Fact):
    """One activity of a visit (or all of it) is left out for good. {fact: omitted, date: 2026-01-14, visit: induction.c1.d8, activity: vsli, reason: neuropathy}"""

    visit: Key
    reason: Identifier
    activity: Identifier | None = None


@record
class Held(Fact):
    """The doses of a visit, or a drug taken at home, wait. {fact: held, date: 2026-01-12, visit: induction.c1.d8, reason: toxicity, resume: 2026-01-15}

    ``resume`` is the first day on which it may go on; without it the hold is open and ``recheck`` says when
    somebody looks again. With ``visit`` the doses of that visit (or only ``activity``) wait; with ``activity``
    alone the drug taken at home.
    """

    reason: Identifier
    visit: Key | None = None
    activity: Identifier | None = None
    resume: IsoDate | None = None
    recheck: IsoDate | None = None


@record
class CycleHeld(Fact):
    """A cycle does not begin, by the protocol's rules. {fact: cycle_held, date: 2026-02-02, cycle: induction.c2, reason: counts, recheck: 2026-02-09}

    ``resume`` is the day on which its Day 1 is due; without it the cycle has no date.
    """

    cycle: Key
    reason: Identifier
    resume: IsoDate | None = None
    recheck: IsoDate | None = None


@record
class CycleDelayed(Fact):
    """A cycle begins later, for a reason that the protocol does not give (a holiday, no chair). {fact: cycle_delayed, date: 2026-01-28, cycle: induction.c2, to: 2026-02-04, reason: travel}

    The days follow, the window does not: too late is a deviation to look at.
    """

    cycle: Key
    to: IsoDate
    reason: Identifier


@record
class Assessed(Fact):
    """Something was done or measured, with what came out. {fact: assessed, date: 2026-01-28, visit: induction.c1.marrow, activity: marrow, result: CR}"""

    activity: Identifier
    visit: Key | None = None
    result: Text | None = None
    outside_plan: bool = False


@record
class VisitMissed(Fact):
    """The participant did not come, and the visit will not be made up. {fact: visit_missed, date: 2026-01-12, visit: induction.c1.d8, reason: travel}"""

    visit: Key
    reason: Identifier | None = None


@record
class Booked(Fact):
    """A visit has an appointment; ``date`` is its day, ``time`` the site's wall time. {fact: booked, date: 2026-01-12, visit: induction.c1.d8, time: "09:30"}"""

    visit: Key
    time: WallTime | None = None
    minutes: Count | None = None
    chair: Text | None = None


@record
class Rebooked(Fact):
    """An appointment was moved: ``date`` is the new day, ``instead_of`` the one before. {fact: rebooked, date: 2026-01-13, visit: induction.c1.d8, instead_of: 2026-01-12}"""

    visit: Key
    instead_of: IsoDate
    time: WallTime | None = None
    minutes: Count | None = None
    chair: Text | None = None


@record
class BookingCancelled(Fact):
    """An appointment was given back; ``date`` is the day it was for. {fact: booking_cancelled, date: 2026-01-13, visit: induction.c1.d8}"""

    visit: Key
    reason: Identifier | None = None


@record
class GateDecided(Fact):
    """A gate was decided, on ``date``. {fact: gate_decided, date: 2026-01-30, gate: induction.c1.response, outcome: benefit}"""

    gate: Key
    outcome: Identifier


@record
class Told(Fact):
    """The participant was told of a fact: a decision, a hold, an appointment. {fact: told, date: 2026-01-30, about: f12}"""

    about: FactId


@record
class TreatmentEnded(Fact):
    """The end of study treatment was decided on ``date``. {fact: treatment_ended, date: 2026-02-02, reason: progression}"""

    reason: EndReason


@record
class Progressed(PartlyDated):
    """The disease progressed or came back. {fact: progressed, date: 2026-02-02, kind: progression}"""

    kind: Literal["progression", "relapse"] = "progression"


@record
class NewTherapy(PartlyDated):
    """A new treatment outside the study began. {fact: new_therapy, date: 2026-03}"""


@record
class Transplanted(Fact):
    """Stem cells were transplanted on ``date``, or are to be; ``conditioning`` is its first day. {fact: transplanted, date: 2026-02-11, conditioning: 2026-02-05}"""

    conditioning: IsoDate | None = None


@record
class Admitted(Fact):
    """The participant went into hospital: from then on closed days do not matter. {fact: admitted, date: 2026-02-05}"""


@record
class Discharged(Fact):
    """The participant left hospital; the day itself still counts as in hospital. {fact: discharged, date: 2026-03-03}"""


@record
class LostToFollowUp(Fact):
    """Nobody can reach the participant, after so many ``attempts``. {fact: lost_to_follow_up, date: 2026-06-01, attempts: 3}"""

    attempts: Count


@record
class FoundAgain(Fact):
    """A participant who was lost to follow-up is back in touch. {fact: found_again, date: 2026-07-01}"""


@record
class Withdrew(Fact):
    """The participant withdrew from treatment, from visits or from all contact. {fact: withdrew, date: 2026-03-02, scope: visits, remains: [contact]}

    ``remains``: what is still permitted: ``contact`` (remote status contacts), ``records`` (reading the notes).
    """

    scope: Literal["treatment", "visits", "contact"]
    remains: tuple[Literal["contact", "records"], ...] = ()


@record
class Died(PartlyDated):
    """The participant died. Nothing is planned after it. {fact: died, date: 2026-05}"""


@record
class UnscheduledVisit(Fact):
    """The participant came (or is to come) outside the schedule. {fact: unscheduled_visit, date: 2026-01-13, activities: [intrathecal]}"""

    activities: tuple[Identifier, ...] = ()
    reason: Identifier | None = None


@record
class Transferred(Fact):
    """From ``date`` on the participant is seen at another site. {fact: transferred, date: 2026-02-16, site: south}"""

    site: Identifier


@record
class AmendmentApplied(Fact):
    """From ``date`` on another protocol version holds for the participant. {fact: amendment_applied, date: 2026-03-01, version: "2.0"}"""

    version: Text


@record
class EventOccurred(Fact):
    """Something happened that the protocol declares under ``events``. {fact: event_occurred, date: 2026-03-01, event: rash}"""

    event: Identifier


@record
class Away(Fact):
    """The participant cannot come, from ``date`` up to and including ``until``. {fact: away, date: 2026-02-16, until: 2026-02-20}"""

    until: IsoDate


@record
class Void(Fact):
    """A fact was a mistake: it counts no more, and stays on record. {fact: void, date: 2026-01-13, of: f7, note: wrong participant}"""

    of: FactId


#: Every kind of fact by the name that files use, in the order in which facts of one day are taken.
KINDS: dict[str, type[Fact]] = {
    "consented": Consented, "enrolled": Enrolled, "transferred": Transferred,
    "amendment_applied": AmendmentApplied, "event_occurred": EventOccurred, "admitted": Admitted,
    "discharged": Discharged, "away": Away, "gate_decided": GateDecided, "cycle_delayed": CycleDelayed,
    "cycle_held": CycleHeld, "held": Held, "booked": Booked, "rebooked": Rebooked,
    "booking_cancelled": BookingCancelled, "attended": Attended, "assessed": Assessed,
    "reduced": Reduced, "omitted": Omitted, "given": Given, "visit_missed": VisitMissed,
    "unscheduled_visit": UnscheduledVisit, "progressed": Progressed, "new_therapy": NewTherapy,
    "transplanted": Transplanted, "treatment_ended": TreatmentEnded, "withdrew": Withdrew,
    "lost_to_follow_up": LostToFollowUp, "found_again": FoundAgain, "told": Told, "died": Died,
    "void": Void,
}  # fmt: skip
NAMES: dict[type[Fact], str] = {kind: name for name, kind in KINDS.items()}
_RANKS: dict[type[Fact], int] = {kind: rank for rank, kind in enumerate(KINDS.values())}


def content(fact: Fact) -> tuple[tuple[str, str], ...]:
    """A fact's fields in words, without its place in a file: equal content is the same fact."""
    pairs = [(name, getattr(fact, name)) for name in _field_names(type(fact))]
    return tuple([(name, _word(value)) for name, value in pairs if value not in (None, (), {}, False)])


@lru_cache(maxsize=64)
def _field_names(kind: type[Fact]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind) if f.name != "origin")


def _word(value: object) -> str:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, dict):
        return repr(sorted(value.items()))
    return str(value)


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """The facts by day, then by kind, then by content; never by when they were entered."""
    ordered: list[Fact] = []
    for _, alike in groupby(sorted(facts, key=_day_and_rank), key=_day_and_rank):
        group = list(alike)
        ordered += sorted(group, key=content) if len(group) > 1 else group  # content is dear, ties are few
    return ordered


def _day_and_rank(fact: Fact) -> tuple[date, int]:
    return fact.day, _RANKS[type(fact)]


@dataclass(frozen=True, slots=True)
class History:
    """All facts about one participant, in any order.

    ``planned_start`` and ``planned_arm`` stand in for an enrolment: a calendar for somebody who might join.
    """

    facts: tuple[Fact, ...] = ()
    planned_start: date | None = None
    planned_arm: str | None = None

    def and_also(self, *facts: Fact) -> History:
        """This history with further facts: what a what-if plans."""
        return History((*self.facts, *facts), self.planned_start, self.planned_arm)

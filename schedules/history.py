"""The facts about one participant: append-only, dated, never edited; a mistake is voided by a later fact.

Each class is one kind of fact. Its docstring with the example in it, and its fields with the ``#:`` comment
beside or above each, are what docs/reference/facts.md prints. Dates are days at the participant's site.
``given`` and its kin are per drug: one drug of a visit can be late, reduced or left out, the other not.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from pydantic import Field

from schedules.scalars import Identifier, Instant, IsoDate, Line, PartialDate, Text, WallTime
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
    """What every fact has."""

    date: IsoDate  #: the day that it is about, at the participant's site
    id: FactId | None = None  #: its name, so that it can be voided or told; left out, one is made from its content
    recorded: Instant | None = None  #: when it was entered, with Z or an offset; left out, the start of its day, UTC
    by: Line | None = None  #: who entered it
    note: Text | None = None  #: anything else to say, such as why
    origin: Annotated[Origin | None, Field(exclude=True)] = field(default=None, compare=False, repr=False)

    @property
    def day(self) -> dt.date:
        """The day it is about; the first possible one where only a month or a year is known."""
        return self.date

    @property
    def last_day(self) -> dt.date:
        """The day it is about; the last possible one where only a month or a year is known."""
        return self.date


@record
class PartlyDated(Fact):
    """A fact of which perhaps only the month or the year is known: ``2026-05``."""

    date: PartialDate  # type: ignore[assignment]  #: the day that it is about, or only its month or year

    @property
    def day(self) -> dt.date:
        """The first day it can have been."""
        return self.date.earliest()

    @property
    def last_day(self) -> dt.date:
        """The last day it can have been."""
        return self.date.latest()


@record
class Consented(Fact):
    """The participant signed the consent form. {fact: consented, date: 2025-12-01, version: "1.0"}"""

    version: Line | None = None  #: the protocol version that the form belongs to


@record
class Enrolled(Fact):
    """The participant joined the study. {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05}"""

    day_1: IsoDate | None = None  #: the day for which Day 1 is planned
    arm: Identifier | None = None  #: the arm, where the protocol has arms
    cohort: Identifier | None = None  #: the cohort, where the protocol has cohorts
    version: Line | None = None  #: the protocol version; left out, the study's first
    site: Identifier | None = None  #: the site; left out, the study's first
    dose_levels: dict[Identifier, Line] = field(default_factory=dict)  #: the level of each drug, where fixed here


@record
class Attended(Fact):
    """The participant came to a visit. {fact: attended, date: 2026-02-02, visit: induction.c2.d1}"""

    visit: Key  #: the visit's key
    not_done: tuple[Identifier, ...] = ()  #: planned activities that were left out
    #: true where the visit should not have happened by the plan: a further cycle, another path
    outside_plan: bool = False
    version: Line | None = None  #: the protocol version under which it was done, where not the one in force


@record
class Given(Fact):
    """A dose of a study drug was given. Source: SDTM EX.

    {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: vsli}
    """

    activity: Identifier  #: the drug
    visit: Key | None = None  #: the visit's key; left out, outside any visit: at home, or unscheduled
    amount: Line | None = None  #: how much, with the unit
    level: Line | None = None  #: the dose level given
    start: WallTime | None = None  #: when it began, on the site's clock
    stop: WallTime | None = None  #: when it was over
    partial: bool = False  #: true where only a part was given; it counts as a dose
    again: bool = False  #: true for a second administration at one visit
    outside_plan: bool = False  #: true where it should not have happened by the plan
    version: Line | None = None  #: the protocol version under which it was done, where not the one in force


@record
class Reduced(Fact):
    """From this visit on a drug is given at a lower dose.

    {fact: reduced, date: 2026-02-02, visit: induction.c2.d1, activity: ino, to: level -1, reason: toxicity}
    """

    visit: Key  #: the visit's key
    activity: Identifier  #: the drug
    to: Line  #: the dose level from now on
    reason: Identifier  #: why


@record
class Omitted(Fact):
    """One activity of a visit (or all of it) is left out for good; or a dose at home was not taken on its day.

    {fact: omitted, date: 2026-01-14, visit: induction.c1.d8, activity: vsli, reason: neuropathy}
    """

    reason: Identifier  #: why; the protocol may allow it for some reasons
    visit: Key | None = None  #: the visit's key; left out for a drug taken at home
    activity: Identifier | None = None  #: what is left out; without it, all of the visit


@record
class Held(Fact):
    """The doses of a visit, or a drug taken at home, wait.

    {fact: held, date: 2026-01-12, visit: induction.c1.d8, reason: toxicity, resume: 2026-01-15}
    """

    reason: Identifier  #: why; the protocol may allow it for some reasons
    visit: Key | None = None  #: the visit whose doses wait
    activity: Identifier | None = None  #: the drug that waits; with no visit, a drug taken at home
    resume: IsoDate | None = None  #: the first day on which it may go on; without it the hold is open
    recheck: IsoDate | None = None  #: when somebody looks again


@record
class CycleHeld(Fact):
    """A cycle does not begin, by the protocol's rules.

    {fact: cycle_held, date: 2026-02-02, cycle: induction.c2, reason: counts, recheck: 2026-02-09}
    """

    cycle: Key  #: the cycle: ``epoch.cN``, or the epoch where it has no cycles
    reason: Identifier  #: why
    resume: IsoDate | None = None  #: the day on which its Day 1 is due; without it the cycle has no date
    recheck: IsoDate | None = None  #: when somebody looks again


@record
class CycleDelayed(Fact):
    """A cycle begins later, for a reason that the protocol does not give (a holiday, no chair).

    The days follow, the window does not: too late is a deviation to look at.
    {fact: cycle_delayed, date: 2026-01-28, cycle: induction.c2, to: 2026-02-04, reason: travel}
    """

    cycle: Key  #: the cycle: ``epoch.cN``, or the epoch where it has no cycles
    to: IsoDate  #: the day for which its Day 1 is planned now
    reason: Identifier  #: why


@record
class Assessed(Fact):
    """Something was done or measured.

    {fact: assessed, date: 2026-01-28, visit: induction.c1.marrow, activity: marrow, result: CR}
    """

    activity: Identifier  #: what was done
    visit: Key | None = None  #: the visit's key; left out, outside any visit
    result: Line | None = None  #: what came out
    outside_plan: bool = False  #: true where it should not have happened by the plan


@record
class VisitMissed(Fact):
    """The participant did not come, and the visit will not be made up.

    {fact: visit_missed, date: 2026-01-12, visit: induction.c1.d8, reason: travel}
    """

    visit: Key  #: the visit's key
    reason: Identifier | None = None  #: why


@record
class Booked(Fact):
    """A visit has an appointment on ``date``.

    {fact: booked, date: 2026-01-12, visit: induction.c1.d8, time: "09:30"}
    """

    visit: Key  #: the visit's key
    time: WallTime | None = None  #: the hour on the site's clock, in quotes
    minutes: Count | None = None  #: how long it takes
    chair: Line | None = None  #: which chair or room
    site: Identifier | None = None  #: where it is; left out, the site of that day by what was recorded before it


@record
class Rebooked(Fact):
    """An appointment was moved to ``date``.

    {fact: rebooked, date: 2026-01-13, visit: induction.c1.d8, instead_of: 2026-01-12}
    """

    visit: Key  #: the visit's key
    instead_of: IsoDate  #: the day that was booked before
    time: WallTime | None = None  #: the hour on the site's clock, in quotes
    minutes: Count | None = None  #: how long it takes
    chair: Line | None = None  #: which chair or room
    site: Identifier | None = None  #: where it is; left out, the site of that day by what was recorded before it


@record
class BookingCancelled(Fact):
    """The appointment on ``date`` was given back.

    {fact: booking_cancelled, date: 2026-01-13, visit: induction.c1.d8}
    """

    visit: Key  #: the visit's key
    reason: Identifier | None = None  #: why


@record
class GateDecided(Fact):
    """A gate was decided. {fact: gate_decided, date: 2026-01-30, gate: induction.c1.response, outcome: benefit}"""

    gate: Key  #: the gate's key
    outcome: Identifier  #: the answer, one of the gate's outcomes


@record
class Told(Fact):
    """The participant was told of a fact: a decision, a hold, an appointment.

    {fact: told, date: 2026-01-30, about: f12}
    """

    about: FactId  #: the id of the fact that they were told of


@record
class TreatmentEnded(Fact):
    """The end of study treatment was decided. {fact: treatment_ended, date: 2026-02-02, reason: progression}"""

    reason: EndReason  #: why


@record
class Progressed(PartlyDated):
    """The disease progressed or came back. {fact: progressed, date: 2026-02-02, kind: progression}"""

    kind: Literal["progression", "relapse"] = "progression"  #: which of the two


@record
class NewTherapy(PartlyDated):
    """A new treatment outside the study began. {fact: new_therapy, date: 2026-03}"""


@record
class Transplanted(Fact):
    """Stem cells were transplanted, or are to be. {fact: transplanted, date: 2026-02-11, conditioning: 2026-02-05}"""

    conditioning: IsoDate | None = None  #: the first day of conditioning, which ends the treatment


@record
class Admitted(Fact):
    """The participant went into hospital; closed days do not matter there. {fact: admitted, date: 2026-02-05}"""


@record
class Discharged(Fact):
    """The participant left hospital; the day itself counts as in hospital. {fact: discharged, date: 2026-03-03}"""


@record
class LostToFollowUp(Fact):
    """Nobody can reach the participant. {fact: lost_to_follow_up, date: 2026-06-01, attempts: 3}"""

    attempts: Count  #: how often somebody tried


@record
class FoundAgain(Fact):
    """A participant who was lost to follow-up is back in touch. {fact: found_again, date: 2026-07-01}"""


@record
class Withdrew(Fact):
    """The participant withdrew. {fact: withdrew, date: 2026-03-02, scope: visits, remains: [contact]}"""

    scope: Literal["treatment", "visits", "contact"]  #: from what; ``contact`` is from everything
    #: what is still permitted: ``contact`` (remote status contacts), ``records`` (reading the notes)
    remains: tuple[Literal["contact", "records"], ...] = ()


@record
class Died(PartlyDated):
    """The participant died. Nothing is planned after it. {fact: died, date: 2026-05}"""


@record
class UnscheduledVisit(Fact):
    """The participant came (or is to come) outside the schedule.

    {fact: unscheduled_visit, date: 2026-01-13, activities: [intrathecal]}
    """

    activities: tuple[Identifier, ...] = ()  #: what was done, or is to be; a drug is ``given`` instead
    reason: Identifier | None = None  #: why


@record
class Transferred(Fact):
    """From ``date`` on the participant is seen at another site. {fact: transferred, date: 2026-02-16, site: south}"""

    site: Identifier  #: the new site's id


@record
class AmendmentApplied(Fact):
    """From ``date`` on another protocol version holds. {fact: amendment_applied, date: 2026-03-01, version: "2.0"}"""

    version: Line  #: the version that holds now


@record
class EventOccurred(Fact):
    """Something happened that the protocol declares as an event.

    {fact: event_occurred, date: 2026-03-01, event: rash}
    """

    event: Identifier  #: which of them


@record
class Away(Fact):
    """The participant cannot come, from ``date`` on. {fact: away, date: 2026-02-16, until: 2026-02-20}"""

    until: IsoDate  #: the last day away


@record
class Void(Fact):
    """A fact was a mistake: it counts no more, and stays on record.

    {fact: void, date: 2026-01-13, of: f7, note: wrong participant}
    """

    of: FactId  #: the id of the fact that was a mistake


@dataclass(frozen=True, slots=True)
class History:
    """All facts about one participant, in any order.

    ``planned_start``, ``planned_arm`` and ``planned_site`` stand in for the enrolment of somebody who might join.
    """

    facts: tuple[Fact, ...] = ()
    planned_start: dt.date | None = None
    planned_arm: str | None = None
    planned_site: str | None = None

    def and_also(self, *facts: Fact) -> History:
        """This history with further facts: what a what-if plans."""
        return replace(self, facts=(*self.facts, *facts))

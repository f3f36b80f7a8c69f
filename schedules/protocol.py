"""What a protocol says: the records that a protocol file is read into.

The records *are* the language: a key of the file is a field here, and the JSON Schema for editors and
docs/reference/protocol-language.md are generated from them. A field's meaning is the ``#:`` comment beside
or above it; every field has one. Names follow USDM 4.0 where it has one (a Visit is USDM's Encounter, a
Gate its ScheduledDecisionInstance).
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Annotated, Any, Literal

from schedules.language import Clock, DaysLong, Duration, Hours, Label, SpansText, VisitWindow, by_id
from schedules.offsets import Offset, Unit
from schedules.scalars import Identifier, Line, Text
from schedules.validation import record
from schedules.windows import Window


class ActivityKind(StrEnum):
    """What sort of thing is done; only ``dose`` and ``home-dose`` give a study drug."""

    DOSE = "dose"  #: staff give a study drug; needs the infusion unit and the pharmacy
    HOME_DOSE = "home-dose"  #: a study drug taken at home; needs the pharmacy where a visit lists it
    ASSESSMENT = "assessment"  #: staff look, ask or measure; needs the clinic
    SAMPLE = "sample"  #: blood or other material is taken; needs the laboratory
    QUESTIONNAIRE = "questionnaire"  #: the participant answers questions; needs the clinic
    IMAGING = "imaging"  #: X-ray, CT, MRI, ultrasound; needs the clinic
    PROCEDURE = "procedure"  #: something that is done, such as consent or a biopsy; needs the clinic
    CONTACT = "contact"  #: a call or a message; needs the clinic


class Resource(StrEnum):
    """What an activity needs open at the site on the day of the visit."""

    INFUSION = "infusion"  #: the infusion unit
    CLINIC = "clinic"  #: the outpatient clinic
    LABORATORY = "laboratory"  #: the laboratory
    PHARMACY = "pharmacy"  #: the pharmacy


class Stage(StrEnum):
    """Where an epoch stands: before Day 1, from Day 1 on, or after the end of treatment."""

    SCREENING = "screening"  #: before Day 1; its days count backwards: day -7
    TREATMENT = "treatment"  #: from its own Day 1 on; what is still to come of it falls away when the treatment ends
    FOLLOW_UP = "follow-up"  #: counted from an event, a visit or an activity; it goes on when the treatment has ended


class Mark(StrEnum):
    """What an outcome or a reason means for what comes later."""

    PROGRESSION = "progression"  #: the disease got worse or came back
    NEW_THERAPY = "new-therapy"  #: a treatment outside the study began
    TOXICITY = "toxicity"  #: harm by the treatment
    BENEFIT = "benefit"  #: the treatment helped
    WITHDRAWN_FROM_VISITS = "withdrawn-from-visits"  #: the participant does not come to visits any more


@record
class Activity:
    """Something that is done to or by a participant: a dose, a blood test, a questionnaire.

    Source: USDM 4.0 ``Activity``.
    """

    label: Label  #: what people read
    kind: ActivityKind  #: what sort of thing it is
    minutes: int = 0  #: how many minutes it takes
    observe_minutes: int = 0  #: how many minutes the participant stays afterwards
    prepare_minutes: int = 0  #: how many minutes before the appointment the pharmacy has it ready; 0 where not said
    resource: Resource | None = None  #: what must be open at the site, instead of what its kind usually needs
    hold_for: tuple[Identifier, ...] = ()  #: reasons for which the protocol lets a dose be held: no deviation then
    omit_for: tuple[Identifier, ...] = ()  #: reasons for which the protocol lets it be left out: no deviation then
    unscheduled: bool = False  #: whether it may also stand alone, in an unscheduled visit
    premedication: Text | None = None  #: what is given ahead of each dose, in the words of the protocol
    advice: Text | None = None  #: what staff should think of when they do it

    @property
    def is_dose(self) -> bool:
        """Whether staff give a study drug."""
        return self.kind is ActivityKind.DOSE


@record
class VisitActivity:
    """An activity as one visit plans it. One that needs no other key is written as its id alone."""

    activity: Identifier  #: which activity of ``activities``
    #: the days on which it may be done, around the visit's day; left out, it is done on the visit's day itself
    window: VisitWindow | None = None
    timed_from: Identifier | None = None  #: the activity of this visit whose start ``at`` counts from; else the arrival
    at: Hours = ()  #: how long after that it is done; a list if several times
    within: Clock | None = None  #: by how much each of these times may be missed
    cycles: SpansText | None = None  #: in which cycles it is done; in all of them if left out
    arms: tuple[Identifier, ...] = ()  #: in which arms it is done; in all of them if left out


Activities = tuple[Annotated[VisitActivity, by_id("activity")], ...]


@record
class Reference:
    """What a visit or an epoch is counted from, and how long after it: exactly one of visit, activity and event."""

    by: Duration = Offset(0, Unit.DAYS)  #: how long after it
    visit: str | None = None  #: a visit of the same epoch by its id, or of another one as ``epoch.visit``
    activity: Identifier | None = None  #: an activity: the latest day on which it was done, else is planned
    event: Identifier | None = None  #: a built-in event, or one that the protocol declares under ``events``


@record
class Repeat:
    """How often a visit comes again: until a length of time has passed, or so many times."""

    every: Duration  #: how long after the one before; in the same unit as the visit's start
    until: Duration | None = None  #: the last one comes this long after what the visit is counted from, at the latest
    times: int | None = None  #: how many there are, the first one included


@record
class Variation:
    """What a visit becomes once one of these things has happened to the participant. Its key and window stay."""

    when: tuple[Mark, ...]  #: what has happened: one of these is enough
    label: Label  #: what people read then; ``{n}`` is the number of a repeated visit
    activities: Activities  #: what is done then
    remote: bool = False  #: whether nobody travels then


@record
class PlannedVisit:
    """A visit as the protocol plans it; exactly one of day, at and after says when.

    Source: USDM 4.0 ``Encounter`` with its ``Timing``.
    """

    #: what people read; ``{n}`` is the number of a repeated visit. In a cycle a visit with a ``day`` is read as C2D8
    label: Label
    activities: Activities = ()  #: what is done, in its order
    day: int | None = None  #: the day of its cycle or epoch; Day 1 is the first, there is no Day 0
    at: Duration | None = None  #: how long after Day 1 of its cycle or epoch
    after: Reference | None = None  #: what it is counted from, where that is something else than Day 1
    window: VisitWindow = Window(0, 0)  #: the days around its day on which it may be; left out, on that day alone
    #: what is counted from this visit follows it when it is booked or moved already, not only once it took place
    anchor: bool = False
    repeat: Repeat | None = None  #: whether and how it comes again; the amount reached ends its key: ``month-3``
    valid_for: DaysLong | None = None  #: before Day 1: how old it may be on Day 1; older, it is due again
    ends_before: Literal["next-day-1", "conditioning"] | None = None  #: it must be over before that
    only_with: tuple[Identifier, ...] = ()  #: it is planned only while one of these drugs is given
    cycles: SpansText | None = None  #: in which cycles it is planned; in all of them if left out
    arms: tuple[Identifier, ...] = ()  #: in which arms it is planned; in all of them if left out
    remote: bool = False  #: whether nobody travels: a call
    instead: tuple[Variation, ...] = ()  #: what it becomes once something has happened; the first that fits
    was: Identifier | None = None  #: the id that it had before an amendment renamed it


@record
class Cycles:
    """How an epoch repeats. With neither ``at_most`` nor ``within`` the cycles go on until a gate ends them."""

    length: DaysLong  #: from one Day 1 to the next
    at_most: int | None = None  #: how many cycles there are at most
    within: Duration | None = None  #: a cycle starts only before this long after Day 1 of the study
    #: whether drugs taken at home stop on that day, or go on to the end of the cycle that has begun
    home_doses_at_limit: Literal["stop", "finish-cycle"] = "finish-cycle"
    plan_ahead: int = 3  #: without a bound: how many cycles are shown beyond the newest one that has begun


@record
class Outcome:
    """One answer to a gate, and where it leads."""

    label: Label  #: what people read
    #: where it leads: ``proceed`` (as planned), ``next-cycle``, ``end`` (of the treatment), or the id of an epoch
    to: str = "proceed"
    after_last_cycle: str | None = None  #: where it leads instead after the last cycle that the epoch may have
    ask: Identifier | None = None  #: another gate of the epoch (``when-asked``) that decides where it leads
    marks: tuple[Mark, ...] = ()  #: what this answer means for what comes later
    stops: tuple[Identifier, ...] = ()  #: drugs that are not given any more from here on


@record
class Gate:
    """A decision that the path waits for. Source: USDM 4.0 ``ScheduledDecisionInstance``."""

    label: Label  #: what people read
    outcomes: dict[Identifier, Outcome]  #: the possible answers
    #: where it stands; ``at-end`` is after the epoch's last cycle, ``when-asked`` only where an outcome asks it
    when: Literal["before-each-cycle", "after-each-cycle", "at-end", "when-asked"] = "after-each-cycle"
    default: Identifier | None = None  #: the answer that the plan follows until somebody decides; without one it stops
    #: before a cycle: the cycle's first visit has no date until it is decided, and nothing is planned beyond
    asks: bool = False
    cycles: SpansText | None = None  #: at which cycles of the epoch it stands; at all of them if left out
    treatment_cycles: SpansText | None = None  #: the same, counted over all cycles of treatment
    #: before an epoch's first cycle: the gate whose decision to enter the epoch answers this one too
    answered_by: Identifier | None = None
    was: Identifier | None = None  #: the id that it had before an amendment renamed it


@record
class HomeDosing:
    """A drug taken at home, or a questionnaire filled in there, once on each of these days."""

    days: SpansText  #: the days of each cycle (or of the epoch); ``from 1`` runs to the next Day 1
    starts_on: int = 1  #: in the first cycle, not before this day of it
    cycles: SpansText | None = None  #: in which cycles it is taken; in all of them if left out
    arms: tuple[Identifier, ...] = ()  #: in which arms it is taken; in all of them if left out
    note: Text | None = None  #: what else people should read, such as how the dose is stepped up
    note_cycles: SpansText | None = None  #: in which cycles they should read the note; in all of them if left out


@record
class Epoch:
    """A stretch of the study: screening, a treatment that may come in cycles, follow-up.

    Source: USDM 4.0 ``StudyEpoch``.
    """

    label: Label  #: what people read
    stage: Stage = Stage.TREATMENT  #: where it stands
    prefix: str = "C"  #: what begins the labels of its cycles' visits: the C of C2D8
    cycles: Cycles | None = None  #: how it repeats; left out, it is gone through once
    length: Duration | None = None  #: without cycles: how long it takes; left out, to the day of its last visit
    starts: Reference | None = None  #: where its Day 1 comes from, when it is not simply the end of the one before
    visits: dict[Identifier, PlannedVisit] = field(default_factory=dict)  #: its visits
    gates: dict[Identifier, Gate] = field(default_factory=dict)  #: its gates, in the order in which they are asked
    home: dict[Identifier, HomeDosing] = field(default_factory=dict)  #: the drugs taken at home, by their activity
    arms: tuple[Identifier, ...] = ()  #: the arms that go through it; all of them if left out
    only_by_gate: bool = False  #: whether only a gate leads to it; otherwise it follows the one before


@record
class Spacing:
    """The least time between two doses of a drug."""

    drug: Identifier  #: the activity of the kind ``dose``
    at_least: DaysLong  #: the least time from one dose to the next
    blocks: bool = True  #: whether a nearer date is forbidden; otherwise there is only a warning


@record
class Parameter:
    """A value that the protocol's text does not give: somebody supplies it. Elsewhere ``$id`` stands for it."""

    label: Label  #: what people read: what is asked for
    example: Any  #: a plainly made-up value, with which the file can be checked and demonstrated
    needed_for: Literal["planning", "enrolment"] = "planning"  #: what cannot be done before it is supplied


@record
class Arm:
    """A group of participants who follow their own sequence of treatment epochs."""

    label: Label  #: what people read
    sequence: tuple[Identifier, ...] = ()  #: its treatment epochs in order; left out, all in the order of the file


@record
class Cohort:
    """A group of participants who are looked at together, as in a dose escalation."""

    label: Label  #: what people read
    dose_levels: dict[Identifier, Line] = field(default_factory=dict)  #: the level of each drug, where it is fixed


@record
class Observation:
    """The time in which dose-limiting toxicity is looked for. It is shown, never applied."""

    epoch: Identifier  #: the epoch
    cycle: int  #: which of its cycles
    length: DaysLong  #: how long, from Day 1 of that cycle
    cohorts: tuple[Identifier, ...] = ()  #: in which cohorts; in all participants if left out
    rule: Text | None = None  #: the protocol's rule, in words


@record
class Advisory:
    """Something that a label advises and a person looks at; it moves no date."""

    #: shown when there is none of ``results`` in so many cycles, when more cycles than that came before a transplant,
    #: or always (``note``)
    kind: Literal["response-within", "cycles-before-transplant", "note"]
    text: Text  #: what is shown
    treatment_cycles: int | None = None  #: how many cycles of treatment
    activity: Identifier | None = None  #: for ``response-within``: the activity with the results
    results: tuple[Line, ...] = ()  #: for ``response-within``: the results of which one is wanted


@record
class Protocol:
    """One immutable version of a study's protocol. Source: USDM 4.0 ``StudyVersion`` and ``StudyDesign``."""

    protocol: Identifier  #: the study's short name, the same in every version
    version: Line  #: the number of this version, in quotes: "1.0"
    title: Line  #: the study's title
    source: Text | None = None  #: where this was taken from
    assumptions: tuple[Text, ...] = ()  #: plain sentences: whatever is not in the protocol's own text
    parameters: dict[Identifier, Parameter] = field(default_factory=dict)  #: values that the text does not give
    arms: dict[Identifier, Arm] = field(default_factory=dict)  #: groups with a path or a treatment of their own
    cohorts: dict[Identifier, Cohort] = field(default_factory=dict)  #: the groups of a dose escalation
    events: dict[Identifier, Label] = field(default_factory=dict)  #: things that may happen and that visits count from
    activities: dict[Identifier, Activity]  #: everything that is done
    epochs: dict[Identifier, Epoch]  #: the stretches of the study, in order
    spacing: tuple[Spacing, ...] = ()  #: the least time between doses, for each drug
    never_same_day: tuple[tuple[Identifier, ...], ...] = ()  #: groups of activities of which no two share a day
    longest_hold: DaysLong | None = None  #: a cycle that is held for longer needs a decision
    observation: Observation | None = None  #: when dose-limiting toxicity is looked for
    advisories: tuple[Advisory, ...] = ()  #: advice that is shown when it applies
    reconsent: bool = False  #: whether participants who move to this version consent again before what is new in it

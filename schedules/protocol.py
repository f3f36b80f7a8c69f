"""What a protocol says: the records that a protocol file is read into.

The records *are* the language: a key of the file is a field here, and the JSON Schema for editors and
docs/reference/protocol-language.md are generated from them. Names follow USDM 4.0 where it has one
(a Visit is USDM's Encounter, a Gate its ScheduledDecisionInstance).
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Annotated, Any, Literal

from schedules.language import Clock, DaysLong, Duration, Hours, Label, SpansText, VisitWindow, by_id
from schedules.offsets import Offset, Unit
from schedules.scalars import Identifier, Text
from schedules.validation import record
from schedules.windows import Window


class ActivityKind(StrEnum):
    """What sort of thing is done; only ``dose`` and ``home-dose`` give a study drug."""

    DOSE = "dose"
    HOME_DOSE = "home-dose"
    ASSESSMENT = "assessment"
    SAMPLE = "sample"
    QUESTIONNAIRE = "questionnaire"
    IMAGING = "imaging"
    PROCEDURE = "procedure"
    CONTACT = "contact"


class Resource(StrEnum):
    """What an activity needs open at the site on the day of the visit."""

    INFUSION = "infusion"
    CLINIC = "clinic"
    LABORATORY = "laboratory"
    PHARMACY = "pharmacy"


class Stage(StrEnum):
    """Where an epoch stands: before Day 1, from Day 1 on, or after the end of treatment."""

    SCREENING = "screening"
    TREATMENT = "treatment"
    FOLLOW_UP = "follow-up"


class Mark(StrEnum):
    """What an outcome or a reason means for what comes later."""

    PROGRESSION = "progression"
    NEW_THERAPY = "new-therapy"
    TOXICITY = "toxicity"
    BENEFIT = "benefit"
    WITHDRAWN_FROM_VISITS = "withdrawn-from-visits"


@record
class Activity:
    """Something that is done to or by a participant: a dose, a blood test, a questionnaire.

    ``minutes`` is the time it takes, ``observe_minutes`` the time the participant stays afterwards.
    ``resource`` must be open on the visit's day. ``hold_for`` and ``omit_for`` are the reasons for which
    the protocol itself lets a dose be held or left out: for one of them that is no deviation.
    ``unscheduled``: it may also stand alone, in an unscheduled visit. Source: USDM 4.0 ``Activity``.
    """

    label: Label
    kind: ActivityKind
    minutes: int = 0
    observe_minutes: int = 0
    resource: Resource | None = None
    hold_for: tuple[Identifier, ...] = ()
    omit_for: tuple[Identifier, ...] = ()
    unscheduled: bool = False
    advice: Text | None = None

    @property
    def is_dose(self) -> bool:
        """Whether staff give a study drug."""
        return self.kind is ActivityKind.DOSE


@record
class VisitActivity:
    """An activity as one visit plans it.

    ``window`` is the activity's own, in days around the visit's day. ``at`` places it by the clock: so long
    after the start of the activity ``timed_from`` (or after arrival), give or take ``within``; several
    times if a list. ``cycles`` and ``arms`` say where it applies.
    """

    activity: Identifier
    window: VisitWindow | None = None
    timed_from: Identifier | None = None
    at: Hours = ()
    within: Clock | None = None
    cycles: SpansText | None = None
    arms: tuple[Identifier, ...] = ()


Activities = tuple[Annotated[VisitActivity, by_id("activity")], ...]


@record
class Reference:
    """What a visit or an epoch is counted from, and how long after it.

    Exactly one of ``visit`` (an id of the same epoch, or ``epoch.visit``), ``activity`` (its latest date)
    and ``event`` (one of the built-in events, or one that the protocol declares).
    """

    by: Duration = Offset(0, Unit.DAYS)
    visit: str | None = None
    activity: Identifier | None = None
    event: Identifier | None = None


@record
class Repeat:
    """Again ``every`` so often, ``until`` that long after what it is counted from (included), or ``times``."""

    every: Duration
    until: Duration | None = None
    times: int | None = None


@record
class Variation:
    """What a visit becomes once one of these things has happened to the participant."""

    when: tuple[Mark, ...]
    label: Label
    activities: Activities
    remote: bool = False


@record
class PlannedVisit:
    """A visit as the protocol plans it. Source: USDM 4.0 ``Encounter`` with its ``Timing``.

    It stands on a ``day`` of its cycle or epoch, ``at`` a length of time after Day 1, or ``after`` something
    else; ``window`` counts around that. ``anchor``: what is counted from this visit follows it when it is
    booked or moved, not only when it happens. ``valid_for`` (screening): how old it may be on Day 1.
    ``ends_before``: it must be over before that. ``only_with``: it is planned only while one of these drugs
    is given. ``remote``: nobody travels. ``instead``: what it becomes. ``was``: the id it had before an
    amendment renamed it.
    """

    label: Label
    activities: Activities = ()
    day: int | None = None
    at: Duration | None = None
    after: Reference | None = None
    window: VisitWindow = Window(0, 0)
    anchor: bool = False
    repeat: Repeat | None = None
    valid_for: DaysLong | None = None
    ends_before: Literal["next-day-1", "conditioning"] | None = None
    only_with: tuple[Identifier, ...] = ()
    cycles: SpansText | None = None
    arms: tuple[Identifier, ...] = ()
    remote: bool = False
    instead: tuple[Variation, ...] = ()
    was: Identifier | None = None


@record
class Cycles:
    """How an epoch repeats: every ``length``, ``at_most`` so often, or only ``within`` a calendar duration.

    ``within`` counts from Day 1 of the study: a cycle starts only before that day. ``home_doses_at_limit``
    says whether daily drugs stop on it or go on to the end of the cycle that has begun. With neither bound
    the cycles go on until a gate ends them; ``plan_ahead`` of them are shown beyond the newest one.
    """

    length: DaysLong
    at_most: int | None = None
    within: Duration | None = None
    home_doses_at_limit: Literal["stop", "finish-cycle"] = "finish-cycle"
    plan_ahead: int = 3


@record
class Outcome:
    """One answer to a gate, and where it leads.

    ``to``: ``proceed`` (as planned), ``next-cycle``, ``end`` (of treatment), or the id of an epoch.
    ``after_last_cycle`` replaces it once the epoch has had its most cycles. ``ask`` leads to another gate.
    ``stops``: drugs that are not given any more from here on.
    """

    label: Label
    to: str = "proceed"
    after_last_cycle: str | None = None
    ask: Identifier | None = None
    marks: tuple[Mark, ...] = ()
    stops: tuple[Identifier, ...] = ()


@record
class Gate:
    """A decision that the path waits for. Source: USDM 4.0 ``ScheduledDecisionInstance``.

    ``default`` is the outcome that the plan follows, tentatively, while nobody has decided; without one
    nothing is planned beyond. ``asks``: the first visit beyond is shown as needing this decision.
    ``cycles`` count in the epoch, ``treatment_cycles`` over all cycles of treatment: the cycle after (or
    before) which it stands. ``answered_by``: before an epoch's first cycle, the gate whose decision to
    enter the epoch answers this one too.
    """

    label: Label
    outcomes: dict[Identifier, Outcome]
    when: Literal["before-each-cycle", "after-each-cycle", "at-end", "when-asked"] = "after-each-cycle"
    default: Identifier | None = None
    asks: bool = False
    cycles: SpansText | None = None
    treatment_cycles: SpansText | None = None
    answered_by: Identifier | None = None
    was: Identifier | None = None


@record
class HomeDosing:
    """A drug taken at home, daily on these ``days`` of each cycle (or epoch); ``from 1`` runs to the next Day 1.

    ``starts_on``: in the first cycle, not before this day of it.
    """

    days: SpansText
    starts_on: int = 1
    cycles: SpansText | None = None
    arms: tuple[Identifier, ...] = ()
    note: Text | None = None


@record
class Epoch:
    """A stretch of the study: screening, a treatment that may come in cycles, follow-up.

    ``prefix`` begins the labels of its cycles' visits (C2D8). ``length``: when the next epoch starts, for
    one without cycles. ``starts``: where its Day 1 comes from, when it is not simply the end of the one before.
    Source: USDM 4.0 ``StudyEpoch``.
    """

    label: Label
    stage: Stage = Stage.TREATMENT
    prefix: str = "C"
    cycles: Cycles | None = None
    length: DaysLong | None = None
    starts: Reference | None = None
    visits: dict[Identifier, PlannedVisit] = field(default_factory=dict)
    gates: dict[Identifier, Gate] = field(default_factory=dict)
    home: dict[Identifier, HomeDosing] = field(default_factory=dict)
    arms: tuple[Identifier, ...] = ()


@record
class Spacing:
    """The least time between two doses of a drug; ``blocks`` forbids a nearer date, otherwise it only warns."""

    drug: Identifier
    at_least: DaysLong
    blocks: bool = True


@record
class Parameter:
    """A value that the protocol's text does not give: somebody supplies it before ``needed_for``.

    ``example`` is plainly made up: it lets the file be checked, and a demonstration run.
    """

    label: Label
    example: Any
    needed_for: Literal["planning", "enrolment"] = "planning"


@record
class Arm:
    """A group of participants who follow their own sequence of treatment epochs (by default all, in order)."""

    label: Label
    sequence: tuple[Identifier, ...] = ()


@record
class Cohort:
    """A group in a dose escalation; ``dose_levels`` name the level of each drug where it is fixed for the group."""

    label: Label
    dose_levels: dict[Identifier, Text] = field(default_factory=dict)


@record
class Observation:
    """Which cycle is watched for dose-limiting toxicity, for how long, in which cohorts, and the rule as text."""

    epoch: Identifier
    cycle: int
    length: DaysLong
    cohorts: tuple[Identifier, ...] = ()
    rule: Text | None = None


@record
class Advisory:
    """Something that a label advises and a person looks at; it moves no date.

    ``response-within``: none of ``results`` of ``activity`` in so many treatment cycles.
    ``cycles-before-transplant``: more treatment cycles than this before a transplant.
    """

    kind: Literal["response-within", "cycles-before-transplant", "note"]
    text: Text
    treatment_cycles: int | None = None
    activity: Identifier | None = None
    results: tuple[Text, ...] = ()


@record
class Protocol:
    """One immutable version of a study's protocol. Source: USDM 4.0 ``StudyVersion`` and ``StudyDesign``.

    ``assumptions`` are plain sentences: whatever is not in the protocol's own text. ``events`` are names of
    things that may happen and that visits are counted from. ``longest_hold``: a cycle held for longer asks
    for a decision. ``reconsent``: participants who move to this version must consent again before
    anything that is new in it. ``after_withdrawal``: visits that go on after a withdrawal from visits.
    """

    protocol: Identifier
    version: Text
    title: Text
    source: Text | None = None
    assumptions: tuple[Text, ...] = ()
    parameters: dict[Identifier, Parameter] = field(default_factory=dict)
    arms: dict[Identifier, Arm] = field(default_factory=dict)
    cohorts: dict[Identifier, Cohort] = field(default_factory=dict)
    events: dict[Identifier, Label] = field(default_factory=dict)
    activities: dict[Identifier, Activity]
    epochs: dict[Identifier, Epoch]
    spacing: tuple[Spacing, ...] = ()
    never_same_day: tuple[tuple[Identifier, ...], ...] = ()
    longest_hold: DaysLong | None = None
    observation: Observation | None = None
    advisories: tuple[Advisory, ...] = ()
    reconsent: bool = False

"""A participant's course: which version, site and circumstances hold on which day. Days are ordinals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from schedules.arms import check_arm, dose_levels_of
from schedules.closures import ClosedDays, SiteCalendar
from schedules.compiled import CompiledProtocol, is_last_cycle
from schedules.design import Design
from schedules.history import (
    Admitted,
    AmendmentApplied,
    Away,
    Consented,
    Died,
    Discharged,
    Enrolled,
    EventOccurred,
    Fact,
    FoundAgain,
    GateDecided,
    History,
    LostToFollowUp,
    NewTherapy,
    Progressed,
    Transferred,
    Transplanted,
    TreatmentEnded,
    Withdrew,
)
from schedules.keys import Stay, parse_key
from schedules.protocol import Activity, Epoch, Gate, Mark, Outcome, Protocol, Resource
from schedules.reconsent import NewIn, new_in
from schedules.record import Record, live_facts

FOREVER = date(9000, 1, 1).toordinal()


#: what ends a treatment on the day of the decision, wherever in a cycle the gate stands
_AT_ONCE = frozenset({Mark.PROGRESSION, Mark.TOXICITY, Mark.NEW_THERAPY})


class Cause(NamedTuple):
    """What ended the treatment (or cut visits off): on which day, why, and when the planner knew.

    ``completes``: the cycle before it goes on to its end, so that its doses still count.
    """

    day: int
    reason: str
    known: int
    completes: bool = False


@dataclass(slots=True)
class CutOffs:
    """From which day on what is not planned any more; FOREVER where nothing ends it.

    ``treatment`` ends treatment, ``visits`` everything but remote contacts, ``all`` everything.
    """

    treatment: int = FOREVER
    visits: int = FOREVER
    all: int = FOREVER


@dataclass(frozen=True, slots=True, eq=False)
class OwnClosedDays:
    """The closed days of a participant who changes sites or is in hospital for a time."""

    course: Course
    needs: frozenset[Resource]
    remote: bool

    def __getitem__(self, day: int) -> tuple[str, str] | None:
        return self.course.why_closed(day, self.needs, self.remote)


class Course:
    """What holds for one participant on each day, from the facts that had been recorded.

    ``aside`` are gates whose decisions end and mark nothing: the path does not come to them.
    """

    def __init__(
        self, design: Design, history: History, as_of: date, facts: list[Fact], aside: frozenset[str] = frozenset()
    ) -> None:
        self.design = design
        self.aside = aside
        self.as_of = as_of.toordinal()
        facts = live_facts(facts)
        first = self._first_version(facts)
        self.record = Record(facts, design.renamer(first))
        self.enrolled = self.record.first(Enrolled)
        steps = self._version_steps(first)
        protocols = [design.versions[version] for _, version in steps]
        self.arm = self.enrolled.arm if self.enrolled and self.enrolled.arm else history.planned_arm
        check_arm(self.arm, protocols)
        self.cohort = self.enrolled.cohort if self.enrolled else None
        self.dose_levels = dose_levels_of(self.enrolled, protocols)
        self.versions = [(day, design.compiled(version, self.arm, first)) for day, version in steps]
        self.compiled = self.compiled_on(self.as_of)
        #: the day on which the version in force began to hold; None for the first version
        self.amended = self._amended_on()
        #: since when what is new in it is asked for: where it needs consent again, not before that
        self.asked_since = self._asked_since()
        self.sites = self._sites(history)
        self._only_site = self.sites[0][1] if len(self.sites) == 1 else None
        self.in_hospital = self._hospital_spans()
        #: the closed days by needs, where one site holds throughout and no stay in hospital suspends them
        self.closed_throughout = self._only_site.closed_days if self._only_site and not self.in_hospital else None
        self.away = [(fact.date.toordinal(), fact.until.toordinal()) for fact in self.record.all(Away)]
        self.end = self._treatment_end()
        self.marks = self._marks()
        self.cut = self._cut_offs()
        self.permits_contact = any("contact" in fact.remains for fact in self.record.all(Withdrew))
        self.lost_since = self._lost_since()
        self.planned_day_1 = self._planned_day_1(history)
        self.later_events: dict[str, list[tuple[int, int]]] = {}
        self.events = self._events()
        self.event_days = {name: day for name, (day, _) in self.events.items()}
        self.waits_for_consent = self._new_without_consent()
        self.touched = self.record.keys() | set(self.record.bookings) | set(self.record.held)

    # -- versions, arms, sites ------------------------------------------------------------------

    def _first_version(self, facts: list[Fact]) -> int:
        named = [fact.version for fact in facts if isinstance(fact, Enrolled) and fact.version]
        return self.design.version_index(named[0]) if named else 0

    def _version_steps(self, first: int) -> list[tuple[int, int]]:
        """From which day on the participant is under which version (an index)."""
        amended = self.record.all(AmendmentApplied)
        return [(0, first), *((fact.date.toordinal(), self.design.version_index(fact.version)) for fact in amended)]

    def compiled_on(self, day: int) -> CompiledProtocol:
        """The version in force on that day."""
        if len(self.versions) == 1:
            return self.versions[0][1]
        return [compiled for since, compiled in self.versions if since <= day][-1]

    def protocol_on(self, day: date) -> Protocol:
        """The protocol as the version in force on that day has it."""
        return self.compiled_on(day.toordinal()).protocol

    def activity(self, name: str) -> Activity | None:
        """An activity as the version in force has it, else as the newest that does; None if none does."""
        known = self.compiled.protocol.activities.get(name)
        if known is not None or len(self.versions) == 1:
            return known
        found = (compiled.protocol.activities.get(name) for _, compiled in reversed(self.versions))
        return next((activity for activity in found if activity is not None), None)

    def label(self, activity: str) -> str:
        """The activity's label, by the newest version that has it; its id if none does."""
        known = self.activity(activity)
        return known.label if known else activity

    def _amended_on(self) -> int | None:
        since = [day for day, _ in self.versions if day <= self.as_of][-1]
        return since or None

    def _asked_since(self) -> int | None:
        protocol = self.compiled.protocol
        if self.amended is None or not protocol.reconsent:
            return self.amended
        days = [fact.date.toordinal() for fact in self.record.all(Consented) if fact.version == protocol.version]
        return max(self.amended, min(days, default=self.amended))

    def _new_without_consent(self) -> NewIn:
        """What is new in the version in force and waits for consent to it."""
        since = self.amended
        if since is None or self.consented_to(self.compiled.protocol, FOREVER):
            return {}
        return new_in(self.compiled, self.compiled_on(since - 1))

    def consented_to(self, protocol: Protocol, day: int) -> bool:
        """Whether by that day the participant had consented to a version, or need not."""
        given = (fact for fact in self.record.all(Consented) if fact.version == protocol.version)
        return not protocol.reconsent or any(fact.date.toordinal() <= day for fact in given)

    def _sites(self, history: History) -> list[tuple[int, SiteCalendar]]:
        named = self.enrolled.site if self.enrolled else None
        home = named or history.planned_site or self.design.sites[0].id
        moves = [(fact.date.toordinal(), fact.site) for fact in self.record.all(Transferred)]
        return [(day, self.design.calendar(site)) for day, site in [(0, home), *moves]]

    def site_on(self, day: int) -> SiteCalendar:
        """The site that sees the participant on that day."""
        if self._only_site is not None:
            return self._only_site
        return [site for since, site in self.sites if since <= day][-1]

    def closed_days(self, needs: frozenset[Resource], remote: bool) -> ClosedDays | OwnClosedDays:
        """For each day why a visit with these needs cannot be on it, or None."""
        if self._only_site is not None and (remote or not self.in_hospital):
            return self._only_site.closed_days[needs]
        return OwnClosedDays(self, needs, remote)

    def why_closed(self, day: int, needs: frozenset[Resource], remote: bool = False) -> tuple[str, str] | None:
        """Why a visit with these needs cannot be on that day; in hospital closed days do not matter."""
        closed = self.site_on(day).why_closed(day, needs)
        return None if closed is None or (not remote and self.is_in_hospital(day)) else closed

    # -- circumstances --------------------------------------------------------------------------

    def _hospital_spans(self) -> list[tuple[int, int]]:
        if not self.record.has(Admitted, Transplanted):
            return []
        starts = [fact.date.toordinal() for fact in self.record.all(Admitted)]
        starts += [(fact.conditioning or fact.date).toordinal() for fact in self.record.all(Transplanted)]
        ends = [fact.date.toordinal() for fact in self.record.all(Discharged)]
        return [(start, min((end for end in ends if end >= start), default=FOREVER)) for start in sorted(starts)]

    def is_in_hospital(self, day: int) -> bool:
        """Whether the participant is an inpatient on that day."""
        return any(start <= day <= end for start, end in self.in_hospital)

    def is_away(self, day: int) -> bool:
        """Whether the participant has said that they cannot come on that day."""
        return any(start <= day <= end for start, end in self.away)

    def _lost_since(self) -> int:
        if not self.record.has(LostToFollowUp):
            return FOREVER
        lost = [fact.date.toordinal() for fact in self.record.all(LostToFollowUp)]
        found = [fact.date.toordinal() for fact in self.record.all(FoundAgain)]
        still = [day for day in lost if not any(again >= day for again in found)]
        return min(still, default=FOREVER)

    def _planned_day_1(self, history: History) -> int | None:
        planned = self.enrolled.day_1 if self.enrolled and self.enrolled.day_1 else history.planned_start
        return planned.toordinal() if planned else None

    # -- ends -----------------------------------------------------------------------------------

    def _treatment_end(self) -> Cause | None:
        recorded = self._recorded_ends() if self.record.has(TreatmentEnded, Withdrew, Transplanted, Died) else ()
        causes = [*recorded, *self._gate_ends()]
        return min(causes, key=lambda cause: cause.day, default=None)

    def _recorded_ends(self) -> Iterable[Cause]:
        for fact in self.record.all(TreatmentEnded):
            yield Cause(fact.date.toordinal(), fact.reason, _known(fact))
        for withdrew in self.record.all(Withdrew):
            yield Cause(withdrew.date.toordinal(), "withdrawal", _known(withdrew))
        for moved in self.record.all(Transplanted):
            begins = moved.conditioning or moved.date
            yield Cause(begins.toordinal(), "transplant", _known(moved, begins))
        for died in self.record.all(Died):
            yield Cause(died.day.toordinal(), "death", _known(died))

    def _gate_ends(self) -> Iterable[Cause]:
        for key, fact in self.record.decided.items():
            gate = self.gate_with(key, fact.outcome) if key not in self.aside else None
            if gate is None or self.ends_with_the_cycle(key, gate, gate.outcomes[fact.outcome]):
                continue
            if leads_to(gate.outcomes[fact.outcome], key, self.compiled) == "end":
                yield self.end_by(gate, fact)

    def ends_with_the_cycle(self, key: str, gate: Gate, outcome: Outcome) -> bool:
        """Whether an answer before a cycle leaves the one before it as it is: it ends the treatment behind it."""
        parts = parse_key(key)
        begins = parts is not None and parts.stay == Stay(self.compiled.sequence[0], 1, parts.stay.cycle and 1)
        return gate.when == "before-each-cycle" and not begins and _AT_ONCE.isdisjoint(outcome.marks)

    def end_by(self, gate: Gate, decision: GateDecided, not_before: int = 0) -> Cause:
        """The end of treatment by a gate: on the day of the decision, or when the next cycle would have begun."""
        marks = gate.outcomes[decision.outcome].marks
        reason = next((mark.value for mark in marks), decision.outcome)
        day = max(decision.date.toordinal(), not_before)
        return Cause(day, reason, _known(decision), completes=not_before > 0)

    def outcome(self, gate_key: str, outcome: str) -> Outcome | None:
        """What a recorded answer to a gate means, by the newest version that knows it."""
        gate = self.gate_with(gate_key, outcome)
        return gate.outcomes[outcome] if gate is not None else None

    def gate_with(self, gate_key: str, outcome: str) -> Gate | None:
        """The gate as the newest version has it that knows this answer to it."""
        parts = parse_key(gate_key)
        for _, compiled in reversed(self.versions):
            epoch = compiled.protocol.epochs.get(parts.stay.epoch) if parts else None
            gate = find_gate(compiled, epoch, parts.stay.epoch, parts.name) if epoch and parts else None
            if gate is not None and outcome in gate.outcomes:
                return gate
        return None

    def _marks(self) -> dict[Mark, int]:
        """Since which day the participant has had a progression, a new therapy and so on."""
        found: dict[Mark, list[int]] = defaultdict(list)
        for progressed in self.record.all(Progressed):
            found[Mark.PROGRESSION].append(progressed.day.toordinal())
        for ended in self.record.all(TreatmentEnded):
            if ended.reason in ("progression", "relapse"):
                found[Mark.PROGRESSION].append(ended.date.toordinal())
            if ended.reason == "new-therapy":
                found[Mark.NEW_THERAPY].append(ended.date.toordinal())
        for therapy in self.record.all(NewTherapy):
            found[Mark.NEW_THERAPY].append(therapy.day.toordinal())
        for withdrew in self.record.all(Withdrew):
            if withdrew.scope == "visits":
                found[Mark.WITHDRAWN_FROM_VISITS].append(withdrew.date.toordinal())
        for key, decision in self.record.decided.items():
            for mark in self._outcome_marks(key, decision) if key not in self.aside else ():
                found[mark].append(decision.date.toordinal())
        return {mark: min(days) for mark, days in found.items()}

    def _outcome_marks(self, key: str, decision: GateDecided) -> tuple[Mark, ...]:
        outcome = self.outcome(key, decision.outcome)
        return outcome.marks if outcome else ()

    def _cut_offs(self) -> CutOffs:
        cut = CutOffs(treatment=self.end.day if self.end else FOREVER)
        if not self.record.has(Withdrew, Died):
            return cut
        for withdrew in self.record.all(Withdrew):
            if withdrew.scope == "visits":
                cut.visits = min(cut.visits, withdrew.date.toordinal())
            elif withdrew.scope == "contact":
                cut.all = min(cut.all, withdrew.date.toordinal())
        for died in self.record.all(Died):
            cut.all = min(cut.all, died.day.toordinal())
        return cut

    def _events(self) -> dict[str, tuple[int, int]]:
        """The recorded events that visits may be counted from: the day, and the day it was known."""
        found: dict[str, tuple[int, int]] = {}
        happened = [("transplant", fact.date, _known(fact)) for fact in self.record.all(Transplanted)]
        happened += [
            ("conditioning", f.conditioning, _known(f)) for f in self.record.all(Transplanted) if f.conditioning
        ]
        happened += [(fact.event, fact.date, _known(fact)) for fact in self.record.all(EventOccurred)]
        for kind, name in ((Progressed, "progression"), (NewTherapy, "new-therapy"), (Enrolled, "enrolment")):
            first = self.record.first(kind)
            if first is not None:
                found[name] = (first.day.toordinal(), _known(first))
        for name, day, known in happened:
            if name in found:
                self.later_events.setdefault(name, []).append((day.toordinal(), known))
            else:
                found[name] = day.toordinal(), known
        return found


def _known(fact: Fact, day: date | None = None) -> int:
    """The day on which the planner knew of a fact, or of what began with it: when recorded, never before it was."""
    happened = day or fact.day
    return max(happened, fact.recorded.date() if fact.recorded else happened).toordinal()


def find_gate(compiled: CompiledProtocol, epoch: Epoch, epoch_id: str, name: str) -> Gate | None:
    """The gate that keys call by this name, in this version; None if it has none."""
    for gate_id, gate in epoch.gates.items():
        if name in (gate_id, compiled.name_of(epoch_id, gate_id)):
            return gate
    return None


def leads_to(outcome: Outcome, key: str, compiled: CompiledProtocol) -> str:
    """Where an outcome of the gate with this key leads: ``after_last_cycle`` replaces ``to`` after the last cycle."""
    if not outcome.after_last_cycle:
        return outcome.to
    parts = parse_key(key)
    epoch = compiled.protocol.epochs.get(parts.stay.epoch) if parts else None
    last = parts is not None and epoch is not None and is_last_cycle(epoch, parts.stay)
    return outcome.after_last_cycle if last else outcome.to

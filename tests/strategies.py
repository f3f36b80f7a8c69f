"""What hypothesis may make up: closures, sites, and histories as they arise, fact by fact, against the plan.

A history is *plausible*: every fact in it was accepted by the checks that recording one goes through. It is
often awkward all the same: late, out of order, off the path, voided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from schedules.closures import ClosedDay, ClosedRule, PublicHolidays, Site, Weekday
from schedules.design import Design
from schedules.errors import HistoryError
from schedules.fact_kinds import NAMES, content
from schedules.history import (
    Admitted,
    AmendmentApplied,
    Assessed,
    Attended,
    Away,
    Booked,
    BookingCancelled,
    Consented,
    CycleDelayed,
    CycleHeld,
    Died,
    Discharged,
    Enrolled,
    EventOccurred,
    Fact,
    FoundAgain,
    GateDecided,
    Given,
    Held,
    History,
    LostToFollowUp,
    NewTherapy,
    Omitted,
    Progressed,
    Rebooked,
    Reduced,
    Told,
    Transferred,
    Transplanted,
    TreatmentEnded,
    UnscheduledVisit,
    VisitMissed,
    Void,
    Withdrew,
)
from schedules.history_checks import check_history, check_path
from schedules.plan import plan
from schedules.protocol import ActivityKind, Protocol, Resource, Stage
from schedules.record import fact_id
from schedules.scalars import PartialDate
from schedules.scheduled import Plan, ScheduledVisit
from schedules.statuses import GateStatus
from tests import builders

FIRST, LAST = date(2024, 1, 1), date(2029, 12, 31)
SLIPS = (0, 0, 0, 0, 0, 0, -1, 1, 2, 3, -4, 9, 35)
LAGS = (0, 0, 0, 1, 5, 21, 60)
REASONS = ("toxicity", "counts", "travel", "other")
RULES = (
    "FREQ=MONTHLY;BYDAY=1MO", "FREQ=MONTHLY;BYDAY=5MO", "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=WEEKLY;BYDAY=WE",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24,25,31",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=DAILY;INTERVAL=10;COUNT=20",
    "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "FREQ=WEEKLY;BYDAY=TH;UNTIL=20270101",
)  # fmt: skip

# -- closures and sites -------------------------------------------------------------------------

days = st.dates(FIRST, LAST)
resources = st.sets(st.sampled_from(list(Resource)), max_size=2).map(tuple)


def closed_days() -> SearchStrategy[ClosedDay]:
    """A closed day, or up to three closed weeks."""
    spans = st.tuples(days, st.none() | st.integers(0, 21), resources)
    return spans.map(lambda s: builders.closed(s[0], None if s[1] is None else s[0] + timedelta(days=s[1]), *s[2]))


def closed_rules() -> SearchStrategy[ClosedRule]:
    """Closed days that come again."""
    return st.builds(ClosedRule, rule=st.sampled_from(RULES), date=days, resources=resources)


def weekends() -> SearchStrategy[tuple[Weekday, ...]]:
    """None, the usual one, that of other countries, or any days."""
    friday = (Weekday.FRIDAY, Weekday.SATURDAY)
    known = st.sampled_from([(), builders.WEEKEND, friday, (Weekday.SUNDAY,), tuple(Weekday)])
    return known | st.sets(st.sampled_from(list(Weekday)), max_size=5).map(lambda found: tuple(sorted(found)))


def holidays() -> SearchStrategy[PublicHolidays]:
    """The public holidays of a country, stored for one year or not at all."""
    where = st.sampled_from([("US", None), ("US", "NY"), ("DE", "BY"), ("JP", None), ("IN", None), ("IL", None)])
    stored = st.sampled_from([{}, {date(2026, 1, 12): "A stored day"}])
    return st.builds(lambda w, s: PublicHolidays(country=w[0], region=w[1], dates=s), where, stored)


def sites(name: str = "site") -> SearchStrategy[Site]:
    """A site with its closures, more often a plain one."""
    closed = st.lists(closed_days() | closed_rules(), max_size=4)
    busy = st.builds(
        lambda weekend, public, closed: builders.site(*closed, name=name, weekend=weekend, holidays=public),
        weekends(), st.none() | holidays(), closed,
    )  # fmt: skip
    return st.just(builders.site(name=name)) | busy


# -- histories ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A participant: the study, the facts in the order in which they were written down, and a day to plan for."""

    design: Design
    facts: tuple[Fact, ...]
    as_of: date
    arm: str | None = None

    def plan(self, facts: Iterable[Fact] | None = None, **other: Any) -> Plan:
        """The plan of these facts, or of others."""
        found = tuple(self.facts if facts is None else facts)
        history = History(found, other.pop("start", builders.DAY_1), self.arm)
        return plan(other.pop("design", self.design), history, other.pop("as_of", self.as_of), **other)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How hypothesis shows a case that fails: as facts that ``--what-if`` takes."""
        home, protocol = self.design.sites[0], self.design.versions[0].protocol
        shown = (home.weekend, home.public_holidays, home.closed)
        lines = "".join(f"\n  {line(fact)}" for fact in self.facts)
        printer.text(f"{protocol} as of {self.as_of}, arm {self.arm}, closed {shown!r}:{lines}\n")


def line(fact: Fact) -> str:
    """A fact as ``--what-if`` takes it."""
    return " ".join([NAMES[type(fact)], *(f"{name}={value}" for name, value in content(fact))])


class Writer:
    """Writes a history move by move, each against the plan as it stands; what the checks refuse is not written.

    Each move is made of one number, so that hypothesis can leave out any of them.
    """

    def __init__(self, design: Design, first: Enrolled, named: bool, whole_days: bool) -> None:
        self.design, self.arm, self.whole_days = design, first.arm, whole_days
        self.random = Random(0)
        self.named, self.count = named, 0
        self.facts: tuple[Fact, ...] = ()
        self.day = first.date
        self.write(first)
        self.plan = self._planned()
        self.drugs = [n for n, a in design.versions[0].activities.items() if a.is_dose]

    def _planned(self) -> Plan:
        return plan(self.design, History(self.facts, builders.DAY_1, self.arm), self.day)

    def pick(self, *of: Any) -> Any:
        """One of these."""
        return self.random.choice(of)

    def write(self, *facts: Fact) -> bool:
        """Take the facts in, unless they cannot be."""
        stamped = tuple(self._stamped(fact) for fact in facts)
        try:
            check_history(self.design, History((*self.facts, *stamped)))
        except HistoryError:
            return False
        self.facts = (*self.facts, *stamped)
        self.day = max([self.day, *(f.day for f in facts if not isinstance(f, Booked | Rebooked | Away))])
        return True

    def _stamped(self, fact: Fact) -> Fact:
        self.count += 1
        recorded = datetime.combine(fact.day, time(12), UTC) + timedelta(days=self.pick(*LAGS))
        return replace(fact, id=f"f{self.count}" if self.named else None, recorded=self.pick(None, recorded, recorded))

    def move(self, number: int, moves: Sequence[Callable[[Writer], None]] = ()) -> None:
        """One thing that may happen; forgotten again if the path then holds a stay that it cannot."""
        self.random = Random(number)
        before = self.facts, self.day
        self.pick(*(moves or MOVES) if self.plan.visits else (Writer.decide,))(self)
        after = self._planned()
        try:
            check_path(History(self.facts), after)
        except HistoryError:
            self.facts, self.day = before
        else:
            self.plan = after

    # What may happen

    def open_visits(self) -> list[ScheduledVisit]:
        """The visits that somebody may do something about, the next ones first."""
        return [visit for visit in self.plan.visits if visit.is_open or visit.status == "unrecorded"]

    def visit(self) -> ScheduledVisit:
        """One of the next visits, or any."""
        found = self.open_visits() or list(self.plan.visits)
        return self.random.choice(found[: self.pick(5, 5, 999)])

    def near(self, visit: ScheduledVisit) -> date:
        """A day on which it may really happen."""
        day = visit.target or visit.due or visit.nominal or self.day
        return day + timedelta(days=self.pick(*SLIPS))

    def carry_on(self) -> None:
        """The next visits happen, most of them as planned, up to the end of their stay."""
        found = self.open_visits()
        slip = timedelta(days=self.pick(0, 0, 0, 1))
        for visit in found[: self.pick(1, 3, 4, 6)]:
            if visit.spec.stay == found[0].spec.stay and visit.target:
                self.write(*self.happened(visit, visit.target + slip))

    def happened(self, visit: ScheduledVisit, day: date) -> list[Fact]:
        """A visit took place: all its doses, or its attendance."""
        doses: list[Fact] = [Given(date=day, visit=visit.key, activity=drug) for drug in visit.spec.doses]
        return doses or [Attended(date=day, visit=visit.key)]

    def one_visit(self) -> None:
        """A visit takes place somehow: on another day, in part, without its dose, one cycle too far."""
        visit = self.visit()
        day, key = self.near(visit), visit.key
        done = self.happened(visit, day)
        how = self.pick("all", "all", "part", "came", "assessed", "further", "again")
        if how == "part":
            done = done[:1]
        elif how == "came":
            done = [Attended(date=day, visit=key, not_done=visit.spec.activities[:1])]
        elif how == "assessed" and visit.spec.activities:
            what, result = self.pick(*visit.spec.activities), self.pick("CR", "PD")
            done = [Assessed(date=day, visit=key, activity=what, result=result)]
        elif how == "further" and visit.spec.stay.cycle:
            further = visit.spec.stay._replace(cycle=visit.spec.stay.cycle + 1)
            key = further.key(visit.spec.name)
            done = [Given(date=day, visit=key, activity=drug, outside_plan=True) for drug in visit.spec.doses]
        elif how == "again":
            done = [*done, *(replace(fact, again=True, partial=True) for fact in done if isinstance(fact, Given))]
        self.write(*done)

    def leave_out(self) -> None:
        """A visit, or one drug of it, does not happen, or at a lower dose."""
        visit = self.visit()
        day, reason = self.near(visit), self.pick(*REASONS)
        drug = self.pick(None, *visit.spec.doses)
        self.write(
            self.pick(
                VisitMissed(date=day, visit=visit.key, reason=reason),
                Omitted(date=day, visit=visit.key, activity=drug, reason=reason),
                Reduced(date=day, visit=visit.key, activity=drug or self.pick(*self.drugs), to="less", reason=reason),
            )
        )

    def hold(self) -> None:
        """A visit, a drug at home or a cycle waits, with or without an end."""
        visit = self.visit()
        day, reason = self.near(visit), self.pick(*REASONS)
        until = day + timedelta(days=self.pick(0, 1, 3, 7, 30))
        resume, recheck = self.pick((None, until), (until, None), (None, None))
        homely = [n for n, a in self.design.versions[0].activities.items() if a.kind is ActivityKind.HOME_DOSE]
        held: list[Fact] = [
            Held(date=day, visit=visit.key, reason=reason, resume=resume, recheck=recheck),
            *[Held(date=day, activity=drug, reason=reason, resume=resume) for drug in homely],
        ]
        if visit.spec.stage is Stage.TREATMENT and visit.spec.stay.epoch != "unscheduled":
            cycle = str(visit.spec.stay)
            held.append(CycleHeld(date=day, cycle=cycle, reason=reason, resume=resume, recheck=recheck))
            held.append(CycleDelayed(date=day, cycle=cycle, to=until, reason=reason))
        self.write(self.pick(*held))

    def book(self) -> None:
        """An appointment is made, moved or given back."""
        visit = self.visit()
        day = self.near(visit)
        if visit.booking is None:
            self.write(Booked(date=day, visit=visit.key, time=self.pick(None, time(9, 30))))
        elif self.pick(True, False):
            self.write(Rebooked(date=day, visit=visit.key, instead_of=visit.booking.date))
        else:
            self.write(BookingCancelled(date=visit.booking.date, visit=visit.key))

    def decide(self) -> None:
        """A gate is decided, more often one that is due than one far ahead."""
        found = [gate for gate in self.plan.gates if gate.status in (GateStatus.OPEN, GateStatus.OVERDUE)]
        if found:
            gate = found[0] if self.pick(1, 1, 0) else self.pick(*found)
            day = (gate.due or self.day) + timedelta(days=self.pick(*SLIPS))
            if self.write(GateDecided(date=day, gate=gate.key, outcome=self.pick(*(name for name, _ in gate.options)))):
                self.maybe_told()

    def maybe_told(self) -> None:
        """The participant is told of the newest fact."""
        if self.pick(True, False):
            self.write(Told(date=self.day, about=fact_id(self.facts[-1])))

    def partial(self, day: date) -> PartialDate:
        """A day, or only its month."""
        known = PartialDate(day.year, day.month, day.day)
        return known if self.whole_days else self.pick(known, PartialDate(day.year, day.month))

    def come_to_an_end(self) -> None:
        """Treatment, visits or life end; or somebody is lost and found again."""
        day = self.soon()
        remains = self.pick((), ("contact",))
        self.write(
            self.pick(
                TreatmentEnded(date=day, reason=self.pick("progression", "toxicity", "completed", "new-therapy")),
                Progressed(date=self.partial(day)),
                NewTherapy(date=self.partial(day)),
                Transplanted(date=day, conditioning=self.pick(None, day - timedelta(days=6))),
                Withdrew(date=day, scope=self.pick("treatment", "visits", "contact"), remains=remains),
                Died(date=self.partial(day)),
                LostToFollowUp(date=day, attempts=3),
                FoundAgain(date=day),
            )
        )

    def soon(self) -> date:
        """A day around the latest one."""
        return self.day + timedelta(days=self.pick(0, 0, 1, 2, 5, 12, 40, -3, -20))

    def circumstances(self) -> None:
        """The participant goes somewhere, comes unasked, consents, or falls under an amendment."""
        day = self.soon()
        later = day + timedelta(days=self.pick(0, 1, 4, 20))
        events = [EventOccurred(date=day, event=event) for event in self.design.versions[0].events]
        amended = [AmendmentApplied(date=day, version=later.version) for later in self.design.versions[1:]]
        known = self.design.versions[0].activities
        loose = [name for name in ("intrathecal", "bloods", "look") if name in known]
        self.write(
            self.pick(
                Transferred(date=day, site=self.pick(*(s.id for s in self.design.sites))),
                Away(date=day, until=later),
                Admitted(date=day),
                Discharged(date=day),
                UnscheduledVisit(date=later, activities=(self.pick(*loose),)),
                Given(date=day, activity=self.pick(*self.drugs)),
                Consented(date=day, version=self.pick(*(p.version for p in self.design.versions))),
                *(*events, *amended) * 2,
            )
        )

    def void(self) -> None:
        """A fact turns out to be wrong."""
        self.write(Void(date=self.day, of=fact_id(self.pick(*self.facts[1:] or self.facts))))


MOVES: tuple[Callable[[Writer], None], ...] = (
    Writer.carry_on, Writer.carry_on, Writer.carry_on, Writer.carry_on, Writer.one_visit, Writer.one_visit,
    Writer.leave_out, Writer.hold, Writer.hold, Writer.book, Writer.book, Writer.decide, Writer.decide,
    Writer.come_to_an_end, Writer.circumstances, Writer.circumstances, Writer.void,
)  # fmt: skip


STUDIES: dict[str, Callable[[], tuple[Protocol, ...]]] = {
    "vsli-ino": lambda: (builders.vsli(),),
    "ven-ino": lambda: (builders.ven(),),
    "amended": lambda: (builders.vsli(), builders.vsli_amended()),
}


@st.composite
def cases(
    draw: DrawFn,
    studies: SearchStrategy[tuple[Protocol, ...]],
    home: SearchStrategy[Site] | None = None,
    whole_days: bool = False,
    named: bool | None = None,
) -> Case:
    """A participant of one of these studies: perhaps some cycles that went well, then up to twelve random moves."""
    versions = draw(studies)
    site = draw(sites() if home is None else home)
    design = Design(versions, (site, replace(site, id="south", weekend=(), closed=site.closed[:1])))
    arm = draw(st.sampled_from(sorted(versions[0].arms))) if versions[0].arms else None
    first = builders.enrolled(draw(days), arm=arm)
    writer = Writer(design, first, draw(st.booleans()) if named is None else named, whole_days)
    for number in range(draw(st.integers(0, 12))):
        writer.move(number, [(Writer.carry_on, Writer.decide)[number % 4 == 3]])
    for number in draw(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=12)):
        writer.move(number)
    as_of = writer.day + timedelta(days=draw(st.sampled_from([0, 1, 8, 30, 300, -30])))
    return Case(design, writer.facts, as_of, arm)


def library_cases(*names: str, **details: Any) -> SearchStrategy[Case]:
    """Participants of these studies, by default of the two protocols that ship, and of one with an amendment."""
    return cases(st.sampled_from(names or tuple(STUDIES)).map(lambda name: STUDIES[name]()), **details)

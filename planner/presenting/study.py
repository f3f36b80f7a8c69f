"""Everything that one plan is made from, read and ready: the protocol's versions, the sites, the facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from planner.presenting.visit_words import Recorded
from schedules.closures import Site
from schedules.course import Course
from schedules.design import Design
from schedules.errors import DesignError
from schedules.history import Enrolled, Fact, History, Transferred, TreatmentEnded
from schedules.history_checks import check_history, check_path
from schedules.plan import plan
from schedules.protocol import Protocol
from schedules.record import known_by, live_facts
from schedules.scheduled import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """Everything that was read for a request.

    ``history`` is without the what-ifs; ``newest`` is the day to plan as of, if there is one; ``to`` is
    the protocol version to compare with, one of the design's that no fact need name.
    """

    design: Design
    history: History
    what_ifs: tuple[Fact, ...]
    newest: date | None
    known_at: datetime | None
    to: Protocol | None = None

    @property
    def as_of(self) -> date:
        """The day of the plan. Raises DesignError where neither an option nor a fact nor a start gives one."""
        if self.newest is None:
            raise DesignError("there is no Day 1 to plan from; give --start DATE, or --history with an enrolment")
        return self.newest

    @property
    def imagined(self) -> History:
        """The history with the what-ifs."""
        return self.history.and_also(*self.what_ifs)

    def plan(self, history: History) -> Plan:
        """The plan of a history. Raises HistoryError if it contradicts itself, the design or the path."""
        check_history(self.design, history)
        planned = plan(self.design, history, self.as_of, self.known_at)
        if self.known_at is None:  # before a decision was entered no path led to what it decided
            check_path(history, planned)
        return planned

    def recorded(self, history: History) -> Recorded:
        """What the facts of a history say that its plan does not repeat."""
        record = Course(self.design, history, self.as_of, known_by(history.facts, self.known_at)).record
        return Recorded(record.given, record.first(TreatmentEnded), bool(record.facts))

    def site_on(self, day: date) -> Site:
        """The site that sees the participant on that day."""
        facts = live_facts(known_by(self.imagined.facts, self.known_at))
        home = [fact.site for fact in facts if isinstance(fact, Enrolled) and fact.site]
        moves = [fact.site for fact in facts if isinstance(fact, Transferred) and fact.date <= day]
        named = [*home, *moves]
        return next((site for site in self.design.sites if named and site.id == named[-1]), self.design.sites[0])

    def protocol_of(self, planned: Plan) -> Protocol:
        """The protocol version that a plan was made with."""
        return self.design.versions[self.design.version_index(planned.version)]

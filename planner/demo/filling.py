"""Fills an empty database with the demo: the same for the same day, and everything relative to it."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.clock import local_day
from planner.demo.at_home import PAGES_FOR, ask_on_page, give_page, look_into_diaries, note_evening
from planner.demo.booking import book_ahead, close_a_day
from planner.demo.caring import last_stop, log_tries, look_ahead, release, revoke_what_is_held, tick_off, with_hours
from planner.demo.contacts import erase_contacts, keep_contacts
from planner.demo.courses import TRIED, Course
from planner.demo.judging import judge
from planner.demo.life import Life
from planner.demo.links import fresh_links, set_up_feeds
from planner.demo.lives import COURSES
from planner.demo.own_pages import OwnPage, fresh_pages
from planner.demo.reminding import PROMPTED, PROMPTED_FOR, REMINDED_FOR, Past, agree, begin_to_prompt, begin_to_remind
from planner.demo.setting import (
    AMENDED,
    AMENDED_AT,
    ESCALATED,
    NORTH,
    SOUTH,
    SignIn,
    amend,
    escalate,
    first_day,
    fresh_passwords,
    fresh_token,
    grant_roles,
    put_amendment_in_force,
    set_up_cohorts,
    set_up_people,
    set_up_sites,
    set_up_studies,
)
from planner.demo.stage import Stage
from planner.persistence.audit import INSTALLATION, AuditEntry
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.access import EVERYTHING
from planner.services.designs import Designs
from planner.services.enrolment import Screen, fail_screening, screen
from planner.services.fact_records import read_facts
from planner.services.facts import RecordFacts, record_facts
from planner.services.keyring import Keys
from planner.services.replanning import replan
from planner.services.users import Role

#: the zone in which the demo's day begins: the later of its sites'
ZONE = "America/Los_Angeles"
#: how many days ago somebody looked through the deviations
REVIEWS = (150, 60, 20, 6)
#: since how many days appointments are made with the planner
BOOKED_FOR = 45
#: since how many days staff have calendars
FEEDS_FOR = 18
COORDINATOR, INVESTIGATOR = Role.COORDINATOR.value, Role.INVESTIGATOR.value
INFUSION_CENTRE = Role.INFUSION_CENTRE.value
FILLED = "demo.filled"


@dataclass(frozen=True, slots=True)
class Demo:
    """Who may sign in to a demo, the token for programs, and the secrets of links to calendars and own pages."""

    users: tuple[SignIn, ...]
    token: str
    links: dict[str, str]
    pages: tuple[OwnPage, ...]


def fill(store: Store, keys: Keys, now: datetime) -> Demo:
    """Fill an empty database. What is in it depends on the day of ``now`` alone.

    Everything up to yesterday has been recorded on its days, and what was due by then was sent; today is still to
    come. Only at the end it is marked as whole.
    """
    today = local_day(now, ZONE)
    with store.database.writing() as session:
        stage = Stage(session, keys, Designs(), today)
        users = _set_up(stage)
        years = _Years(stage)
        years.begin()
        years.pass_by(stage.at(stage.ago(REMINDED_FOR), SOUTH, 0))
    _the_last_weeks(store, keys, stage, years)
    token = store.write(SYSTEM, now, fresh_token)
    links = fresh_links(store, stage.designs, now, today)
    return Demo(users, token, links, fresh_pages(store, keys, stage.designs, now, today, stage.pages))


def _the_last_weeks(store: Store, keys: Keys, stage: Stage, years: _Years) -> None:
    """What happened since there are reminders, and what was sent meanwhile, an hour after the other."""
    past, night = Past(store, keys, stage.designs), stage.at(stage.today, SOUTH, 0, 30)
    while (begins := years.next_instant()) is not None:
        past.pass_by(begins)
        with store.database.writing() as stage.session:
            years.pass_by(begins + timedelta(hours=1))
    past.pass_by(night)
    with store.database.writing() as stage.session:
        _replan_everybody(stage, night)
        stage.do("", night, lambda uow: uow.audit(FILLED, "installation", after={"day": str(stage.today)}))
    past.pass_by(night)


def open_again(store: Store, keys: Keys, now: datetime) -> Demo | None:
    """Let people into a demo that was filled before, with fresh passwords; None if the database holds no whole one."""
    if not store.read(_is_filled):
        return None
    users, token = store.write(SYSTEM, now, lambda uow: (fresh_passwords(uow), fresh_token(uow)))
    today, designs = local_day(now, ZONE), Designs()
    return Demo(
        users, token, fresh_links(store, designs, now, today), fresh_pages(store, keys, designs, now, today, {})
    )


def _is_filled(session: Session) -> bool:
    query = select(AuditEntry.seq).where(AuditEntry.chain == INSTALLATION, AuditEntry.action == FILLED)
    return session.scalar(query.limit(1)) is not None


def _set_up(stage: Stage) -> tuple[SignIn, ...]:
    start = datetime.combine(first_day(stage.today), time(9), ZoneInfo(ZONE)).astimezone(UTC)
    users = set_up_people(stage, start)
    set_up_sites(stage, start + timedelta(minutes=20))
    set_up_studies(stage, start + timedelta(hours=1))
    set_up_cohorts(stage, start + timedelta(minutes=90))
    grant_roles(stage, start + timedelta(hours=2))
    return users


def _replan_everybody(stage: Stage, now: datetime, study: str = "") -> None:
    """What a worker does at night; in one study alone, where only that is seen of it."""
    query = select(Participant.study_id, Participant.id).order_by(Participant.id)
    if study:
        query = query.join(Study, Study.id == Participant.study_id).where(Study.code == study)
    for study_id, participant_id in stage.session.execute(query).all():
        stage.do("", now, lambda uow, s=study_id, p=participant_id: replan(uow, stage.designs, s, p))  # type: ignore[misc]


@dataclass(slots=True)
class _Years:
    """The years up to today: all that happened to everybody, in the order of its instants."""

    stage: Stage
    _queue: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    _people: list[_Person] = field(default_factory=list)
    _count: int = 0

    def begin(self) -> None:
        """Put down what is known to come."""
        stage = self.stage
        for days in REVIEWS:
            self._plan(stage.at(stage.ago(days), SOUTH, 17, 30), self._review)
        self._plan(stage.at(stage.ago(REMINDED_FOR), SOUTH, 6), lambda now: begin_to_remind(stage, now))
        self._plan(stage.at(stage.ago(PROMPTED_FOR), SOUTH, 6, 30), lambda now: begin_to_prompt(stage, now))
        for days in range(1, PROMPTED_FOR):
            self._plan(stage.at(stage.ago(days), SOUTH, 0, 30), lambda now: _replan_everybody(stage, now, PROMPTED))
        for place, course in enumerate(COURSES):
            day_1 = stage.monday + timedelta(days=course.weekday - 7 * course.weeks)
            person = _Person(stage, Life(course, day_1), place)
            for days, facts in course.lately:
                person.life.expect(stage.ago(days), facts)
            self._people.append(person)
            self._keep_diary(person)
            self._follow(person)
        self._plan(stage.at(stage.ago(1), SOUTH, 17, 45), self._book_ahead)
        self._plan(stage.at(stage.ago(1), SOUTH, 18, 30), lambda now: close_a_day(stage, now))
        self._begin_setting()

    def _begin_setting(self) -> None:
        """Put down what comes in the studies besides their participants."""
        stage = self.stage
        self._plan(stage.at(stage.ago(AMENDED), SOUTH, 7), lambda now: amend(stage, now))
        self._plan(
            stage.at(stage.monday + AMENDED_AT[NORTH], NORTH, 6), lambda now: put_amendment_in_force(stage, NORTH, now)
        )
        self._plan(stage.at(stage.ago(1), SOUTH, 18), lambda now: put_amendment_in_force(stage, SOUTH, now))
        self._plan(stage.at(stage.monday - ESCALATED, SOUTH, 6, 45), lambda now: escalate(stage, now))
        self._plan(stage.at(stage.ago(FEEDS_FOR), SOUTH, 16), lambda now: set_up_feeds(stage, now))
        self._plan(stage.at(stage.ago(1), SOUTH, 16), lambda now: look_into_diaries(stage, now))

    def _keep_diary(self, person: _Person) -> None:
        """Somebody is given a page of their own, and fills in its diary of an evening; some ask something there."""
        stage, course, place = self.stage, person.life.course, person.place
        if not course.keeps_diary:
            return
        self._plan(stage.at(stage.ago(PAGES_FOR), course.site, 15, place), lambda now: give_page(stage, course, now))
        for days in range(PAGES_FOR - 1, 0, -1):
            day = stage.ago(days)
            at = stage.at(day, course.site, 20, 5 + place % 20)
            self._plan(at, lambda now, day=day: note_evening(stage, course, place, day, now))  # type: ignore[misc]
        if course.asked:
            self._plan(stage.at(stage.ago(2), course.site, 20, 55), lambda now: ask_on_page(stage, course, now))

    def next_instant(self) -> datetime | None:
        """When something happens next; None if nothing does before today."""
        return self._queue[0][0] if self._queue else None

    def pass_by(self, until: datetime) -> None:
        """Let everything happen that comes before that instant."""
        while self._queue and self._queue[0][0] < until:
            now, _, work = heapq.heappop(self._queue)
            work(now)

    def _plan(self, now: datetime, work: Callable[[datetime], None]) -> None:
        self._count += 1
        heapq.heappush(self._queue, (now, self._count, work))

    def _review(self, now: datetime) -> None:
        _replan_everybody(self.stage, now)
        judge(self.stage, now)

    def _book_ahead(self, now: datetime) -> None:
        """The evening before today: whoever has none yet gets appointments for the coming two weeks."""
        for person in self._people:
            person.book(self.stage.ago(1), now)
            look_ahead(self.stage, person.life, person.place, now)

    def _follow(self, person: _Person) -> None:
        """Plan the next day on which something happens to somebody, as long as it lies before today."""
        day = person.life.next_day()
        if day is not None and day < self.stage.today:
            self._plan(person.morning(day), lambda now: self._begin(person, day, now))

    def _begin(self, person: _Person, day: date, now: datetime) -> None:
        facts = person.begin(day, now)
        self._plan(person.instant(day, facts), lambda now: self._live(person, day, facts, now))

    def _live(self, person: _Person, day: date, facts: list[dict[str, Any]], now: datetime) -> None:
        person.live(day, facts, now)
        self._follow(person)


@dataclass(slots=True)
class _Person:
    """A participant as those who look after them record them."""

    stage: Stage
    life: Life
    place: int
    _last: datetime | None = None

    @property
    def _course(self) -> Course:
        return self.life.course

    def morning(self, day: date) -> datetime:
        """When a day of theirs begins: between the minutes in which anything is recorded."""
        wanted = self.stage.at(day, self.life.site, 7, self.place % 12 * 5 + 2)
        return wanted if self._last is None else max(wanted, self._last + timedelta(minutes=2))

    def instant(self, day: date, facts: list[dict[str, Any]]) -> datetime:
        """When the facts of that day are recorded: everybody at their own minute, once the last infusion is over."""
        minute = self.place * 10 + (5 if self.life.site == SOUTH else 0)
        wanted = self.stage.at(day, self.life.site, 9 + minute // 60, minute % 60)
        over = last_stop(facts)
        while over is not None and wanted <= self.stage.at(day, self.life.site, over.hour, over.minute):
            wanted += timedelta(minutes=10)
        wanted += timedelta(seconds=2 * self.place)  # two whose infusions end late may have the same minute
        return wanted if self._last is None else max(wanted, self._last + timedelta(minutes=3))

    def begin(self, day: date, now: datetime) -> list[dict[str, Any]]:
        """Let a day of theirs begin; what will happen on it."""
        if not self.life.screened or (self._course.fails and day >= self.life.enrolment_day):
            return []
        facts = with_hours(self.life, self.life.facts_of(day), self.place)
        release(self.stage, self._course, facts, day, now)
        return facts

    def live(self, day: date, facts: list[dict[str, Any]], now: datetime) -> None:
        """Let a day of theirs pass."""
        self._last = now
        if not self.life.screened:
            self._screen(day, now)
            return
        if self._course.fails and day >= self.life.enrolment_day:
            self._fail(day, now)
            return
        log_tries(self.stage, self._course, facts, now)
        revoke_what_is_held(self.stage, self._course, facts, now)
        facts = [fact for fact in facts if fact["fact"] != TRIED]
        if facts:
            self._record(self._who_records(facts), facts, now)
        if day > self.stage.ago(BOOKED_FOR):
            self.book(day, now + timedelta(seconds=1))
            tick_off(self.stage, self._course, facts, day, now + timedelta(seconds=1))

    def _who_records(self, facts: list[dict[str, Any]]) -> str:
        """Decisions are the investigator's, doses at North the infusion centre's, all else the coordinator's."""
        kinds = {fact["fact"] for fact in facts}
        if kinds == {"gate_decided", "told"}:
            return INVESTIGATOR
        return INFUSION_CENTRE if kinds == {"given"} and self.life.site == NORTH else COORDINATOR

    def book(self, day: date, now: datetime) -> None:
        """Make their appointments for the two weeks after a day."""
        if self._course.books:
            self.life.plan = book_ahead(self.stage, self.life, day, now, self.place) or self.life.plan

    def _screen(self, day: date, now: datetime) -> None:
        course, stage = self._course, self.stage
        command = Screen(
            study=course.study, site=course.site, number=course.number, planned_day_1=self.life.day_1,
            planned_arm=course.arm,
        )  # fmt: skip
        stage.do(COORDINATOR, now, lambda uow: screen(uow, stage.designs, EVERYTHING, command))
        details = stage.do(COORDINATOR, now, lambda uow: keep_contacts(uow, stage.keys, course, self.place))
        stage.do(COORDINATOR, now, lambda uow: agree(uow, course, details, stage.today))
        self.life.screened = True
        consent = {"fact": "consented", "date": str(day), "version": course.version}
        self._record(COORDINATOR, [consent], now + timedelta(seconds=1))

    def _fail(self, day: date, now: datetime) -> None:
        course, designs = self._course, self.stage.designs
        self.stage.do(
            COORDINATOR,
            now,
            lambda uow: fail_screening(uow, designs, EVERYTHING, course.study, course.number, day, course.fails),
        )
        self.life.over = True

    def _record(self, role: str, facts: list[dict[str, Any]], now: datetime) -> None:
        course, designs = self._course, self.stage.designs
        command = RecordFacts(study=course.study, participant=course.number, facts=read_facts(facts))
        done = self.stage.do(role, now, lambda uow: record_facts(uow, designs, EVERYTHING, command))
        self.life.plan = done.after
        if any(fact["fact"] == "withdrew" and fact["scope"] == "contact" for fact in facts):
            self.stage.do(role, now, lambda uow: erase_contacts(uow, course))

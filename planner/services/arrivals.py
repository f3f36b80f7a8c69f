"""Somebody new, from the screening number to how they are reached: looked at first, then taken in all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from planner.persistence.participants import Participant, participant_by_number
from planner.persistence.site_versions import version_at
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, PlannerError
from planner.services.access import Scope, find_study
from planner.services.cohort_levels import at_known_levels, known_cohorts
from planner.services.cohort_members import Room, cohort_rooms
from planner.services.contact_consents import LONGEST_HOW, AgreeToContact, agree_to_contact
from planner.services.contacts import ContactDetails, check_contact, find_by_contact, keep_contact
from planner.services.designs import Designs, StudyDesign, require_values
from planner.services.enrolment import Screen, ScreeningDesk, screen
from planner.services.facts import RecordFacts, first_facts, placed_in_request, record_facts
from planner.services.histories import Life
from planner.services.keyring import Keys
from planner.services.newcomer_plans import NOBODY_YET, Newcomer
from planner.services.texts import missing_or_too_long
from schedules.fact_kinds import NAMES
from schedules.history import Consented, Enrolled, Fact, History
from schedules.scheduled import Plan

T = TypeVar("T")
#: by which of what is kept of somebody a channel reaches them
REACHED_BY = {"sms": "phone", "email": "email"}
#: where a form says what is wrong, by the fact and its field; what is not named here keeps its name
_PLACES = {"consented": {"date": "consented"}, "enrolled": {"date": "enrolled", "dose_levels": "cohort"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeIn:
    """Somebody new as a coordinator takes them in; what is left out is recorded later.

    ``consented`` and ``enrolled`` are the days of the consent form and of the enrolment; without the latter they are
    in screening, and Day 1 and arm are what is planned with meanwhile. ``cohort`` is one of the study's, or, where it
    has set up none, of the protocol's. ``all_the_same``: into a cohort that is full or not open. ``channels`` are
    what they agreed to be sent something by, and ``how`` says how they did.
    """

    study: str
    number: str
    site: str
    day_1: date | None = None
    arm: str | None = None
    cohort: str | None = None
    consented: date | None = None
    version: str | None = None
    enrolled: date | None = None
    all_the_same: bool = False
    details: ContactDetails | None = None
    channels: tuple[str, ...] = ()
    how: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What would come of taking somebody in. ``plan`` is None without a Day 1; ``also``: who is reached alike."""

    plan: Plan | None
    design: StudyDesign
    also: dict[str, tuple[str, ...]]


def preview_arrival(
    session: Session, designs: Designs, keys: Keys, scope: Scope, command: TakeIn, now: datetime
) -> Looked:
    """What taking somebody in would give; nothing is changed. Raises InvalidInput with everything that is wrong."""
    study = find_study(session, scope, command.study)
    design = designs.of(session, study)
    problems: list[InputProblem] = []
    _gather(problems, lambda: ScreeningDesk(session, scope, study).admit(command.number, command.site))
    problems += _taken(session, study, command)
    _gather(problems, lambda: check_arrival(session, design, study, command))
    plan: Plan | None = None
    if not problems:
        plan = _gather(problems, lambda: _plan(session, design, study, command, now))
    if problems:
        raise InvalidInput(problems)
    return Looked(plan, design, _also(session, keys, scope, command))


def take_in(uow: UnitOfWork, designs: Designs, keys: Keys, scope: Scope, command: TakeIn) -> Participant:
    """Screen somebody, record their consent and enrolment, and keep how they are reached: all or nothing.

    Raises InvalidInput, NotFound, Conflict for a number that is taken, and Refused for facts that cannot be.
    """
    study = find_study(uow.session, scope, command.study)
    design = designs.of(uow.session, study)
    check_arrival(uow.session, design, study, command)
    meanwhile = {} if command.enrolled else {"planned_day_1": command.day_1, "planned_arm": command.arm}
    who = Screen(study=study.code, site=command.site, number=command.number, **meanwhile)  # type: ignore[arg-type]
    participant = screen(uow, designs, scope, who)
    with _at_the_form(facts := _facts(uow.session, design, study, command)):
        if facts:
            record_facts(uow, designs, scope, RecordFacts(study=study.code, participant=command.number, facts=facts))
    if command.details is not None:
        keep_contact(uow, keys, participant, command.details)
        for channel in command.channels:
            agreed = AgreeToContact(study=study.code, participant=command.number, channel=channel, how=command.how)
            agree_to_contact(uow, scope, agreed)
    return participant


# -- what can be wrong --------------------------------------------------------------------------


def check_arrival(session: Session, design: StudyDesign, study: Study, command: TakeIn) -> None:
    """Raise InvalidInput for what the form itself says wrongly: contact, consents, the cohort, days in their order."""
    problems = [*_order_problems(command), *_arm_problems(design, command), *_consent_problems(command)]
    problems += _cohort_problems(cohort_rooms(session, design, study), command)
    if command.details is not None:
        _gather(problems, lambda: check_contact(command.details or ContactDetails()))
    if problems:
        raise InvalidInput(problems)


def _order_problems(command: TakeIn) -> Iterator[InputProblem]:
    if command.enrolled and not command.consented:
        yield InputProblem("consented", "nobody is enrolled who has not signed", "write the day of the consent form")
    elif command.enrolled and command.consented and command.enrolled < command.consented:
        yield InputProblem("enrolled", "this is before the consent form was signed", "correct one of the two days")
    if command.enrolled and command.day_1 and command.day_1 < command.enrolled:
        yield InputProblem("day_1", "this is before the enrolment", "write the day of the first dose")
    if command.cohort and not command.enrolled:
        yield InputProblem("cohort", "a cohort belongs to an enrolment", "write the day of it, or choose no cohort")


def _arm_problems(design: StudyDesign, command: TakeIn) -> Iterator[InputProblem]:
    arms = {name for protocol in design.design.versions for name in protocol.arms}
    if arms and not command.arm and (command.day_1 or command.enrolled):
        yield InputProblem("arm", "the visits of each arm are others", "choose the arm")


def _cohort_problems(rooms: list[Room], command: TakeIn) -> Iterator[InputProblem]:
    room = next((room for room in rooms if room.code == command.cohort), None)
    if room is None:
        return
    if room.state == "planned":
        yield InputProblem("cohort", f"{room.label} has never been open", "open it first, with who decided it")
    if command.all_the_same or room.state == "planned":
        return
    remedy = "choose another one, or say that it is meant so"
    if not room.places:
        yield InputProblem("cohort", f"{room.label} is full: {room.taken} of {room.size} places are taken", remedy)
    elif room.state != "open":
        yield InputProblem("cohort", f"{room.label} is {room.state}, not open", remedy)


def _consent_problems(command: TakeIn) -> Iterator[InputProblem]:
    details = command.details or ContactDetails()
    for channel in command.channels:
        name = REACHED_BY[channel]
        if not getattr(details, name):
            yield InputProblem(name, "they agreed to be sent something by it, and it is missing", "write it")
    if command.channels:
        yield from missing_or_too_long("how", command.how, "write e.g. on the consent form", LONGEST_HOW)


def _taken(session: Session, study: Study, command: TakeIn) -> Iterator[InputProblem]:
    if participant_by_number(session, study.id, command.number) is not None:
        wrong = f"there is a participant {command.number} in this study already"
        yield InputProblem("number", wrong, "choose the next free number")


def _gather(problems: list[InputProblem], check: Callable[[], T]) -> T | None:
    try:
        return check()
    except PlannerError as error:
        problems += error.problems
        return None


# -- what it says -------------------------------------------------------------------------------


def _facts(session: Session, design: StudyDesign, study: Study, command: TakeIn) -> tuple[Fact, ...]:
    """The consent and the enrolment, as far as there are any."""
    found: list[Fact] = []
    if command.consented:
        found.append(Consented(date=command.consented, version=command.version))
    if command.enrolled:
        room = next((room for room in cohort_rooms(session, design, study) if room.code == command.cohort), None)
        cohort, levels = (room.part, room.dose_levels) if room is not None else (command.cohort, {})
        site = None if command.site not in design.site_ids else command.site
        enrolled = Enrolled(date=command.enrolled, day_1=command.day_1, arm=command.arm, cohort=cohort, site=site,
                            dose_levels=levels)  # fmt: skip
        found.append(enrolled)
    return tuple(found)


def _plan(session: Session, design: StudyDesign, study: Study, command: TakeIn, now: datetime) -> Plan | None:
    if command.enrolled:
        require_values(design.versions, "enrolment")
    day_1, arm = (None, None) if command.enrolled else (command.day_1, command.arm)
    known = History((), day_1, arm, command.site)
    nobody = Life(design, Newcomer(NOBODY_YET, command.number), (), known, command.site)
    facts = _facts(session, design, study, command)
    with _at_the_form(facts):
        numbered = first_facts(nobody, facts, now, partial(version_at, session, study.id))
        numbered = at_known_levels(known_cohorts(session, study.id), design, numbered)
        with placed_in_request(numbered):
            return nobody.with_facts(numbered).plan(now)


@contextmanager
def _at_the_form(facts: tuple[Fact, ...]) -> Iterator[None]:
    """What is wrong with a fact is said of the field that says it."""
    try:
        yield
    except PlannerError as error:
        error.problems = tuple(replace(problem, place=_field(problem.place, facts)) for problem in error.problems)
        raise


def _field(place: str, facts: tuple[Fact, ...]) -> str:
    parts = place.strip("/").split("/")
    if parts[0] != "facts" or len(parts) < 2 or not parts[1].isdecimal() or int(parts[1]) >= len(facts):
        return _PLACES["enrolled"].get(place, place)
    kind = NAMES[type(facts[int(parts[1])])]
    name = parts[2] if len(parts) > 2 else "date"
    return _PLACES[kind].get(name, name)


def _also(session: Session, keys: Keys, scope: Scope, command: TakeIn) -> dict[str, tuple[str, ...]]:
    """Who of the study is reached by the same number or address: a family, or the same person a second time."""
    details = command.details or ContactDetails()
    known = {"phone": details.phone, "email": details.email}
    found = {
        name: find_by_contact(session, keys, scope, command.study, **{name: value})
        for name, value in known.items() if value
    }  # fmt: skip
    return {name: tuple(row.number for row, _ in rows) for name, rows in found.items() if rows}

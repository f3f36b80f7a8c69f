"""What the demo is set in: its sites with their closed days, its studies with their protocols, its people."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from planner.auth.permissions import Permission
from planner.demo.stage import Stage
from planner.persistence.unit_of_work import Actor, UnitOfWork
from planner.persistence.users import User, user_by_email
from planner.services.access import EVERYTHING, find_site, find_study
from planner.services.amendments import MakeEffective, amendment_effective
from planner.services.cohorts import ChangeCohort, SetUpCohort, change_cohort, set_up_cohort
from planner.services.contact_attempts import want_attempts
from planner.services.library import examples
from planner.services.sites import CloseSite, CreateSite, close_site, create_site
from planner.services.studies import (
    CreateStudy,
    add_version,
    confirm_assumptions,
    create_study,
    join_site,
    supply_parameters,
)
from planner.services.users import CreateUser, Role, create_user, grant_role, make_token, set_password
from schedules.protocol_file import library_text, read_protocol

NORTH, SOUTH = "north", "south"
VSLI, VEN, VACCINE, CROSSOVER = "vsli-ino", "ven-ino", "vaccine", "crossover"
STUDIES = {
    VSLI: "VSLI and inotuzumab in relapsed or refractory B-ALL (demo; participants and values are made up)",
    VEN: "Venetoclax and inotuzumab in CD22-positive ALL (demo; participants and values are made up)",
    VACCINE: "A made-up vaccine or placebo (demo)",
    CROSSOVER: "Two made-up tablets in both orders (demo)",
}
EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples" / "protocols"
#: the amendment's version
AMENDED_VERSION = "1.1"
#: the amendment of the made-up vaccine study: what it changes in the text
AMENDMENT = (
    ('version: "1.0"', f'version: "{AMENDED_VERSION}"\nreconsent: true'),
    ("        after: {event: day-1, by: 12 months}\n        window: -2/+2 weeks",
     "        after: {event: day-1, by: 12 months}\n        window: -4/+4 weeks"),
)  # fmt: skip
AMENDED = 60  # days ago
#: since when it is in effect at North, and from when on it will be at South: days from the Monday of this week
AMENDED_AT = {NORTH: timedelta(days=-12), SOUTH: timedelta(days=14)}
_APPROVED_BEFORE = {NORTH: timedelta(days=9), SOUTH: timedelta(days=18)}
#: the second dose level of a study begins so long before the Monday of this week: nobody is observed on the first then
ESCALATED = timedelta(days=19)
#: attempts to reach a participant before they are lost to follow-up
ATTEMPTS_WANTED = 3
_HOURS = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ("08:00", "17:00"))
_SITES = (
    CreateSite(
        code=NORTH, name="North Centre (made up)", zone="America/New_York", country="US", region="NY", chairs=6,
        opening=_HOURS, address="1 Made-up Street, New York", phone="+1 212 555 0100",
    ),
    CreateSite(
        code=SOUTH, name="South Centre (made up)", zone="America/Los_Angeles", country="US", region="CA", chairs=4,
        opening={**_HOURS, "friday": ("08:00", "14:00")}, address="2 Made-up Street, Los Angeles",
        phone="+1 213 555 0100",
    ),
)  # fmt: skip
SCOPES = tuple(permission.value for permission in Permission if permission is not Permission.SELF)


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who may sign in to the demo, and with what."""

    role: str
    email: str
    password: str


def demo_email(role: Role) -> str:
    """The fixed address of a role."""
    return f"{role.value}@example.org"


def set_up_people(stage: Stage, now: datetime) -> tuple[SignIn, ...]:
    """One user of each role, each with a password made for this demo alone."""
    found = []
    for role in Role:
        sign_in = SignIn(role.value, demo_email(role), secrets.token_urlsafe(12))
        name = f"Demo {role.value.replace('-', ' ').title()}"
        command = CreateUser(email=sign_in.email, name=name, password=sign_in.password)
        user_id = stage.do("", now, lambda uow, command=command: create_user(uow, command).id)  # type: ignore[misc]
        stage.people[role.value] = Actor(f"user:{user_id}", user_id)
        found.append(sign_in)
    return tuple(found)


def set_up_sites(stage: Stage, now: datetime) -> None:
    """The sites, each with a day that is closed again and again and a span of days to come."""
    first = now.date()

    def work(uow: UnitOfWork) -> None:
        north, south = (create_site(uow, command) for command in _SITES)
        stock = CloseSite(first=first, rule="FREQ=MONTHLY;BYDAY=5MO", resources=("infusion",), reason="stock-taking")
        close_site(uow, north, stock)
        training = CloseSite(first=first, rule="FREQ=MONTHLY;BYDAY=1FR", reason="training day")
        close_site(uow, south, training)

    stage.zones = {command.code: command.zone for command in _SITES}
    stage.do(Role.ADMINISTRATOR.value, now, work)


def set_up_studies(stage: Stage, now: datetime) -> None:
    """The studies, with made-up values wherever a protocol leaves one open, both sites in each."""
    for code, title in STUDIES.items():

        def work(uow: UnitOfWork, code: str = code, title: str = title) -> None:
            study = create_study(uow, CreateStudy(code=code, title=title, releases_bookings=code == VACCINE))
            for site in (NORTH, SOUTH):
                join_site(uow, study, find_site(uow.session, EVERYTHING, site))
            source = protocol_text(code)
            row = add_version(uow, study, source)
            made_up = examples(read_protocol(source, code))
            if made_up:
                supply_parameters(uow, study, made_up, made_up=True)
            confirm_assumptions(uow, study, row.version)
            for site in (NORTH, SOUTH):
                _put_in_force(uow, stage, code, site, row.version, (now.date(), now.date()))
            if code == VSLI:
                want_attempts(uow, study, ATTEMPTS_WANTED)

        stage.do(Role.ADMINISTRATOR.value, now, work)


def _put_in_force(uow: UnitOfWork, stage: Stage, study: str, site: str, version: str, days: tuple[date, date]) -> None:
    """A version of a study is approved at a site on the first day, and in effect from the second on."""
    command = MakeEffective(study=study, site=site, version=version, approved_on=days[0], effective_on=days[1])
    amendment_effective(uow, stage.designs, EVERYTHING, command)


def set_up_cohorts(stage: Stage, now: datetime) -> None:
    """Two dose levels in each of two studies, the first one open.

    In one the second waits until nobody of the first is under observation; in the other that is over, and it begins.
    """

    def work(uow: UnitOfWork) -> None:
        for study, part, drug, size in ((VSLI, "phase-1b", "ino", 3), (VEN, "escalation", "venetoclax", 2)):
            for number in (1, 2):
                levels = {drug: f"level {number} (made up)"}
                command = SetUpCohort(
                    study=study, code=f"level-{number}", label=f"Level {number} (made up)", size=size, part=part,
                    dose_levels=levels,
                )  # fmt: skip
                set_up_cohort(uow, stage.designs, EVERYTHING, command)
            opened = ChangeCohort(study=study, code="level-1", state="open")
            change_cohort(uow, stage.designs, EVERYTHING, opened)

    stage.do(Role.ADMINISTRATOR.value, now, work)


def escalate(stage: Stage, now: datetime) -> None:
    """The second dose level of a study begins: nobody of the first is under observation any more."""

    def work(uow: UnitOfWork) -> None:
        for code, state in (("level-1", "closed"), ("level-2", "open")):
            change_cohort(uow, stage.designs, EVERYTHING, ChangeCohort(study=VEN, code=code, state=state))

    stage.do(Role.INVESTIGATOR.value, now, work)


def put_amendment_in_force(stage: Stage, site: str, now: datetime) -> None:
    """The amendment is approved at a site, and in effect there from its day on, perhaps later than today."""
    effective = stage.monday + AMENDED_AT[site]
    days = (effective - _APPROVED_BEFORE[site], effective)
    stage.do(Role.ADMINISTRATOR.value, now, lambda uow: _put_in_force(uow, stage, VACCINE, site, AMENDED_VERSION, days))


def protocol_text(code: str) -> str:
    """The text of a study's first protocol version."""
    if code in (VSLI, VEN):
        return library_text(code)
    return (EXAMPLES / f"{code}.yaml").read_text("utf-8")


def amend(stage: Stage, now: datetime) -> None:
    """Give the vaccine study its second version."""
    source = protocol_text(VACCINE)
    for old, new in AMENDMENT:
        source = source.replace(old, new)

    def work(uow: UnitOfWork) -> None:
        study = find_study(uow.session, EVERYTHING, VACCINE)
        confirm_assumptions(uow, study, add_version(uow, study, source).version)

    stage.do(Role.ADMINISTRATOR.value, now, work)


def grant_roles(stage: Stage, now: datetime) -> None:
    """The administrator everywhere, the coordinator in all studies; the others where their work is."""

    def work(uow: UnitOfWork) -> None:
        studies = {code: find_study(uow.session, EVERYTHING, code) for code in STUDIES}
        north = find_site(uow.session, EVERYTHING, NORTH).id
        user = {role: _user(uow, role) for role in Role}
        grant_role(uow, user[Role.ADMINISTRATOR], Role.ADMINISTRATOR)
        for study in studies.values():
            grant_role(uow, user[Role.COORDINATOR], Role.COORDINATOR, study)
        for code in (VSLI, VEN):
            grant_role(uow, user[Role.INVESTIGATOR], Role.INVESTIGATOR, studies[code])
            grant_role(uow, user[Role.MONITOR], Role.MONITOR, studies[code])
        grant_role(uow, user[Role.INFUSION_CENTRE], Role.INFUSION_CENTRE, site_id=north)

    stage.do("", now, work)


def _user(uow: UnitOfWork, role: Role) -> User:
    user = user_by_email(uow.session, demo_email(role))
    if user is None:
        raise LookupError(f"the demo has no {role.value}")
    return user


def fresh_passwords(uow: UnitOfWork) -> tuple[SignIn, ...]:
    """Another password for everybody: what was printed before opens nothing any more."""
    found = tuple(SignIn(role.value, demo_email(role), secrets.token_urlsafe(12)) for role in Role)
    for role, sign_in in zip(Role, found, strict=True):
        set_password(uow, _user(uow, role), sign_in.password)
    return found


def fresh_token(uow: UnitOfWork) -> str:
    """A bearer token that may do all that the coordinator may."""
    return make_token(uow, _user(uow, Role.COORDINATOR), "demo", SCOPES)


def first_day(today: date) -> date:
    """The day on which the installation was set up, before anybody was screened."""
    return today - timedelta(days=650)

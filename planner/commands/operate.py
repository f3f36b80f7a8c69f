"""What an operator does: set up studies, sites and users, take participants in, and record what happened to them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TypeVar

import click

from planner import clock
from planner.auth.permissions import Permission
from planner.commands.installation import OPERATOR, Installation, installation
from planner.commands.output import show, write
from planner.commands.sources import protocol_source, read_source
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import User, user_by_email
from planner.presenting.plan_diff import changes_screen
from planner.presenting.plan_json import plan_data, to_json
from planner.presenting.plan_table import plan_screen
from planner.presenting.short_days import counted
from planner.problems import InputProblem, InvalidInput, NotFound, Refused, shown
from planner.services.access import EVERYTHING, find_participant, find_site, find_study
from planner.services.enrolment import Screen, screen
from planner.services.facts import Recorded, RecordFacts, preview_facts, record_facts
from planner.services.helpers import helpers_of_machine
from planner.services.histories import life_of
from planner.services.imports import MOST_BYTES, import_facts
from planner.services.replanning import replan_all
from planner.services.sites import ChangeSite, CloseSite, CreateSite, change_site, close_site, create_site
from planner.services.studies import (
    CreateStudy,
    add_version,
    confirm_assumptions,
    create_study,
    join_site,
    supply_parameters,
)
from planner.services.users import (
    CreateUser,
    Role,
    create_user,
    end_tokens,
    grant_role,
    make_token,
    set_password,
    take_off_totp,
)
from schedules.history import Fact
from schedules.history_file import read_facts
from schedules.protocol_file import read_parameters, read_protocol

T = TypeVar("T")
#: what a token may be made for
SCOPES = tuple(permission.value for permission in Permission if permission is not Permission.SELF)


def _write(planner: Installation, work: Callable[[UnitOfWork], T]) -> T:
    return planner.store.write(OPERATOR, clock.now(), work)


# -- studies and sites --------------------------------------------------------------------------


def new_study(code: str, title: str) -> None:
    """Set up a study."""
    with installation() as planner:
        _write(planner, lambda uow: create_study(uow, CreateStudy(code=code, title=title)))
    click.echo(f"The study {code} is set up; give it a protocol next: planner study protocol {code} P")


def add_protocol(code: str, name: str) -> None:
    """Add a protocol version to a study, and show the assumptions that somebody has to stand by."""
    text, file = protocol_source(name)
    read_protocol(text, file)  # says what is wrong with its place, also of what is no UTF-8
    source = text if isinstance(text, str) else text.decode()
    with installation() as planner:
        row = _write(planner, lambda uow: add_version(uow, find_study(uow.session, EVERYTHING, code), source))
    click.echo(f"Version {row.version} is added (SHA-256 {row.digest}).")
    click.echo(f"Read its assumptions (planner protocol show {name}), then: planner study confirm {code} {row.version}")


def supply(code: str, file: str, made_up: bool) -> None:
    """Supply the values of a study's parameters from a file."""
    values = read_parameters(read_source(file), file)
    with installation() as planner:
        _write(
            planner,
            lambda uow: supply_parameters(uow, find_study(uow.session, EVERYTHING, code), values, made_up),
        )
    click.echo(f"{counted(len(values), 'parameter')} supplied.")


def confirm(code: str, version: str) -> None:
    """Confirm a version's assumptions."""
    with installation() as planner:
        _write(planner, lambda uow: confirm_assumptions(uow, find_study(uow.session, EVERYTHING, code), version))
    click.echo(f"The assumptions of version {version} are confirmed.")


def add_site(code: str, site: str) -> None:
    """Let a site take part in a study."""

    def work(uow: UnitOfWork) -> None:
        join_site(uow, find_study(uow.session, EVERYTHING, code), find_site(uow.session, EVERYTHING, site))

    with installation() as planner:
        _write(planner, work)
    click.echo(f"{site} takes part in {code}.")


def new_site(command: CreateSite) -> None:
    """Set up a site."""
    with installation() as planner:
        _write(planner, lambda uow: create_site(uow, command))
    click.echo(f"The site {command.code} is set up.")


def change_site_as_said(site: str, command: ChangeSite) -> None:
    """Give a site other opening hours, chairs, or another name or address."""
    if command == ChangeSite():
        raise InvalidInput([InputProblem("options", "nothing is to change", "say what: planner site change --help")])
    with installation() as planner:
        _write(planner, lambda uow: change_site(uow, find_site(uow.session, EVERYTHING, site), command))
    click.echo(f"The site {site} is changed.")


def close(site: str, command: CloseSite) -> None:
    """Close a site on some days, and plan everybody anew."""
    with installation() as planner:
        _write(planner, lambda uow: close_site(uow, find_site(uow.session, EVERYTHING, site), command))
        done = replan_all(planner.store, planner.designs, OPERATOR, clock.now())
    click.echo(f"{site} is closed then; {counted(done.planned, 'participant')} planned anew.")


# -- participants -------------------------------------------------------------------------------


def take_in(command: Screen) -> None:
    """Take somebody into the screening log."""
    with installation() as planner:
        _write(planner, lambda uow: screen(uow, planner.designs, EVERYTHING, command))
    click.echo(f"{command.number} is in screening.")


def record(study: str, number: str, file: str, reason: str, preview: bool) -> None:
    """Record the facts of a file, or show what recording them would move."""
    written = read_facts(read_source(file), file)
    facts = tuple(replace(fact, origin=None) for fact in written)
    command = RecordFacts(study=study, participant=number, facts=facts, booking_reason=reason)
    with installation() as planner, _placed_in_file(written):
        if preview:
            with planner.database.reading() as session:
                found = preview_facts(session, planner.designs, EVERYTHING, command, clock.now())
        else:
            found = _write(planner, lambda uow: record_facts(uow, planner.designs, EVERYTHING, command))
    _show_recorded(found, preview)


@contextmanager
def _placed_in_file(facts: Sequence[Fact]) -> Iterator[None]:
    """What is wrong with one of the facts is said with its place in the file."""
    try:
        yield
    except Refused as error:
        raise Refused(replace(problem, place=_line(problem.place, facts)) for problem in error.problems) from None


def _line(place: str, facts: Sequence[Fact]) -> str:
    found = re.match(r"/facts/(\d+)", place)
    origin = facts[int(found[1])].origin if found else None
    return f"{origin.file}:{origin.line}:{origin.column}" if origin else place


def import_table(study: str, file: str) -> None:
    """Take in everybody whom a table names, and record its facts."""
    path = Path(file)
    if path.is_dir():
        raise Refused([InputProblem(file, "this is a folder", "name a file in it")])
    if not path.exists():
        raise Refused([InputProblem(file, "there is no such file", "check its name")])
    with path.open("rb") as opened:
        table = opened.read(MOST_BYTES + 1)
    with installation() as planner:
        done = _write(
            planner,
            lambda uow: import_facts(uow, planner.designs, EVERYTHING, study, table, helpers_of_machine()),
        )
    click.echo(f"{done.participants} participants are new; {done.facts} facts are recorded.")


def _show_recorded(found: Recorded, preview: bool) -> None:
    names = ", ".join(str(fact.id) for fact in found.facts)
    click.echo(f"Nothing is recorded yet: {len(found.facts)} facts." if preview else f"Recorded: {names}.")
    changes = found.changes
    if changes is not None:
        show(lambda width: changes_screen(changes))


def show_calendar(study: str, number: str, as_of: date | None, form: str) -> None:
    """Show a participant's calendar as the facts have it."""
    with installation() as planner, planner.database.reading() as session:
        row = find_study(session, EVERYTHING, study)
        design = planner.designs.of(session, row)
        life = life_of(session, design, find_participant(session, EVERYTHING, row, number))
        plan = life.plan_as_of(as_of or life.today(clock.now()))
        if plan is None:
            right = "record an enrolment with day_1, or screen with --day-1"
            raise Refused([InputProblem("participant", f"{number} has no Day 1 to plan from", right)])
    if form == "json":
        write(to_json(plan_data(plan)))
        return
    protocol = design.design.versions[design.design.version_index(plan.version)]
    show(lambda width: plan_screen(plan, protocol, f"{study} {number}", width, stored=True))


# -- users --------------------------------------------------------------------------------------


def new_user(email: str, name: str, password: str | None, administrator: bool) -> None:
    """Let somebody sign in; without a password one is made and shown, once."""
    chosen = password or secrets.token_urlsafe(15)

    def work(uow: UnitOfWork) -> None:
        user = create_user(uow, CreateUser(email=email, name=name, password=chosen))
        if administrator:
            grant_role(uow, user, Role.ADMINISTRATOR)

    with installation() as planner:
        _write(planner, work)
    click.echo(f"{email} may sign in" + ("." if password else f" with the password {chosen}"))


def _user(uow: UnitOfWork, email: str) -> User:
    user = user_by_email(uow.session, email)
    if user is None:
        raise NotFound([InputProblem("user", "nobody signs in with this address", "check it, or create the user")])
    return user


def reset_password(email: str, keep_tokens: bool) -> None:
    """Give somebody a new password, shown once; their sessions end, and their tokens unless they are kept."""
    chosen = secrets.token_urlsafe(15)

    def work(uow: UnitOfWork) -> None:
        user = _user(uow, email)
        set_password(uow, user, chosen)
        if not keep_tokens:
            end_tokens(uow, user)

    with installation() as planner:
        _write(planner, work)
    ended = "sessions have ended" if keep_tokens else "sessions have ended, and their tokens are good no more"
    click.echo(f"{email} signs in with the password {chosen} now; all their {ended}.")


def take_off_codes(email: str) -> None:
    """Let somebody sign in without a one-time code, until they set codes up again."""
    with installation() as planner:
        had = _write(planner, lambda uow: _without_codes(_user(uow, email), uow))
    how = "any more; all their sessions have ended" if had else "anyway"
    click.echo(f"{email} is asked for no one-time code {how}.")


def _without_codes(user: User, uow: UnitOfWork) -> bool:
    had = user.totp is not None
    take_off_totp(uow, user)
    return had


def give_role(email: str, role: str, study: str | None, site: str | None) -> None:
    """Give somebody a role."""

    def work(uow: UnitOfWork) -> None:
        place = find_site(uow.session, EVERYTHING, site).id if site else None
        chosen = find_study(uow.session, EVERYTHING, study) if study else None
        grant_role(uow, _user(uow, email), Role(role), chosen, place)

    with installation() as planner:
        _write(planner, work)
    click.echo(f"{email} is {role} in {study or 'all studies'} at {site or 'all sites'}.")


def new_token(email: str, label: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a bearer token, shown once."""
    unknown = [name for name in scopes if name not in SCOPES]
    if unknown:
        right = f"choose from {', '.join(SCOPES)}"
        raise InvalidInput(InputProblem("--scope", f"there is no scope {shown(name)}", right) for name in unknown)
    with installation() as planner:
        secret = _write(planner, lambda uow: make_token(uow, _user(uow, email), label, scopes, days))
    click.echo(secret)

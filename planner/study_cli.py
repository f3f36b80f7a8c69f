"""The commands that set up studies, sites, users and participants. Nothing of what they do."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from planner.commands import options

_HOURS = "Opening hours, such as 'monday-friday 08:00-17:00'; may be repeated."
ROLES = ("administrator", "coordinator", "investigator", "infusion-centre", "monitor")


@click.group()
def study() -> None:
    """Set up studies: their protocol versions, parameters and sites."""


@study.command("create")
@click.argument("code")
@click.option("--title", required=True, help="What people read.")
def create_study(code: str, title: str) -> None:
    """Set up the study CODE."""
    from planner.commands import operate as commands

    commands.new_study(code, title)


@study.command("protocol")
@click.argument("code", metavar="STUDY")
@click.argument("name", metavar="P")
def add_protocol(code: str, name: str) -> None:
    """Add P, a protocol of the library or a file, as a version that never changes."""
    from planner.commands import operate as commands

    commands.add_protocol(code, name)


@study.command("parameters")
@click.argument("code", metavar="STUDY")
@click.argument("file", metavar="FILE")
@click.option("--made-up", is_flag=True, help="They are made up, for a trial; shown wherever the protocol is.")
def supply_parameters(code: str, file: str, made_up: bool) -> None:
    """Supply the values of parameters from FILE."""
    from planner.commands import operate as commands

    commands.supply(code, file, made_up)


@study.command("confirm")
@click.argument("code", metavar="STUDY")
@click.argument("version")
def confirm(code: str, version: str) -> None:
    """Confirm that you have read the assumptions of VERSION and stand by them."""
    from planner.commands import operate as commands

    commands.confirm(code, version)


@study.command("site")
@click.argument("code", metavar="STUDY")
@click.argument("site", metavar="SITE")
def add_site(code: str, site: str) -> None:
    """Let SITE take part. The first one is the home site."""
    from planner.commands import operate as commands

    commands.add_site(code, site)


@study.command("effective")
@click.argument("study", metavar="STUDY")
@click.argument("site", metavar="SITE")
@click.argument("version")
@click.option("--approved", "approved_on", type=options.day, required=True, metavar="DATE", help="Its day at the site.")
@click.option("--from", "effective_on", type=options.day, required=True, metavar="DATE", help="In effect from then on.")
@click.option("--preview", is_flag=True, help="Change nothing; show whom it would move.")
def make_effective(preview: bool, **said: Any) -> None:
    """Put VERSION into effect at SITE: everybody there comes under it, with what that moves."""
    from planner.commands import amend as commands
    from planner.services.amendments import MakeEffective

    commands.make_effective(MakeEffective(**said), preview)


# -- sites --------------------------------------------------------------------------------------


@click.command("create")
@click.argument("code", metavar="SITE")
@click.option("--name", required=True, help="What people read.")
@click.option("--zone", required=True, metavar="ZONE", help="IANA time zone, such as America/New_York.")
@click.option("--holidays", type=options.holiday_code, metavar="CC[-REGION]", help="Public holidays to keep.")
@click.option("--weekend", default="saturday,sunday", metavar="DAYS", help="Closed every week; with commas.")
@click.option("--open", "opening", type=options.hours, multiple=True, metavar="HOURS", help=_HOURS)
@click.option("--chairs", type=click.IntRange(0, 500), default=0, help="Infusion chairs.")
@click.option("--address", default="", help="Where to come, as participants read it.")
def create_site(
    code: str, holidays: tuple[str, str | None] | None, weekend: str, opening: tuple[options.Hours, ...], **said: Any
) -> None:
    """Set up SITE."""
    from planner.commands import operate as commands
    from planner.services.sites import CreateSite

    country, region = holidays or (None, None)
    days = tuple(day.strip() for day in weekend.split(",") if day.strip())
    hours = options.week(opening)
    commands.new_site(CreateSite(code=code, country=country, region=region, weekend=days, opening=hours, **said))


@click.command("change")
@click.argument("site", metavar="SITE")
@click.option("--name", help="What people read.")
@click.option("--open", "opening", type=options.hours, multiple=True, metavar="HOURS", help=f"{_HOURS} All of them.")
@click.option("--chairs", type=click.IntRange(0, 500), help="Infusion chairs.")
@click.option("--address", help="Where to come, as participants read it.")
def change_site(site: str, opening: tuple[options.Hours, ...], **said: Any) -> None:
    """Give SITE other opening hours or chairs, or another name or address. Appointments stay as they are."""
    from planner.commands import operate as commands
    from planner.services.sites import ChangeSite

    commands.change_site_as_said(site, ChangeSite(opening=options.week(opening) or None, **said))


@click.command("close")
@click.argument("site", metavar="SITE")
@click.option("--from", "first", type=options.day, required=True, metavar="DATE", help="The day, or the first one.")
@click.option("--to", "last", type=options.day, metavar="DATE", help="The last one.")
@click.option("--rule", metavar="RRULE", help='Recurring, such as "FREQ=MONTHLY;BYDAY=1MO", from that day on.')
@click.option("--resource", "resources", multiple=True, help="Only these: infusion, clinic, laboratory, pharmacy.")
@click.option("--reason", default="closed", help="As people read it.")
def close_site(site: str, resources: tuple[str, ...], **said: Any) -> None:
    """Close SITE on some days, and plan everybody anew."""
    from planner.commands import operate as commands
    from planner.services.sites import CloseSite

    commands.close(site, CloseSite(resources=resources, **said))


# -- participants -------------------------------------------------------------------------------


@click.group()
def participant() -> None:
    """Take participants in, record what happened to them, and show their calendars."""


@participant.command("screen")
@click.argument("study", metavar="STUDY")
@click.argument("site", metavar="SITE")
@click.argument("number", metavar="NUMBER")
@click.option("--day-1", "planned_day_1", type=options.day, metavar="DATE", help="To plan with until the enrolment.")
@click.option("--arm", "planned_arm", metavar="ARM", help="To plan with until the enrolment.")
def screen(**said: Any) -> None:
    """Take somebody into the screening log, by their number."""
    from planner.commands import operate as commands
    from planner.services.enrolment import Screen

    commands.take_in(Screen(**said))


@participant.command("record")
@click.argument("study", metavar="STUDY")
@click.argument("number", metavar="NUMBER")
@click.argument("file", metavar="FACTS.yaml")
@click.option("--reason", default="", help="Why an appointment is outside its window, where one is.")
@click.option("--preview", is_flag=True, help="Record nothing; show every date that would move.")
def record(study: str, number: str, file: str, reason: str, preview: bool) -> None:
    """Record the facts of FACTS.yaml, all of them or none, and show every date that moved."""
    from planner.commands import operate as commands

    commands.record(study, number, file, reason, preview)


@participant.command("import")
@click.argument("study", metavar="STUDY")
@click.argument("file", metavar="FILE.csv")
def import_facts(study: str, file: str) -> None:
    """Take in everybody whom FILE.csv names, and record its facts, a row each: all of them or none.

    Its first line names the columns: number, site, fact, date, and the fields of facts (planner's reference of facts).
    """
    from planner.commands import operate as commands

    commands.import_table(study, file)


@participant.command("calendar")
@click.argument("study", metavar="STUDY")
@click.argument("number", metavar="NUMBER")
@click.option("--as-of", type=options.day, metavar="DATE", help="The day of the statuses; today at the site.")
@options.formats("table", "json")
def show_calendar(study: str, number: str, as_of: date | None, form: str) -> None:
    """Show a participant's calendar as the recorded facts have it."""
    from planner.commands import operate as commands

    commands.show_calendar(study, number, as_of, form)


# -- users --------------------------------------------------------------------------------------


@click.group()
def user() -> None:
    """Let people sign in, and say what each may do where."""


@user.command("create")
@click.argument("email")
@click.option("--name", required=True, help="What people read.")
@click.option("--password", help="At least 12 characters; left out, one is made and shown once.")
@click.option("--administrator", is_flag=True, help="Give them the role of an administrator of everything.")
def create_user(email: str, name: str, password: str | None, administrator: bool) -> None:
    """Let somebody sign in with EMAIL. They may do nothing until they have a role."""
    from planner.commands import operate as commands

    commands.new_user(email, name, password, administrator)


@user.command("password")
@click.argument("email")
@click.option("--keep-tokens", is_flag=True, help="Let programs go on with their tokens: nothing was stolen.")
def reset_password(email: str, keep_tokens: bool) -> None:
    """Give somebody a new password, shown once, and end their sessions and tokens."""
    from planner.commands import operate as commands

    commands.reset_password(email, keep_tokens)


@user.command("codes-off")
@click.argument("email")
def take_off_codes(email: str) -> None:
    """Ask somebody for no one-time codes any more, as their phone is lost, and end their sessions."""
    from planner.commands import operate as commands

    commands.take_off_codes(email)


@user.command("grant")
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--study", help="In this study; left out, in all.")
@click.option("--site", help="At this site; left out, at all.")
def grant(email: str, role: str, study: str | None, site: str | None) -> None:
    """Give somebody a role."""
    from planner.commands import operate as commands

    commands.give_role(email, role, study, site)


@user.command("token")
@click.argument("email")
@click.option("--label", required=True, help="What it is for.")
@click.option("--scope", "scopes", multiple=True, required=True, help="What it may do, such as facts:write.")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long it is valid.")
def new_token(email: str, label: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a bearer token that acts as EMAIL, shown once."""
    from planner.commands import operate as commands

    commands.new_token(email, label, scopes, days)

"""The options that several commands share, and how their values are read.

Only click is imported here: what reads a value is loaded when there is a value to read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])
_HOLIDAYS = re.compile(r"([A-Z]{2})(?:-([A-Z0-9]{1,3}))?")
_HOURS = re.compile(r"([a-z]+)(?:-([a-z]+))? +(\d\d:\d\d)-(\d\d:\d\d)")
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: some weekdays, and from when to when on each of them
Hours = tuple[tuple[str, ...], tuple[str, str]]
LONGEST_CODE = 40
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def day(written: str) -> date:
    """A calendar day, YYYY-MM-DD; what is wrong with it is said in the words of the files."""
    from schedules.scalars import read_date

    try:
        return read_date(written)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def moment(written: str) -> datetime:
    """An instant with its offset, 2026-01-05T10:30:00Z; as UTC."""
    from schedules.scalars import read_instant

    try:
        return read_instant(written)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def holiday_code(written: str) -> tuple[str, str | None]:
    """A country, or a country and its region, of which the public holidays are known: US, US-NY (ISO 3166)."""
    from schedules.closures import public_holidays

    parts = _HOLIDAYS.fullmatch(written.upper())
    if parts is None:
        right = "write an ISO 3166 code such as US, US-NY or DE-BY"
        raise click.BadParameter(f"{written!r} is not the code of a country or region; {right}")
    country, region = parts.groups()
    try:
        public_holidays(country, region, [2026])
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return country, region


def hours(written: str) -> Hours:
    """Opening hours of a weekday, or of several one after the other: monday-friday 08:00-17:00."""
    parts = _HOURS.fullmatch(written.strip().lower())
    first, last = (parts[1], parts[2] or parts[1]) if parts else ("", "")
    if parts is None or not {first, last} <= set(_WEEK) or _WEEK.index(first) > _WEEK.index(last):
        raise click.BadParameter(f"{written!r} says no opening hours; write e.g. monday-friday 08:00-17:00")
    return _WEEK[_WEEK.index(first) : _WEEK.index(last) + 1], (parts[3], parts[4])


def week(given: tuple[Hours, ...]) -> dict[str, tuple[str, str]]:
    """The hours of each weekday that is named. Raises UsageError for a day that is named twice."""
    found: dict[str, tuple[str, str]] = {}
    for days, open_close in given:
        for name in days:
            if name in found:
                raise click.UsageError(f"{name} has opening hours twice; keep those that are meant")
            found[name] = open_close
    return found


class Command(click.Command):
    """A command that refuses an option given twice: one of the two values would be forgotten without a word."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words of the command."""
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        for place, option in enumerate(given):
            if isinstance(option, click.Option) and not option.multiple and option in given[:place]:
                raise click.UsageError(f"{option.opts[0]} is given twice; keep the one that is meant", ctx)
        return super().parse_args(ctx, args)


def study_code(written: str) -> str:
    """What a study calls a participant: one short line."""
    if not written.strip() or len(written) > LONGEST_CODE or not written.isprintable():
        raise click.BadParameter(f"write a study code of at most {LONGEST_CODE} characters, such as 014")
    return written.strip()


class WithSeveralDays(Command):
    """A command in which several days may follow one ``--closed``, as well as one ``--closed`` each."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Write ``--closed`` again before each further day."""
        written: list[str] = []
        for word in args:
            if _DAY.fullmatch(word) and len(written) > 1 and written[-2] == "--closed":
                written.append("--closed")
            written.append(word)
        return super().parse_args(ctx, written)


def formats(*names: str) -> Callable[[Function], Function]:
    """The option that chooses how the answer is written; the first one is the default."""
    return click.option(
        "--format", "form", type=click.Choice(names), default=names[0], show_default=True,
        help="How to write the answer.",
    )  # fmt: skip


parameters = click.option("--parameters", metavar="FILE", help="The values of the protocol's parameters (YAML).")
amendments = click.option(
    "--amendment", "amendments", multiple=True, metavar="FILE",
    help="A further version of the protocol, oldest first; may be repeated.",
)  # fmt: skip
sites = click.option(
    "--site", "sites", multiple=True, metavar="SITE.yaml", help="A site, the home site first; may be repeated."
)
_PLANNING = (
    click.option("--history", metavar="FACTS.yaml", help="What has happened: a list of facts."),
    click.option("--start", type=day, metavar="DATE", help="Day 1, where no history says it."),
    click.option("--arm", metavar="ID", help="The arm, for a start without a history."),
    parameters,
    amendments,
    sites,
    click.option(
        "--holidays", type=holiday_code, metavar="CC[-REGION]", help="Public holidays, instead of a site: US-NY."
    ),
    click.option(
        "--closed", type=day, multiple=True, metavar="DATE...", help="Closed days, instead of a site."
    ),
    click.option(
        "--as-of", type=day, metavar="DATE",
        help="The day of the plan; else that of the newest fact, else the start. Appointments, days away, unscheduled"
        " visits and transplants may lie ahead and do not count for it.",
    ),
    click.option(
        "--known-at", type=moment, metavar="INSTANT", help="Leave out what was recorded after this instant."
    ),
    click.option(
        "--what-if", "what_ifs", multiple=True, metavar="FACT",
        help="One fact more: 'gate_decided date=2026-01-30 gate=induction.c1.response outcome=benefit'. Here a visit"
        " may be named by its label: 'booked date=2026-01-19 visit=C1D15'.",
    ),
)  # fmt: skip


def planning(command: Function) -> Function:
    """Give a command all the options that say what is to be planned."""
    for option in reversed(_PLANNING):
        command = option(command)
    return command

"""`planner site`: public holidays to store in a site's file, and a check of such a file."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from planner.commands.output import write
from planner.commands.sources import read_source
from planner.problems import visible
from schedules.closures import public_holidays
from schedules.site_file import read_site


def write_holidays(code: tuple[str, str | None], first: int, last: int) -> None:
    """The ``public_holidays:`` block of a site's file, with the dates of these years stored in it."""
    if last < first:
        raise click.UsageError(f"--to {last} is before --from {first}")
    country, region = code
    write("".join(f"{line}\n" for line in _block(country, region, first, last)))


def _block(country: str, region: str | None, first: int, last: int) -> Iterator[str]:
    """YAML in which every text is quoted: a country NO or a region 01 must stay text."""
    found = public_holidays(country, region, range(first, last + 1))
    yield "public_holidays:"
    yield f"  country: {json.dumps(country)}"
    if region is not None:
        yield f"  region: {json.dumps(region)}"
    yield "  dates:" if found else "  dates: {}"
    for day, name in found.items():
        yield f"    {day.isoformat()}: {json.dumps(name, ensure_ascii=False)}"


def check_site(file: str) -> None:
    """Say that a site's file has no problem; with any, all of them are raised."""
    site = read_site(read_source(file), file)
    write(f"{visible(file)}: no problems ({site.id}, {site.zone})\n")

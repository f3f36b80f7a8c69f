"""Reads SITE.yaml: a site with its time zone, its weekend, its holidays and its closed days."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from pydantic import TypeAdapter

from schedules.bounded import bounded
from schedules.closures import ClosedDay, ClosedRule, PublicHolidays, Site, public_holidays
from schedules.errors import Problem, SiteError
from schedules.validation import validate
from schedules.yaml_text import Document, read_yaml

MOST_CLOSED = 2_000
MOST_RULES = 50


def read_site(text: bytes | str, file: str) -> Site:
    """A site from its file. Raises SiteError with every problem."""
    told: list[Problem] = []
    document = read_yaml(text, file, SiteError, told)
    try:
        site = validate(_adapter(), document, error=SiteError)
    except SiteError as error:
        raise SiteError([*told, *error.problems]) from None
    problems = [*told, *bounded(_problems(site, document))]
    if problems:
        raise SiteError(problems)
    return site


def _problems(site: Site, document: Document) -> Iterator[Problem]:
    if site.public_holidays is not None:
        yield from _unknown_holidays(site.public_holidays, document)
    rules = [closure for closure in site.closed if isinstance(closure, ClosedRule)]
    for count, most, what in ((len(site.closed), MOST_CLOSED, "closures"), (len(rules), MOST_RULES, "rules")):
        if count > most:
            wrong = f"{count:,} {what} are more than the {most:,} that are read"
            yield document.problem(("closed",), wrong, "write spans of days, with until", at_key=True)
    for place, closure in enumerate(site.closed):
        if isinstance(closure, ClosedDay) and closure.until is not None and closure.until < closure.date:
            right = "write the first day as date, the last as until"
            yield document.problem(("closed", place, "until"), "until is before date", right)


def _unknown_holidays(holidays: PublicHolidays, document: Document) -> Iterator[Problem]:
    try:
        public_holidays(holidays.country, holidays.region, [2026])
    except ValueError as error:
        wrong, _, right = str(error).rpartition("; ")
        yield document.problem(("public_holidays",), wrong, right)


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Site]:
    return TypeAdapter(Site)

"""Reads SITE.yaml: a site with its time zone, its weekend, its holidays and its closed days."""

from __future__ import annotations

from functools import lru_cache

from pydantic import TypeAdapter

from schedules.closures import ClosedDay, Site, public_holidays
from schedules.errors import SiteError
from schedules.validation import validate
from schedules.yaml_text import read_yaml


def read_site(text: bytes | str, file: str) -> Site:
    """A site from its file. Raises SiteError with every problem."""
    document = read_yaml(text, file, SiteError)
    site = validate(_adapter(), document, error=SiteError)
    if site.public_holidays is not None:
        try:
            public_holidays(site.public_holidays.country, site.public_holidays.region, [2026])
        except ValueError as error:
            wrong, _, right = str(error).rpartition("; ")
            raise SiteError([document.problem(("public_holidays",), wrong, right)]) from None
    backwards = [
        document.problem(("closed", place), "until is before date", "write the first day as date, the last as until")
        for place, closure in enumerate(site.closed)
        if isinstance(closure, ClosedDay) and closure.until is not None and closure.until < closure.date
    ]
    if backwards:
        raise SiteError(backwards)
    return site


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Site]:
    return TypeAdapter(Site)

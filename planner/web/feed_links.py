"""The links of a calendar for each kind of app, and a code that telephones read."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import segno
from flask import request
from markupsafe import Markup

from planner.auth.door import installation


@dataclass(frozen=True, slots=True)
class FeedLinks:
    """Where a calendar is subscribed to. ``code`` is a picture with the address of its ``page``."""

    page: str
    https: str
    webcal: str
    google: str
    code: Markup


def feed_links(token: str) -> FeedLinks:
    """The links of the calendar with that secret."""
    page = f"{root_address()}/calendars/{token}"
    webcal = f"webcal://{page.partition('://')[2]}.ics"
    google = f"https://calendar.google.com/calendar/r?cid={quote(webcal, safe='')}"
    return FeedLinks(page, f"{page}.ics", webcal, google, code_of(page))


def root_address() -> str:
    """The address under which the planner is reached from outside."""
    return str(installation().settings.public_url or request.url_root.rstrip("/"))


def code_of(address: str) -> Markup:
    """A code that phones read, with an address."""
    made = segno.make(address, error="m", micro=False)
    return Markup(made.svg_inline(scale=5, border=3, dark="#000", light="#fff"))  # noqa: S704 - made of an address

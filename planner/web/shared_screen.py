"""A screen that everybody can read: it shows the day of one site by codes, and nothing else before somebody's password.

The browser of such a screen does not hold its session, but a sealed paper that says whose it is and which site it
shows: no address, no step back and no copied cookie lead from there to a page with names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import g, request

from planner.auth.door import installation
from planner.config import ConfigurationError

#: holds the sealed paper, in place of the session
SCREEN = "visit-planner-screen"
#: the pages that such a screen shows of its site, and what leads away from it
_SHOWN = frozenset({"centre.day.show", "centre.pharmacy.show"})
_LEAVING = frozenset({"centre.screen.ask", "centre.screen.leave"})
_ANYWHERE = frozenset({"sign_in.sign_out"})


@dataclass(frozen=True, slots=True)
class Screen:
    """Whose session it goes by, and the code of the site that it shows."""

    secret: str
    site: str

    def shows(self, endpoint: str | None, names: Mapping[str, Any]) -> bool:
        """Whether that page may be asked for from there."""
        return endpoint in _ANYWHERE or (endpoint in _SHOWN | _LEAVING and names.get("site") == self.site)


def paper(secret: str, site: str) -> str:
    """What the browser of a screen holds that shows that site."""
    return installation().keys.seal({"session": secret, "site": site}).decode()


def screen_here() -> Screen | None:
    """The screen that asks; None where it is somebody's own browser."""
    if "screen" not in g:
        g.screen = _opened(request.cookies.get(SCREEN, ""))
    return g.screen  # type: ignore[no-any-return]


def _opened(held: str) -> Screen | None:
    if not held:
        return None
    try:
        said = installation().keys.open(held.encode())
        return Screen(str(said["session"]), str(said["site"]))
    except (ConfigurationError, KeyError, ValueError):
        return Screen("", "")  # what cannot be read is nobody's session

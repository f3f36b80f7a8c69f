"""Which parts the office has, and which of them whoever looks may open."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request, url_for

from planner.auth.door import asking
from planner.auth.permissions import Permission
from planner.web.frame import Link, may

#: label, page, the permission without which it shows nothing, whether that is asked for everywhere
_PARTS = (
    ("Overview", "office.overview.show", Permission.MESSAGES_READ, False),
    ("People", "office.people.show", Permission.USERS_READ, True),
    ("Sites", "office.sites.show", Permission.SITES_READ, False),
    ("Studies", "office.studies.show", Permission.STUDIES_READ, False),
    ("Calendars", "office.calendars.show", Permission.FEEDS_READ, False),
    ("Texts", "office.texts.choose", Permission.MESSAGES_READ, False),
    ("Sending", "office.sending.show", Permission.MESSAGES_READ, False),
    ("Audit", "office.audit.show", Permission.AUDIT_READ, True),
    ("Health", "office.health.show", Permission.USERS_READ, True),
)


def tabs() -> list[Link]:
    """The parts that whoever looks may open, in their order."""
    here = ".".join((request.endpoint or "").split(".")[:2])
    here = {"office.rules": "office.sending"}.get(here, here)
    known = current_app.view_functions
    return [
        Link(label, url_for(page), page.startswith(f"{here}."))
        for label, page, permission, whole in _PARTS
        if page in known and (may_everywhere(permission) if whole else may(asking(), permission))
    ]


def may_everywhere(permission: Permission) -> bool:
    """Whether whoever looks may do that in all studies at all sites."""
    return may(asking(), permission) and asking().scope(permission).everything()


def known() -> dict[str, Any]:
    """What every template of the office is given; the page of an error is shown to whoever was not let in too."""
    return {"tabs": tabs() if "asking" in g else [], "may_everywhere": may_everywhere}


def address_of(endpoint: str, **names: Any) -> str | None:
    """The address of a page; None in an installation that has no such page."""
    return url_for(endpoint, **names) if endpoint in current_app.view_functions else None

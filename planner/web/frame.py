"""What stands around every page: who is signed in, and where they may go."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, request, url_for
from markupsafe import Markup

from planner.auth.asking import Asking
from planner.auth.permissions import Permission, roles_with
from planner.services.users import Person, Role
from planner.web import door
from planner.web.shared_screen import screen_here

#: the pages of the desk in their order: label, page, the permission without which it shows nothing
_PAGES = (
    ("Today", "desk.today.show", Permission.PARTICIPANTS_READ),
    ("Participants", "desk.participants.show", Permission.PARTICIPANTS_READ),
    ("Calendar", "desk.site_calendar.choose", Permission.PARTICIPANTS_READ),
    ("Infusions", "centre.day.choose", Permission.PARTICIPANTS_READ),
    ("Deviations", "desk.deviations.show", Permission.DEVIATIONS_READ),
    ("Reports", "reports.choose.show", Permission.DEVIATIONS_READ),
    ("Studies", "studies.listing.show", Permission.STUDIES_READ),
    ("Administration", "office.overview.show", Permission.MESSAGES_READ),
)
#: which page of the navigation a page belongs to, by the part of the desk that it is in
_BLUEPRINTS = {"centre": "Infusions", "reports": "Reports", "studies": "Studies", "office": "Administration"}
_PARTS = {
    "today": "Today", "watch": "Today", "replies": "Today", "site_calendar": "Calendar", "deviations": "Deviations",
}  # fmt: skip
_SETS_UP = Permission.STUDIES_WRITE


@dataclass(frozen=True, slots=True)
class Link:
    """A page that somebody may go to. ``current``: it is the one that is shown, or the one that leads to it."""

    label: str
    address: str
    current: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """Who is signed in, as what, and where they may go."""

    name: str
    roles: str
    links: tuple[Link, ...]
    #: whether it is a screen that everybody can read, from which no page is to be reached
    shared: bool = False
    #: whether they set up the studies of the installation
    sets_up: bool = False


def install(app: Flask) -> None:
    """Give every template the frame, and the field that every form needs."""
    app.jinja_env.globals["frame"] = frame
    app.jinja_env.globals["form_token_field"] = form_token_field


def frame() -> Frame | None:
    """The frame of whoever looks; None where nobody is signed in."""
    who = door.who_looks()
    if who is None:
        return None
    roles = ", ".join(role.value.replace("-", " ") for role in who.person.roles)
    if screen_here() is not None:
        return Frame(who.person.name, "shared screen", (), shared=True)
    sets_up = may(who, _SETS_UP) and who.scope(_SETS_UP).everything()
    return Frame(who.person.name, roles or "no role yet", tuple(_links(who)), sets_up=sets_up)


def first_page(person: Person) -> str:
    """Where somebody begins who has signed in: an infusion centre at its day, and whoever else at the desk's."""
    centre_alone = set(person.roles) == {Role.INFUSION_CENTRE}
    return url_for("centre.day.choose" if centre_alone else "desk.today.show")


def form_token_field() -> Markup:
    """The hidden field by which a form is known to be ours."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(door.TOKEN, door.form_token())


def may(who: Asking, permission: Permission) -> bool:
    """Whether somebody may do a thing anywhere at all."""
    return bool(who.person.may_as(*roles_with(permission)).pairs)


def _links(who: Asking) -> list[Link]:
    study = request.args.get("study") if (request.endpoint or "").startswith("desk.") else None
    here = _part()
    found = [
        Link(label, url_for(endpoint, study=study or None), label == here)
        for label, endpoint, permission in _PAGES
        if may(who, permission)
    ]
    return [*found, Link("Protocols", url_for("pages.index"), request.endpoint == "pages.index")]


def _part() -> str:
    parts = (request.endpoint or "").split(".")
    if parts[0] in _BLUEPRINTS:
        return _BLUEPRINTS[parts[0]]
    return _PARTS.get(parts[1], "Participants") if parts[0] == "desk" else ""

"""All pages of the infusion centre behind one door."""

from __future__ import annotations

from flask import Blueprint

from planner.web import door
from planner.web.centre import appointment, closures, day, load, pharmacy, release, screen, subscribe

PARTS = (day, pharmacy, appointment, release, closures, load, screen, subscribe)


def make_centre() -> Blueprint:
    """The pages for whoever is signed in and looks after chairs."""
    centre = Blueprint("centre", __name__)
    centre.before_request(door.check)
    centre.after_request(door.private)
    for part in PARTS:
        centre.register_blueprint(part.pages)
    return centre

"""All of a participant's own pages behind one door."""

from __future__ import annotations

from flask import Blueprint

from planner.problems import PlannerError
from planner.web import door
from planner.web.home import away, caregiver, diary, entrance, front_door, pages, settings

# The front door comes last: its address is whatever the others are not.
PARTS = (pages, diary, away, settings, caregiver, front_door)


def make_home() -> Blueprint:
    """The pages for participants."""
    home = Blueprint("home", __name__, url_prefix=entrance.PATH)
    home.before_request(door.check_form)
    home.after_request(entrance.private)
    home.after_request(door.keep_visitor)
    home.register_error_handler(PlannerError, entrance.refused)
    for part in PARTS:
        home.register_blueprint(part.pages)
    return home

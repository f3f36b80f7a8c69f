"""All pages of the desk behind one door."""

from __future__ import annotations

from flask import Blueprint

from planner.web import door
from planner.web.desk import (
    contact,
    deviations,
    newcomer,
    own_page,
    participant,
    participants,
    record,
    replies,
    site_calendar,
    telling,
    today,
    visit,
    watch,
    wishes,
)

PARTS = (
    today, watch, participants, newcomer, participant, contact, own_page, wishes, record, visit, telling, site_calendar,
    deviations, replies,
)  # fmt: skip


def make_desk() -> Blueprint:
    """The pages for whoever is signed in."""
    desk = Blueprint("desk", __name__)
    desk.before_request(door.check)
    desk.after_request(door.private)
    for part in PARTS:
        desk.register_blueprint(part.pages)
    return desk

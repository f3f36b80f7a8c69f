"""All pages of the office behind one door."""

from __future__ import annotations

from flask import Blueprint, request

from planner.auth.door import USUAL_BODY, needs_of
from planner.web import door
from planner.web.office import audit, calendars, health, overview, parts, people, rules, sending, sites, studies, texts

PARTS = (overview, people, sites, studies, calendars, texts, sending, rules, audit, health)


def make_office() -> Blueprint:
    """The pages for whoever looks after an installation, or after what its studies send."""
    office = Blueprint("office", __name__, url_prefix="/office")
    office.before_request(_let_large_texts_in)
    office.before_request(door.check)
    office.after_request(door.private)
    office.context_processor(parts.known)
    for part in PARTS:
        office.register_blueprint(part.pages)
    return office


def _let_large_texts_in() -> None:
    """The text of a protocol may be larger than other forms; who may send one is asked before any of it is read."""
    wanted = needs_of(request.endpoint)
    if wanted is not None and wanted.largest > USUAL_BODY:
        request.max_content_length = request.max_form_memory_size = wanted.largest

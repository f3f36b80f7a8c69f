"""All pages of studies behind one door."""

from __future__ import annotations

from flask import Blueprint

from planner.web import door
from planner.web.studies import amendment, cohorts, imports, listing, schedule, settings, versions, work

PARTS = (listing, schedule, versions, amendment, cohorts, settings, work, imports)


def make_studies() -> Blueprint:
    """The pages for whoever is signed in and wants to see or change a study."""
    studies = Blueprint("studies", __name__)
    studies.before_request(door.check)
    studies.after_request(door.private)
    for part in PARTS:
        studies.register_blueprint(part.pages)
    return studies

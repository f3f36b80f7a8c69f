"""All pages of reports behind one door."""

from __future__ import annotations

from flask import Blueprint, Response

from planner.web import door
from planner.web.reports import charts, choose, files, page

PARTS = (choose, page, files, charts)


def make_reports() -> Blueprint:
    """The pages for whoever is signed in and reads reports."""
    reports = Blueprint("reports", __name__)
    reports.before_request(door.check)
    reports.after_request(_private)
    for part in PARTS:
        reports.register_blueprint(part.pages)
    return reports


def _private(response: Response) -> Response:
    """Nothing keeps a page. A picture the browser may keep for whoever it was drawn for, if it asks again each time."""
    if "ETag" in response.headers:
        response.headers["Cache-Control"] = "private, no-cache"
        return response
    return door.private(response)

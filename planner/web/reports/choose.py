"""Of which study a report is wanted."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from planner.auth.door import installation, needs
from planner.auth.permissions import Permission
from planner.web.desk.choices import studies_of

pages = Blueprint("choose", __name__)


@pages.get("/reports")
@needs(Permission.DEVIATIONS_READ)
def show() -> ResponseReturnValue:
    """Lead to the report of the study that is named, or of the only one; else let one be chosen."""
    studies = installation().store.read(lambda session: studies_of(session, request.args.get("study") or None))
    only = studies.chosen or (studies.known[0][0] if len(studies.known) == 1 else None)
    if only is not None:
        return redirect(url_for("reports.page.show", study=only), 303)
    return render_template("reports/choose.html", studies=studies)

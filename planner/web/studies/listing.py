"""The studies that somebody may see: who is in them, which version is in force where, what waits."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.paging import Asked, Page
from planner.services.participant_search import STATES
from planner.services.study_overview import StudyLine, study_lines
from planner.web.frame import may

pages = Blueprint("listing", __name__)
PER_PAGE = 20


@pages.get("/studies")
@needs(Permission.STUDIES_READ)
def show() -> str:
    """Show the studies."""
    asked = Asked(PER_PAGE, request.args.get("cursor") or None)

    def work(session: Session) -> Page[StudyLine]:
        return study_lines(session, scope(), asked, clock.now())

    found = installation().store.read(work)
    return render_template(
        "studies/list.html", found=found, states=STATES, first=asked.cursor is None,
        reads_deviations=may(asking(), Permission.DEVIATIONS_READ),
    )  # fmt: skip

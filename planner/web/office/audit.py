"""The audit, read: of an installation (people, sites, switches) or of a study, or what of it is about one thing."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session

from planner.auth.door import installation, needs, scope
from planner.auth.permissions import Permission
from planner.services.access import find_study
from planner.services.lists import actor_names, newest_audit
from planner.web.desk.choices import studies_of
from planner.web.office.parts import may_everywhere
from planner.web.office.search import asked_for

pages = Blueprint("audit", __name__)
PER_PAGE = 50
#: what an audit may be narrowed to: the beginning of what entries are about, and what that is called
INSTALLATION_SUBJECTS = (("user:", "People"), ("site:", "Sites"), ("feed:", "Calendars"))
STUDY_SUBJECTS = (("study:", "The study itself"), ("participant:", "Participants"), ("message", "Messages"))


@pages.get("/audit")
@needs(Permission.AUDIT_READ, everything=True)
def show() -> str:
    """Show what was done in the installation and belongs to no study, the newest first."""
    return _page(None)


@pages.get("/studies/<study>/audit")
@needs(Permission.AUDIT_READ, whole=True)
def show_study(study: str) -> str:
    """Show what was done in a study, the newest first."""
    return _page(study)


def _page(study: str | None) -> str:
    said, before = asked_for("subject"), request.args.get("before", "")
    until = int(before) if before.isascii() and before.isdecimal() and len(before) < 18 else None

    def work(session: Session) -> str:
        found = find_study(session, scope(), study) if study is not None else None
        rows, more = newest_audit(session, scope(), study, said["subject"] or None, until, PER_PAGE)
        return render_template(
            "office/audit.html", rows=rows, study=found, said=said, start=_address(study, said["subject"]),
            further=_address(study, said["subject"], rows[-1].seq) if more else None, first=until is None,
            subjects=STUDY_SUBJECTS if study is not None else INSTALLATION_SUBJECTS,
            who=actor_names(session, rows), studies=studies_of(session, None).known,
            whole=may_everywhere(Permission.AUDIT_READ), here=_address(study, ""),
        )  # fmt: skip

    return installation().store.read(work)


def _address(study: str | None, subject: str, before: int | None = None) -> str:
    names = {"subject": subject or None, "before": before}
    if study is None:
        return url_for("office.audit.show", **names)  # type: ignore[arg-type]
    return url_for("office.audit.show_study", study=study, **names)  # type: ignore[arg-type]

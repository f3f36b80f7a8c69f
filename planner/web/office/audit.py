"""The audit, read: of an installation (people, sites, switches) or of a study, or what of it is about one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session

from planner.auth.door import installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.audit import AuditEntry
from planner.services.access import find_study
from planner.services.audit_names import names_in
from planner.services.lists import newest_audit
from planner.web.audit_words import Change, action_words, changes_of, kept_words, lines_of
from planner.web.desk.choices import studies_of
from planner.web.office.parts import may_everywhere
from planner.web.office.search import asked_for

pages = Blueprint("audit", __name__)
PER_PAGE = 50
#: what an entry says stands beside it up to that many letters; what is longer is folded away
_SHORT = 200
#: what an audit may be narrowed to: the beginning of what entries are about, and what that is called
INSTALLATION_SUBJECTS = (("user:", "People"), ("site:", "Sites"), ("feed:", "Calendars"))
STUDY_SUBJECTS = (("study:", "The study itself"), ("participant:", "Participants"), ("message", "Messages"))


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry in words, and as the audit keeps it."""

    entry: AuditEntry
    what: str
    about: str
    who: str
    lines: tuple[str, ...]
    changes: tuple[Change, ...]
    raw: str

    @property
    def short(self) -> bool:
        """Whether there is room beside it for what it says."""
        said = [*self.lines, *(f"{each.name}{each.before}{each.after}" for each in self.changes)]
        return sum(map(len, said)) <= _SHORT


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
            "office/audit.html", shown=_shown(session, rows), study=found, said=said,
            start=_address(study, said["subject"]),
            further=_address(study, said["subject"], rows[-1].seq) if more else None, first=until is None,
            subjects=STUDY_SUBJECTS if study is not None else INSTALLATION_SUBJECTS,
            studies=studies_of(session, None).known,
            whole=may_everywhere(Permission.AUDIT_READ), here=_address(study, ""),
        )  # fmt: skip

    return installation().store.read(work)


def _shown(session: Session, rows: Sequence[AuditEntry]) -> list[Shown]:
    named = names_in(session, rows)
    return [
        Shown(
            row, action_words(row.action), named.subject(row), named.actor(row), lines_of(row, named.value),
            changes_of(row, named.value), kept_words(row),
        )
        for row in rows
    ]  # fmt: skip


def _address(study: str | None, subject: str, before: int | None = None) -> str:
    names = {"subject": subject or None, "before": before}
    if study is None:
        return url_for("office.audit.show", **names)  # type: ignore[arg-type]
    return url_for("office.audit.show_study", study=study, **names)  # type: ignore[arg-type]

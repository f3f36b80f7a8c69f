"""Participants: search, filter, sort, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session

from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.paging import Asked, Page
from planner.services.participant_search import SORTS, STATES, FoundParticipant, Search, search_participants
from planner.web.desk.choices import Studies, sites_of, studies_of
from planner.web.frame import may

pages = Blueprint("participants", __name__)
PER_PAGE = 40
_LONGEST = 64
SORT_LABELS = {"number": "Number", "next": "Next visit", "day-1": "Day 1", "status": "State", "site": "Site"}


@dataclass(frozen=True, slots=True)
class SearchForm:
    """What was asked for, as it stands in the address."""

    q: str
    status: str
    site: str
    study: str
    sort: str

    @property
    def narrows(self) -> bool:
        """Whether somebody is left out."""
        return bool(self.q or self.status or self.site or self.study)

    def address(self, **other: str | None) -> str:
        """The same list in another way; whatever is empty is left out."""
        said = {"q": self.q, "status": self.status, "site": self.site, "study": self.study}
        said["sort"] = "" if self.sort == "number" else self.sort
        values: dict[str, Any] = {name: value for name, value in {**said, **other}.items() if value}
        return url_for("desk.participants.show", **values)


@pages.get("/participants")
@needs(Permission.PARTICIPANTS_READ)
def show() -> str:
    """Show the participants that were asked for."""
    form = _form()
    search = Search(text=form.q, status=form.status, site=form.site or None, study=form.study or None, sort=form.sort)
    asked = Asked(PER_PAGE, request.args.get("cursor") or None)

    def work(session: Session) -> tuple[Page[FoundParticipant], Studies, list[tuple[str, str]]]:
        studies = studies_of(session, form.study or None)
        return search_participants(session, scope(), search, asked), studies, sites_of(session)

    found, studies, sites = installation().store.read(work)
    return render_template(
        "desk/participants.html", form=form, found=found, studies=studies, sites=sites, states=STATES,
        sorts=SORT_LABELS, first=asked.cursor is None, may_take_in=may(asking(), Permission.PARTICIPANTS_WRITE),
    )  # fmt: skip


def _form() -> SearchForm:
    """What the address asks for; a state or an order that there is not is none."""
    said = {name: _typed(name) for name in ("q", "status", "site", "study", "sort")}
    said["status"] = said["status"] if said["status"] in STATES else ""
    said["sort"] = said["sort"] if said["sort"] in SORTS else "number"
    return SearchForm(**said)


def _typed(name: str) -> str:
    return request.args.get(name, "").strip()[:_LONGEST].replace("\0", "\N{REPLACEMENT CHARACTER}")

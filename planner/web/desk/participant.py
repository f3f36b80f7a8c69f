"""A participant: their time as a picture and as a table, what happened, messages, and the audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.facts import FactRow
from planner.persistence.paging import Asked, Page
from planner.persistence.users import names_of
from planner.services.address_book import ContactBook
from planner.services.audit_names import names_in
from planner.services.home_doses import OWN
from planner.services.lists import participant_audit
from planner.services.messages import Shown, participant_messages, with_texts
from planner.web import calendar_view
from planner.web.desk.audit_words import shown_entry
from planner.web.desk.fact_words import fact_words
from planner.web.desk.seen import Seen, look_at
from planner.web.desk.timeline import SPANS, timeline
from schedules.history import Booked, Fact, Rebooked, Void

pages = Blueprint("participant", __name__)
PER_PAGE = 100
HERE = "/studies/<study>/participants/<number>"


@dataclass(frozen=True, slots=True)
class Happened:
    """A fact in words, who recorded it when, and whether it was taken back."""

    fact: Fact
    words: str
    by: str
    recorded: datetime
    taken_back: bool
    #: whether it is itself a taking back, which is not taken back
    is_void: bool


@pages.get(HERE)
@needs(Permission.PARTICIPANTS_READ)
def show(study: str, number: str) -> ResponseReturnValue:
    """Show somebody's calendar."""
    span = request.args.get("span", "near")

    def work(session: Session) -> str:
        seen = look_at(session, study, number)
        sections = calendar_view.plan_sections(seen.protocol, seen.plan) if seen.plan else []
        return render_template(
            "desk/participant.html", seen=seen, sections=sections, rows=calendar_view.rows(sections),
            legend=calendar_view.plan_legend(seen.plan) if seen.plan else [],
            picture=timeline(seen, span if span in SPANS else "near"), spans=SPANS,
            span=span if span in SPANS else "near", recorded=_recorded(seen),
            arrived=request.args.get("arrived") == "1", what_if=_what_if(seen), **names(seen),
        )  # fmt: skip

    return make_response(installation().store.read(work))


@pages.get(f"{HERE}/facts")
@needs(Permission.FACTS_READ)
def facts(study: str, number: str) -> str:
    """Show what was recorded about somebody, the newest first, with a way to take each back."""

    def work(session: Session) -> str:
        seen = look_at(session, study, number)
        return render_template("desk/facts.html", seen=seen, happened=_happened(session, seen), **names(seen))

    return installation().store.read(work)


@pages.get(f"{HERE}/messages")
@needs(Permission.MESSAGES_READ)
def messages(study: str, number: str) -> str:
    """Show what was sent to somebody, and what will be."""
    asked = Asked(PER_PAGE, request.args.get("cursor") or None)
    book = ContactBook(installation().keys)

    def work(session: Session) -> str:
        seen = look_at(session, study, number)
        known: Page[Shown] = participant_messages(session, book, scope(), study, number, asked)
        found = with_texts(session, installation().designs, known, clock.now())
        told = request.args.get("told", "") if any(each.key == request.args.get("told") for each in seen.visits) else ""
        return render_template("desk/messages.html", seen=seen, found=found, told=told, **names(seen))

    return installation().store.read(work)


@pages.get(f"{HERE}/audit")
@needs(Permission.PARTICIPANT_AUDIT_READ)
def audit(study: str, number: str) -> str:
    """Show who did what with somebody, the oldest first."""
    asked = Asked(PER_PAGE, request.args.get("cursor") or None)

    def work(session: Session) -> str:
        seen = look_at(session, study, number)
        found = participant_audit(session, scope(), study, number, asked)
        return render_template(
            "desk/audit.html", seen=seen, found=found, named=names_in(session, found.rows),
            shown=[shown_entry(seen, entry) for entry in found.rows], **names(seen),
        )  # fmt: skip

    return installation().store.read(work)


def names(seen: Seen) -> dict[str, object]:
    """Addresses, for the templates."""
    here: dict[str, Any] = {"study": seen.study.code, "number": seen.number}
    return {
        "record": lambda kind=None, **about: url_for("desk.record.show", **here, kind=kind, **about),
        "visit_page": lambda key: url_for("desk.visit.show", **here, visit=key),
        "page": lambda name, **more: url_for(f"desk.participant.{name}", **here, **more),
    }


def _recorded(seen: Seen) -> list[tuple[str, str, str]]:
    """What was recorded just now, as id, words and the visit that they may be told of, if the address says so."""
    wanted = set(request.args.get("recorded", "").split(","))
    return [(str(fact.id), fact_words(seen, fact), _to_tell(fact)) for fact in seen.life.live if fact.id in wanted]


def _what_if(seen: Seen) -> str:
    """The form that shows, and does not save, what would move if the next dose came a week later; empty if none can."""
    to_come = (visit for visit in seen.visits if visit.is_open and visit.spec.doses and visit.target)
    visit = next((each for each in to_come if each.target and each.target >= seen.today), None)
    if visit is None or visit.target is None or not seen.may(Permission.FACTS_WRITE):
        return ""
    later = (visit.target + timedelta(days=7)).isoformat()
    said: dict[str, Any] = {"kind": "held", "visit": visit.key, "resume": later}
    if visit.spec.is_day_1 and visit.spec.stay.cycle:
        said = {"kind": "cycle_delayed", "cycle": str(visit.spec.stay), "to": later}
    said |= {"study": seen.study.code, "number": seen.number}
    return url_for("desk.record.show", **said, reason="what if", what_if="1")


def _to_tell(fact: Fact) -> str:
    return fact.visit if isinstance(fact, Booked | Rebooked) else ""


def _happened(session: Session, seen: Seen) -> list[Happened]:
    names = names_of(session, (row.recorded_by for row in seen.life.rows))
    voided = {fact.of for fact in seen.life.history.facts if isinstance(fact, Void)}
    rows = zip(seen.life.rows, seen.life.history.facts, strict=True)
    found = [
        Happened(
            fact, fact_words(seen, fact), names.get(row.recorded_by or 0) or _nobody(row), row.recorded_at,
            row.fact_id in voided, isinstance(fact, Void),
        )
        for row, fact in rows
    ]  # fmt: skip
    return found[::-1]


def _nobody(row: FactRow) -> str:
    """Who recorded what no user has."""
    return "the participant" if row.fact_id.startswith(OWN) else "the planner"

"""A line of the day in words: whom it is about, what it is, and the form that deals with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for

from planner.auth.asking import Asking
from planner.auth.permissions import Permission
from planner.persistence.deviations import DeviationRow
from planner.persistence.visits import GateRow, VisitRow
from planner.services.standing import UNSETTLED
from planner.services.tasks import Told
from planner.services.today import Line, Place, Unconfirmed
from planner.web.words import sentence, short_day
from schedules.statuses import Status
from schedules.wording import days_words, state_words


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. ``when``: its hour or its day; ``action``: label and address of what is to be done."""

    place: Place
    participant: str
    day: date | None
    when: str
    what: str
    detail: str = ""
    tag: str = ""
    done: bool = False
    action: tuple[str, str] | None = None
    #: what stands in the place of a number where it is about no participant that is known
    whose: str = "nobody known"


def comes(line: Line[VisitRow], who: Asking) -> Entry:
    """Somebody who comes today."""
    row = line.row
    done = row.status == Status.DONE.value
    action = None if done else to_record(line, who, "Record", "came", visit=row.key)
    hour = hour_of(row.booked)
    return entry_of(
        line, _stands_on(row), hour or "no hour", row.label, _care(row),
        tag="came" if done else _unsettled(row) or _setting(row), done=done, action=action,
    )  # fmt: skip


def comes_later(line: Line[VisitRow], who: Asking) -> Entry:
    """Somebody who comes on one of the coming days."""
    row = line.row
    hour = hour_of(row.booked)
    action = None if row.booked else to_visit(line, who, "Book", row.key)
    tag = "tentative" if row.tentative else "" if row.booked else _setting(row) or "not booked"
    tag = _unsettled(row) or tag
    return entry_of(line, _stands_on(row), hour or "no hour", row.label, _care(row), tag=tag, action=action)


def _unsettled(row: VisitRow) -> str:
    """What is to be known of an appointment that does not fit any more."""
    return state_words(row.status) if row.booked and row.status in UNSETTLED else ""


def _stands_on(row: VisitRow) -> date | None:
    """The day on which somebody is expected: that of an appointment, whether it fits or not."""
    return date.fromisoformat(row.booked[:10]) if _unsettled(row) else row.target


def overdue(line: Line[VisitRow], who: Asking) -> Entry:
    """A visit whose window has closed without a record."""
    row = line.row
    late = (line.today - row.closes).days if row.closes else 0
    when = f"closed {days_words(late)} ago" if late else "closed"
    return entry_of(
        line, row.closes, when, row.label, _care(row), action=to_record(line, who, "Record", "came", visit=row.key)
    )


def stuck(line: Line[VisitRow], who: Asking) -> Entry:
    """A visit that needs another day, or a decision."""
    row = line.row
    wrong = next((str(conflict["text"]) for conflict in row.conflicts), "")
    when = f"due {short_day(row.nominal)}" if row.nominal else "no date"
    return entry_of(
        line, row.nominal, when, row.label, sentence(wrong) if wrong else "", tag=state_words(row.status),
        action=to_visit(line, who, "Decide", row.key),
    )  # fmt: skip


def window(line: Line[VisitRow], who: Asking) -> Entry:
    """A visit without an appointment whose window opens or closes."""
    row, today = line.row, line.today
    left = (row.closes - today).days if row.closes else 0
    closes = "closes today" if left == 0 else f"closes in {days_words(left)}"
    when = "opens today" if row.opens == today and left > 0 else closes
    return entry_of(line, row.closes, when, row.label, _care(row), action=to_visit(line, who, "Book", row.key))


def decision(line: Line[GateRow], who: Asking) -> Entry:
    """A gate that nobody has decided."""
    row = line.row
    left = (row.due - line.today).days if row.due else 0
    when = "due today" if left == 0 else f"due in {days_words(left)}" if left > 0 else f"{days_words(-left)} late"
    return entry_of(line, row.due, when, row.label, action=to_record(line, who, "Decide", "gate_decided", gate=row.key))


def deviation(line: Line[DeviationRow], who: Asking) -> Entry:
    """A deviation that nobody has judged."""
    row = line.row
    address = url_for("desk.deviations.show_one", study=line.place.study, number=line.place.number, deviation=row.id)
    when = short_day(row.day) if row.day else "no date"
    label = "Review" if may_at(line.place, who, Permission.DEVIATIONS_WRITE) else "Look"
    return entry_of(
        line, row.day, when, sentence(row.text), tag="important" if row.important else "", action=(label, address)
    )


def reply(line: Line[Told], who: Asking) -> Entry:
    """Something to look at because of messages."""
    row = line.row.row
    address = url_for("desk.replies.show", study=line.place.study, task=row.id)
    return entry_of(
        line, row.made_at.date(), short_day(row.made_at.date()), row.words,
        tag=line.row.whom if line.row.whom == "caregiver" else "", action=("Read", address),
    )  # fmt: skip


def loose(line: Line[Told], who: Asking) -> Entry:
    """Something to look at that belongs to no study."""
    row = line.row.row
    address = url_for("desk.replies.show_loose", task=row.id)
    whose = "nobody known" if row.inbound_id is not None else "the planner"
    return entry_of(
        line, row.made_at.date(), short_day(row.made_at.date()), row.words, action=("Read", address), whose=whose
    )


def unconfirmed(line: Line[Unconfirmed], who: Asking) -> Entry:
    """An appointment that nobody has confirmed."""
    row = line.row
    hour = f", {row.starts // 60:02}:{row.starts % 60:02}" if row.starts is not None else ""
    tag = "wants another time" if row.answer == "wants-to-move" else ""
    return entry_of(
        line, row.day, f"{short_day(row.day)}{hour}", row.label, tag=tag, action=to_visit(line, who, "Open", row.key)
    )


def hour_of(booked: str) -> str:
    """``09:30`` of an appointment that has an hour; empty where there is none."""
    return booked.partition("T")[2].partition("/")[0]


def _care(row: VisitRow) -> str:
    return " + ".join(f"{drug} ({level})" if level else drug for drug, level in row.doses)


def _setting(row: VisitRow) -> str:
    return {"remote": "by telephone", "inpatient": "in hospital"}.get(row.setting, "")


def entry_of(line: Line[Any], day: date | None, when: str, what: str, detail: str = "", **more: Any) -> Entry:
    """A line about a participant, with what it says besides."""
    place = line.place
    participant = url_for("desk.participant.show", study=place.study, number=place.number) if place.number else ""
    return Entry(place, participant, day, when, what, detail, **more)


def to_record(line: Line[Any], who: Asking, label: str, kind: str, **about: Any) -> tuple[str, str] | None:
    """The form that records something about whom the line is about; None for whoever may not."""
    if not may_at(line.place, who, Permission.FACTS_WRITE):
        return None
    place = line.place
    return label, url_for("desk.record.show", study=place.study, number=place.number, kind=kind, **about)


def to_visit(line: Line[Any], who: Asking, label: str, key: str) -> tuple[str, str]:
    """The page of a visit, by that label to whoever may book there."""
    place = line.place
    named = label if may_at(place, who, Permission.BOOKINGS_WRITE) else "Look"
    return named, url_for("desk.visit.show", study=place.study, number=place.number, visit=key)


def may_at(place: Place, who: Asking, permission: Permission) -> bool:
    """Whether whoever looks may do that where the line is about."""
    return who.scope(permission).covers(place.study_id, place.site_id)

"""What is recorded at a chair: a dose with its hours, or that somebody came and had none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from planner import clock
from planner.problems import InputProblem, InvalidInput, PlannerError
from planner.services.seats import Seat
from planner.web.desk.changes_view import Preview
from planner.web.desk.fact_form import as_reason
from planner.web.words import sentence
from schedules.history import Given

#: how a dose went: what people read
WENT = {
    "whole": "All of it", "interrupted": "All of it, with an interruption", "part": "Only a part: it was stopped",
}  # fmt: skip
#: what becomes of a dose that was not given
BECOMES = {
    "": "The investigator decides; only that it was not given is recorded",
    "held": "It waits, and is given later",
    "omitted": "It is left out for good",
}
#: by so much a clock at the chair may be ahead of the planner's
_CLOCKS_DIFFER = timedelta(minutes=5)
_HOUR = re.compile(r"\d\d?:\d\d")
_REMEDIES = {"start": "record it once it has begun", "stop": "leave it empty while it runs"}
_SHOWN_AT = {"stop": "stop", "start": "start", "amount": "amount", "note": "note", "not_done": "drugs"}


@dataclass(slots=True)
class ChairForm:
    """A form of an appointment's page. ``name`` tells the page's forms apart: a drug's name, or not-dosed."""

    name: str
    seat: Seat
    values: dict[str, Sequence[str]] = field(default_factory=dict)
    expected: int = 0
    errors: dict[str, list[str]] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    preview: Preview | None = None

    def value(self, name: str) -> str:
        """What was typed into a field."""
        return next(iter(self.values.get(name, ())), "")

    def chosen(self, name: str) -> Sequence[str]:
        """What is ticked."""
        return self.values.get(name, ())

    def id(self, name: str) -> str:
        """The id of a field, which a page has once."""
        return f"{self.name}-{name}"

    def take(self, error: PlannerError) -> None:
        """Keep what is wrong, next to the field that it is about."""
        for problem in error.problems:
            place = problem.place.rpartition("/")[2]
            words = sentence(f"{problem.wrong}; {problem.remedy}")
            name = _SHOWN_AT.get(place, place)
            if name in ("start", "stop", "amount", "note", "went", "drugs", "reason", "becomes", "resume"):
                self.errors.setdefault(name, []).append(words)
            elif words not in self.general:
                self.general.append(words)


def begun(seat: Seat, drug: str) -> Given | None:
    """The dose of a drug that has begun and of which nobody has said that it is over."""
    doses = [dose for one in seat.drugs if one.name == drug for dose in one.given]
    return next((dose for dose in doses if dose.start is not None and dose.stop is None), None)


def dose_facts(form: ChairForm) -> list[dict[str, Any]]:
    """The facts that record a dose; one that had begun is taken back and recorded whole. Raises InvalidInput."""
    seat, went = form.seat, form.value("went") or "whole"
    before = begun(seat, form.name)
    start, stop, note = form.value("start"), form.value("stop"), form.value("note")
    if not start and not stop:
        raise InvalidInput([InputProblem("start", "no hour is said", "write when it began")])
    _refuse_what_is_to_come(seat, {"start": start, "stop": stop})
    if start and stop and stop < start:
        raise InvalidInput([InputProblem("stop", "it would be over before it began", "exchange the two")])
    if went == "interrupted":
        if not note:
            raise InvalidInput([InputProblem("note", "an interruption is not explained", "say from when to when")])
        note = f"Interrupted: {note}"
    said = {"start": start, "stop": stop, "amount": form.value("amount"), "level": form.value("level"), "note": note}
    dose = {"fact": "given", "date": seat.booking.day.isoformat(), "visit": seat.visit.key, "activity": form.name}
    facts: list[dict[str, Any]] = [{**dose, **{name: value for name, value in said.items() if value}}]
    if went == "part":
        facts[0]["partial"] = True
    if before is not None:
        facts.insert(0, _taken_back(form, str(before.id), "recorded whole, now that it is over"))
    return facts


def _refuse_what_is_to_come(seat: Seat, hours: Mapping[str, str]) -> None:
    """Nothing has begun, or is over, at an hour that has not come at the site. Raises InvalidInput."""
    there = clock.now().astimezone(ZoneInfo(str(seat.booking.zone))) + _CLOCKS_DIFFER
    if there.date() != seat.booking.day:
        return
    wrong = f"this hour is still to come: it is {there - _CLOCKS_DIFFER:%H:%M} at the site"
    late = [name for name, hour in hours.items() if _HOUR.fullmatch(hour) and hour.zfill(5) > f"{there:%H:%M}"]
    if late:
        raise InvalidInput(InputProblem(name, wrong, _REMEDIES[name]) for name in late)


def not_dosed_facts(form: ChairForm) -> list[dict[str, Any]]:
    """The facts that record that somebody came and did not have these drugs. Raises InvalidInput."""
    drugs, reason, becomes = list(form.chosen("drugs")), form.value("reason"), form.value("becomes")
    problems = [] if drugs else [InputProblem("drugs", "no drug is chosen", "tick what was not given")]
    if not reason:
        problems.append(InputProblem("reason", "no reason is said", "write why it was not given"))
    if problems:
        raise InvalidInput(problems)
    seat = form.seat
    about = {"date": seat.booking.day.isoformat(), "visit": seat.visit.key}
    facts: list[dict[str, Any]] = []
    if seat.came is not None:
        facts.append(_taken_back(form, str(seat.came.id), "more was not given"))
        drugs = list(dict.fromkeys([*seat.came.not_done, *drugs]))
    facts.append({"fact": "attended", **about, "not_done": drugs, "note": reason})
    for drug in form.chosen("drugs") if becomes else ():
        more = {"resume": form.value("resume")} if becomes == "held" and form.value("resume") else {}
        facts.append({"fact": becomes, **about, "activity": drug, "reason": as_reason(reason)[:60], **more})
    return facts


def taken_back_facts(form: ChairForm, fact_id: str, why: str) -> list[dict[str, Any]]:
    """The fact by which a dose, or that somebody came without one, is taken back. Raises InvalidInput."""
    if not why:
        raise InvalidInput([InputProblem("why", "no reason is said", "say what was wrong")])
    return [_taken_back(form, fact_id, why)]


def _taken_back(form: ChairForm, fact_id: str, why: str) -> dict[str, Any]:
    return {"fact": "void", "date": form.seat.booking.day.isoformat(), "of": fact_id, "note": why}

"""By which rules a study sends: whether at all, whom to call, when; set by a form, and planned anew at once."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from notifications.rules import TIMINGS, Rules
from planner.auth.door import installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput
from planner.services.access import find_study
from planner.services.sending import kinds_of_visits, read_study_rules, set_rules, shown_rules, study_rules
from planner.services.text_previews import unsigned
from planner.web.office.forms import Form, save, sent_form

pages = Blueprint("rules", __name__)
HERE = "/studies/<study>/sending/rules"
TIMING_WORDS = {"7d": "A week before", "3d": "Three days before", "1d": "The day before", "morning": "On the morning"}
_TEXTS = ("alias", "urgent_phone", "emergency_phone")
_HOURS = ("hour", "opens", "closes", "diary_hour", "morning_before")
_NUMBERS = ("per_day", "per_week", "diary_per_day", "redact_after")
_TICKS = ("enabled", "diary", "missed")
_FIELDS = (*_TEXTS, *_HOURS, *_NUMBERS, *_TICKS, "timings", "hours", "links")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@pages.get(HERE)
@needs(Permission.MESSAGES_WRITE, whole=True)
def ask(study: str) -> Response:
    """Show the rules as they are."""
    return _page(study, None, 200)


@pages.post(HERE)
@needs(Permission.MESSAGES_WRITE, whole=True)
def put(study: str) -> ResponseReturnValue:
    """Set the rules; all that is still to come is planned anew."""
    form = sent_form("rules")

    def work(uow: UnitOfWork) -> None:
        found = find_study(uow.session, scope(), study, lock=True, whole=True)
        rules = read_study_rules(_said(form, study_rules(uow.session, scope(), study)))
        set_rules(uow, installation().designs, found, rules)

    def then(_: None) -> str:
        return url_for("office.sending.show_study", study=study, done="rules")

    return save(form, _FIELDS, work, then, lambda sent, status: _page(study, sent, status))


def _said(form: Form, before: Rules) -> dict[str, Any]:
    """The rules as the form has them; what it does not ask for stays as it was. Raises InvalidInput."""
    said = shown_rules(before)
    said |= {name: form.value(name) for name in _TEXTS} | {name: bool(form.value(name)) for name in _TICKS}
    said["timings"] = [name for name in TIMINGS if name in form.chosen("timings")]
    said["links"] = [line.strip() for line in form.value("links").splitlines() if line.strip()]
    said["timings_by_visit"] = _by_visit(form)
    problems: list[InputProblem] = []
    hours = {name: _minutes(form, name, problems) for name in _HOURS}
    if problems:
        raise InvalidInput(problems)
    said["hours"] = {name: hours.pop(name) for name in ("opens", "closes")}
    return said | hours | {name: form.number(name) or 0 for name in _NUMBERS}


def _by_visit(form: Form) -> dict[str, list[str]]:
    """The timings of kinds of visits that have some of their own: those that stay, and one that is added."""
    kinds = [kind for kind in form.chosen("kinds") if not form.value(f"usual-{kind}")]
    found = {kind: _ticked(form, f"by-{kind}") for kind in kinds}
    added = form.value("new_kind")
    return {**found, added: _ticked(form, "new_timings")} if added else found


def _ticked(form: Form, name: str) -> list[str]:
    return [timing for timing in TIMINGS if timing in form.chosen(name)]


def _minutes(form: Form, name: str, problems: list[InputProblem]) -> int:
    found = _CLOCK.fullmatch(form.value(name))
    if found is None:
        wrong = "this is no number of hours" if name == "morning_before" else "this is no time of day"
        problems.append(InputProblem(name, wrong, "write it as 09:00"))
        return 0
    return int(found[1]) * 60 + int(found[2])


def _kept(rules: Rules) -> dict[str, Any]:
    hours = rules.hours
    minutes = dict(
        zip(_HOURS, (rules.hour, hours.opens, hours.closes, rules.diary_hour, rules.morning_before), strict=True)
    )
    clocks = {name: f"{one // 60:02}:{one % 60:02}" for name, one in minutes.items()}
    ticks = {name: "yes" if getattr(rules, name) else "" for name in _TICKS}
    by_visit: dict[str, Any] = {f"by-{kind}": timings for kind, timings in rules.timings_by_visit.items()}
    by_visit |= {"kinds": list(rules.timings_by_visit), "links": "\n".join(rules.links)}
    return {**{name: getattr(rules, name) for name in (*_TEXTS, *_NUMBERS, "timings")}, **clocks, **ticks, **by_visit}


def _page(study: str, form: Form | None, status: int) -> Response:
    def work(session: Session) -> str:
        found = find_study(session, scope(), study)
        shown = form or Form("rules", _kept(study_rules(session, scope(), study)))
        kinds = dict(kinds_of_visits(session, installation().designs, found))
        own = [(kind, kinds.get(kind, kind)) for kind in shown.chosen("kinds")]
        return render_template(
            "office/rules.html", study=found, form=shown, timings=[(name, TIMING_WORDS[name]) for name in TIMINGS],
            missing=unsigned(session, scope(), study), own=own,
            others=[(kind, label) for kind, label in kinds.items() if kind not in dict(own)],
        )  # fmt: skip

    return make_response(installation().store.read(work), status)

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
from planner.services.sending import read_study_rules, set_rules, shown_rules, study_rules
from planner.services.text_previews import unsigned
from planner.web.office.forms import Form, save, sent_form

pages = Blueprint("rules", __name__)
HERE = "/studies/<study>/sending/rules"
TIMING_WORDS = {"7d": "A week before", "3d": "Three days before", "1d": "The day before", "morning": "On the morning"}
_TEXTS = ("alias", "urgent_phone", "emergency_phone")
_HOURS = ("hour", "opens", "closes", "diary_hour")
_NUMBERS = ("per_day", "per_week", "redact_after")
_TICKS = ("enabled", "diary", "missed")
_FIELDS = (*_TEXTS, *_HOURS, *_NUMBERS, *_TICKS, "timings", "hours")
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
    problems: list[InputProblem] = []
    hours = {name: _minutes(form, name, problems) for name in _HOURS}
    if problems:
        raise InvalidInput(problems)
    said |= {"hour": hours["hour"], "diary_hour": hours["diary_hour"]}
    said["hours"] = {"opens": hours["opens"], "closes": hours["closes"]}
    return said | {name: form.number(name) or 0 for name in _NUMBERS}


def _minutes(form: Form, name: str, problems: list[InputProblem]) -> int:
    found = _CLOCK.fullmatch(form.value(name))
    if found is None:
        problems.append(InputProblem(name, "this is no time of day", "write it as 09:00"))
        return 0
    return int(found[1]) * 60 + int(found[2])


def _kept(rules: Rules) -> dict[str, Any]:
    hours = rules.hours
    minutes = dict(zip(_HOURS, (rules.hour, hours.opens, hours.closes, rules.diary_hour), strict=True))
    clocks = {name: f"{one // 60:02}:{one % 60:02}" for name, one in minutes.items()}
    ticks = {name: "yes" if getattr(rules, name) else "" for name in _TICKS}
    return {**{name: getattr(rules, name) for name in (*_TEXTS, *_NUMBERS, "timings")}, **clocks, **ticks}


def _page(study: str, form: Form | None, status: int) -> Response:
    def work(session: Session) -> str:
        found = find_study(session, scope(), study)
        shown = form or Form("rules", _kept(study_rules(session, scope(), study)))
        return render_template(
            "office/rules.html", study=found, form=shown, timings=[(name, TIMING_WORDS[name]) for name in TIMINGS],
            missing=unsigned(session, scope(), study),
        )  # fmt: skip

    return make_response(installation().store.read(work), status)

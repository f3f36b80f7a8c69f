"""Version 1 of the API: every group of routes, behind one door."""

from __future__ import annotations

from flask import Response
from flask_openapi import APIBlueprint
from pydantic import ValidationError

from planner.api import (
    amendments,
    checklists,
    cohorts,
    contact_attempts,
    contact_consents,
    contacts,
    deviations,
    facts,
    feeds,
    guard,
    home_links,
    inbox,
    logs,
    messages,
    opt_outs,
    participants,
    people,
    protocols,
    records,
    report_mails,
    reports,
    sdtm,
    sending,
    sites,
    studies,
    treatment,
    users,
    wordings,
    work,
)
from planner.api.answers import problem_answer
from planner.problems import InputProblem, InvalidInput, shown

GROUPS = (
    protocols, people, users, studies, sites, cohorts, amendments, participants, facts, treatment, checklists, work,
    deviations, contacts, contact_attempts, contact_consents, logs, records, sending, wordings,
    messages, inbox, opt_outs, feeds, home_links, reports, report_mails, sdtm,
)  # fmt: skip
_REMEDIES = {
    "missing": "add it",
    "extra_forbidden": "leave it out, or check its name",
    "value_error": "",
}


def make_api() -> APIBlueprint:
    """All routes under /api/v1."""
    api = APIBlueprint("v1", __name__, url_prefix="/api/v1")
    api.before_request(guard.check)
    for group in GROUPS:
        api.register_api(group.api)
    return api


def answer_validation(error: ValidationError) -> Response:
    """What a body, an address or a header has wrong: every problem with its place."""
    problems = [_problem(item["loc"], item["type"], item["msg"]) for item in error.errors(include_url=False)]
    return problem_answer(InvalidInput.status, InvalidInput.title, problems, f"/problems/{InvalidInput.name}")


def _problem(loc: tuple[int | str, ...], kind: str, message: str) -> InputProblem:
    place = "/".join(shown(str(part)) for part in loc) or "body"
    wrong = shown_whole(message.removeprefix("Value error, "))
    said, _, remedy = wrong.partition("; ")
    return InputProblem(place, said, remedy or _REMEDIES.get(kind) or "look at /api/v1/docs for what is taken")


def shown_whole(text: str) -> str:
    """A message of pydantic's, which may repeat what was sent: not too long."""
    return text if len(text) <= 200 else f"{text[:199]}…"

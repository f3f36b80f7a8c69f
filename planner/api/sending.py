"""How a study sends: its rules with a preview, and the switches that stop everything."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import AfterValidator, Field
from sqlalchemy.orm import Session

from notifications.reminders import Planned
from notifications.rules import TIMINGS, Rules
from planner import clock
from planner.api.requests import installation, needs, reading, scope, writing
from planner.api.resource import resource
from planner.api.types import Answer, Body, Day, StudyPath, Words
from planner.auth.permissions import Permission
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput
from planner.services.access import find_study
from planner.services.contacts import is_zone
from planner.services.sending import (
    LONGEST_WHY,
    Switch,
    preview_rules,
    read_study_rules,
    set_rules,
    set_study_switch,
    set_whole_switch,
    shown_rules,
    study_rules,
    study_switch,
    whole_switch,
)

api = resource("sending", "How a study reminds: hours, offsets, caps, whom to call; and the switches.")


def _on_the_clock(text: str) -> str:
    hours, _, minutes = text.partition(":")
    if len(text) == 5 and hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60:
        return text
    raise ValueError("this is no time of day; write it as 09:00")


Hour = Annotated[str, Field(min_length=5, max_length=5, examples=["09:00"]), AfterValidator(_on_the_clock)]
Phone = Annotated[str, Field(max_length=25)]


class RulesBody(Body):
    """By which rules a study sends. Hours are the recipient's own. What is left out is as it comes."""

    enabled: bool = Field(description="Whether anything is sent; asks for both numbers and the clinic's alias.")
    urgent_phone: Phone = Field(default="", description="The number that answers day and night.")
    emergency_phone: Phone = Field(default="", description="Such as 112 or 911.")
    alias: str = Field(default="", max_length=30, description="What the clinic is called towards participants.")
    timings: list[Literal[TIMINGS]] = Field(default=["3d", "1d"], max_length=4)  # type: ignore[valid-type]
    hour: Hour = Field(default="09:00", description="When reminders some days before are sent.")
    morning_before_minutes: int = Field(default=180, ge=60, le=720, description="How long before the appointment.")
    opens: Hour = Field(default="08:00", description="Before it nothing is sent.")
    closes: Hour = Field(default="20:00", description="From it on nothing is sent.")
    per_day: int = Field(default=2, ge=1, le=10)
    per_week: int = Field(default=2, ge=1, le=50)
    timings_by_visit: dict[
        Annotated[str, Field(max_length=120)], Annotated[list[Literal[TIMINGS]], Field(max_length=4)]  # type: ignore[valid-type]
    ] = Field(
        default={}, max_length=100, examples=[{"screening": ["1d"], "induction.d8": ["3d", "morning"]}],
        description="Timings of an epoch's visits, or of one of them, where they are not the study's.",
    )  # fmt: skip
    diary: bool = Field(default=False, description="Whether people are prompted about what is done at home.")
    diary_hour: Hour = Field(default="18:00", description="When they are, on the days on which something is.")
    diary_per_day: int = Field(default=1, ge=0, le=10)
    missed: bool = Field(default=False, description="Whether somebody who did not come is written to.")
    redact_after: int = Field(default=30, ge=1, le=3650, description="After how many days texts are removed.")
    links: list[Annotated[str, Field(max_length=200)]] = Field(
        default=[], max_length=20, description="The addresses on the web that a text may name."
    )


class RulesAnswer(Answer):
    """By which rules a study sends."""

    enabled: bool
    urgent_phone: str
    emergency_phone: str
    alias: str
    timings: list[str]
    hour: str
    morning_before_minutes: int
    opens: str
    closes: str
    per_day: int
    per_week: int
    timings_by_visit: dict[str, list[str]]
    diary: bool
    diary_hour: str
    diary_per_day: int
    missed: bool
    redact_after: int
    links: list[str]


class PreviewBody(Body):
    """Rules, and an appointment that is made now."""

    rules: RulesBody
    day: Day
    time: Hour | None = Field(default=None, description="On the site's clock; left out where no hour is known.")
    site_zone: str = Field(max_length=64, examples=["America/New_York"])
    zone: str | None = Field(default=None, max_length=64, description="The recipient's; the site's if left out.")


class PlannedAnswer(Answer):
    """A reminder that would be sent."""

    template: str
    timing: str
    due_at: datetime
    expires_at: datetime


class PreviewAnswer(Answer):
    """The reminders of that appointment, earliest first."""

    reminders: list[PlannedAnswer]


class SwitchBody(Body):
    """Switch sending off, or on again."""

    off: bool
    why: Annotated[Words, Field(max_length=LONGEST_WHY)]


class SwitchAnswer(Answer):
    """Whether sending is switched off."""

    off: bool
    why: str
    changed_at: datetime | None
    everywhere: bool = Field(description="Whether it is switched off in all studies at once.")


@api.get("/studies/<study>/sending-rules", responses={200: RulesAnswer}, operation_id="show_sending_rules")
@needs(Permission.MESSAGES_READ)
def show(path: StudyPath) -> Response:
    """Show by which rules a study sends; without any it sends nothing."""
    return reading(lambda session: _shown(study_rules(session, scope(), path.study)))


@api.put("/studies/<study>/sending-rules", responses={200: RulesAnswer}, operation_id="set_sending_rules")
@needs(Permission.MESSAGES_WRITE, whole=True)
def put(path: StudyPath, body: RulesBody) -> Response:
    """Set by which rules a study sends, in place of those before; all that is still to come is planned anew."""
    rules = _read(body)
    designs = installation().designs

    def work(uow: UnitOfWork) -> RulesAnswer:
        set_rules(uow, designs, find_study(uow.session, scope(), path.study, lock=True, whole=True), rules)
        return _shown(rules)

    return writing(work, lambda shown: shown)


@api.post(
    "/studies/<study>/sending-rules/preview", responses={200: PreviewAnswer}, operation_id="preview_sending_rules"
)
@needs(Permission.MESSAGES_READ, keyed=False)
def preview(path: StudyPath, body: PreviewBody) -> Response:
    """Show when somebody would be reminded of an appointment by such rules; nothing is changed."""
    rules = _read(body.rules)
    zone = body.zone or body.site_zone
    problems = [
        InputProblem(name, "there is no such time zone", "write an IANA name, such as America/New_York")
        for name, given in (("site_zone", body.site_zone), ("zone", zone))
        if not is_zone(given)
    ]
    if problems:
        raise InvalidInput(problems)

    def work(session: Session) -> PreviewAnswer:
        find_study(session, scope(), path.study)
        starts = _minutes(body.time) if body.time else None
        found = preview_rules(rules, body.day, starts, body.site_zone, zone, clock.now())
        return PreviewAnswer(reminders=[_reminder(one) for one in found])

    return reading(work)


@api.get("/studies/<study>/sending-switch", responses={200: SwitchAnswer}, operation_id="show_sending_switch")
@needs(Permission.MESSAGES_READ)
def show_switch(path: StudyPath) -> Response:
    """Show whether sending is switched off in a study."""
    return reading(lambda session: _switch(study_switch(session, scope(), path.study)))


@api.put("/studies/<study>/sending-switch", responses={200: SwitchAnswer}, operation_id="set_sending_switch")
@needs(Permission.MESSAGES_WRITE, whole=True)
def set_switch(path: StudyPath, body: SwitchBody) -> Response:
    """Stop all sending in a study, or go on. It is read before each single message."""

    def work(uow: UnitOfWork) -> SwitchAnswer:
        set_study_switch(uow, find_study(uow.session, scope(), path.study, whole=True), body.off, body.why)
        return _switch(study_switch(uow.session, scope(), path.study))

    return writing(work, lambda shown: shown)


@api.get("/sending-switch", responses={200: SwitchAnswer}, operation_id="show_whole_switch")
@needs(Permission.MESSAGES_READ, everything=True)
def show_whole() -> Response:
    """Show whether all sending is switched off."""
    return reading(lambda session: _switch(whole_switch(session)))


@api.put("/sending-switch", responses={200: SwitchAnswer}, operation_id="set_whole_switch")
@needs(Permission.MESSAGES_WRITE, everything=True)
def set_whole(body: SwitchBody) -> Response:
    """Stop all sending in every study, or go on."""

    def work(uow: UnitOfWork) -> SwitchAnswer:
        set_whole_switch(uow, scope(), body.off, body.why)
        return _switch(whole_switch(uow.session))

    return writing(work, lambda shown: shown)


def _read(body: RulesBody) -> Rules:
    data: dict[str, Any] = body.model_dump()
    hours = {"opens": _minutes(data.pop("opens")), "closes": _minutes(data.pop("closes"))}
    before = data.pop("morning_before_minutes")
    at = {"hour": _minutes(body.hour), "diary_hour": _minutes(body.diary_hour)}
    return read_study_rules({**data, **at, "hours": hours, "morning_before": before})


def _shown(rules: Rules) -> RulesAnswer:
    data = shown_rules(rules)
    hours = data.pop("hours")
    data["hour"], data["opens"], data["closes"] = (_clock(m) for m in (rules.hour, hours["opens"], hours["closes"]))
    data["diary_hour"] = _clock(rules.diary_hour)
    data["morning_before_minutes"] = data.pop("morning_before")
    by_visit = {name: list(timings) for name, timings in rules.timings_by_visit.items()}
    lists = {"timings": list(rules.timings), "links": list(rules.links), "timings_by_visit": by_visit}
    return RulesAnswer(**{**data, **lists})


def _reminder(one: Planned) -> PlannedAnswer:
    return PlannedAnswer.model_validate(one)


def _switch(found: Switch) -> SwitchAnswer:
    return SwitchAnswer.model_validate(found)


def _minutes(hour: str) -> int:
    return int(hour[:2]) * 60 + int(hour[3:])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"

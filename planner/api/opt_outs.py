"""Who wants nothing more: the ledger of a participant's numbers, which a person keeps too."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import Field

from planner import clock
from planner.api.requests import needs, reading, scope, writing
from planner.api.resource import resource
from planner.api.types import Answer, Body, Line, ParticipantPath
from planner.auth.permissions import Permission
from planner.services import opt_outs as ledger
from planner.services.sending import CHANNELS

api = resource("opt-outs", "Numbers and addresses that want nothing more, whatever a provider believes.")


class OptOutEventAnswer(Answer):
    """One stop or start."""

    at: datetime
    stopped: bool
    source: str = Field(description="Who said so: reply, provider, or person.")
    detail: str


class OptOutAnswer(Answer):
    """How one number or address stands."""

    whom: Literal["participant", "caregiver"]
    channel: str
    stopped: bool = Field(description="They have said stop, and not start since.")
    suspended_at: datetime | None = Field(description="Since when nothing is sent until somebody has verified it.")
    suspended_why: str
    events: list[OptOutEventAnswer]


class OptOutsAnswer(Answer):
    """Every number and address of a participant, and of whoever cares for them."""

    addresses: list[OptOutAnswer]


class OptOutChange(Body):
    """What somebody has said, or that a number was verified."""

    step: Literal[ledger.STEPS]  # type: ignore[valid-type]
    how: Line = Field(examples=["by word of mouth"])
    channel: Literal[CHANNELS] = "sms"  # type: ignore[valid-type]
    caregiver: bool = Field(default=False, description="Whether it is the number of whoever cares for them.")


@api.get(
    "/studies/<study>/participants/<number>/opt-outs", responses={200: OptOutsAnswer}, operation_id="list_opt_outs"
)
@needs(Permission.MESSAGES_READ)
def list_all(path: ParticipantPath) -> Response:
    """Show how each number and address of a participant stands, with all that was said; in one piece."""
    return reading(lambda session: _shown(ledger.opt_outs(session, scope(), path.study, path.number, clock.now())))


@api.post(
    "/studies/<study>/participants/<number>/opt-outs", responses={200: OptOutsAnswer}, operation_id="change_opt_out"
)
@needs(Permission.MESSAGES_WRITE)
def change(path: ParticipantPath, body: OptOutChange) -> Response:
    """Record that somebody wants nothing more, or messages again; or that their number was verified."""
    command = ledger.ChangeOptOut(study=path.study, participant=path.number, **body.model_dump())
    return writing(lambda uow: _shown(ledger.change_opt_out(uow, scope(), command)), lambda shown: shown)


def _shown(lines: list[ledger.Line]) -> OptOutsAnswer:
    return OptOutsAnswer(addresses=[OptOutAnswer.model_validate(line) for line in lines])

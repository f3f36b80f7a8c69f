"""What participants have agreed to be sent: nothing is sent without it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from planner import clock
from planner.api.requests import needs, reading, scope, writing
from planner.api.resource import resource
from planner.api.types import Answer, Body, Day, Line, ParticipantPath
from planner.auth.permissions import Permission
from planner.clock import local_day
from planner.persistence.contact_consents import ContactConsent
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.services.access import find_participant, find_study
from planner.services.contact_consents import (
    CHANNELS,
    AgreeToContact,
    EndContactConsent,
    agree_to_contact,
    contact_consents,
    end_contact_consent,
    may_be_sent,
)

api = resource("contact-consents", "What participants have agreed to be sent, by channel.")
_FIELDS = ("id", "channel", "agreed", "since", "until", "how", "recorded_at")
Channel = Literal[CHANNELS]  # type: ignore[valid-type]


class ConsentAnswer(Answer):
    """What a participant said about one channel. What was said last counts from its day on."""

    id: int
    channel: str
    agreed: bool = Field(description="Yes from `since` on, or no from it on.")
    since: date
    until: date | None = Field(description="The last day, where it was given for a time.")
    how: str
    recorded_by: str | None
    recorded_at: datetime


class ConsentsAnswer(Answer):
    """What may be sent to a participant today, and all that they ever said about it."""

    today: date = Field(description="The day at the participant's site.")
    current: list[ConsentAnswer] = Field(description="The consents by which something may be sent today.")
    history: list[ConsentAnswer] = Field(description="All that was said, in the order in which it was recorded.")


class Agreement(Body):
    """A participant agrees to be sent something by a channel."""

    channel: Channel
    how: Line = Field(examples=["on the consent form"])
    since: Day | None = Field(default=None, description="Today at the site if left out.")
    until: Day | None = Field(default=None, description="The last day, where it is given for a time.")


class AgreementEnd(Body):
    """A participant wants nothing more by a channel."""

    channel: Channel
    how: Line = Field(examples=["by word of mouth"])
    since: Day | None = Field(default=None, description="Today at the site if left out.")


@api.get(
    "/studies/<study>/participants/<number>/contact-consents",
    responses={200: ConsentsAnswer}, operation_id="list_contact_consents",
)  # fmt: skip
@needs(Permission.CONTACTS_READ)
def list_all(path: ParticipantPath) -> Response:
    """Show what a participant may be sent today, and all that they ever said; in one piece, as few words as it is."""

    def work(session: Session) -> ConsentsAnswer:
        said = contact_consents(session, scope(), path.study, path.number)
        participant = find_participant(session, scope(), find_study(session, scope(), path.study), path.number)
        today = local_day(clock.now(), session.get_one(SiteRow, participant.site_id).zone)
        current = may_be_sent(session, participant, today)
        names = names_of(session, (row.recorded_by for row in said))
        return ConsentsAnswer(
            today=today, current=[_shown(current[channel], names) for channel in sorted(current)],
            history=[_shown(row, names) for row in said],
        )  # fmt: skip

    made = reading(work)
    made.headers["Cache-Control"] = "no-store"
    return made


@api.post(
    "/studies/<study>/participants/<number>/contact-consents",
    responses={201: ConsentAnswer}, operation_id="agree_to_contact",
)  # fmt: skip
@needs(Permission.CONTACTS_WRITE)
def agree(path: ParticipantPath, body: Agreement) -> Response:
    """Record that a participant agrees to be sent something by a channel."""
    command = AgreeToContact(study=path.study, participant=path.number, **body.model_dump())
    return writing(lambda uow: _named(uow, agree_to_contact(uow, scope(), command)), lambda shown: shown, 201)


@api.post(
    "/studies/<study>/participants/<number>/contact-consents/end",
    responses={201: ConsentAnswer}, operation_id="end_contact_consent",
)  # fmt: skip
@needs(Permission.CONTACTS_WRITE)
def end(path: ParticipantPath, body: AgreementEnd) -> Response:
    """Record that a participant wants nothing more by a channel."""
    command = EndContactConsent(study=path.study, participant=path.number, **body.model_dump())
    return writing(lambda uow: _named(uow, end_contact_consent(uow, scope(), command)), lambda shown: shown, 201)


def _named(uow: UnitOfWork, row: ContactConsent) -> ConsentAnswer:
    return _shown(row, names_of(uow.session, [row.recorded_by]))


def _shown(row: ContactConsent, names: dict[int, str]) -> ConsentAnswer:
    return ConsentAnswer(recorded_by=names.get(row.recorded_by or 0), **{name: getattr(row, name) for name in _FIELDS})

"""Links to participants' own pages: given, renewed, ended; and devices let in by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from flask import Response, request
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from planner import clock
from planner.api.requests import installation, needs, reading, scope, writing
from planner.api.resource import resource
from planner.api.types import Answer, Body, ParticipantPath
from planner.auth.permissions import Permission
from planner.persistence.unit_of_work import UnitOfWork
from planner.services import home_links as service
from planner.services.feeds import LONGEST_BRING
from planner.services.home_changes import LONGEST_NAME, ChangePage, change_page, medicine_names

api = resource("home-links", "Pages of participants' own: who has a link, and which devices were let in.")
HERE = "/studies/<study>/participants/<number>/home-link"


class DeviceAnswer(Answer):
    """A telephone or computer that was let in."""

    id: int
    how: str = Field(description="How its code came to them: text, or desk.")
    began_at: datetime
    seen_at: datetime = Field(description="To within a day.")
    ends_at: datetime


class HomeLinkAnswer(Answer):
    """How somebody's page stands."""

    given_at: datetime | None = Field(description="When their link was given; none if they have none.")
    texts: bool = Field(description="Whether a code can come to their telephone by text.")
    bring: str
    no_driving: bool
    medicines: dict[str, str] = Field(description="By what name they know each drug that they take at home.")
    devices: list[DeviceAnswer] = Field(description="The newest first.")


class GivenAnswer(Answer):
    """A link, which nobody can look up later."""

    link: str


class CodeAnswer(Answer):
    """A code that lets one device in within ten minutes."""

    code: str


class NewHomeLink(Body):
    """A page to be given to a participant."""

    bring: str = Field(default="", max_length=LONGEST_BRING, examples=["your diary"])
    no_driving: bool = Field(default=False, description="Whether they are not to drive on days with a study drug.")


class ChangedHomeLink(Body):
    """What a page is to say otherwise; what is left out stays."""

    bring: str | None = Field(default=None, max_length=LONGEST_BRING, examples=["your diary"])
    no_driving: bool | None = Field(
        default=None, description="Whether they are not to drive on days with a study drug."
    )
    medicines: dict[str, Annotated[str, StringConstraints(max_length=LONGEST_NAME)]] | None = Field(
        default=None, max_length=50, examples=[{"venetoclax": "the yellow ones"}],
        description="By what name they know a drug that they take at home; an empty name takes it away.",
    )  # fmt: skip


class DevicePath(ParticipantPath):
    """A device of a participant."""

    device: int = Field(ge=1, le=2**62)


@api.get(HERE, responses={200: HomeLinkAnswer}, operation_id="show_home_link")
@needs(Permission.CONTACTS_READ)
def show(path: ParticipantPath) -> Response:
    """Show whether a participant has a link to a page of their own, and which devices it let in."""
    return reading(lambda session: _shown(session, path))


@api.post(HERE, responses={201: GivenAnswer}, operation_id="give_home_link")
@needs(Permission.CONTACTS_WRITE, keyed=False)
def give(path: ParticipantPath, body: NewHomeLink) -> Response:
    """Give a participant a link, and show it, this once."""
    planner = installation()
    command = service.GiveLink(study=path.study, participant=path.number, **body.model_dump())

    def work(uow: UnitOfWork) -> GivenAnswer:
        return _given(service.give_link(uow, planner.designs, planner.keys, scope(), command))

    return writing(work, lambda shown: shown, 201)


@api.patch(HERE, responses={200: HomeLinkAnswer}, operation_id="change_home_link")
@needs(Permission.CONTACTS_WRITE)
def change(path: ParticipantPath, body: ChangedHomeLink) -> Response:
    """Change what the page says besides the visits; the link, the devices and the calendar stay."""
    planner = installation()
    command = ChangePage(study=path.study, participant=path.number, **body.model_dump())

    def work(uow: UnitOfWork) -> HomeLinkAnswer:
        change_page(uow, planner.designs, scope(), command)
        return _shown(uow.session, path)

    return writing(work, lambda shown: shown)


@api.post(f"{HERE}/renewal", responses={201: GivenAnswer}, operation_id="renew_home_link")
@needs(Permission.CONTACTS_WRITE, keyed=False)
def renew(path: ParticipantPath) -> Response:
    """Give another link to the same page. The old one and every device end; the calendar goes on."""
    return writing(
        lambda uow: _given(service.renew_link(uow, scope(), path.study, path.number)), lambda shown: shown, 201
    )


@api.post(f"{HERE}/code", responses={201: CodeAnswer}, operation_id="let_home_device_in")
@needs(Permission.CONTACTS_WRITE, keyed=False)
def let_in(path: ParticipantPath) -> Response:
    """Make a code to be told to the participant: it lets one device in."""
    keys = installation().keys

    def work(uow: UnitOfWork) -> CodeAnswer:
        return CodeAnswer(code=service.let_in(uow, keys, scope(), path.study, path.number))

    return writing(work, lambda shown: shown, 201)


@api.post(f"{HERE}/end", responses={200: HomeLinkAnswer}, operation_id="end_home_link")
@needs(Permission.CONTACTS_WRITE)
def end(path: ParticipantPath) -> Response:
    """End a participant's page: the link, every device and the calendar."""

    def work(uow: UnitOfWork) -> HomeLinkAnswer:
        service.take_link_back(uow, scope(), path.study, path.number)
        return _shown(uow.session, path)

    return writing(work, lambda shown: shown)


@api.post(f"{HERE}/devices/<int:device>/end", responses={200: HomeLinkAnswer}, operation_id="end_home_device")
@needs(Permission.CONTACTS_WRITE)
def end_device(path: DevicePath) -> Response:
    """Let a device in no more, such as a lost telephone."""

    def work(uow: UnitOfWork) -> HomeLinkAnswer:
        service.end_device(uow, scope(), path.study, path.number, path.device)
        return _shown(uow.session, path)

    return writing(work, lambda shown: shown)


def _given(given: service.Given) -> GivenAnswer:
    root = installation().settings.public_url or request.url_root.rstrip("/")
    return GivenAnswer(link=f"{root}/home/{given.token}")


def _shown(session: Session, path: Any) -> HomeLinkAnswer:
    state = service.page_state(session, scope(), path.study, path.number, clock.now())
    link = state.link
    return HomeLinkAnswer(
        given_at=link.made_at if link else None, texts=state.texts, bring=state.bring,
        no_driving=link.no_driving if link else False, medicines=medicine_names(session, link) if link else {},
        devices=[DeviceAnswer.model_validate(device) for device in state.devices],
    )  # fmt: skip

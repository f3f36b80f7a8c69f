"""Checklists of visits: suggested by their activities, added to and ticked by people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from flask import Response
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from planner.api.requests import installation, needs, reading, scope, writing
from planner.api.resource import resource
from planner.api.types import Answer, Body, Key, Note, VisitPath
from planner.auth.permissions import Permission
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.services.checklists import Item, VisitAddress, add_item, checklist_for, tick, untick

api = resource("checklists", "What is to be thought of at a visit, and what of it is done.")
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class ItemAnswer(Answer):
    """One item of a visit's checklist."""

    item: str
    kind: str = Field(description="arrived, kit, sample, questionnaire, edc, or own: added by somebody.")
    label: str
    suggested: bool = Field(description="Whether the visit's activities still call for it.")
    done: bool
    ticked_at: datetime | None
    ticked_by: str | None
    unticked_why: str = Field(description="Why the last tick was taken back, where it was.")


class ChecklistAnswer(Answer):
    """A visit's checklist: what is suggested first, then what people added."""

    items: list[ItemAnswer]


class NewItem(Body):
    """Something of one's own to think of."""

    label: Label = Field(examples=["Parking permit"])


class Tick(Body):
    """Whether an item is done."""

    done: bool
    why: Note = Field(default="", description="Why it is not done after all; needed to take a tick back.")


class ItemPath(VisitPath):
    """An item of a visit's checklist."""

    item: Key = Field(description="Such as edc, or kit.bloods.")


@api.get(
    "/studies/<study>/participants/<number>/visits/<visit>/checklist",
    responses={200: ChecklistAnswer}, operation_id="show_checklist",
)  # fmt: skip
@needs(Permission.CARE_READ)
def show(path: VisitPath) -> Response:
    """Show a visit's checklist; it has a hundred items at most."""
    planner = installation()

    def work(session: Session) -> ChecklistAnswer:
        found = checklist_for(session, planner.designs, scope(), _address(path))
        names = names_of(session, (item.ticked_by for item in found))
        return ChecklistAnswer(items=[_shown(item, names) for item in found])

    return reading(work)


@api.post(
    "/studies/<study>/participants/<number>/visits/<visit>/checklist",
    responses={201: ItemAnswer}, operation_id="add_checklist_item",
)  # fmt: skip
@needs(Permission.CARE_WRITE)
def add(path: VisitPath, body: NewItem) -> Response:
    """Add something of your own to a visit's checklist."""
    planner = installation()
    return writing(
        lambda uow: _shown(add_item(uow, planner.designs, scope(), _address(path), body.label), {}),
        lambda shown: shown,
        201,
    )


@api.put(
    "/studies/<study>/participants/<number>/visits/<visit>/checklist/<item>",
    responses={200: ItemAnswer}, operation_id="tick_checklist_item",
)  # fmt: skip
@needs(Permission.CARE_WRITE)
def set_done(path: ItemPath, body: Tick) -> Response:
    """Tick an item, or take its tick back with a reason; 409 if somebody has done so already."""
    planner = installation()

    def work(uow: UnitOfWork) -> ItemAnswer:
        if body.done:
            found = tick(uow, planner.designs, scope(), _address(path), path.item)
        else:
            found = untick(uow, planner.designs, scope(), _address(path), path.item, body.why)
        return _shown(found, names_of(uow.session, [found.ticked_by]))

    return writing(work, lambda shown: shown)


def _address(path: VisitPath) -> VisitAddress:
    return VisitAddress(study=path.study, participant=path.number, visit=path.visit)


def _shown(item: Item, names: dict[int, str]) -> ItemAnswer:
    return ItemAnswer(
        item=item.item, kind=item.kind, label=item.label, suggested=item.suggested, done=item.ticked_at is not None,
        ticked_at=item.ticked_at, ticked_by=names.get(item.ticked_by or 0), unticked_why=item.unticked_why,
    )  # fmt: skip

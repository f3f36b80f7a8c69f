"""Calendars of the demo to subscribe to: a coordinator's, an infusion centre's, and a participant's own."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.recipients import RecipientRow
from planner.demo.setting import NORTH, VSLI, demo_email
from planner.demo.stage import Stage
from planner.persistence.feeds import Feed, note_fetches
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import SYSTEM, Actor, Store, UnitOfWork
from planner.persistence.users import user_by_email
from planner.services.designs import Designs
from planner.services.feed_scope import owner_scope
from planner.services.feeds import MakeFeed, make_feed, revoke_feed
from planner.services.recipients import participant_of
from planner.services.users import Role

LABEL = "Demo"


def fresh_links(store: Store, designs: Designs, now: datetime, today: date) -> dict[str, str]:
    """The secret of a link for each kind of reader; what was printed before opens nothing any more."""
    store.write(SYSTEM, now, _withdraw_older)
    wanted = [
        (Role.COORDINATOR, MakeFeed(audience="coordinator", label=f"{LABEL}: my participants")),
        (Role.INFUSION_CENTRE, MakeFeed(audience="centre", site=NORTH, label=f"{LABEL}: infusions")),
    ]
    whose = store.read(lambda session: _somebody_with_an_appointment(session, today))
    if whose is not None:
        study, number = whose
        own = MakeFeed(audience="participant", study=study, participant=number, label=LABEL, bring="your diary")
        wanted.append((Role.COORDINATOR, own))
    return {command.audience: _made(store, designs, now, role, command) for role, command in wanted}


def _made(store: Store, designs: Designs, now: datetime, role: Role, command: MakeFeed) -> str:
    owner = store.read(lambda session: user_by_email(session, demo_email(role)))
    if owner is None:
        raise LookupError(f"the demo has no {role.value}")
    actor = Actor(f"user:{owner.id}", owner.id)

    def work(uow: UnitOfWork) -> str:
        return make_feed(uow, designs, owner_scope(uow.session, owner.id), command).token

    return store.write(actor, now, work)


def set_up_feeds(stage: Stage, now: datetime) -> None:
    """Calendars that somebody subscribed to weeks ago: one never arrived, another has not been fetched for days."""
    commands = (
        (Role.COORDINATOR, MakeFeed(audience="coordinator", label="My telephone (made up)")),
        (Role.COORDINATOR, MakeFeed(audience="study", study=VSLI, label="The ward's screen (made up)")),
    )
    for role, command in commands:
        owner = stage.people[role.value].user_id or 0

        def work(uow: UnitOfWork, owner: int = owner, command: MakeFeed = command) -> None:
            feed = make_feed(uow, stage.designs, owner_scope(uow.session, owner), command).feed
            if command.audience == "coordinator":
                last = now + timedelta(days=12)
                fetched = {"feed_id": feed.id, "app": "Outlook", "first_at": now, "last_at": last, "revision": 1}
                note_fetches(uow.session, [{**fetched, "count": 31}])

        stage.do(role.value, now, work)


def _withdraw_older(uow: UnitOfWork) -> None:
    mine = select(Feed).where(Feed.label.startswith(LABEL), Feed.revoked_at.is_(None)).order_by(Feed.id)
    for feed in uow.session.scalars(mine):
        revoke_feed(uow, feed)


def _somebody_with_an_appointment(session: Session, today: date) -> tuple[str, str] | None:
    query = select(RecipientRow.reference).join(AppointmentRow, AppointmentRow.recipient_id == RecipientRow.id)
    coming = (AppointmentRow.day > today, AppointmentRow.cancelled.is_(False), RecipientRow.may_be_contacted)
    reference = session.scalar(query.where(*coming).order_by(AppointmentRow.starts_at, AppointmentRow.id).limit(1))
    if reference is None:
        return None
    participant = session.get_one(Participant, participant_of(reference)[0])
    return session.get_one(Study, participant.study_id).code, participant.number

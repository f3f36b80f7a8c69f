"""Prompts about doses and diaries at home: on which days, and to whom, in the transaction that changes either."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import select

from notifications.attempts import DIARY
from notifications.outbox import MessageRow, State
from notifications.prompts import keep_prompts
from notifications.recipients import RecipientRow, channels_in_force
from notifications.rules import Rules
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.histories import Life
from planner.services.home_doses import days_at_home, said_at_home
from planner.services.recipients import Kept

#: prompts are planned for today and so many days more: participants are planned again every night
AHEAD = 1


def keep_home_prompts(uow: UnitOfWork, life: Life, kept: Kept, rules: Rules) -> None:
    """Bring prompts to the days on which something is to be taken or noted down at home.

    A hold takes its days away at once, told or not, and so does noting everything down.
    Whoever is not reached themselves is prompted through who cares for them.
    """
    if not (rules.diary or any(row.prompted for row in kept.rows())):
        return
    days = sorted(set(_days_at_home(uow, life))) if rules.enabled and rules.diary else []
    _prompt(uow, kept, rules, days)


def _days_at_home(uow: UnitOfWork, life: Life) -> Iterator[date]:
    """The days on which something is to be taken or noted down of which nobody has said anything yet."""
    today, said = life.today(uow.now), said_at_home(life)
    for what, day in days_at_home(life, uow.now, today, today + timedelta(days=AHEAD)):
        if (what, day) not in said:
            yield day


def _prompt(uow: UnitOfWork, kept: Kept, rules: Rules, days: list[date]) -> None:
    left = days
    for recipient in kept.rows():
        channels = channels_in_force(uow.session, recipient.id, uow.now) if recipient.may_be_contacted else []
        keep_prompts(uow.session, rules, recipient, left, channels, uow.now)
        left = [] if channels else left


def same_prompts(uow: UnitOfWork, kept: Kept, rules: Rules) -> None:
    """After a change of how somebody is reached: the same days, by the channels and the clock of now."""
    days = {day for row in kept.rows() if row.prompted for day in _prompted_days(uow, row)}
    if days:
        _prompt(uow, kept, rules, sorted(days))


def _prompted_days(uow: UnitOfWork, row: RecipientRow) -> Iterator[date]:
    query = select(MessageRow.occasion).where(
        MessageRow.recipient_id == row.id, MessageRow.template == DIARY,
        MessageRow.state.in_([State.PLANNED, State.HELD, State.SUPPRESSED]), MessageRow.due_at > uow.now,
    )  # fmt: skip
    for occasion in uow.session.scalars(query):
        yield date.fromisoformat(occasion.split(".")[2])

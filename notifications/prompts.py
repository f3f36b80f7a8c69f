"""Prompts about what is done at home: one a day and channel, on the days on which something is to be taken or noted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from notifications.attempts import DIARY
from notifications.errors import UnknownZone
from notifications.local_time import DAY, instant_of, zone_of
from notifications.outbox import PENDING, MessageRow, NewMessage, State, move_pending, put
from notifications.quiet_hours import next_allowed
from notifications.recipients import RecipientRow
from notifications.rules import Rules


def keep_prompts(
    session: Session, rules: Rules, recipient: RecipientRow, days: Collection[date], channels: Sequence[str],
    now: datetime,
) -> None:  # fmt: skip
    """Bring a recipient's prompts to these days: what is not wanted any more is cancelled, what is claimed with it.

    Each is due at the study's hour on the recipient's own clock, and of no use after that day. Where the study's rules
    do not ask for prompts there are none.
    """
    on = rules.enabled and rules.diary and recipient.may_be_contacted
    wanted = {new.occasion: new for new in _wanted(rules, recipient, days, channels)} if on else {}
    recipient.prompted = bool(wanted)
    session.flush()
    known = _pending(session, recipient.id)
    gone = [number for occasion, (number, _) in known.items() if occasion not in wanted]
    if gone:
        move_pending(session, [MessageRow.id.in_(gone)], State.CANCELLED, "nothing to be noted down", now, "plan")
    for occasion, (number, due_at) in known.items():
        new = wanted.get(occasion)
        if new is not None and new.due_at != due_at and new.due_at > now:
            _move(session, number, new)
    put(session, [new for name, new in wanted.items() if name not in known and new.due_at > now], now)


def _wanted(
    rules: Rules, recipient: RecipientRow, days: Collection[date], channels: Sequence[str]
) -> Iterator[NewMessage]:
    for day in sorted(days):
        due_at, expires_at = _hours(day, recipient.zone, rules)
        if due_at >= expires_at:
            continue
        for channel in channels:
            yield NewMessage(
                study_id=recipient.study_id, site_id=recipient.site_id, recipient_id=recipient.id, template=DIARY,
                timing="once", channel=channel, occasion=f"r{recipient.id}.{DIARY}.{day.isoformat()}.{channel}",
                due_at=due_at, expires_at=expires_at,
            )  # fmt: skip


def _hours(day: date, zone: str, rules: Rules) -> tuple[datetime, datetime]:
    """When it is due, and when that day ends; in a zone that is none as if it were UTC: it is held then."""
    try:
        clock = zone_of(zone)
    except UnknownZone:
        zone, clock = "UTC", zone_of("UTC")
    return next_allowed(instant_of(day, rules.diary_hour, clock), zone, rules.hours), instant_of(day, DAY, clock)


def _pending(session: Session, recipient_id: int) -> dict[str, tuple[int, datetime]]:
    query = select(MessageRow.occasion, MessageRow.id, MessageRow.due_at).where(
        MessageRow.recipient_id == recipient_id, MessageRow.template == DIARY, MessageRow.state.in_(PENDING)
    )
    return {row.occasion: (row.id, row.due_at) for row in session.execute(query.order_by(MessageRow.id))}


def _move(session: Session, number: int, new: NewMessage) -> None:
    planned_still = update(MessageRow).where(MessageRow.id == number, MessageRow.state == State.PLANNED)
    session.execute(
        planned_still.values(due_at=new.due_at, expires_at=new.expires_at).execution_options(synchronize_session=False)
    )

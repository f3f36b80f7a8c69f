"""Recording what came of attempts, many at once, in one transaction with all that follows from it.

Guarded twice: only who holds an attempt's token may say that nothing was sent, and nothing takes a message back from a
higher rank. That a provider has a message is true whoever says so: it is taken over from any attempt of ours, and where
two attempts both went out a person is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from notifications.again import arrived_after_all, send_again
from notifications.appointments import CHANGE, AppointmentRow, lock_appointments, tell_changes
from notifications.attempts import Outcome
from notifications.bulk import insert_many, update_many
from notifications.message import Figures
from notifications.opt_outs import stop
from notifications.outbox import (
    EVENT_COLUMNS,
    EVENTS,
    IN_FLIGHT,
    MESSAGES,
    RANK,
    TAKEN,
    MessageRow,
    State,
    move_pending,
)
from notifications.recipients import RecipientRow, channels_in_force, sent_after_stop, suspend
from notifications.tasks import NewTask, ask, ask_again, settle_task

#: the provider's words for: they have told us to stop
OPTED_OUT_CODE = "21610"
#: no such number, a landline, cannot get texts: nothing is sent there until a person has verified it
PERMANENT = frozenset({"21211", "21614", "30005", "30006"})
_COLUMNS = (
    MessageRow.id, MessageRow.study_id, MessageRow.site_id, MessageRow.recipient_id, MessageRow.channel,
    MessageRow.template, MessageRow.timing, MessageRow.state, MessageRow.token, MessageRow.provider_id,
    MessageRow.digest, MessageRow.says, MessageRow.appointment_id, MessageRow.appointment_version,
    MessageRow.accepted_at, MessageRow.due_at, MessageRow.expires_at, MessageRow.occasion, MessageRow.attempts,
    RecipientRow.may_be_contacted, RecipientRow.stopped_why, AppointmentRow.told_version,
)  # fmt: skip
_LOCKED = (
    select(*_COLUMNS)
    .join_from(MessageRow, RecipientRow, RecipientRow.id == MessageRow.recipient_id)
    .outerjoin(AppointmentRow, AppointmentRow.id == MessageRow.appointment_id)
    .where(MessageRow.id.in_(bindparam("ids", expanding=True)))
    .order_by(MessageRow.id)
    .with_for_update(of=MessageRow, key_share=True)
)
_SET = (
    "id", "state", "reason", "error_code", "provider_id", "accepted_at", "settle_at", "changed_at", "token", "due_at",
    "attempts", "lease_until", "owner",
)  # fmt: skip
_SPOKEN = {State.EXPIRED: "untold", State.FAILED: "unreachable", State.UNDELIVERED: "unreachable"}


@dataclass(slots=True)
class _Recorded:
    """What was recorded, with the rows as they were before."""

    pairs: list[tuple[Row[Any], Outcome]] = field(default_factory=list)
    twice: list[tuple[Row[Any], Outcome]] = field(default_factory=list)


def record(session: Session, outcomes: Sequence[Outcome], now: datetime, source: str = "dispatch") -> Figures:
    """Record outcomes and what follows: what recipients have been told, notices, tasks, opt-outs. Counts by state.

    An outcome of an attempt that is not the message's newest any more is left out, unless it says that the provider
    has it.
    """
    figures = Figures()
    if not outcomes:
        return figures
    found = {row.id: row for row in session.execute(_LOCKED, {"ids": sorted({each.id for each in outcomes})})}
    recorded = _sorted(found, outcomes)
    _update(session, recorded.pairs, source)
    _heard(session, recorded.pairs, now)
    for row, outcome in recorded.pairs:
        figures.add(outcome.state.value)
        _follow(session, row, outcome, now)
    for row, outcome in recorded.twice:
        figures.add("sent-twice")
        _say_twice(session, row, outcome, now)
    return figures


def _sorted(found: dict[int, Row[Any]], outcomes: Iterable[Outcome]) -> _Recorded:
    recorded = _Recorded()
    for outcome in outcomes:
        row = found.get(outcome.id)
        if row is None:
            continue
        if outcome.state in TAKEN and row.provider_id not in (None, outcome.provider_id):
            recorded.twice.append((row, outcome))
        elif applies(row.state, row.token, row.provider_id, outcome):
            recorded.pairs.append((row, outcome))
    return recorded


def applies(state: str, token: str | None, provider_id: str | None, outcome: Outcome) -> bool:
    """Whether an outcome changes a message that stands like that."""
    if outcome.state in TAKEN or (outcome.state is State.FAILED and outcome.provider_id is not None):
        return provider_id in (None, outcome.provider_id) and RANK[outcome.state] > RANK[State(state)]
    return token == outcome.token and state in IN_FLIGHT


def _update(session: Session, pairs: Sequence[tuple[Row[Any], Outcome]], source: str) -> None:
    if not pairs:
        return
    update_many(session, MESSAGES, _SET, [_values(row, outcome) for row, outcome in pairs])
    events = [
        (row.study_id, row.id, outcome.at, outcome.state, source, outcome.token,
         (outcome.reason or outcome.error_code)[:300])
        for row, outcome in pairs
    ]  # fmt: skip
    insert_many(session, EVENTS, EVENT_COLUMNS, events)


def _values(row: Row[Any], outcome: Outcome) -> tuple[Any, ...]:
    """What stands in the row from now on, in the order of ``_SET``."""
    taken = RANK[outcome.state] >= RANK[State.ACCEPTED] and RANK[State(row.state)] < RANK[State.ACCEPTED]
    return (
        row.id, outcome.state, outcome.reason[:300], outcome.error_code[:20], outcome.provider_id or row.provider_id,
        outcome.at if taken else row.accepted_at, outcome.settle_at, outcome.at, outcome.token,
        outcome.due_at or row.due_at, row.attempts - (not outcome.counted), None, None,
    )  # fmt: skip


# -- what follows -------------------------------------------------------------------------------


def _heard(session: Session, pairs: Sequence[tuple[Row[Any], Outcome]], now: datetime) -> None:
    """What was taken is what its reader now believes; if that is not what holds, a further notice is planned."""
    news = {
        (row.appointment_id, row.appointment_version): row
        for row, outcome in pairs
        if outcome.state in TAKEN and row.says is not None and row.appointment_version > row.told_version
    }
    if not news:
        return
    appointments = {row.id: row for row in lock_appointments(session, sorted({key[0] for key in news}))}
    for _, message in sorted(news.items()):
        appointment = appointments[message.appointment_id]
        if message.appointment_version > appointment.told_version:
            appointment.told, appointment.told_version = message.says, message.appointment_version
            _tell(session, appointment, message, now)
    session.flush()


def _tell(session: Session, appointment: AppointmentRow, message: Row[Any], now: datetime) -> None:
    session.flush()
    if appointment.told == appointment.content():
        same = [MessageRow.appointment_id == appointment.id, MessageRow.timing == CHANGE]
        same.append(MessageRow.channel == message.channel)
        move_pending(session, same, State.CANCELLED, "they have been told already", now, "dispatch")
    elif message.may_be_contacted and appointment.starts_at > now:
        tell_changes(session, [appointment], channels_in_force(session, appointment.recipient_id, now), now)


def _follow(session: Session, row: Row[Any], outcome: Outcome, now: datetime) -> None:
    if not row.may_be_contacted:
        _report_after_stop(session, row, outcome, now)
    if outcome.task:
        _ask_about(session, row, outcome, outcome.task, now)
    elif send_again(session, row, outcome, now) and row.timing != CHANGE:
        pass  # nobody has to call while they can still be reminded in time; of a change somebody may call at once
    elif outcome.state in _SPOKEN and (outcome.state is not State.EXPIRED or row.timing == CHANGE):
        _ask_about(session, row, outcome, _SPOKEN[outcome.state], now)
    if outcome.state is State.DELIVERED:
        arrived_after_all(session, row, now)
    if outcome.error_code == OPTED_OUT_CODE and row.digest is not None:
        stop(session, row.channel, row.digest, "provider", now, detail=OPTED_OUT_CODE)
    elif outcome.error_code in PERMANENT and row.digest is not None:
        suspend(session, row.channel, row.digest, f"error {outcome.error_code}", now)


def _report_after_stop(session: Session, row: Row[Any], outcome: Outcome, now: datetime) -> None:
    """What went out to somebody who is not to be contacted is shown; what did not need not be looked at any more."""
    task = sent_after_stop(row, row.stopped_why, "went out")
    if outcome.state in TAKEN:
        ask(session, task, now)
    elif outcome.state not in IN_FLIGHT:
        settle_task(session, task.occasion, "it was not sent", now)


def _ask_about(session: Session, row: Row[Any] | MessageRow, outcome: Outcome, kind: str, now: datetime) -> None:
    about = outcome.about or f"m{row.id}"
    words = f"A message ({row.template}, {row.channel}): {outcome.reason or outcome.error_code or outcome.state}."
    task = NewTask(
        study_id=row.study_id, site_id=row.site_id, kind=kind, occasion=f"{kind}.{about}", words=words,
        recipient_id=row.recipient_id, appointment_id=row.appointment_id, message_id=row.id,
    )  # fmt: skip
    (ask_again if outcome.about else ask)(session, task, now)


def _say_twice(session: Session, row: Row[Any], outcome: Outcome, now: datetime) -> None:
    words = f"A message ({row.template}) went out twice: the provider had not listed the first one."
    task = NewTask(
        study_id=row.study_id, site_id=row.site_id, kind="sent-twice", occasion=f"sent-twice.m{row.id}", words=words,
        recipient_id=row.recipient_id, appointment_id=row.appointment_id, message_id=row.id,
    )  # fmt: skip
    ask(session, task, now)


def report_untold(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Ask a person to call those whom a change of an appointment was not told in time."""
    query = select(MessageRow).where(MessageRow.id.in_(ids), MessageRow.timing == CHANGE).order_by(MessageRow.id)
    for row in session.scalars(query) if ids else ():
        outcome = Outcome(id=row.id, token="", state=State.EXPIRED, at=now, reason="a change was not told in time")
        _ask_about(session, row, outcome, "untold", now)

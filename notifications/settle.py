"""Outcomes that nobody knows: a timeout, an error after the request went out, a lapsed lease. Never simply resent.

First a callback that carries the attempt's token may say it. Otherwise the provider is asked, twice, with a pause,
which messages it has for that number; one with this text, of that time, and not yet another message's own is taken
over. What it does not have by then is sent again; what cannot be settled while it is of use is shown to a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from notifications.attempts import FAR_AHEAD, Outcome, Pace
from notifications.claims import MOST
from notifications.message import AddressBook, Channel, Figures, Reached, Sent, Transactions
from notifications.outbox import IN_FLIGHT, RANK, MessageRow, State
from notifications.recording import record

#: how often a provider is asked before what it does not list counts as not taken
LOOKS = 2
_STATES = {state.value: state for state in State if RANK[state] >= RANK[State.ACCEPTED]}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message of which nobody knows whether the provider has it."""

    id: int
    token: str
    channel: str
    to: str | None
    digest: str | None
    text: str | None
    attempted_at: datetime
    expires_at: datetime
    looks: int


def settle(
    transactions: Transactions, channels: Mapping[str, Channel], book: AddressBook, pace: Pace,
    clock: Callable[[], datetime], figures: Figures,
) -> None:  # fmt: skip
    """Look after every outcome that is to be looked after by now."""
    for _ in range(MOST):
        doubt = transactions.transact(lambda session: _take(session, channels, book, pace, clock()))
        if doubt is None:
            return
        listed = None if doubt.to is None else channels[doubt.channel].find(doubt.to, doubt.attempted_at - pace.skew)
        done = transactions.transact(partial(_settle, doubt=doubt, listed=listed, pace=pace, now=clock()))
        figures.add(f"settled-{done}")


def _take(
    session: Session, channels: Mapping[str, Channel], book: AddressBook, pace: Pace, now: datetime
) -> Doubt | None:
    """The one that has been due for longest, for this worker alone until the next look would be due.

    One at a time: between two looks there must really be a pause, however long it takes to ask about others.
    """
    due = select(MessageRow).where(
        MessageRow.state == State.UNKNOWN,
        MessageRow.channel.in_(list(channels)),
        or_(MessageRow.settle_at <= now, MessageRow.settle_at > now + FAR_AHEAD),
    )
    due = due.order_by(MessageRow.settle_at).limit(1).with_for_update(skip_locked=True, key_share=True)
    row = session.scalar(due)
    if row is None:
        return None
    row.settle_at = now + pace.settle_pause
    return _doubt(row, book.reach(session, [row.recipient_id], row.channel).get(row.recipient_id))


def _doubt(row: MessageRow, reached: Reached | None) -> Doubt:
    """Where it went: the number that they have now, if it is still the one that it was sent to."""
    same = reached is not None and reached.digest == row.digest
    return Doubt(
        id=row.id, token=row.token or "", channel=row.channel, to=reached.address if reached and same else None,
        digest=row.digest, text=row.text,
        attempted_at=row.attempted_at or row.changed_at, expires_at=row.expires_at, looks=row.looks,
    )  # fmt: skip


def _settle(session: Session, doubt: Doubt, listed: Sequence[Sent] | None, pace: Pace, now: datetime) -> str:
    """Settle one with what its provider lists (None: it could not be asked); what came of it, in a word."""
    alike = _lock_alike(session, doubt)
    row = next((each for each in alike if each.id == doubt.id), None)
    if row is None or row.state != State.UNKNOWN or row.token != doubt.token:
        return "already"
    if any(each.state == State.SENDING for each in alike):
        listed = None  # one of the listed may be that one's own, which is not recorded yet
    found = None if listed is None else _match(session, doubt, listed, pace)
    if found is not None:
        outcome = _outcome(doubt, _STATES.get(found.state, State.ACCEPTED), found.at, "found at the provider")
        outcome.provider_id, outcome.error_code = found.provider_id, found.error_code
    elif listed is not None and doubt.looks + 1 >= LOOKS:
        outcome = _outcome(doubt, State.PLANNED, now, "the provider does not have it")
        outcome.due_at = now
    elif doubt.expires_at <= now:
        outcome = _outcome(doubt, State.HELD, now, "nobody knows whether it was sent")
        outcome.task = "unsettled"
    else:
        row.looks += 0 if listed is None else 1
        row.settle_at = now + pace.settle_pause
        return "later"
    record(session, [outcome], now, "settle")
    return "found" if found is not None else outcome.state.value


def _lock_alike(session: Session, doubt: Doubt) -> list[MessageRow]:
    """It, and those of the same text to the same number that are on their way as well: people share phones.

    Who settles another of them at the same time waits here: two must not take over one and the same.
    """
    query = (
        select(MessageRow)
        .where(
            MessageRow.state.in_(IN_FLIGHT), MessageRow.channel == doubt.channel, MessageRow.digest == doubt.digest,
            MessageRow.text == doubt.text,
        )
        .order_by(MessageRow.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    return list(session.scalars(query))


def _outcome(doubt: Doubt, state: State, at: datetime, reason: str) -> Outcome:
    return Outcome(id=doubt.id, token=doubt.token, state=state, at=at, reason=reason)


def _match(session: Session, doubt: Doubt, listed: Sequence[Sent], pace: Pace) -> Sent | None:
    """The oldest listed message with this text, not older than the attempt, that no other message has taken over."""
    possible = [sent for sent in listed if sent.text == doubt.text and sent.at >= doubt.attempted_at - pace.skew]
    ids = [sent.provider_id for sent in possible]
    taken = (
        set(session.scalars(select(MessageRow.provider_id).where(MessageRow.provider_id.in_(ids)))) if ids else set()
    )
    return min((sent for sent in possible if sent.provider_id not in taken), key=lambda sent: sent.at, default=None)

"""Texts are not kept for longer than they are needed: here after some days, at the provider after the last status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from notifications.errors import RulesRefused
from notifications.inbox import InboundRow
from notifications.message import Channel, Figures, Transactions
from notifications.outbox import IN_FLIGHT, PENDING, MessageRow, State
from notifications.rules import Rules, RulesRow, rules_of

#: in one transaction
MOST = 500
#: a provider that never said how it ended is asked to forget a text after that
NO_NEWS = timedelta(days=2)
_LAST = (State.DELIVERED, State.UNDELIVERED, State.FAILED)


def redact_old(transactions: Transactions, channels: Mapping[str, Channel], clock: Callable[[], datetime]) -> Figures:
    """Remove what is not needed any more, some of it: what is left is removed by the next turn."""
    figures = Figures()
    figures.add("redacted", transactions.transact(lambda session: redact_here(session, clock())))
    _redact_there(transactions, channels, clock, figures)
    return figures


def redact_here(session: Session, now: datetime) -> int:
    """Remove texts that are older than their study keeps them, sent and received; how many.

    What may still have to be sent or settled keeps its text. A study whose rules cannot be read keeps them as usual.
    What came from a number that nobody is known by is kept as usual.
    """
    studies: dict[int | None, int] = {None: Rules().redact_after}
    for row in session.scalars(select(RulesRow)):
        studies[row.study_id] = _days(row)
    return sum(_redact_study(session, study, now - timedelta(days=days), now) for study, days in studies.items())


def _days(row: RulesRow) -> int:
    try:
        return rules_of(row).redact_after
    except RulesRefused:
        return Rules().redact_after


def _redact_study(session: Session, study: int | None, before: datetime, now: datetime) -> int:
    received = select(InboundRow.id).where(
        InboundRow.study_id.is_(None) if study is None else InboundRow.study_id == study,
        InboundRow.sealed.is_not(None),
        InboundRow.received_at <= before,
    )
    ids = list(session.scalars(received.limit(MOST)))
    session.execute(update(InboundRow).where(InboundRow.id.in_(ids)).values(sealed=None))
    if study is None:
        return len(ids)
    settled = [MessageRow.state.not_in([*IN_FLIGHT, *PENDING]), MessageRow.text.is_not(None)]
    sent = select(MessageRow.id).where(MessageRow.study_id == study, *settled, MessageRow.changed_at <= before)
    texts = list(session.scalars(sent.limit(MOST)))
    session.execute(update(MessageRow).where(MessageRow.id.in_(texts)).values(text=None, code=None, redacted_at=now))
    return len(ids) + len(texts)


def _redact_there(
    transactions: Transactions, channels: Mapping[str, Channel], clock: Callable[[], datetime], figures: Figures
) -> None:
    with transactions.reading() as session:
        found = [(row.id, row.channel, row.provider_id or "") for row in session.execute(_forgotten(clock()))]
    done = [number for number, channel, sid in found if channel in channels and channels[channel].redact(sid)]
    if done:
        values = {"provider_redacted_at": clock()}
        transactions.transact(
            lambda session: session.execute(update(MessageRow).where(MessageRow.id.in_(done)).values(values))
        )
    figures.add("redacted-at-provider", len(done))


def _forgotten(now: datetime) -> Select[int, str, str | None]:
    """What a provider has told the last of, or will tell nothing of any more."""
    return (
        select(MessageRow.id, MessageRow.channel, MessageRow.provider_id)
        .where(MessageRow.provider_id.is_not(None), MessageRow.provider_redacted_at.is_(None))
        .where(
            MessageRow.state.in_(_LAST)
            | (MessageRow.state.in_([State.ACCEPTED, State.SENT]) & (MessageRow.changed_at <= now - NO_NEWS))
        )
        .order_by(MessageRow.changed_at)
        .limit(MOST)
    )

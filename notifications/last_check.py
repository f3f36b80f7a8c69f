"""The last check before each single send: one look-up, read as of that moment, past the session so that it is quick.

Everything that may have changed since a message was claimed is read again: whose it is, its appointment, whether its
recipient may be contacted and agreed to, opt-outs, switches, rules, caps. The request has to begin directly after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection

from notifications.attempts import CAPPED, DIARY, Attempt
from notifications.bulk import fresh_text, instant_text
from notifications.message import Transactions
from notifications.prepared import Given, Prepared

#: nothing speaks against it
SEND = "send"
_GROUPS = {"reminder": CAPPED, "missed": CAPPED, DIARY: (DIARY,)}
#: taken by the provider on the recipient's day (week) so far, or claimed before this one, and not known to have failed
_COUNT = """(
    SELECT count(*) FROM message c
    WHERE c.recipient_id = m.recipient_id AND c.channel = m.channel AND c.template IN ({group}) AND c.id <> m.id
      AND (c.state IN ('accepted', 'sent', 'delivered') AND c.accepted_at >= {since}{flying})
)"""
_FLYING = """
           OR c.state IN ('sending', 'unknown') AND (
               c.attempted_at < m.attempted_at OR c.attempted_at = m.attempted_at AND c.id < m.id)"""
_CROWDED = "WHEN {day_all} >= :per_day OR {week_all} >= :per_week THEN 'crowded'"
_CAPPED = "WHEN {day} >= :per_day OR {week} >= :per_week THEN 'capped'"
_NOT_PROMPTED = "WHEN NOT r.prompted THEN 'withheld'"
_FULL = "WHEN {week_all} >= :least THEN 'full'"
_BEHIND = """WHEN m.appointment_version > 1 AND EXISTS (
        SELECT 1 FROM message e
        WHERE e.appointment_id = m.appointment_id AND e.appointment_version < m.appointment_version
          AND e.channel = m.channel AND e.state IN ('sending', 'unknown')
          AND e.attempted_at > {patience}) THEN 'behind'"""
_LOOK_UP = """
SELECT CASE
    WHEN m.state <> 'sending' OR m.token <> :token THEN 'lost'
    WHEN m.lease_until <= {needed} THEN 'lease'
    WHEN m.expires_at <= :now THEN 'expired'
    WHEN NOT r.may_be_contacted THEN 'stopped'
    WHEN EXISTS (SELECT 1 FROM sending_switch w WHERE w.study_id IN (0, m.study_id) AND w.off) THEN 'off'
    WHEN s.enabled IS NULL OR NOT s.enabled THEN 'disabled'
    WHEN a.version <> m.appointment_version OR a.cancelled AND m.template IN ('reminder', 'moved') THEN 'changed'
    WHEN a.withheld AND m.template = 'reminder' THEN 'withheld'
    WHEN d.digest IS NULL OR d.until <= :now THEN 'no-consent'
    WHEN d.since > :now THEN 'not-yet'
    WHEN d.suspended_at IS NOT NULL THEN 'suspended'
    WHEN COALESCE(m.digest, '') <> d.digest OR r.language <> :language OR r.zone <> :zone
        OR s.changed_at <> :rules_at THEN 'again'
    WHEN m.template <> 'stopped' AND EXISTS (
        SELECT 1 FROM opt_out o
        WHERE o.channel = m.channel AND o.digest = d.digest AND (o.until IS NULL OR o.until > :now)) THEN 'opted-out'
    {behind}
    {caps}
    ELSE 'send' END
FROM message m
JOIN recipient r ON r.id = m.recipient_id
LEFT JOIN appointment a ON a.id = m.appointment_id
LEFT JOIN address d ON d.recipient_id = m.recipient_id AND d.channel = m.channel
LEFT JOIN sending_rules s ON s.study_id = m.study_id
WHERE m.id = :id
"""


@lru_cache(maxsize=256)
def _source(
    template: str, is_first: bool, exact: bool = False, needed: str = ":needed", patience: str = ":patience"
) -> str:
    """The look-up for a text of that name: only some count towards a cap, only later versions wait for earlier ones.

    Not ``exact`` it counts once, and says ``full`` where the caps may be reached: which, the exact one says. Until when
    a lease has to last, and since when an earlier version is waited for, stand in it as SQL.
    """
    behind = "" if is_first else _BEHIND.format(patience=patience)
    return _LOOK_UP.format(needed=needed, behind=behind, caps=_caps(template, exact))


def _caps(template: str, exact: bool) -> str:
    if template not in _GROUPS:
        return ""
    group = ", ".join(f"'{name}'" for name in _GROUPS[template])
    spans = {"day": ":day_from", "week": ":week_from"}
    taken = {name: _COUNT.format(group=group, since=since, flying="") for name, since in spans.items()}
    every = {f"{name}_all": _COUNT.format(group=group, since=since, flying=_FLYING) for name, since in spans.items()}
    caps = f"{_CAPPED.format(**taken)}\n    {_CROWDED.format(**every)}" if exact else _FULL.format(**every)
    return f"{_NOT_PROMPTED}\n    {caps}" if template == DIARY else caps


@lru_cache(maxsize=64)
def _from_now(span: timedelta) -> str:
    """An instant so long after ``:now``, worked out by PostgreSQL: it reads one instant instead of three."""
    return f"(CAST(:now AS timestamptz) + interval '{span.total_seconds():.6f} seconds')"


#: what a look-up finds with what it is given
Run = Callable[[str, Given], str | None]


class LastCheck:
    """The look-up through one connection, which is in no transaction: each asks as of its own moment."""

    def __init__(self, run: Run, is_postgresql: bool, patience: timedelta) -> None:
        self._run = run
        self._is_postgresql = is_postgresql
        self._patience = patience

    def ask(self, attempt: Attempt, timeout: timedelta, now: datetime) -> str:
        """``send`` if nothing speaks against sending it now, else what does. ``timeout`` bounds the request."""
        given = self._given(attempt, timeout, now)
        spans = (_from_now(timeout), _from_now(-self._patience)) if self._is_postgresql else ()
        is_first = attempt.appointment_version in (None, 1)  # a message never changes its version
        word = self._run(_source(attempt.template, is_first, False, *spans), given)
        if word == "full":
            word = self._run(_source(attempt.template, is_first, True, *spans), given)
        return word or "lost"

    def _given(self, attempt: Attempt, timeout: timedelta, now: datetime) -> Given:
        known = self._known
        given: dict[str, str | int | None] = {
            "id": attempt.id, "token": attempt.token, "language": attempt.language, "zone": attempt.zone,
            "rules_at": known(attempt.rules_at), "day_from": known(attempt.day_from),
            "week_from": known(attempt.week_from), "per_day": attempt.per_day, "per_week": attempt.per_week,
            "least": min(attempt.per_day, attempt.per_week),
        }  # fmt: skip
        if self._is_postgresql:
            return given | {"now": f"{fresh_text(now)}+00"}
        instants = {"now": now, "needed": now + timeout, "patience": now - self._patience}
        return given | {name: fresh_text(instant) for name, instant in instants.items()}

    def _known(self, instant: datetime | None) -> str | None:
        return None if instant is None else f"{instant_text(instant)}{'+00' if self._is_postgresql else ''}"


@contextmanager
def last_check(transactions: Transactions, patience: timedelta) -> Iterator[LastCheck]:
    """A connection for last checks, outside any transaction."""
    with transactions.reading() as session:
        engine = session.get_bind()
    assert isinstance(engine, Engine)  # noqa: S101 - sessions here are never bound to one connection
    is_postgresql = engine.dialect.name == "postgresql"
    connection = engine.raw_connection()
    try:
        with (_prepared if is_postgresql else _embedded)(connection) as run:
            yield LastCheck(run, is_postgresql, patience)
    finally:
        connection.close()


@contextmanager
def _embedded(connection: PoolProxiedConnection) -> Iterator[Run]:
    cursor = connection.cursor()

    def run(source: str, given: Given) -> str | None:
        row = cursor.execute(source, given).fetchone()
        return None if row is None else str(row[0])

    yield run


@contextmanager
def _prepared(connection: PoolProxiedConnection) -> Iterator[Run]:
    """Statements that the server has prepared, called by the driver's own library: a third of what a cursor takes."""
    driver: Any = connection.driver_connection
    known: dict[str, Prepared] = {}  # for this time only: the pool has the driver forget what it has prepared

    def run(source: str, given: Given) -> str | None:
        if source not in known:
            known[source] = Prepared(driver.pgconn, f"last_check_{len(known)}", source)
        return known[source].word(given)

    driver.autocommit = True
    driver.execute("SET plan_cache_mode = force_generic_plan")  # or each look-up may be planned anew
    try:
        yield run
    finally:
        if not driver.closed:
            for statement in known.values():
                statement.forget()
            driver.execute("RESET plan_cache_mode")
            driver.autocommit = False

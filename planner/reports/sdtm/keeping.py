"""The datasets that were made last at a moment that somebody named: three files of them are made from one making.

Whoever takes SV, TV and DV of one moment asks three times. What was recorded by then may still become visible a little
later, so the head of the audit chain is looked at each time; people and sites that one may not see are never in what
is kept, since it is kept for the same scope.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from planner.persistence.database import Database
from planner.reports.known import chain_head
from planner.reports.making import Wanted
from planner.reports.sdtm.datasets import Domains
from planner.reports.sdtm.domains import domains_of
from planner.services.access import Scope, find_study
from planner.services.designs import Designs

#: what is older is made again, and larger ones are not kept: one of so many records takes some 100 MB
KEPT_FOR, MOST_RECORDS = timedelta(minutes=5), 250_000


@dataclass(slots=True)
class _Kept:
    """The newest datasets of one installation; one making at a time, so that three who ask at once share it."""

    lock: Lock = field(default_factory=Lock)
    key: Hashable = None
    until: datetime | None = None
    made: Domains | None = None


_ALL: WeakKeyDictionary[Database, _Kept] = WeakKeyDictionary()
_OF_ALL = Lock()


def kept_domains(
    database: Database, session: Session, designs: Designs, scope: Scope, wanted: Wanted, now: datetime
) -> Domains:
    """The datasets as ``domains_of`` makes them, and raises; those of a named moment perhaps made before."""
    if wanted.as_of is None:
        return domains_of(session, designs, scope, wanted, now)
    study = find_study(session, scope, wanted.study)
    key = (wanted, scope, chain_head(session, study.id, wanted.as_of))
    with _OF_ALL:
        kept = _ALL.setdefault(database, _Kept())
    with kept.lock:
        if kept.made is None or kept.key != key or kept.until is None or now >= kept.until:
            kept.made = None  # two at once would take twice the room
            kept.made = domains_of(session, designs, scope, wanted, now)
            kept.key, kept.until = key, now + KEPT_FOR
        made = kept.made
        if sum(len(domain.rows) for domain in (made.sv, made.tv, made.dv)) > MOST_RECORDS:
            kept.made = None
        return made

"""Whether the audit is whole: nothing changed, nothing taken out, nothing put in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from planner.persistence.audit import GENESIS, INSTALLATION, AuditEntry, AuditHead
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.users import User

MOST_READ = 1_000


@dataclass(frozen=True, slots=True)
class ChainReport:
    """One chain, how many entries it has, and what is wrong with it, if anything."""

    chain: int
    entries: int
    head: str
    wrong: tuple[str, ...]


def verify(session: Session) -> list[ChainReport]:
    """Follow every chain from its first entry to its head; also one of which nothing is left."""
    heads = {head.chain: head for head in session.scalars(select(AuditHead))}
    chains = {*heads, *session.scalars(select(AuditEntry.chain).distinct()), *_expected(session)}
    return [_verify_chain(session, chain, heads.get(chain)) for chain in sorted(chains)]


def _expected(session: Session) -> set[int]:
    """The chains that there must be: setting up a study, a site or a user is noted at once."""
    found = set(session.scalars(select(Study.id)))
    if any(session.scalar(select(kind.id).limit(1)) for kind in (SiteRow, User)):
        found.add(INSTALLATION)
    return found


def _verify_chain(session: Session, chain: int, head: AuditHead | None) -> ChainReport:
    wrong: list[str] = []
    seq, digest = 0, GENESIS
    for place, entry in _entries(session, chain):
        if entry is None:
            wrong.append(f"entry {place} cannot be read: it is not what was written")
            continue
        if entry.seq != seq + 1:
            wrong.append(f"entry {seq + 1} is missing before entry {entry.seq}")
        if entry.previous != digest:
            wrong.append(f"entry {entry.seq} does not follow the entry before it")
        if entry.sealed() != entry.digest:
            wrong.append(f"entry {entry.seq} is not what was written")
        seq, digest = entry.seq, entry.digest
    if head is None or (head.seq, head.digest) != (seq, digest):
        wrong.append("the newest entries are missing, or were added by hand")
    return ChainReport(chain, seq, digest, tuple(wrong))


def _entries(session: Session, chain: int) -> Iterator[tuple[int, AuditEntry | None]]:
    """The places of a chain in their order with their entries, a page at a time; None for one that cannot be read."""
    after = 0
    while True:
        query = select(AuditEntry.seq).where(AuditEntry.chain == chain, AuditEntry.seq > after)
        places = list(session.scalars(query.order_by(AuditEntry.seq).limit(MOST_READ)))
        yield from zip(places, _page(session, chain, places), strict=True)
        if len(places) < MOST_READ:
            return
        after = places[-1]
        session.expunge_all()


def _page(session: Session, chain: int, places: list[int]) -> list[AuditEntry | None]:
    """The entries at these places, one after the other where one of them has no JSON or no instant any more."""
    among = select(AuditEntry).where(AuditEntry.chain == chain).order_by(AuditEntry.seq)
    try:
        return list(session.scalars(among.where(AuditEntry.seq.between(places[0], places[-1])))) if places else []
    except ValueError:
        return [_readable(session, among.where(AuditEntry.seq == place)) for place in places]


def _readable(session: Session, query: Select[AuditEntry]) -> AuditEntry | None:
    try:
        return session.scalar(query)
    except ValueError:
        return None

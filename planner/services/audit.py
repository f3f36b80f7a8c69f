"""Whether the audit is whole: nothing changed, nothing taken out, nothing put in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from planner.persistence.audit import GENESIS, AuditEntry, AuditHead

MOST_READ = 1_000


@dataclass(frozen=True, slots=True)
class ChainReport:
    """One chain, how many entries it has, and what is wrong with it, if anything."""

    chain: int
    entries: int
    head: str
    wrong: tuple[str, ...]


def verify(session: Session) -> list[ChainReport]:
    """Follow every chain from its first entry to its head."""
    heads = {head.chain: head for head in session.scalars(select(AuditHead))}
    chains = sorted({*heads, *session.scalars(select(AuditEntry.chain).distinct())})
    return [_verify_chain(session, chain, heads.get(chain)) for chain in chains]


def _verify_chain(session: Session, chain: int, head: AuditHead | None) -> ChainReport:
    wrong: list[str] = []
    seq, digest = 0, GENESIS
    for entry in _entries(session, chain):
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


def _entries(session: Session, chain: int) -> Iterator[AuditEntry]:
    """The entries of a chain in their order, a page at a time."""
    after = 0
    while True:
        query = select(AuditEntry).where(AuditEntry.chain == chain, AuditEntry.seq > after)
        page = list(session.scalars(query.order_by(AuditEntry.seq).limit(MOST_READ)))
        yield from page
        if len(page) < MOST_READ:
            return
        after = page[-1].seq
        session.expunge_all()

"""One-time codes that let a device in to a participant's own page: made, tried, used up."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from planner.persistence.home_links import HomeCode, HomeLink
from planner.services.keyring import Keys

DIGITS = 6
GOOD_FOR = timedelta(minutes=10)
#: wrong tries after which a code is good no more
MOST_TRIES = 5
#: texts that may be asked for, in an hour and in a day
MOST_AN_HOUR, MOST_A_DAY = 4, 10
TEXT, DESK = "text", "desk"


def new_code(session: Session, keys: Keys, link: HomeLink, how: str, now: datetime) -> tuple[str, HomeCode]:
    """Another code, with what is kept of it. One that was made the same way before is good no more."""
    for older in _alive(session, link, now):
        if older.how == how:
            older.expires_at = now
    said = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    row = HomeCode(
        link_id=link.id, digest=_digest(keys, link, said), how=how, made_at=now, expires_at=now + GOOD_FOR, tries=0
    )
    session.add(row)
    session.flush()
    return said, row


def asked_too_often(session: Session, link: HomeLink, now: datetime) -> bool:
    """Whether so many texts were asked for that somebody else must be asking."""
    asked = select(func.count()).select_from(HomeCode).where(HomeCode.link_id == link.id, HomeCode.how == TEXT)
    spans = ((timedelta(hours=1), MOST_AN_HOUR), (timedelta(days=1), MOST_A_DAY))
    return any((session.scalar(asked.where(HomeCode.made_at > now - span)) or 0) >= most for span, most in spans)


def use_code(session: Session, keys: Keys, link: HomeLink, said: str, now: datetime) -> HomeCode | None:
    """The code that somebody wrote, used up; None for a wrong one, which counts against each that is good now.

    The caller has locked the link: tries at once are counted one after the other.
    """
    alive = _alive(session, link, now)
    wanted = _digest(keys, link, "".join(said.split()))
    right = next((row for row in alive if secrets.compare_digest(row.digest, wanted)), None)
    if right is not None:
        right.used_at = now
        return right
    for row in alive:
        row.tries += 1
    return None


def _alive(session: Session, link: HomeLink, now: datetime) -> list[HomeCode]:
    query = select(HomeCode).where(
        HomeCode.link_id == link.id, HomeCode.used_at.is_(None), HomeCode.expires_at > now, HomeCode.tries < MOST_TRIES
    )
    return list(session.scalars(query.order_by(HomeCode.id)))


def _digest(keys: Keys, link: HomeLink, said: str) -> str:
    return keys.find(f"home code {link.id} {said}")

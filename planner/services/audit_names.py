"""Who and what the audit speaks of, in words: it keeps numbers and codes, which stay true whatever names become."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from planner.persistence.audit import AuditEntry
from planner.persistence.sites import SiteRow
from planner.persistence.users import ApiToken, User

#: who acts without a name of their own, as a unit of work calls them
OTHERS = {
    "planner": "the planner", "operator": "whoever runs the planner", "nobody": "somebody who was not signed in",
    "link": "whoever opened a personal link",
}  # fmt: skip
_KINDS = {
    "study": "The study", "participant": "Participant {}", "cohort": "cohort {}",
    "feed": "Calendar {}", "message": "Message {}", "task": "Task {}", "visit": "visit {}", "deviation": "a deviation",
    "installation": "The installation",
}  # fmt: skip
_USER, _TOKEN, _SITE = re.compile(r"user:(\d+)"), re.compile(r"token:(\d+)"), re.compile(r"site:(.+)")


@dataclass(frozen=True, slots=True)
class Named:
    """The names of what some entries speak of; what has none, or is gone, is called as the audit keeps it."""

    users: Mapping[int, str]
    tokens: Mapping[int, str]
    sites: Mapping[str | int, str]

    def actor(self, entry: AuditEntry) -> str:
        """Who acted: ``Ada Madeup, through the token “nightly export”`` for user:7 by token:3.

        Whoever signs in is somebody only once they have: that entry is of the person whom it is about.
        """
        written = entry.actor
        if written == "nobody" and entry.action == "user.signed-in":
            written = entry.subject
        who = _number(_USER, written)
        if who is None:
            return OTHERS.get(written) or self._words(written)
        name = self.users.get(who, f"user {who}")
        token = _number(_TOKEN, written)
        if token is not None:
            return f"{name}, through the token “{self.tokens.get(token, token)}”"
        return f"{OTHERS['operator']}, for {name}" if written.startswith("operator") else name

    def subject(self, entry: AuditEntry) -> str:
        """What it is about: ``Ada Madeup``, ``Participant 01-014, visit screening``, ``North Clinic``."""
        return ", ".join(self._words(part) for part in entry.subject.split("/", 1))

    def _words(self, written: str) -> str:
        kind, _, key = written.partition(":")
        if kind == "user" and key.isdecimal():
            return self.users.get(int(key), f"user {key}")
        if kind == "site":
            return self.sites.get(key, f"site {key}")
        return _KINDS[kind].format(key) if kind in _KINDS else written

    def value(self, name: str, value: object) -> tuple[str, object]:
        """A person or a site that is kept as a number, by the name that people know."""
        if isinstance(value, int) and name in ("user", "owner_id"):
            return name.removesuffix("_id"), self.users.get(value, value)
        return ("site", self.sites.get(value, value)) if isinstance(value, int) and name == "site_id" else (name, value)


def names_in(session: Session, entries: Sequence[AuditEntry]) -> Named:
    """The names of whom and what these entries speak of, in three queries whatever they are."""
    written = [text for entry in entries for text in (entry.actor, entry.subject)]
    said = [each for entry in entries for each in (entry.before, entry.after) if isinstance(each, dict)]
    users = {*_numbers(_USER, written), *_values(said, "user", "owner_id")}
    sites = _sites(session, written, _values(said, "site_id"))
    known = {row.id: row.name for row in session.scalars(select(User).where(User.id.in_(users)))}
    return Named(known, _tokens(session, written), sites)


def _tokens(session: Session, written: Iterable[str]) -> dict[int, str]:
    ids = set(_numbers(_TOKEN, written))
    query = select(ApiToken).where(ApiToken.id.in_(ids))
    return {row.id: row.label for row in session.scalars(query)}


def _sites(session: Session, written: Iterable[str], ids: Iterable[int]) -> dict[str | int, str]:
    codes, numbers = {found[1] for text in written if (found := _SITE.fullmatch(text))}, set(ids)
    wanted = or_(SiteRow.code.in_(codes), SiteRow.id.in_(numbers))
    rows = session.execute(select(SiteRow.id, SiteRow.code, SiteRow.name).where(wanted)).all()
    return {key: name for number, code, name in rows for key in (number, code)}


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return int(found[1]) if found else None


def _numbers(pattern: re.Pattern[str], written: Iterable[str]) -> Iterator[int]:
    return (int(found[1]) for text in written if (found := pattern.search(text)))


def _values(said: Iterable[Mapping[str, object]], *names: str) -> set[int]:
    return {value for each in said for name in names if isinstance(value := each.get(name), int)}

"""All that one person does in one go: in one transaction, with its audit entries, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from planner.persistence.audit import INSTALLATION, Note, append
from planner.persistence.database import Database
from planner.persistence.feeds import Place, touch_feeds
from planner.persistence.types import json_text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: ``user:7``, ``user:7 by token:3``, or the planner itself."""

    name: str
    user_id: int | None = None


#: what the planner does by itself: nightly plans, imports of the demo
SYSTEM = Actor("planner")


@dataclass(slots=True)
class UnitOfWork:
    """An open transaction, who acts in it, and what the audit will say of it.

    Audit entries are appended at its end, so that the head of a study's chain is locked only for a moment and
    always after everything else: two writers can then wait for each other only one way round.
    """

    session: Session
    actor: Actor
    now: datetime
    request_id: str = ""
    _notes: list[Note] = field(default_factory=list)
    _places: set[Place] = field(default_factory=set)
    _told: set[int] = field(default_factory=set)

    def audit(
        self,
        action: str,
        subject: str,
        *,
        study_id: int = INSTALLATION,
        before: Any = None,
        after: Any = None,
        why: str = "",
    ) -> None:
        """Note what is being done, for the chain of its study."""
        said = [None if value is None else json_text(value) for value in (before, after)]
        self._notes.append(
            Note(
                chain=study_id, at=self.now, actor=self.actor.name, action=action, subject=subject, before=said[0],
                after=said[1], why=why, request_id=self.request_id,
            )
        )  # fmt: skip

    def shows(self, study_id: int, site_id: int, participant_id: int | None) -> None:
        """Note that staff see something else of a participant at a site, or, if None, of everybody there."""
        self._places.add(Place(study_id, site_id, participant_id))

    def tells(self, participant_id: int) -> None:
        """Note that a participant's own calendar shows something else."""
        self._told.add(participant_id)

    def noted(self) -> list[Note]:
        """What the audit will say, so far."""
        return list(self._notes)

    def shown(self) -> set[Place]:
        """Where staff see something else, so far."""
        return set(self._places)

    def take_over(self, notes: Sequence[Note], places: Iterable[Place]) -> None:
        """Note what was noted elsewhere, for this unit of work."""
        self._notes.extend(notes)
        self._places.update(places)

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Do a part of the work, or, if it raises, nothing of it: neither its rows nor what was noted of it."""
        kept = (list(self._notes), set(self._places), set(self._told))
        try:
            with self.session.begin_nested():
                yield
        except BaseException:
            self._notes, self._places, self._told = kept
            raise

    def seal(self) -> None:
        """Move the calendars concerned on, and append what was noted to its chains, each entry sealed by the last."""
        self.session.flush()
        touch_feeds(self.session, self._places, self._told, self.now)
        self._places.clear()
        self._told.clear()
        for chain in sorted({note.chain for note in self._notes}):
            append(self.session, chain, [note for note in self._notes if note.chain == chain])
        self._notes.clear()


@dataclass(frozen=True, slots=True)
class Store:
    """The database as services meet it."""

    database: Database

    def write(self, actor: Actor, now: datetime, work: Callable[[UnitOfWork], T], request_id: str = "") -> T:
        """Do some work in one transaction, and again from the start where another writer got in its way."""

        def inside(session: Session) -> T:
            uow = UnitOfWork(session, actor, now, request_id)
            result = work(uow)
            uow.seal()
            return result

        return self.database.transact(inside)

    def read(self, work: Callable[[Session], T]) -> T:
        """Look something up, in one transaction."""
        with self.database.reading() as session:
            return work(session)

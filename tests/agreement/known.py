"""What follows from the facts about somebody, as the design says it, without a line of the planner's own reckoning.

- An appointment is the one that was written down last: booked, moved from its day, or given back (protocols, 9).
- The study that releases bookings tells of each as it is made; elsewhere somebody has to have said so (protocols, 13).
- An appointment that was moved is where it was told until the move is told; one that was given back is off at once
  (remind participants: "A move that was told..."; notifications, the outbox).
- After a death or a withdrawal from contact nothing is left (calendar feeds, who sees what; notifications), nor while
  their contact details are erased (remind participants).
- What was decided and not told changes nothing for the participant: while there is such a fact, only this is asked of
  what they see, that they were told of it (protocols, 13).
- A fact that was voided never was; a voided void lets it count again (protocols, facts).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, time

from schedules.history import (
    Booked,
    BookingCancelled,
    CycleDelayed,
    CycleHeld,
    Died,
    Fact,
    GateDecided,
    Held,
    NewTherapy,
    Progressed,
    Rebooked,
    Told,
    Transferred,
    TreatmentEnded,
    Void,
    Withdrew,
)

#: what a participant learns only by being told
DECIDED = (GateDecided, CycleHeld, CycleDelayed, Held, TreatmentEnded, Progressed, NewTherapy)


@dataclass(frozen=True)
class Slot:
    """When and where an appointment is. ``hour`` is None where nobody has said one."""

    day: date
    hour: time | None
    site: str

    @property
    def when(self) -> tuple[date, time | None]:
        """Its day and hour on the clock of its site."""
        return self.day, self.hour


@dataclass
class Person:
    """Somebody in a study, with the facts in the order in which they were written down."""

    number: str
    study: str
    home: str
    phone: str
    #: whether their study tells of bookings as they are made
    releases: bool
    facts: list[Fact] = field(default_factory=list)
    erased: bool = False

    def knows(self, facts: Iterable[Fact]) -> None:
        """Further facts were recorded."""
        self.facts += facts

    @property
    def live(self) -> list[Fact]:
        """The facts that count."""
        counts: dict[str, bool] = {}
        for void in reversed([fact for fact in self.facts if isinstance(fact, Void)]):
            if counts.get(str(void.id), True):
                counts[void.of] = False
        return [fact for fact in self.facts if counts.get(str(fact.id), True) and not isinstance(fact, Void)]

    @property
    def ended(self) -> bool:
        """Whether nobody may contact them any more."""
        ends = (fact for fact in self.live if isinstance(fact, Died | Withdrew))
        return self.erased or any(isinstance(fact, Died) or fact.scope == "contact" for fact in ends)

    def site_on(self, day: date) -> str:
        """Where they are seen on a day."""
        return self._site_by(self.live, day)

    def _site_by(self, facts: Iterable[Fact], day: date) -> str:
        moves = sorted((fact for fact in facts if isinstance(fact, Transferred)), key=lambda fact: fact.date)
        return next((fact.site for fact in reversed(moves) if fact.date <= day), self.home)

    def is_told(self, fact: Fact) -> bool:
        """Whether they know of something that they learn only by being told."""
        if self.releases and isinstance(fact, Booked | Rebooked):
            return True
        return any(isinstance(told, Told) and told.about == fact.id for told in self.live)

    @property
    def untold(self) -> list[Fact]:
        """What was decided, or booked, and not told."""
        return [fact for fact in self.live if isinstance(fact, (*DECIDED, Booked, Rebooked)) and not self.is_told(fact)]

    @property
    def undecided(self) -> list[Fact]:
        """What was decided, and they do not know of."""
        return [fact for fact in self.untold if isinstance(fact, DECIDED)]

    def slots(self) -> dict[str, Slot]:
        """The appointment of each visit that has one."""
        return {key: self._slot(chain[-1]) for key, chain in self._chains().items() if chain}

    def told(self) -> dict[str, Slot]:
        """The appointment of each visit as the participant knows of it."""
        found = {}
        for key, chain in self._chains().items():
            known = next((fact for fact in reversed(chain) if self.is_told(fact)), None)
            if known is not None:
                found[key] = self._slot(known)
        return found

    def told_by_mistake(self) -> dict[str, Slot]:
        """What stands, and was told, though nobody has told them: it is not called off (remind participants)."""
        once = {fact.about for fact in self.facts if isinstance(fact, Told)}
        chains = {key: chain for key, chain in self._chains().items() if chain and chain[-1].id in once}
        return {key: self._slot(chain[-1]) for key, chain in chains.items() if not self.is_told(chain[-1])}

    def _chains(self) -> dict[str, list[Booked | Rebooked]]:
        """Of each visit the bookings that led to the one that holds; none where it was given back."""
        found: dict[str, list[Booked | Rebooked]] = {}
        for fact in self.live:
            if isinstance(fact, Booked):
                found[fact.visit] = [fact]
            elif isinstance(fact, Rebooked):
                found.setdefault(fact.visit, []).append(fact)
            elif isinstance(fact, BookingCancelled):
                found[fact.visit] = []
        return found

    def _slot(self, fact: Booked | Rebooked) -> Slot:
        before = [each for each in self.live[: self.live.index(fact)] if isinstance(each, Transferred)]
        return Slot(fact.date, fact.time, fact.site or self._site_by(before, fact.date))

    def ids(self, *kinds: type[Fact]) -> Iterator[str]:
        """The ids of what counts, of these kinds or all, the oldest first."""
        return (str(fact.id) for fact in self.live if not kinds or isinstance(fact, kinds))

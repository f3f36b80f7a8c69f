"""When somebody's part in a study was over: nothing is planned after it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from schedules.history import Died, Fact, FoundAgain, LostToFollowUp, Withdrew


class Ends(NamedTuple):
    """The last day on which a visit is planned: ``visits`` where the participant comes, ``contacts`` where not."""

    visits: date = date.max
    contacts: date = date.max

    def of(self, remote: bool) -> date:
        """The last day of visits for which somebody travels, or does not."""
        return self.contacts if remote else min(self.visits, self.contacts)


def ends_of(live: Iterable[Fact], screen_failed: date | None = None) -> Ends:
    """By the facts that count. Of a death of which only the month is known, that is the last day of the month.

    Who withdrew from visits and may still be called takes part by calls; who was lost, until they are found again.
    """
    facts = list(live)
    withdrew = [fact for fact in facts if isinstance(fact, Withdrew)]
    may_be_called = any("contact" in fact.remains for fact in withdrew)
    for_good = [fact.last_day for fact in facts if isinstance(fact, Died)]
    for_good += [fact.date for fact in withdrew if fact.scope == "contact"]
    for_good += [screen_failed] if screen_failed is not None else []
    found = max((fact.date for fact in facts if isinstance(fact, FoundAgain)), default=date.min)
    for_good += [fact.date for fact in facts if isinstance(fact, LostToFollowUp) and fact.date > found]
    no_visits = [fact.date for fact in withdrew if fact.scope == "visits"]
    contacts = min([*for_good, *([] if may_be_called else no_visits)], default=date.max)
    return Ends(min([contacts, *no_visits]), contacts)

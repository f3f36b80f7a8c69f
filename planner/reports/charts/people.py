"""Which participants a chart shows: some of them, page by page, each planned from what was known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from planner.persistence.participants import Participant
from planner.reports.charts.chart import LANES
from planner.reports.evidence import Person
from planner.reports.known import participants_by
from planner.reports.making import Asked
from planner.reports.people import people_of
from planner.reports.people_figures import followed
from planner.reports.replanned import Planned, plans_of


@dataclass(frozen=True, slots=True)
class Shown:
    """Those who are asked for by where and under which version they are now, by number, in pages of LANES.

    ``everyone`` are those of the study: somebody who was seen elsewhere before has visits there all the same.
    """

    session: Session
    asked: Asked
    people: tuple[Person, ...]
    everyone: tuple[Person, ...]
    rows: dict[int, Participant] = field(repr=False)

    @property
    def pages(self) -> int:
        """How many pages there are; one where there is nobody."""
        return max(1, -(-len(self.people) // LANES))

    def page(self, number: int) -> Iterator[Planned]:
        """Those of a page with their plans; of whom no plan can be made is left out."""
        return self._plans(self.people[(number - 1) * LANES : number * LANES])

    def everybody(self) -> Iterator[Planned]:
        """Everyone with their plans, of which the visits are still to be chosen."""
        return self._plans(self.everyone)

    def _plans(self, people: tuple[Person, ...]) -> Iterator[Planned]:
        asked = self.asked
        rows = [self.rows[person.id] for person in people]
        known = {person.id: person for person in people}
        return plans_of(self.session, asked.design, rows, known, asked.moment, asked.choice, [])


def shown_people(session: Session, asked: Asked, enrolled: bool) -> Shown:
    """Everybody whom the choice has by where they are now.

    ``enrolled`` asks for those alone who are, and who were followed in the period: the same as in retention.
    """
    rows = participants_by(session, asked.study.id, asked.moment)
    everybody = people_of(session, asked.design, rows, asked.moment)
    people = [one for one in everybody if asked.choice.has_now(one)]
    if enrolled:
        people = [one for one in people if followed(one, asked.choice) is not None]
    return Shown(session, asked, tuple(people), tuple(everybody), {row.id: row for row in rows})

"""How long recording one fact takes, with few and with many participants in the database, by turns in one run.

Each fact is recorded as the service does it: in a transaction of its own, with the new plan, the audit and the commit.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from statistics import quantiles

from benchmarks.stored import NOW, day_1_of, empty_databases, import_table, kinds, name_of, table_of
from planner.persistence.database import Database
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING
from planner.services.designs import Designs
from planner.services.facts import Recorded, RecordFacts, record_facts
from schedules.history import Given
from tests.studies import STUDY

FEW, MANY = 100, 100_000
#: how many are imported in one transaction
IMPORTED = 20_000
DOSES = tuple(
    (visit, drug, offset) for visit, offset in (("d1", 0), ("d8", 7), ("d15", 14)) for drug in ("vsli", "ino")
)


@dataclass(slots=True)
class Population:
    """A database with so many participants, and how long each fact took there."""

    database: Database
    size: int
    designs: Designs = field(default_factory=Designs)
    spent: list[float] = field(default_factory=list)

    def fill(self) -> None:
        """Import everybody."""
        for first in range(0, self.size, IMPORTED):
            import_table(self.database, table_of(min(IMPORTED, self.size - first), False, first))

    def in_treatment(self) -> list[int]:
        """Some whose Day 1 is long past, from all over the table."""
        begun = [number for number in range(self.size) if day_1_of(number, False) + timedelta(days=14) <= NOW.date()]
        return begun[:: max(1, len(begun) // 40)][:40]

    def recordings(self) -> Iterator[Callable[[], None]]:
        """What is to be done and timed: one dose of one participant after the other."""
        for visit, drug, offset in DOSES:
            for number in self.in_treatment():
                day = day_1_of(number, False) + timedelta(days=offset)
                fact = Given(date=day, visit=f"induction.c1.{visit}", activity=drug)
                command = RecordFacts(study=STUDY, participant=name_of(number), facts=(fact,))
                yield partial(self._record, command)

    def _record(self, command: RecordFacts) -> None:
        def work(uow: UnitOfWork) -> Recorded:
            return record_facts(uow, self.designs, EVERYTHING, command)

        began = time.perf_counter()
        Store(self.database).write(SYSTEM, NOW, work)
        self.spent.append(time.perf_counter() - began)

    def times(self) -> tuple[float, float]:
        """The median and the 95th percentile, in milliseconds."""
        found = quantiles(self.spent, n=100)
        return found[49] * 1000, found[94] * 1000


def measure(kind: str, few: int, many: int) -> str:
    """A row of the table."""
    with empty_databases(kind, 2) as databases:
        populations = [Population(database, size) for database, size in zip(databases, (few, many), strict=True)]
        for population in populations:
            population.fill()
        for turn in zip(*(population.recordings() for population in populations), strict=False):
            for record in turn:
                record()
        (few_50, few_95), (many_50, many_95) = (population.times() for population in populations)
        for database in databases:
            database.dispose()
    return (
        f"{kind:10}  {few:,} participants: p50 {few_50:5.1f} ms, p95 {few_95:5.1f} ms  "
        f"{many:,}: p50 {many_50:5.1f} ms, p95 {many_95:5.1f} ms  "
        f"ratio p50 {many_50 / few_50:.2f}, p95 {many_95 / few_95:.2f}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--kind", choices=kinds(), help="of this kind only")
    options = parser.parse_args()
    for kind in [options.kind] if options.kind else kinds():
        print(measure(kind, FEW, options.many), flush=True)


if __name__ == "__main__":
    main()

"""SDTM datasets of few and of many participants, beside planning the same participants once, in the same run.

    python -m benchmarks.sdtm_speed [--many 2000] [--kind sqlite|postgresql]

SV, TV and DV are made from the facts and written as CSV and as Dataset-JSON, to their last byte. What they cost besides
the plans, which the datasets are read off, is the ratio. Participants have had a cycle of treatment.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

from sqlalchemy import select

from benchmarks.stored import NOW, empty_databases, import_table, kinds, table_of
from planner.clock import local_day
from planner.persistence.database import Database
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.reports.known import rows_by
from planner.reports.making import Wanted
from planner.reports.sdtm.as_csv import domain_csv
from planner.reports.sdtm.as_dataset_json import dataset_json
from planner.reports.sdtm.datasets import NAMES
from planner.reports.sdtm.domains import domains_of
from planner.services.access import EVERYTHING
from planner.services.designs import Designs
from planner.services.histories import life_of_rows
from tests.studies import STUDY

FEW, MANY, ROUNDS = 200, 2_000, 3


def plans(database: Database, designs: Designs) -> int:
    """Plan everybody once, from the facts; how many visits that gives."""
    with database.at_one_moment() as session:
        study = session.scalars(select(Study).where(Study.code == STUDY)).one()
        design = designs.of(session, study)
        people = list(session.scalars(select(Participant).order_by(Participant.number)))
        today = local_day(NOW, "UTC")
        made = (life_of_rows(design, one, rows).plan_as_of(today) for one, rows in rows_by(session, people, NOW))
        return sum(len(plan.visits) for plan in made if plan is not None)


def datasets(database: Database, designs: Designs) -> int:
    """Make the three datasets and write each in both forms; how many records there are."""
    with database.at_one_moment() as session:
        made = domains_of(session, designs, EVERYTHING, Wanted(study=STUDY), NOW)
    written = 0
    for name in NAMES:
        written += len(domain_csv(made.domain(name))) + sum(map(len, dataset_json(made, name, NOW)))
    assert written
    return sum(len(made.domain(name).rows) for name in NAMES)


def timed(work: Callable[[Database, Designs], int], database: Database, designs: Designs) -> tuple[float, int]:
    """Seconds, and what came of it."""
    began = time.perf_counter()
    found = work(database, designs)
    return time.perf_counter() - began, found


def measure(kind: str, many: int, rounds: int) -> None:
    """Print a line for few and one for many, by turns, so that both have the same machine."""
    with empty_databases(kind, 2) as databases:
        sizes, designs = (FEW, many), Designs()
        for database, size in zip(databases, sizes, strict=True):
            import_table(database, table_of(size, dosed=True))
        spent: dict[tuple[int, str], list[float]] = {}
        records: dict[int, int] = {}
        for turn in range(rounds):
            for database, size in zip(databases, sizes, strict=True):
                for work in (plans, datasets) if turn % 2 else (datasets, plans):
                    seconds, found = timed(work, database, designs)
                    spent.setdefault((size, work.__name__), []).append(seconds)
                    records[size] = found if work is datasets else records.get(size, 0)
        for size in sizes:
            planning, making = (median(spent[size, name]) for name in ("plans", "datasets"))
            each, speed, ratio = 1000 * making / size, records[size] / making, making / planning
            print(
                f"{kind:<10}  {size:>6,} participants  {making:6.2f} s, {each:5.2f} ms each, {speed:9,.0f} records/s; "
                f"planning alone {planning:6.2f} s: {ratio:4.2f} times"
            )
        for database in databases:
            database.dispose()


def main() -> None:
    """Measure each kind of database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--kind", choices=("sqlite", "postgresql"))
    options = parser.parse_args()
    for kind in [options.kind] if options.kind else kinds():
        measure(kind, options.many, options.rounds)


if __name__ == "__main__":
    main()

"""A process that records facts about made-up participants until somebody kills it.

    python -m tests.soak.writer DATABASE SEED

Prints a line for each fact whose transaction was committed: what was promised must be there afterwards.
"""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime, timedelta

from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from planner.problems import PlannerError
from tests.studies import Trial

NUMBERS = tuple(f"01-{number:03}" for number in range(1, 6))
_START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


def something(chance: random.Random, day: str) -> list[dict[str, object]]:
    """One thing that may have happened; whether it can have is for the planner to say."""
    visit = f"induction.c{chance.choice((1, 1, 2))}.d{chance.choice((1, 8, 15))}"
    chosen = chance.randrange(6)
    if chosen == 0:
        return [{"fact": "given", "date": day, "visit": visit, "activity": drug} for drug in ("vsli", "ino")]
    if chosen == 1:
        return [{"fact": "attended", "date": day, "visit": visit}]
    if chosen == 2:
        return [{"fact": "away", "date": day, "until": day}]
    if chosen == 3:
        return [{"fact": "cycle_held", "date": day, "cycle": "induction.c2", "reason": "counts"}]
    if chosen == 4:
        return [{"fact": "booked", "date": day, "visit": visit, "time": f"{chance.randrange(8, 16):02}:00"}]
    return [{"fact": "unscheduled_visit", "date": day, "activities": ["bloods"]}]


def main() -> None:
    """Write until killed."""
    database, seed = sys.argv[1], int(sys.argv[2])
    chance = random.Random(seed)
    study = Trial(Store(Database(database)))
    while True:
        study.now = _START + timedelta(days=chance.randrange(40))
        number = chance.choice(NUMBERS)
        try:
            found = study.record(number, *something(chance, study.now.date().isoformat()), booking_reason="made up")
        except PlannerError:
            continue
        for fact in found.facts:
            sys.stdout.write(f"{number} {fact.id}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

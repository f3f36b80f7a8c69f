"""How long the server takes for each page, with a hundred participants and with thousands, by turns in one run.

    python -m benchmarks.page_speed [--many 5000] [--kind sqlite|postgresql]

A page is asked for as a browser does, by somebody who is signed in, and written down to its last byte; the network, the
web server's own work and the compression are left out. Participants have had a cycle of treatment, some of it late.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections import defaultdict
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import quantiles

import structlog

import planner.clock
from benchmarks.stored import NOW, empty_databases, import_table, kinds, name_of, table_of
from planner.app import create_app
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.desk import Desk, desk_of
from tests.planner.api.callers import settings_for
from tests.studies import STUDY

FEW, MANY, ROUNDS = 100, 5_000, 20
_ONE = f"/studies/{STUDY}/participants/{name_of(21)}"
#: a page's name, its address, and whose page it is
PAGES = (
    ("today", "/today", Role.COORDINATOR),
    ("to watch", "/watch", Role.COORDINATOR),
    ("participants", "/participants", Role.COORDINATOR),
    ("participants, by next visit", "/participants?sort=next", Role.COORDINATOR),
    ("participants, searched", "/participants?search=0042", Role.COORDINATOR),
    ("a participant", _ONE, Role.COORDINATOR),
    ("what happened", f"{_ONE}/facts", Role.COORDINATOR),
    ("record what happened", f"{_ONE}/record?kind=cycle_delayed", Role.COORDINATOR),
    ("a visit", f"{_ONE}/visits/induction.c1.d15", Role.COORDINATOR),
    ("deviations", "/deviations", Role.COORDINATOR),
    ("a site's month", f"/calendar/north?day={NOW.date()}", Role.COORDINATOR),
    ("studies", "/studies", Role.COORDINATOR),
    ("a study", f"/studies/{STUDY}", Role.COORDINATOR),
    ("an infusion centre's day", f"/infusions/north?day={NOW.date()}", Role.INFUSION_CENTRE),
    ("administration", "/office", Role.ADMINISTRATOR),
)


class Population:
    """An installation with so many participants, its readers, and how long each page took, in milliseconds."""

    def __init__(self, database: Database, size: int, folder: Path) -> None:
        import_table(database, table_of(size, dosed=True))
        self.store = Store(database)
        self.app = create_app({"TESTING": True}, settings_for(self.store, folder))
        self.spent: dict[str, list[float]] = defaultdict(list)
        self._readers: dict[Role, Desk] = {}

    def read(self, name: str, address: str, role: Role) -> None:
        """One page, timed. Raises AssertionError where it is not what it should be."""
        reader = self._readers.get(role) or self._readers.setdefault(role, desk_of(self.app, self.store, role))
        began = time.perf_counter()
        answer = reader.client.get(address)
        self.spent[name].append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (address, answer.status_code)

    def times(self, name: str) -> tuple[float, float]:
        """The median and the 95th percentile of a page."""
        found = quantiles(self.spent[name], n=100)
        return found[49], found[94]


def measure(kind: str, many: int, rounds: int) -> None:
    """Print a row for each page."""
    with empty_databases(kind, 2) as databases, tempfile.TemporaryDirectory(prefix="planner-bench-") as folder:
        sizes = zip(databases, (FEW, many), strict=True)
        populations = [Population(database, size, Path(folder)) for database, size in sizes]
        for page in PAGES:
            for population in populations:
                population.read(*page)  # templates are made ready
                population.spent.clear()
            for _ in range(rounds):
                for population in populations:
                    population.read(*page)
            (few_50, few_95), (many_50, many_95) = (population.times(page[0]) for population in populations)
            print(
                f"{kind:10}  {page[0]:28}  {FEW:,} participants: {few_50:6.1f} ms ({few_95:6.1f})  "
                f"{many:,}: {many_50:6.1f} ms ({many_95:6.1f})  ratio {many_50 / few_50:5.2f}",
                flush=True,
            )
        for population in populations:
            population.app.extensions["installation"].close()


def main() -> None:
    """Measure and print: medians, and in brackets the 95th percentile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--kind", choices=kinds(), help="of this kind only")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    ticks = count()
    planner.clock.now = lambda: NOW + timedelta(milliseconds=next(ticks))
    for kind in [options.kind] if options.kind else kinds():
        measure(kind, options.many, options.rounds)


if __name__ == "__main__":
    main()

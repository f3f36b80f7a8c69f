"""How fast the engine plans vsli-ino: whole calendars with windows, spacing, closures and gates.

Prints one JSON line. A visit here is what USDM calls an Encounter. Each plan is of another participant,
with another Day 1, at a site with weekends and public holidays; nothing is reused but the compiled design.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from datetime import date, timedelta

from schedules.closures import PublicHolidays, Site
from schedules.design import Design
from schedules.history import Consented, Enrolled, Fact, GateDecided, Given, History
from schedules.plan import plan
from schedules.protocol_file import library_protocol

_FIRST = date(2026, 1, 5)
_SITE = Site(id="site", name="A made-up site", public_holidays=PublicHolidays(country="US"))


def start_only(number: int) -> History:
    """Somebody who might join: a start date and nothing else."""
    return History(planned_start=_FIRST + timedelta(days=number % 365))


def in_treatment(number: int) -> History:
    """A participant in maintenance, with the facts of one cycle of induction."""
    start = _FIRST + timedelta(days=7 * (number % 52))
    facts: list[Fact] = [Consented(date=start, version="1.0"), Enrolled(date=start, day_1=start)]
    for name, offset in (("d1", 0), ("d8", 7), ("d15", 14)):
        day, visit = start + timedelta(days=offset), f"induction.c1.{name}"
        facts += [Given(date=day, visit=visit, activity=drug) for drug in ("vsli", "ino")]
    decided = start + timedelta(days=25)
    facts.append(GateDecided(date=decided, gate="induction.c1.response", outcome="benefit"))
    return History(tuple(facts))


def measure(histories: list[History], seconds: float) -> dict[str, float]:
    """Plan one history after the other until the time is over."""
    design = Design((library_protocol("vsli-ino").protocol,), (_SITE,))
    as_of = _FIRST + timedelta(days=60)
    for history in histories:
        plan(design, history, as_of)
    plans = visits = activities = 0
    began = time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        found = plan(design, histories[plans % len(histories)], as_of)
        plans += 1
        visits += len(found.visits)
        activities += sum(len(visit.spec.activities) for visit in found.visits)
    return {
        "plans": plans,
        "seconds": round(spent, 4),
        "visits_per_plan": round(visits / plans, 2),
        "plans_per_second": round(plans / spent, 1),
        "visits_per_second": round(visits / spent, 1),
        "nodes_per_second": round(activities / spent, 1),
    }


def main() -> None:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--history", choices=("start-only", "in-treatment"), default="start-only")
    options = parser.parse_args()
    maker = start_only if options.history == "start-only" else in_treatment
    found = measure([maker(number) for number in range(365)], options.seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"history": options.history, **found, "peak_rss_mb": round(peak, 1)}))


if __name__ == "__main__":
    main()

"""How planning grows from 1 to 100,000 participants: time per plan, and memory per plan that is kept.

Prints a line for each size; linear growth is the same time per plan throughout.
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import date

from benchmarks.plan_speed import in_treatment
from schedules.closures import PublicHolidays, Site
from schedules.design import Design
from schedules.plan import plan
from schedules.protocol_file import library_protocol
from schedules.scheduled import Plan

SIZES = (1, 10, 100, 1_000, 10_000, 100_000)
KEPT = 5_000
_SITE = Site(id="site", name="A made-up site", public_holidays=PublicHolidays(country="US"))
_AS_OF = date(2026, 3, 6)


def seconds_for(design: Design, participants: int) -> float:
    """How long it takes to plan that many participants, one after the other, each from their facts."""
    histories = [in_treatment(number) for number in range(min(participants, 1_000))]
    began = time.perf_counter()
    for number in range(participants):
        plan(design, histories[number % len(histories)], _AS_OF)
    return time.perf_counter() - began


def kilobytes_per_plan(design: Design) -> float:
    """How much the process grows for each plan that is kept."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kept: list[Plan] = [plan(design, in_treatment(number), _AS_OF) for number in range(KEPT)]
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return grown / len(kept)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the largest number of participants")
    most = parser.parse_args().most
    design = Design((library_protocol("vsli-ino").protocol,), (_SITE,))
    plan(design, in_treatment(0), _AS_OF)
    print("participants  seconds  microseconds per plan")
    for size in (size for size in SIZES if size <= most):
        spent = min(seconds_for(design, size) for _ in range(3 if size < 1_000 else 1))
        print(f"{size:12,}  {spent:7.3f}  {spent / size * 1e6:21.1f}", flush=True)
    print(f"memory per kept plan: {kilobytes_per_plan(design):.1f} kB")


if __name__ == "__main__":
    main()

"""What belongs to the datasets and has no place in them: of when they are, how to check them, what is left out."""

from __future__ import annotations

from typing import Any

from planner.reports.sdtm.datasets import NAMES, Domains

STANDARD = "SDTMIG 3.4"
RULES = (
    "SV has one record for each VISITNUM of a participant; a visit on several days has its first and last day.",
    "SVOCCUR is N only where somebody recorded that the visit did not take place.",
    "After the end of somebody's part in the study SV has no planned visit; who came all the same came unplanned.",
    "Visits outside the schedule, repeats, and those that the arm does not plan have a VISITNUM with a decimal.",
    "VISITNUM is the epoch, the cycle (000 without cycles) and the place in it, such as 20 002 010.",
    "VISITNUM and VISIT of a visit are those of the first protocol version that has it, whatever amendments say.",
    "VISITDY is empty where the protocol fixes no day: behind decisions, and in follow-up.",
    "Study days count from Day 1 and are empty until the treatment has begun; there is no Day 0.",
    "DV has the deviations that a person has confirmed and that the facts still show.",
)


def about(domains: Domains) -> dict[str, Any]:
    """All of it as plain data."""
    return {
        "study": domains.heading.study,
        "title": domains.heading.title,
        "standard": STANDARD,
        "as_of": domains.heading.as_of.isoformat().replace("+00:00", "Z"),
        "chain": {"seq": domains.heading.chain.seq, "digest": domains.heading.chain.digest},
        "engine": domains.heading.engine,
        "participants": domains.participants,
        "records": {name: len(domains.domain(name).rows) for name in NAMES},
        "left_out": [{"why": each.why, "count": each.count} for each in domains.left_out],
        "rules": list(RULES),
    }

"""How visits and gates can stand on the day of a plan, and what each word means."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """How a scheduled visit stands on the day of the plan."""

    PLANNED = "planned"
    DUE = "due"
    BOOKED = "booked"
    TO_REBOOK = "to-rebook"
    NEEDS_DECISION = "needs-decision"
    HELD = "held"
    DONE = "done"
    UNRECORDED = "unrecorded"
    MISSED = "missed"
    OMITTED = "omitted"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


STATUS_MEANINGS = {
    Status.PLANNED: "It has a date and no appointment; its window is not open yet, or nothing is recorded yet.",
    Status.DUE: "Its window is open on the day of the plan; not booked, nothing recorded.",
    Status.BOOKED: "It has an appointment that fits; the target is the booked day.",
    Status.TO_REBOOK: "It has an appointment that no longer fits, and why; the target is where it should be.",
    Status.NEEDS_DECISION: "No day is left on which it may be, or a decision is asked first; there is no target.",
    Status.HELD: "It waits for the end of a hold that has no end yet; there is no target.",
    Status.DONE: "It took place; the target is the day on which it did.",
    Status.UNRECORDED: "Its window has closed and nothing is recorded: a query, later a candidate deviation.",
    Status.MISSED: "The participant did not come, and it will not be made up.",
    Status.OMITTED: "It was left out for good.",
    Status.EXPIRED: "It took place, but is too old by Day 1; it is due again.",
    Status.SUSPENDED: "The participant is lost to follow-up; it has no target until they are found again.",
    Status.CANCELLED: "The end of treatment, a withdrawal or a death took it away.",
}


class GateStatus(StrEnum):
    """How a gate stands on the day of the plan."""

    OPEN = "open"
    OVERDUE = "overdue"
    DECIDED = "decided"
    NOT_NEEDED = "not-needed"


GATE_STATUS_MEANINGS = {
    GateStatus.OPEN: "Nobody has decided yet; what lies beyond follows the default and is tentative.",
    GateStatus.OVERDUE: "Nobody has decided, and the day on which it was due has passed.",
    GateStatus.DECIDED: "It was decided; `outcome` and `decided_on` say how and when.",
    GateStatus.NOT_NEEDED: "The treatment ended before it was decided, or an amendment put it behind a begun cycle.",
}

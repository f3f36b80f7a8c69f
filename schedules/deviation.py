"""A difference between what the protocol asks and what happened, as a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal


class Kind(StrEnum):
    """What sort of deviation it is."""

    OUTSIDE_WINDOW = "outside-window"
    ACTIVITY_OUTSIDE_WINDOW = "activity-outside-window"
    EXPIRED_AT_DAY_1 = "expired-at-day-1"
    MISSED = "missed"
    UNRECORDED = "unrecorded"
    DOSE_UNRECORDED = "dose-unrecorded"
    NOT_DONE = "not-done"
    HOLD_NOT_ALLOWED = "hold-not-allowed"
    TOO_CLOSE = "too-close"
    SAME_DAY = "same-day"
    HELD_TOO_LONG = "held-too-long"
    WITHOUT_GATE = "without-gate"
    AGAINST_GATE = "against-gate"
    BEYOND_MOST_CYCLES = "beyond-most-cycles"
    AFTER_END = "after-end"
    WRONG_VERSION = "wrong-version"
    BEFORE_CONSENT = "before-consent"
    BEFORE_RECONSENT = "before-reconsent"
    NO_CONSENT = "no-consent"
    GIVEN_AGAIN = "given-again"
    UNPLANNED_DOSE = "unplanned-dose"
    WRONG_DRUG = "wrong-drug"
    WRONG_LEVEL = "wrong-level"


KIND_MEANINGS = {
    Kind.OUTSIDE_WINDOW: "A visit or a dose fell outside its window; `days` says by how many (negative: early).",
    Kind.ACTIVITY_OUTSIDE_WINDOW: "An activity with a window of its own fell outside it.",
    Kind.EXPIRED_AT_DAY_1: "The first dose was given on a screening visit that was too old by then, and not repeated.",
    Kind.MISSED: "The participant did not come, and the visit was not made up.",
    Kind.UNRECORDED: "A window closed without a record: a query, and a candidate after five working days.",
    Kind.DOSE_UNRECORDED: "A visit took place, and nothing tells what became of a drug: a query, later a candidate.",
    Kind.NOT_DONE: "A planned activity was left out for a reason that the protocol does not give.",
    Kind.HOLD_NOT_ALLOWED: "A dose or a cycle was held for a reason that the protocol does not give.",
    Kind.TOO_CLOSE: "Two doses of a drug were nearer than their spacing; `days` says by how many.",
    Kind.SAME_DAY: "Two things that must never share a day did.",
    Kind.HELD_TOO_LONG: "A cycle was held longer than the protocol allows; `days` says by how many.",
    Kind.WITHOUT_GATE: "A cycle was begun before its gate was decided.",
    Kind.AGAINST_GATE: "A cycle was begun although the path does not lead to it.",
    Kind.BEYOND_MOST_CYCLES: "A further cycle than the protocol's most was begun.",
    Kind.AFTER_END: "A dose was given after the end of treatment.",
    Kind.WRONG_VERSION: "It was done under another protocol version than the one in force on that day.",
    Kind.BEFORE_CONSENT: "A study procedure took place, or the participant was enrolled, before consent.",
    Kind.BEFORE_RECONSENT: "Something that an amendment brought took place before consent to that amendment.",
    Kind.NO_CONSENT: "Study procedures are recorded and no consent is.",
    Kind.GIVEN_AGAIN: "A drug was given more than once at one visit, and not as parts of one dose.",
    Kind.UNPLANNED_DOSE: "A dose was given outside any visit.",
    Kind.WRONG_DRUG: "A drug was given that the visit does not plan for this participant, or that was stopped.",
    Kind.WRONG_LEVEL: "A dose level was given that is neither the enrolled one nor, once reduced, the reduced one.",
}


@dataclass(frozen=True, slots=True)
class Deviation:
    """A difference between plan and history. ``id`` stays the same however often it is found.

    ``days`` is the size where it has one. ``important`` is a hint for the person who classifies it.
    """

    id: str
    kind: Kind
    visit: str | None
    activity: str | None
    date: date | None
    days: int | None
    text: str
    state: Literal["query", "candidate"] = "candidate"
    important: bool = False


def found(
    kind: Kind,
    about: str,
    text: str,
    *,
    activity: str | None = None,
    day: date | None = None,
    days: int | None = None,
    state: Literal["query", "candidate"] = "candidate",
    important: bool = False,
) -> Deviation:
    """A deviation of a kind about something (a visit's key, a fact's id); its name is made from what it is about."""
    name = ":".join(part for part in (kind.value, about, activity) if part)
    return Deviation(name, kind, about or None, activity, day, days, text, state, important)

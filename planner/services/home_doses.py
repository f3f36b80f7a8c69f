"""Doses taken at home: on which days one is expected, and what was said of it, by participants and by staff."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from planner.problems import Refused
from planner.services.designs import StudyDesign
from planner.services.histories import Life
from schedules.history import Given, Omitted
from schedules.protocol import ActivityKind

#: how the facts are called that participants note down themselves; what comes next is the answer
OWN = "page-"
#: what stands with each of them
NOTE = "noted down by the participant"
_LATE = f"{NOTE}, later than usual: "


class Answer(StrEnum):
    """What was said of a dose."""

    TAKEN = "taken"
    LATE = "late"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class HomeDose:
    """One dose of a drug on a day, and what was said of it; ``answer`` is None while nobody has said anything.

    ``facts`` are those that say so; ``own`` where all of them are the participant's; ``reason`` why it was not taken.
    """

    drug: str
    day: date
    answer: Answer | None
    reason: str
    own: bool
    facts: tuple[str, ...]


def late_note(reason: str) -> str:
    """What stands with a dose that was late for a reason such as told-not-to."""
    return f"{_LATE}{reason.replace('-', ' ')}"


def home_drugs(study: StudyDesign) -> list[str]:
    """The drugs that any version of a study has taken at home, in the protocol's order."""
    found = (
        name
        for protocol in study.protocols.values()
        for name, activity in protocol.activities.items()
        if activity.kind is ActivityKind.HOME_DOSE
    )
    return list(dict.fromkeys(found))


def days_at_home(life: Life, now: datetime, first: date, last: date) -> Iterator[tuple[str, date]]:
    """What is to be taken or noted down at home on which days, from a day to another.

    A hold takes its days away; whoever is in hospital takes nothing at home, and what is tentative is not asked about.
    Raises Refused for facts that cannot be.
    """
    plan = life.plan(now)
    if plan is None:
        return
    course = life.course(now)
    for doses in plan.home_doses:
        for day in () if doses.tentative else doses.days:
            if first <= day <= last and not course.is_in_hospital(day.toordinal()):
                yield doses.activity, day


def doses_at_home(life: Life, now: datetime, first: date, last: date) -> list[HomeDose]:
    """Every dose at home from a day to another that was expected, or of which something was said, by day and drug."""
    drugs = home_drugs(life.study)
    said = said_at_home(life)
    keys = {key for key in said if key[0] in drugs and first <= key[1] <= last}
    with suppress(Refused):  # what was said is shown all the same
        keys |= {one for one in days_at_home(life, now, first, last) if one[0] in drugs}
    return [_dose(key, said.get(key, [])) for key in sorted(keys, key=lambda key: (key[1], drugs.index(key[0])))]


def said_at_home(life: Life) -> dict[tuple[str, date], list[Given | Omitted]]:
    """What was said of doses outside any visit, by drug and day."""
    found: dict[tuple[str, date], list[Given | Omitted]] = defaultdict(list)
    for fact in life.live:
        if isinstance(fact, Given | Omitted) and fact.visit is None and fact.activity is not None:
            found[fact.activity, fact.date].append(fact)
    return found


def _dose(key: tuple[str, date], facts: list[Given | Omitted]) -> HomeDose:
    names = tuple(fact.id or "" for fact in facts)
    answer, reason = _answer(facts) if facts else (None, "")
    return HomeDose(*key, answer, reason, all(name.startswith(OWN) for name in names), names)


def _answer(facts: list[Given | Omitted]) -> tuple[Answer, str]:
    """What the facts come to: a dose that somebody says was taken was taken."""
    taken = [fact for fact in facts if isinstance(fact, Given)]
    late = [(fact.note or "") for fact in taken if (fact.note or "").startswith(_LATE)]
    if taken:
        whole = len(late) < len(taken)
        return (Answer.TAKEN, "") if whole else (Answer.LATE, late[0].removeprefix(_LATE).replace(" ", "-"))
    return Answer.MISSED, next(fact.reason for fact in facts if isinstance(fact, Omitted))

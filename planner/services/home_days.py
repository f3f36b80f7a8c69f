"""Days on which participants cannot come, as they say on their own page: facts, and a task for a coordinator."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from notifications.tasks import NewTask, ask
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.access import EVERYTHING
from planner.services.designs import Designs
from planner.services.facts import RecordFacts, record_facts
from planner.services.home_doors import AtHome
from planner.services.home_doses import OWN
from planner.services.recipients import recipient_row
from planner.services.whereabouts import DaysAway, days_away
from schedules.history import Away, Void

LONGEST, AHEAD = timedelta(days=60), timedelta(days=366)


@dataclass(frozen=True, slots=True)
class OwnDays:
    """Days on which somebody cannot come, both ends included; ``fact`` is empty where staff recorded them."""

    first: date
    last: date
    fact: str


def own_days(session: Session, designs: Designs, seen: AtHome, today: date) -> list[OwnDays]:
    """The days from today on, the earliest first."""
    spans = _all(session, designs, seen)
    found = [OwnDays(one.first, one.last, one.fact if one.fact.startswith(OWN) else "") for one in spans]
    return sorted((one for one in found if one.last >= today), key=lambda one: (one.first, one.last))


def wrong_with(first: date | None, last: date | None, today: date) -> dict[str, str]:
    """What is wrong with days that somebody has typed, by the field: the name of a text."""
    wrong = {name: "away_no_day" for name, day in (("first", first), ("last", last)) if day is None}
    if first is not None and not today <= first <= today + AHEAD:
        wrong["first"] = "away_not_ahead"
    if first is not None and last is not None and not wrong and not first <= last <= first + LONGEST:
        wrong["last"] = "away_before" if last < first else "away_too_long"
    return wrong


def say_away(uow: UnitOfWork, designs: Designs, seen: AtHome, first: date, last: date) -> None:
    """Record the days, and ask a coordinator to look. Said twice, nothing happens. Raises Refused and InvalidInput."""
    if any((one.first, one.last) == (first, last) for one in _all(uow.session, designs, seen)):
        return
    name = f"{OWN}{secrets.token_hex(8)}"
    _record(uow, designs, seen, Away(date=first, until=last, id=name))
    _tell(uow, seen, name, "They say on their page that they cannot come on some days: look at their visits.")


def take_away_back(uow: UnitOfWork, designs: Designs, seen: AtHome, fact: str, today: date) -> None:
    """Take back what they have said themselves; anything else stays as it is."""
    mine = [one for one in _all(uow.session, designs, seen) if one.fact == fact and fact.startswith(OWN)]
    if mine:
        _record(uow, designs, seen, Void(date=today, of=fact))
        _tell(uow, seen, f"{fact}.back", "They say on their page that they can come on some days after all.")


def _all(session: Session, designs: Designs, seen: AtHome) -> list[DaysAway]:
    study = session.get_one(Study, seen.link.study_id)
    return days_away(session, designs, EVERYTHING, study.code, seen.participant.number)


def _record(uow: UnitOfWork, designs: Designs, seen: AtHome, fact: Away | Void) -> None:
    study = uow.session.get_one(Study, seen.link.study_id)
    command = RecordFacts(study=study.code, participant=seen.participant.number, facts=(fact,), why="on their own page")
    record_facts(uow, designs, EVERYTHING, command)


def _tell(uow: UnitOfWork, seen: AtHome, name: str, words: str) -> None:
    recipient = recipient_row(uow.session, seen.participant.id)
    task = NewTask(
        study_id=seen.link.study_id, site_id=seen.participant.site_id, kind="away", words=words,
        occasion=f"away.{name}.p{seen.participant.id}", recipient_id=recipient.id if recipient is not None else None,
    )  # fmt: skip
    ask(uow.session, task, uow.now)

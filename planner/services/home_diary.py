"""A diary of doses taken at home, on a participant's own page: each entry is a fact, as anybody else records it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from notifications.tasks import NewTask, ask_again, settle_task
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.access import EVERYTHING
from planner.services.designs import Designs
from planner.services.facts import RecordFacts, record_facts
from planner.services.histories import Life, life_of
from planner.services.home_changes import medicine_names
from planner.services.home_doors import AtHome
from planner.services.home_doses import NOTE, OWN, Answer, HomeDose, doses_at_home, home_drugs, late_note
from planner.services.home_settings import locked
from planner.services.recipients import recipient_row
from schedules.history import Given, Omitted, Void
from schedules.wording import day_words

#: so many days before today can be noted down or mended: what is older is for the clinic, by a count of what is left
BACK = timedelta(days=13)
#: what of the past is shown, today besides
SHOWN = timedelta(days=41)
#: why a dose was late or was not taken: what participants choose from
REASONS = ("forgot", "unwell", "told-not-to", "none-left", "other")
_WHY = {
    "forgot": "they forgot it", "unwell": "they felt unwell", "told-not-to": "they were told not to",
    "none-left": "they had none left", "other": "another reason",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What a participant says of a dose: ``why`` is one of the reasons, or empty where it was taken as usual."""

    drug: str
    day: date
    answer: Answer
    why: str


@dataclass(frozen=True, slots=True)
class Medicine:
    """One drug as its participant sees it: by the name that was agreed with them, never by its own.

    ``number`` counts from 1 in the protocol's order.
    """

    number: int
    drug: str
    name: str
    doses: tuple[HomeDose, ...]

    def count(self, answer: str) -> int:
        """How many doses were taken, late or missed; or, by an empty answer, were not noted."""
        return sum((dose.answer or "") == answer for dose in self.doses)

    def on(self, day: date) -> HomeDose | None:
        """Its dose of a day."""
        return next((dose for dose in self.doses if dose.day == day), None)


@dataclass(frozen=True, slots=True)
class Diary:
    """What was to be taken at home these weeks. ``first`` is the first day that is shown."""

    today: date
    first: date
    medicines: tuple[Medicine, ...]

    def dose(self, drug: str, day: date) -> HomeDose | None:
        """The dose of a drug on a day."""
        return next((one.on(day) for one in self.medicines if one.drug == drug), None)

    def may_note(self, dose: HomeDose) -> bool:
        """Whether the participant may say something of a dose, or something else."""
        return self.today - BACK <= dose.day <= self.today and dose.own


def own_diary(session: Session, designs: Designs, seen: AtHome, now: datetime) -> Diary:
    """Somebody's diary as it is now."""
    return diary_of(_life(session, designs, seen), medicine_names(session, seen.link), now)


def diary_of(life: Life, names: Mapping[str, str], now: datetime) -> Diary:
    """What somebody was to take at home these weeks, and what was said of it."""
    today = life.today(now)
    first = today - SHOWN
    doses = doses_at_home(life, now, first, today)
    drugs = [drug for drug in home_drugs(life.study) if any(dose.drug == drug for dose in doses)]
    found = (
        Medicine(number, drug, names.get(drug, ""), tuple(dose for dose in doses if dose.drug == drug))
        for number, drug in enumerate(drugs, 1)
    )
    return Diary(today, first, tuple(found))


def note_dose(uow: UnitOfWork, designs: Designs, seen: AtHome, said: Said) -> bool:
    """Note down what became of a dose, in the place of what the participant had said of it before.

    False where there is nothing to be noted: no dose is expected on that day, it is too long ago or still to come, or
    staff have recorded it. A coordinator is asked to look where a dose was not taken. Raises Refused.
    """
    locked(uow, seen)
    diary = diary_of(_life(uow.session, designs, seen), {}, uow.now)
    dose = diary.dose(said.drug, said.day)
    if dose is None or not diary.may_note(dose):
        return False
    if (dose.answer, dose.reason) != (said.answer, said.why):
        study = uow.session.get_one(Study, seen.link.study_id)
        before = [Void(date=diary.today, of=fact, id=_name("mended"), note=NOTE) for fact in dose.facts]
        command = RecordFacts(
            study=study.code, participant=seen.participant.number, facts=(*before, _fact(said)),
            why="on their own page",
        )  # fmt: skip
        record_facts(uow, designs, EVERYTHING, command)
        _tell(uow, seen, said)
    return True


def _fact(said: Said) -> Given | Omitted:
    name = _name(said.answer)
    if said.answer is Answer.MISSED:
        return Omitted(date=said.day, activity=said.drug, reason=said.why, id=name, note=NOTE)
    note = late_note(said.why) if said.answer is Answer.LATE else NOTE
    return Given(date=said.day, activity=said.drug, id=name, note=note)


def _name(what: str) -> str:
    return f"{OWN}{what}-{secrets.token_hex(8)}"


def _tell(uow: UnitOfWork, seen: AtHome, said: Said) -> None:
    """Ask a coordinator to look at a dose that was not taken, once; what was mended settles itself."""
    occasion = f"diary.{said.drug}.{said.day.isoformat()}.p{seen.participant.id}"
    if said.answer is not Answer.MISSED:
        settle_task(uow.session, occasion, "they mended it on their page", uow.now)
        return
    recipient = recipient_row(uow.session, seen.participant.id)
    words = f"They say on their page that they did not take a dose at home on {day_words(said.day)}: {_WHY[said.why]}."
    task = NewTask(
        study_id=seen.link.study_id, site_id=seen.participant.site_id, kind="diary", words=words, occasion=occasion,
        recipient_id=recipient.id if recipient is not None else None,
    )  # fmt: skip
    ask_again(uow.session, task, uow.now)


def _life(session: Session, designs: Designs, seen: AtHome) -> Life:
    study = session.get_one(Study, seen.link.study_id)
    return life_of(session, designs.of(session, study), seen.participant)

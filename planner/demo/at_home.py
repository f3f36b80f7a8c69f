"""What the demo's participants do on pages of their own: a diary filled in of an evening, days away, a helper named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import select

from notifications.inbox import TaskRow
from planner.demo.courses import Course
from planner.demo.stage import Stage
from planner.persistence.participants import Contact
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.access import EVERYTHING, find_participant, find_study
from planner.services.facts import RecordFacts, record_facts
from planner.services.histories import life_of
from planner.services.home_caregivers import name_caregiver
from planner.services.home_changes import ChangePage, change_page
from planner.services.home_days import say_away
from planner.services.home_diary import Diary, Said, note_dose, own_diary
from planner.services.home_doors import AtHome, at_home, enter, note_seen
from planner.services.home_doses import Answer, days_at_home
from planner.services.home_links import GiveLink, give_link, let_in
from planner.services.tasks import finish_task
from planner.services.users import Role
from schedules.history import Given

#: since how many days some have a page of their own
PAGES_FOR = 20
#: how many days a dose that was not taken stands among what is to be looked at, until somebody has called
_LOOKED_INTO = timedelta(days=3)
#: in how many days somebody is away, and for how many more
_AWAY_IN, _AWAY_FOR = timedelta(days=31), timedelta(days=3)
#: of how many days before that their diary on paper is entered
_ON_PAPER = timedelta(days=41)
#: what they are to bring, in their language
BRING = {
    "en": "your diary", "es": "su diario", "fr": "votre journal", "ar": "دفتر اليوميات", "zh": "您的日记",
}  # fmt: skip
#: by what names they know what they take at home, in the protocol's order
_NAMES = {
    "en": ("the white ones", "the small green ones"),
    "es": ("las blancas", "las verdes pequeñas"),
    "fr": ("les blancs", "les petits verts"),
    "ar": ("البيضاء", "الخضراء الصغيرة"),
    "zh": ("白色的", "绿色小的"),
}
_DRUGS = ("venetoclax", "dexamethasone")
#: what is noted down on a day, by turns; nothing where somebody forgets the diary as well
_TURNS: tuple[tuple[Answer, str] | None, ...] = (
    (Answer.TAKEN, ""), (Answer.TAKEN, ""), (Answer.LATE, "forgot"), (Answer.TAKEN, ""), (Answer.TAKEN, ""),
    (Answer.MISSED, "unwell"), (Answer.TAKEN, ""), (Answer.TAKEN, ""), None, (Answer.TAKEN, ""), (Answer.TAKEN, ""),
)  # fmt: skip
_COORDINATOR = Role.COORDINATOR.value


def give_page(stage: Stage, course: Course, now: datetime) -> None:
    """The coordinator gives a page of their own to somebody, whose telephone is let in at once."""

    def give(uow: UnitOfWork) -> str:
        language = _language(uow, course)
        command = GiveLink(study=course.study, participant=course.number, bring=BRING[language], no_driving=True)
        token = give_link(uow, stage.designs, stage.keys, EVERYTHING, command).token
        names = dict(zip(_DRUGS, _NAMES[language], strict=True))
        said = ChangePage(study=course.study, participant=course.number, medicines=names)
        change_page(uow, stage.designs, EVERYTHING, said)
        return token

    stage.do(_COORDINATOR, now, lambda uow: _from_paper(uow, stage, course, now))
    token = stage.pages[course.study, course.number] = stage.do(_COORDINATOR, now, give)
    code = stage.do(
        _COORDINATOR, now, lambda uow: let_in(uow, stage.keys, EVERYTHING, course.study, course.number)
    )  # fmt: skip
    secret = stage.do("", now, lambda uow: enter(uow, stage.keys, token, code))
    if secret is None:
        raise LookupError(f"nobody is let in to the page of {course.number}")
    stage.devices[course.study, course.number] = secret


def _from_paper(uow: UnitOfWork, stage: Stage, course: Course, now: datetime) -> None:
    """The coordinator enters what stood in the diary on paper, of the weeks before: all was taken."""
    study = find_study(uow.session, EVERYTHING, course.study)
    participant = find_participant(uow.session, EVERYTHING, study, course.number)
    life = life_of(uow.session, stage.designs.of(uow.session, study), participant)
    today = life.today(now)
    taken = [
        Given(date=day, activity=drug)
        for drug, day in days_at_home(life, now, today - _ON_PAPER, today - timedelta(days=1))
    ]
    if taken:
        command = RecordFacts(study=course.study, participant=course.number, facts=tuple(taken))
        record_facts(uow, stage.designs, EVERYTHING, command)


def note_evening(stage: Stage, course: Course, place: int, day: date, now: datetime) -> None:
    """What somebody notes down of an evening; now and then nothing."""

    def work(uow: UnitOfWork, seen: AtHome) -> None:
        for said in _said(own_diary(uow.session, stage.designs, seen, now), day, place):
            note_dose(uow, stage.designs, seen, said)

    _on_page(stage, course, now, work)


def _said(diary: Diary, day: date, place: int) -> Iterator[Said]:
    for medicine in diary.medicines:
        turn = _TURNS[(day.toordinal() + 5 * place + medicine.number) % len(_TURNS)]
        dose = medicine.on(day)
        if dose is not None and dose.answer is None and turn is not None:
            yield Said(medicine.drug, day, *turn)


def ask_on_page(stage: Stage, course: Course, now: datetime) -> None:
    """They ask on their page that a helper is texted too, or say that they cannot come for some days."""

    def helper(uow: UnitOfWork, seen: AtHome) -> None:
        name_caregiver(uow, stage.keys, seen, f"Helper of {course.number} (made up)", "+1 212 555 0199")

    def away(uow: UnitOfWork, seen: AtHome) -> None:
        say_away(uow, stage.designs, seen, stage.today + _AWAY_IN, stage.today + _AWAY_IN + _AWAY_FOR)

    _on_page(stage, course, now, {"helper": helper, "away": away}[course.asked])


def _on_page(stage: Stage, course: Course, now: datetime, work: Callable[[UnitOfWork, AtHome], None]) -> None:
    seen = at_home(stage.session, stage.devices[course.study, course.number], now)
    if seen is None:
        raise LookupError(f"{course.number} has no page any more")
    stage.act(seen.actor, now, lambda uow: note_seen(uow, seen.device.id))
    stage.act(seen.actor, now, lambda uow: work(uow, seen))


def look_into_diaries(stage: Stage, now: datetime) -> None:
    """The coordinator has called those who did not take something some days ago."""
    query = select(TaskRow.id, Study.code).join(Study, Study.id == TaskRow.study_id)
    which = (TaskRow.kind == "diary", TaskRow.done_at.is_(None), TaskRow.made_at < now - _LOOKED_INTO)
    note = "called them: all is well (made up)"
    for task, study in stage.session.execute(query.where(*which).order_by(TaskRow.id)).all():
        stage.do(
            _COORDINATOR,
            now,
            lambda uow, study=study, task=task: finish_task(uow, EVERYTHING, study, task, note),  # type: ignore[misc]
        )


def _language(uow: UnitOfWork, course: Course) -> str:
    study = find_study(uow.session, EVERYTHING, course.study)
    participant = find_participant(uow.session, EVERYTHING, study, course.number)
    return uow.session.get_one(Contact, participant.id).language

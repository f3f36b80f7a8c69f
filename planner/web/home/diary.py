"""The diary of what a participant takes at home: today and the days before, and a calendar of ticks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from planner import clock
from planner.auth.door import installation
from planner.problems import InvalidInput, Refused
from planner.request_log import request_id
from planner.services.home_diary import BACK, REASONS, Diary, Medicine, Said, note_dose, own_diary
from planner.services.home_doors import AtHome
from planner.services.home_doses import Answer, HomeDose
from planner.web.home.entrance import inside, shown
from planner.web.home.pages import read_page
from planner.web.home.texts import Texts, texts_in
from schedules.scalars import read_date

pages = Blueprint("diary", __name__)
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Square:
    """One day in a calendar of ticks. ``mark`` is taken, late, missed, open or, where nothing is expected, nothing."""

    day: date
    mark: str
    #: whether it can be chosen, to note it down or change it
    opens: bool


@dataclass(frozen=True, slots=True)
class Typed:
    """What was chosen in the form of one medicine, and what is wrong with it, by the field: names of texts."""

    number: int
    answer: str
    why: str
    wrong: dict[str, str]


@pages.get("/diary")
@inside
def show(seen: AtHome) -> ResponseReturnValue:
    """Show a day, and the last weeks."""
    return _shown(seen, _diary(seen), request.args.get("day", ""), None)


@pages.post("/diary")
@inside
def note(seen: AtHome) -> ResponseReturnValue:
    """Take in what became of a dose."""
    planner, diary, said = installation(), _diary(seen), request.form.get("day", "")
    medicine = next((one for one in diary.medicines if str(one.number) == request.form.get("medicine", "")), None)
    typed = _typed(medicine)
    day = _day_of(diary, said)
    if medicine is None or day.isoformat() != said:
        return _shown(seen, diary, said, _GONE)
    if typed.wrong:
        return _shown(seen, diary, said, typed)
    answer = Said(medicine.drug, day, Answer(typed.answer), typed.why)
    try:
        done = planner.store.write(
            seen.actor, clock.now(), lambda uow: note_dose(uow, planner.designs, seen, answer), request_id()
        )
    except (Refused, InvalidInput):
        done = False
    if not done:
        return _shown(seen, diary, said, _GONE)
    return redirect(url_for("home.diary.show", day=said, saved=answer.answer.value), 303)


#: there is nothing of the kind to be noted down
_GONE = Typed(0, "", "", {})


def _typed(medicine: Medicine | None) -> Typed:
    """What the form says; whoever took a dose as usual is not asked why."""
    answer, why = request.form.get("answer", ""), request.form.get("why", "")
    wrong = {} if answer in list(Answer) else {"answer": "diary_no_answer"}
    if answer == Answer.TAKEN:
        why = ""
    elif not wrong and why not in REASONS:
        wrong = {"why": "diary_no_why"}
    return Typed(medicine.number if medicine is not None else 0, answer, why, wrong)


def _diary(seen: AtHome) -> Diary:
    planner, now = installation(), clock.now()
    return planner.store.read(lambda session: own_diary(session, planner.designs, seen, now))


def _day_of(diary: Diary, text: str) -> date:
    """The day that is meant, if it is one that can be noted down; else today."""
    try:
        day = read_date(text)
    except ValueError:
        return diary.today
    return day if diary.today - BACK <= day <= diary.today else diary.today


def _shown(seen: AtHome, diary: Diary, said: str, typed: Typed | None) -> ResponseReturnValue:
    page, day = read_page(seen), _day_of(diary, said)
    t, saved = texts_in(page.language), request.args.get("saved", "")
    return shown(
        "diary", t, 400 if typed is not None else 200, page=page, diary=diary, day=day, typed=typed, reasons=REASONS,
        saved=saved if saved in list(Answer) and typed is None else "", answers=list(Answer),
        names={one.number: _name(t, diary, one) for one in diary.medicines},
        weeks={one.number: list(_weeks(t, diary, one)) for one in diary.medicines},
        before=day - timedelta(days=1) if day > diary.today - BACK else None,
        after=day + timedelta(days=1) if day < diary.today else None,
    )  # fmt: skip


def _name(t: Texts, diary: Diary, medicine: Medicine) -> str:
    """What a medicine is called on the page: as was agreed, or by a number where there are several."""
    if medicine.name:
        return medicine.name
    alone = len(diary.medicines) == 1
    return t("diary_medicine") if alone else t("diary_medicine_n", number=diary.medicines.index(medicine) + 1)


def _weeks(t: Texts, diary: Diary, medicine: Medicine) -> Iterator[list[Square]]:
    """The weeks from the first dose to the last, each from the day with which a week begins in that language."""
    doses = {dose.day: dose for dose in medicine.doses}
    begin = min(doses) - timedelta(days=(min(doses).weekday() - t.locale.first_week_day) % _WEEK)
    while begin <= max(doses):
        week = [begin + timedelta(days=number) for number in range(_WEEK)]
        yield [_square(diary, day, doses.get(day)) for day in week]
        begin += timedelta(days=_WEEK)


def _square(diary: Diary, day: date, dose: HomeDose | None) -> Square:
    if dose is None:
        return Square(day, "", False)
    return Square(day, dose.answer.value if dose.answer is not None else "open", diary.may_note(dose))

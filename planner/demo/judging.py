"""What the demo's coordinator and investigator have said of deviations: most of the old ones, none of the newest."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from planner.clock import local_day
from planner.demo.setting import SOUTH
from planner.demo.stage import Stage
from planner.persistence.deviations import DeviationRow
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.services.access import EVERYTHING
from planner.services.deviations import JudgeDeviation, SignDeviation, judge_deviation, sign_deviation
from planner.services.users import Role

#: how far each deviation gets when it is looked at, one after the other
_STEPS = (
    ("confirm", "classify", "report", "close"),
    ("confirm",),
    ("dismiss",),
    ("confirm", "classify", "sign"),
    ("confirm", "classify", "report"),
)
_JUDGED = ("confirmed", "classified", "reported", "closed", "dismissed")
_OLD = timedelta(days=4)


def judge(stage: Stage, now: datetime) -> None:
    """Look through the deviations that nobody has judged yet and that are not of the last days."""
    today = local_day(now, stage.zones[SOUTH])  # where it is earliest: it has come at every site
    query = (
        select(Study.code, Participant.number, DeviationRow)
        .join(Participant, Participant.id == DeviationRow.participant_id)
        .join(Study, Study.id == DeviationRow.study_id)
        .where(DeviationRow.state == "candidate", DeviationRow.day < today - _OLD)
        .order_by(DeviationRow.id)
    )
    judged = stage.session.scalar(select(func.count()).where(DeviationRow.state.in_(_JUDGED))) or 0
    for place, (study, number, row) in enumerate(stage.session.execute(query).all()):
        steps = _STEPS[(judged + place) % len(_STEPS)]
        said = _said(today, important="sign" in steps)
        for minute, step in enumerate(steps):
            moment = now + timedelta(minutes=place * 5 + minute)
            _take(stage, step, (study, number, row.identity), moment, said.get(step, {}))


def _take(stage: Stage, step: str, which: tuple[str, str, str], now: datetime, said: dict[str, Any]) -> None:
    study, number, identity = which
    if step == "sign":
        signature = SignDeviation(study=study, participant=number, identity=identity, meaning="reviewed")
        stage.do(Role.INVESTIGATOR.value, now, lambda uow: sign_deviation(uow, EVERYTHING, signature))
        return
    command = JudgeDeviation(study=study, participant=number, identity=identity, step=step, **said)
    stage.do(Role.COORDINATOR.value, now, lambda uow: judge_deviation(uow, EVERYTHING, command))


def _said(today: date, *, important: bool) -> dict[str, dict[str, Any]]:
    """What is said with each step."""
    return {
        "confirm": {"aware_since": today},
        "classify": {"important": important, "category": "visit schedule", "cause": "made up for the demo"},
        "report": {"reported_on": today, "reported_to": "the ethics committee"},
        "dismiss": {"reason": "explained in the participant's notes (made up)"},
    }

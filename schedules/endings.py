"""From which day on a visit is not planned any more, and what ended it, in words. Days are ordinals."""

from __future__ import annotations

from schedules.history import Died, TreatmentEnded, Withdrew
from schedules.protocol import Stage
from schedules.specs import VisitSpec
from schedules.statuses import Status
from schedules.walk import Walk
from schedules.wording import day_words, known_day_words

_SCOPES = {"treatment": "treatment", "visits": "visits", "contact": "all contact"}


def cut_off(walk: Walk, spec: VisitSpec) -> int:
    """From which day on the visit is not planned any more."""
    course = walk.course
    if spec.stage is not Stage.FOLLOW_UP:
        return min(course.cut.treatment, course.cut.visits, course.cut.all)
    if spec.remote and course.permits_contact:
        return course.cut.all
    return min(course.cut.visits, course.cut.all)


def fall_words(walk: Walk, spec: VisitSpec, status: Status, why: str = "") -> tuple[str, ...]:
    """Why a visit was cancelled, as a note; nothing for one that was not."""
    return (f"cancelled: {why or _ended_words(walk, spec)}",) if status is Status.CANCELLED else ()


def _ended_words(walk: Walk, spec: VisitSpec) -> str:
    """What took a visit away: a death, a withdrawal, or the end of the treatment with its reason."""
    cut, end = cut_off(walk, spec), walk.course.end
    by_end = end is not None and spec.stage is not Stage.FOLLOW_UP
    if end is None or not by_end or end.reason == "death":
        for died in walk.record.all(Died):
            if died.day.toordinal() == cut:
                return f"the participant died {known_day_words(died.day, died.last_day)}"
    if end is None or not by_end or end.reason == "withdrawal":
        for withdrew in walk.record.all(Withdrew):
            if withdrew.date.toordinal() == cut and (by_end or withdrew.scope != "treatment"):
                return f"the participant withdrew from {_SCOPES[withdrew.scope]} on {day_words(cut)}"
    return f"the treatment ended on {day_words(cut)} ({_end_reason(walk)})"


def _end_reason(walk: Walk) -> str:
    """The recorded reason; "other" says nothing without the note beside it."""
    reason = walk.course.end.reason if walk.course.end else ""
    notes = [fact.note for fact in walk.record.all(TreatmentEnded) if fact.reason == reason == "other" and fact.note]
    return f"{reason}: {notes[0]}" if notes else reason.replace("-", " ")

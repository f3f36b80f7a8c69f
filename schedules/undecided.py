"""A progression or a new therapy while treatment goes on: nobody has decided yet, so nothing of it is firm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from schedules.history import NewTherapy, Progressed
from schedules.protocol import Mark, Stage
from schedules.scheduled import Conflict, Notice, ScheduledVisit
from schedules.statuses import Status
from schedules.walk import Walk
from schedules.wording import known_day_words

ASKING = frozenset({Mark.PROGRESSION, Mark.NEW_THERAPY})
_SETTLED = frozenset({Status.DONE, Status.MISSED, Status.OMITTED, Status.CANCELLED, Status.EXPIRED})


def ask_after_progression(walk: Walk) -> None:
    """Mark what is left of the treatment as undecided where the disease came back, or another therapy began."""
    fact = next(_unanswered(walk), None)
    if fact is None or not any(_is_asked(visit, fact.day) for visit in walk.visits):
        return
    what = "a new therapy" if isinstance(fact, NewTherapy) else f"{'a ' if fact.kind == 'relapse' else ''}{fact.kind}"
    text = f"{what} was recorded {known_day_words(fact.day, fact.last_day)} and the treatment is not ended"
    text += ": decide whether it goes on"
    asked = Conflict("progression", text, blocks=False)
    for place, visit in enumerate(walk.visits):
        if _is_asked(visit, fact.day):
            conflicts = (*visit.conflicts, asked) if visit.spec.doses else visit.conflicts
            walk.visits[place] = visit._replace(doubt=visit.doubt or text, conflicts=conflicts)
    walk.home_doses = [
        replace(doses, tentative=True) if doses.days and doses.days[-1] >= fact.day else doses
        for doses in walk.home_doses
    ]
    walk.end = replace(walk.end, tentative=True) if walk.end else None
    walk.end_doubt = walk.end_doubt or text
    walk.notices.append(Notice("progression", text))


def _unanswered(walk: Walk) -> Iterator[Progressed | NewTherapy]:
    """What asks whether the treatment goes on, and no end of it or decision at a gate has answered since."""
    if walk.course.end is not None:
        return
    answers = [fact.date for key, fact in walk.record.decided.items() if key not in walk.course.aside]
    asking: list[Progressed | NewTherapy] = [*walk.record.all(Progressed), *walk.record.all(NewTherapy)]
    for fact in asking:
        if max(answers, default=date.min) < fact.last_day:
            yield fact


def _is_asked(visit: ScheduledVisit, since: date) -> bool:
    """Whether a visit of the treatment may still take place on or after that day, or has no date."""
    last = max([day for day in (visit.target, visit.closes) if day], default=None)
    settled = visit.status in _SETTLED or visit.spec.stage is not Stage.TREATMENT
    return not settled and (last is None or last >= since)

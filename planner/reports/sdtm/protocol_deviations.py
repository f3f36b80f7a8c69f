"""DV: one record for each deviation that a person has confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from planner.reports.evidence import CONFIRMED, standing_of
from planner.reports.judged import Judged, said_of
from planner.reports.sdtm.book import VisitBook
from planner.reports.sdtm.subject_visits import Row, Whose
from planner.reports.sdtm.texts import fitted, without_keys
from schedules.deviation import Deviation, Kind
from schedules.keys import parse_key, parse_stay
from schedules.protocol import Stage
from schedules.scheduled import Plan
from schedules.study_day import study_day

#: DVDECOD of each kind of deviation
TERMS = {
    Kind.OUTSIDE_WINDOW: "VISIT OR DOSE OUTSIDE WINDOW",
    Kind.ACTIVITY_OUTSIDE_WINDOW: "ACTIVITY OUTSIDE WINDOW",
    Kind.EXPIRED_AT_DAY_1: "SCREENING EXPIRED AT FIRST DOSE",
    Kind.MISSED: "VISIT MISSED",
    Kind.UNRECORDED: "VISIT WITHOUT RECORD",
    Kind.DOSE_UNRECORDED: "DOSE WITHOUT RECORD",
    Kind.NOT_DONE: "ACTIVITY NOT DONE",
    Kind.HOLD_NOT_ALLOWED: "HOLD NOT ALLOWED BY PROTOCOL",
    Kind.TOO_CLOSE: "DOSES TOO CLOSE",
    Kind.SAME_DAY: "NOT ALLOWED ON THE SAME DAY",
    Kind.HELD_TOO_LONG: "CYCLE HELD TOO LONG",
    Kind.WITHOUT_GATE: "CYCLE BEGUN WITHOUT DECISION",
    Kind.AGAINST_GATE: "CYCLE BEGUN AGAINST DECISION",
    Kind.BEYOND_MOST_CYCLES: "MORE CYCLES THAN ALLOWED",
    Kind.AFTER_END: "DOSE AFTER END OF TREATMENT",
    Kind.WRONG_VERSION: "WRONG PROTOCOL VERSION",
    Kind.BEFORE_CONSENT: "PROCEDURE BEFORE CONSENT",
    Kind.BEFORE_RECONSENT: "PROCEDURE BEFORE CONSENT TO AMENDMENT",
    Kind.NO_CONSENT: "NO CONSENT RECORDED",
    Kind.GIVEN_AGAIN: "DOSE GIVEN MORE THAN ONCE",
    Kind.UNPLANNED_DOSE: "DOSE OUTSIDE ANY VISIT",
    Kind.WRONG_DRUG: "WRONG DRUG",
    Kind.WRONG_LEVEL: "WRONG DOSE LEVEL",
}
_EPOCHS = {Stage.SCREENING: "SCREENING", Stage.TREATMENT: "TREATMENT", Stage.FOLLOW_UP: "FOLLOW-UP"}


def protocol_deviations(
    whose: Whose, number: str, plan: Plan, judged: dict[str, Judged], book: VisitBook
) -> Iterator[Row]:
    """The records of one participant, by their days; they are numbered in that order."""
    confirmed = sorted(_confirmed(number, plan, judged), key=lambda each: (each[0].date or date.max, each[0].id))
    for place, (found, said) in enumerate(confirmed, start=1):
        day, weight = found.date, "IMPORTANT" if said.important else "NOT IMPORTANT"
        yield (
            whose.study, "DV", whose.name, place, _term(plan, found, book), TERMS[found.kind],
            fitted(said.category), weight, _epoch(plan, whose, found),
            day.isoformat() if day is not None else None,
            study_day(day, whose.day_1) if day is not None and whose.day_1 is not None else None,
        )  # fmt: skip


def _confirmed(number: str, plan: Plan, judged: dict[str, Judged]) -> Iterator[tuple[Deviation, Judged]]:
    """What the facts show and a person has confirmed: not what they have dismissed, nor what nobody has judged."""
    for found in (*plan.deviations, *plan.queries):
        said = said_of(judged, number, found.id)
        if said is not None and standing_of(said.state) == CONFIRMED:
            yield found, said


def _term(plan: Plan, found: Deviation, book: VisitBook) -> str:
    """The planner's sentence, with the names of visits, cycles and decisions in it."""
    gates = {gate.key: gate.label for gate in plan.gates}

    def name_of(key: str) -> str | None:
        named = book.named(key)
        if named is not None or key in gates:
            return named.name if named is not None else f'"{gates[key]}"'
        stay = parse_stay(key)
        return book.stay_words(stay) if stay is not None else None

    return fitted(without_keys(found.text, name_of))


def _epoch(plan: Plan, whose: Whose, found: Deviation) -> str:
    """Where the participant was: by the visit that it is about, else by the day."""
    parts = parse_key(found.visit or "")
    stages = {visit.spec.stay: visit.spec.stage for visit in plan.visits}
    if parts is not None and parts.stay in stages:
        return _EPOCHS[stages[parts.stay]]
    if found.date is None or whose.day_1 is None or found.date < whose.day_1:
        return _EPOCHS[Stage.SCREENING]
    end = plan.treatment_end
    over = end is not None and end.recorded and found.date > end.day
    return _EPOCHS[Stage.FOLLOW_UP if over else Stage.TREATMENT]

"""A small study whose figures can be worked out by hand, and the shortest way to a report of it.

Two cycles of two weeks with a drug on days 1 and 8, and a pill at home on days 1 to 10; Day 1 is Monday 2 March 2026.

- 01-001 (north): given on 2, 9, 20 and 27 March, 10 mg each; the look of 9 March was left out. The pill was taken on
  all days of cycle 1 and on 20, 21, 25, 26 and 27 March, and held from 22 to 24 March. 2 of 12 pills came back on
  12 March, none of 8 on 30 March.
- 01-002 (north): given on 3 March, 10 mg, and on 12 March, 5 mg of it; did not come on 17 March, was reached on the
  19th; treatment ended on 20 March.
- 02-001 (south): given on 2 March, nobody wrote how much; nothing is recorded of day 8; died on 12 March.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from planner.persistence.facts import FactRow
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.persistence.visits import VisitRow
from planner.reports.making import Wanted, make_report
from planner.reports.report import Filters, Measure, Report, Row
from planner.services.access import EVERYTHING, Scope
from planner.services.contact_attempts import LogAttempt, log_attempt
from planner.services.replanning import replan_all
from tests.planner.web.test_queries import copies
from tests.studies import NORTH, SOUTH, STUDY, Trial, begun_study, trial

SMALL = """\
protocol: small
version: "1.0"
title: Small
cohorts:
  part: {label: Part one, dose_levels: {drug: 10 mg}}
activities:
  drug: {label: Drug, kind: dose}
  look: {label: Look, kind: assessment}
  pill: {label: Pill, kind: home-dose}
  count: {label: Count of pills, kind: assessment, unscheduled: true}
epochs:
  t:
    label: Treatment
    cycles: {length: 14 days, at_most: 2}
    home:
      pill: {days: 1-10}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+1, activities: [drug]}
      d8: {label: Day 8, day: 8, window: -1/+1, activities: [drug, look]}
"""
DAY_1 = date(2026, 3, 2)
#: after everything
LATER = datetime(2026, 4, 15, 14, 0, tzinfo=UTC)


def given(visit: str | None, day: str, drug: str = "drug", **more: Any) -> dict[str, Any]:
    """A dose."""
    at = {"visit": visit} if visit else {}
    return {"fact": "given", "date": day, "activity": drug, **at, **more}


def small_study(store: Store) -> Trial:
    """The study of the docstring, as it stands on 15 April 2026."""
    return begun_study(store, "small study", _small_study)


def _small_study(store: Store) -> Trial:
    study = trial(store, texts=[SMALL])
    for number, site in (("01-001", NORTH), ("01-002", NORTH), ("02-001", SOUTH)):
        study.enrol(number, DAY_1, site, cohort="part")
    for visit, day in (("c1.d1", "02"), ("c1.d8", "09"), ("c2.d1", "20"), ("c2.d8", "27")):
        study.record("01-001", given(f"t.{visit}", f"2026-03-{day}", amount="10 mg"))
    study.record("01-001", {"fact": "attended", "date": "2026-03-09", "visit": "t.c1.d8", "not_done": ["look"]})
    pills = [*range(2, 12), 20, 21, 25, 26, 27]
    study.record("01-001", *(given(None, f"2026-03-{day:02}", "pill") for day in pills))
    hold = {"fact": "held", "date": "2026-03-22", "activity": "pill", "reason": "nausea", "resume": "2026-03-25"}
    study.record("01-001", hold)
    for day, result in (("12", "dispensed 12, returned 2"), ("30", "Returned 0 of 8")):
        study.record("01-001", {"fact": "assessed", "date": f"2026-03-{day}", "activity": "count", "result": result})
    study.record("01-002", given("t.c1.d1", "2026-03-03", amount="10 mg"))
    study.record("01-002", given("t.c1.d8", "2026-03-12", amount="5 mg", partial=True))
    study.record("01-002", {"fact": "visit_missed", "date": "2026-03-17", "visit": "t.c2.d1"})
    reach(study, "01-002", datetime(2026, 3, 19, 15, tzinfo=UTC))
    study.record("01-002", {"fact": "treatment_ended", "date": "2026-03-20", "reason": "toxicity"})
    study.record("02-001", given("t.c1.d1", "2026-03-02"), {"fact": "died", "date": "2026-03-12"})
    return at(study, LATER)


def many(study: Trial, first: int, last: int) -> None:
    """So many participants of whom the same is known as of 01-001."""
    copies(study, first, last)

    def work(uow: UnitOfWork) -> None:
        rows = uow.session.execute(select(FactRow.__table__).where(FactRow.participant_id == 1)).mappings().all()
        plain = [{name: value for name, value in row.items() if name != "id"} for row in rows]
        made = [{**row, "participant_id": number} for number in range(first, last + 1) for row in plain]
        for start in range(0, len(made), 5_000):
            uow.session.execute(insert(FactRow), made[start : start + 5_000])

    study.store.write(SYSTEM, study.now, work)


def reach(study: Trial, number: str, when: datetime) -> None:
    """Somebody was reached by phone."""
    study.now = max(study.now, when)
    command = LogAttempt(study=STUDY, participant=number, tried_at=when, channel="phone", outcome="reached")
    study.store.write(SYSTEM, study.now, lambda uow: log_attempt(uow, EVERYTHING, command))


def at(study: Trial, moment: datetime) -> Trial:
    """The study at a later moment, everybody planned again as the worker does it every night."""
    study.now = moment
    replan_all(study.store, study.designs, SYSTEM, moment)
    return study


def report(
    study: Trial, as_of: datetime | None = None, mask_below: int = 0, scope: Scope = EVERYTHING, **filters: Any
) -> Report:
    """The report of now, or of a past moment."""
    wanted = Wanted(study=STUDY, as_of=as_of, mask_below=mask_below, filters=Filters(**filters))
    return study.store.read(lambda session: make_report(session, study.designs, scope, wanted, study.now))


def row(measure: Measure, label: str = "", group: str = "all") -> Row:
    """The one figure of that label and group."""
    (found,) = [each for each in measure.rows if (each.group, each.label) == (group, label)]
    return found


def counts(found: Row) -> tuple[float | None, float | None]:
    """n and N."""
    return found.n, found.of


def left_out(measure: Measure) -> dict[str, int | None]:
    """How many were left out, by why."""
    return {each.why: each.count for each in measure.left_out}


def untrue_words(store: Store) -> list[tuple[str, str]]:
    """Of each stored visit whose word does not say what its own days do: the word, and what it should be."""
    with store.database.reading() as session:
        return [(row.tally, wanted) for row in session.scalars(select(VisitRow)) if row.tally != (wanted := _word(row))]


def _word(row: VisitRow) -> str:
    if row.key.startswith("unscheduled"):
        return "outside"
    if row.actual is None:
        return row.status
    if row.status == "expired" or row.opens is None or row.closes is None:
        return f"{row.status}/"
    window = [row.opens + timedelta(days=place) for place in range((row.closes - row.opens).days + 1)]
    nearest, wanted = (min(window, key=lambda day: abs(day - to)) for to in (row.actual, row.nominal or row.opens))
    return f"{row.status}/{(row.actual - nearest).days}/{(row.actual - wanted).days}"

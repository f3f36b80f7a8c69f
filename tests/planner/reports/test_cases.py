"""The histories of docs/examples/cases in one study: both ways to a report agree, and with plain SQL."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial

from sqlalchemy import text

from planner.persistence import schema
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.reports.report import BREAKDOWNS, Report, report_data
from planner.services.access import EVERYTHING
from planner.services.facts import RecordFacts, record_facts
from schedules.history_file import read_facts
from tests.case_plans import CASES, arguments_of
from tests.reported import at, counts, report, row, untrue_words
from tests.studies import NORTH, STUDY, Trial, trial

_WORDS = text("SELECT participant_id || ' ' || key, tally FROM visit")
LATER = datetime(2026, 5, 20, 14, 0, tzinfo=UTC)
#: Day 1 lies after the moment of the report
_LATER_ONES = frozenset({"A3-induction", "A3-maintenance", "B-new-year"})


def plain_cases() -> list[str]:
    """The cases of vsli-ino with one version and no site of their own."""
    found = []
    for case in sorted(CASES.glob("*.yaml")):
        words = arguments_of(case)
        plain = "vsli-ino" in words and not {"--amendment", "--site", "--start"} & set(words)
        if plain and "--history" in words and case.stem not in _LATER_ONES:
            found.append(case.stem)
    return found


def with_cases(store: Store) -> Trial:
    """A study with a participant for each case."""
    study = trial(store)
    study.now = LATER
    for place, case in enumerate(plain_cases()):
        number = f"01-{place:03}"
        study.screen(number, NORTH)
        facts = tuple(replace(fact, recorded=None) for fact in read_facts((CASES / f"{case}.yaml").read_text(), case))
        command = RecordFacts(study=STUDY, participant=number, facts=facts)
        study.store.write(
            SYSTEM, LATER, partial(record_facts, designs=study.designs, scope=EVERYTHING, command=command)
        )
    return at(study, LATER)


def test_the_two_ways_agree_on_every_case_and_with_plain_sql(store: Store) -> None:
    study = with_cases(store)
    for by in BREAKDOWNS:
        stored, again = report(study, by=by), report(study, LATER, by=by)
        assert report_data(replace(stored, made_from="facts")) == report_data(again)
    whole = report(study)
    assert whole.participants == len(plain_cases()) > 20
    check_against_sql(study, whole)


def test_what_is_counted_of_a_visit_is_stored_with_it_as_its_days_say(store: Store) -> None:
    study = with_cases(store)
    assert untrue_words(store) == []
    with store.database.writing() as session:  # what no case has: a visit too old by Day 1, and one without a window
        session.execute(text("UPDATE visit SET status = 'expired', tally = 'expired/' WHERE tally = 'done/0/2'"))
        session.execute(text("UPDATE visit SET opens = NULL, closes = NULL, tally = 'done/' WHERE tally = 'done/0/1'"))
    before = study.store.read(lambda session: dict(map(tuple, session.execute(_WORDS))))
    assert {"done/0/0", "cancelled", "outside", "expired/", "done/"} < set(before.values())
    schema.migrate(store.database, "0020")
    schema.migrate(store.database)
    assert study.store.read(lambda session: dict(map(tuple, session.execute(_WORDS)))) == before


def test_a_breakdown_and_a_period_count_in_the_database_what_lies_in_them(store: Store) -> None:
    study = with_cases(store)
    since, until = date(2026, 2, 1), date(2026, 2, 28)
    for by in BREAKDOWNS:
        stored, again = (
            report(study, by=by, since=since, until=until),
            report(study, LATER, by=by, since=since, until=until),
        )
        assert report_data(replace(stored, made_from="facts")) == report_data(again)
    days = text(
        "SELECT coalesce(nominal, target) FROM visit"
        " WHERE NOT gone AND actual IS NOT NULL AND key NOT LIKE 'unscheduled%'"
    )
    rows = study.store.read(lambda session: [as_date(day) for (day,) in session.execute(days) if day is not None])
    within = sum(since <= day <= until for day in rows)
    assert counts(row(report(study, since=since, until=until).measure("attendance")))[0] == within > 0


def check_against_sql(study: Trial, whole: Report) -> None:
    """Attendance, windows, lateness and deviations counted a second time, by statements and code of their own."""
    query = text(
        "SELECT status, nominal, opens, closes, actual FROM visit WHERE NOT gone AND key NOT LIKE 'unscheduled%'"
    )
    rows = study.store.read(lambda session: session.execute(query).all())
    done = [each for each in rows if each.status in ("done", "expired")]
    due = [*done, *(each for each in rows if each.status in ("missed", "unrecorded"))]
    assert counts(row(whole.measure("attendance"))) == (len(done), len(due))
    measured = [tuple(map(as_date, each[1:])) for each in done if each.status == "done"]
    within = sum(opens <= actual <= closes for _, opens, closes, actual in measured)
    assert counts(row(whole.measure("window"))) == (within, len(measured))
    late = Counter((actual - max(opens, min(nominal, closes))).days for nominal, opens, closes, actual in measured)
    assert {int(each.label): each.n for each in whole.measure("lateness").rows if each.label} == late
    kinds = text("SELECT kind, count(*) FROM deviation WHERE found AND state = 'candidate' GROUP BY kind")
    found = study.store.read(lambda session: dict(map(tuple, session.execute(kinds))))
    shown = {each.label: each.n for each in whole.measure("deviations").rows if each.label and each.n}
    assert shown == found


def as_date(value: str | date) -> date:
    """A day as the one or the other database gives it."""
    return date.fromisoformat(value) if isinstance(value, str) else value

"""Doses, activities and drugs at home stand with the plan, and a report of now plans nobody again who has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select, update

from planner.persistence.care import CareRow
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.visits import VisitRow
from planner.reports.report import BREAKDOWNS, report_data
from planner.services.access import EVERYTHING, find_study
from planner.services.care import care_of
from planner.services.care_records import care_text, read_care
from planner.services.histories import lives_of
from planner.services.replanning import replan_all
from planner.services.verification import verify_visits
from tests.planner.reports.test_cases import with_cases
from tests.reported import LATER, at, counts, report, row, small_study
from tests.studies import NORTH, STUDY, Trial


def stored(study: Trial) -> dict[int, str]:
    """The text of each participant who has one."""
    query = select(CareRow.participant_id, CareRow.content)
    return study.store.read(lambda session: {row.participant_id: row.content for row in session.execute(query)})


def put(study: Trial, statement: Any) -> None:
    """Change what is stored behind the planner's back."""
    with study.store.database.writing() as session:
        session.execute(statement)


def test_a_report_of_now_counts_the_doses_that_are_stored_and_one_of_a_past_moment_those_of_the_facts(
    store: Store,
) -> None:
    study = at(small_study(store), LATER)
    label = "Drug, doses"
    assert counts(row(report(study).measure("relative-dose"), label)) == (7, 8)
    put(study, update(CareRow).where(CareRow.participant_id == 1).values(content=""))
    assert counts(row(report(study).measure("relative-dose"), label)) == (3, 4)
    assert counts(row(report(study, LATER).measure("relative-dose"), label)) == (7, 8)


def test_who_has_none_stored_or_one_of_an_older_planner_is_planned_for_the_report(store: Store) -> None:
    study = at(small_study(store), LATER)
    before = {by: report_data(report(study, by=by)) for by in BREAKDOWNS}
    put(study, delete(CareRow).where(CareRow.participant_id == 1))
    put(study, update(CareRow).where(CareRow.participant_id == 2).values(form=0, content="[]"))
    assert {by: report_data(report(study, by=by)) for by in BREAKDOWNS} == before
    again = replace(report(study, LATER, site=NORTH), made_from="projection")
    assert report_data(report(study, site=NORTH)) == report_data(again)


def test_the_worker_stores_it_for_whoever_has_none_and_changes_nothing_else(store: Store) -> None:
    study = at(small_study(store), LATER)
    before, visits = stored(study), visit_states(study)
    put(study, delete(CareRow))
    replan_all(store, study.designs, SYSTEM, LATER)
    assert stored(study) == before
    assert visit_states(study) == visits


def visit_states(study: Trial) -> list[Any]:
    """How every stored visit stands, and since when."""
    query = select(VisitRow.key, VisitRow.status, VisitRow.revision, VisitRow.changed_at)
    return study.store.read(lambda session: list(map(tuple, session.execute(query.order_by(VisitRow.participant_id)))))


def test_what_is_stored_of_every_case_says_the_same_when_it_is_read_back(store: Store) -> None:
    study = with_cases(store)
    with store.database.reading() as session:
        design = study.designs.of(session, find_study(session, EVERYTHING, STUDY))
        people = list(session.scalars(select(Participant)))
        for life, person in zip(lives_of(session, design, people), people, strict=True):
            plan = life.plan(study.now)
            assert plan is not None
            care = care_of(life, plan)
            assert read_care(care_text(care)) == care
            assert stored(study)[person.id] == care_text(care)


def test_verifying_finds_what_is_not_as_the_facts_say(store: Store) -> None:
    study = at(small_study(store), LATER)
    assert verified(study) == []
    put(study, update(CareRow).where(CareRow.participant_id == 1).values(content=""))
    put(study, update(VisitRow).where(VisitRow.participant_id == 2, VisitRow.key == "t.c1.d8").values(tally="done/0/0"))
    assert verified(study) == [
        f"{STUDY}/01-001: what is stored of doses and activities differs", f"{STUDY}/01-002: t.c1.d8 differs in tally",
    ]  # fmt: skip


def verified(study: Trial) -> list[str]:
    """What is stored and is not as the facts have it."""
    return study.store.read(lambda session: list(verify_visits(session, study.designs)))

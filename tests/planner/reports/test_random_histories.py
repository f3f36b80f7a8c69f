"""Made-up histories in both databases: the two ways to a report agree, and a past moment is as it was."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from planner.persistence.database import Database
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.problems import PlannerError
from planner.reports.report import BREAKDOWNS, Report, report_data
from planner.services.access import EVERYTHING, find_study
from planner.services.facts import RecordFacts, record_facts
from planner.services.studies import add_version, confirm_assumptions
from schedules.history import Fact
from tests import builders
from tests.databases import BOTH, new_database
from tests.planner.reports.sdtm.rules import broken
from tests.planner.reports.sdtm.stored import read_study
from tests.planner.reports.sdtm.test_by_hand import made
from tests.reported import at, report, untrue_words
from tests.strategies import Case, library_cases
from tests.studies import NORTH, STUDY, Trial, trial

#: of PEOPLE histories each, on each database
EXAMPLES = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 2
PEOPLE = 5
#: after everything that hypothesis makes up
THEN, LATER = datetime(2032, 1, 1, 14, 0, tzinfo=UTC), datetime(2032, 3, 1, 14, 0, tzinfo=UTC)
histories = library_cases("vsli-ino", "amended", home=st.just(builders.site(name=NORTH)), named=True)


def with_first_halves(store: Store, cases: Sequence[Case]) -> Trial:
    """A study of two versions, with somebody for each case and the first half of what happened to them."""
    study = trial(store)
    store.write(SYSTEM, study.now, amend)
    study.now = THEN
    for place, case in enumerate(cases):
        study.screen(number_of(place), NORTH)
        record(study, place, case.facts[: len(case.facts) // 2 + 1])
    return at(study, THEN)


def amend(uow: UnitOfWork) -> None:
    """The made-up second version."""
    study = find_study(uow.session, EVERYTHING, STUDY)
    confirm_assumptions(uow, study, add_version(uow, study, builders.vsli_amended_text()).version)


def number_of(place: int) -> str:
    return f"01-{place:03}"


def record(study: Trial, place: int, facts: Iterable[Fact]) -> None:
    """Record facts one by one; what cannot be any more (a fact before it was refused, a chair is taken) is left out."""
    for fact in facts:
        command = RecordFacts(study=STUDY, participant=number_of(place), facts=(replace(fact, recorded=None),))
        work = partial(record_facts, designs=study.designs, scope=EVERYTHING, command=command)
        with suppress(PlannerError):
            study.store.write(SYSTEM, study.now, work)


def agree(stored: Report, again: Report) -> None:
    """Whether both are the same but for how they were made, and leave nobody out."""
    assert (stored.made_from, again.made_from, again.notes) == ("projection", "facts", ())
    assert report_data(replace(stored, made_from="facts")) == report_data(again)


@pytest.mark.parametrize("kind", BOTH)
@settings(
    max_examples=EXAMPLES, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(cases=st.lists(histories, min_size=PEOPLE, max_size=PEOPLE))
def test_both_ways_agree_now_and_then_and_the_datasets_keep_the_rules(
    request: pytest.FixtureRequest, real_hasher: PasswordHasher, kind: str, cases: list[Case]
) -> None:
    assert real_hasher is not None
    with new_database(request, kind) as url:
        database = Database(url)
        try:
            check(with_first_halves(Store(database), cases), cases)
        finally:
            database.dispose()


def check(study: Trial, cases: list[Case]) -> None:
    """The study at its moment, and the same moment seen from a later one."""
    before = {by: report(study, by=by) for by in BREAKDOWNS}
    for by, stored in before.items():
        agree(stored, report(study, THEN, by=by))
    assert untrue_words(study.store) == []
    datasets = made(study)
    assert broken(study.store.read(lambda session: read_study(session, study.designs, STUDY, study.now))) == []
    study.now = LATER
    for place, case in enumerate(cases):
        record(study, place, case.facts[len(case.facts) // 2 + 1 :])
    at(study, LATER)
    assert untrue_words(study.store) == []
    for by, stored in before.items():
        agree(stored, report(study, THEN, by=by))
        agree(report(study, by=by), report(study, LATER, by=by))
    assert made(study, THEN) == datasets
    assert broken(study.store.read(lambda session: read_study(session, study.designs, STUDY, study.now))) == []

"""Cohorts: set up with dose levels, their participants by their enrolment, and what is in the way of the next one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event, select

from planner.persistence.facts import FactRow
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.problems import Conflict, InvalidInput, NotFound, Refused
from planner.services.access import EVERYTHING, Scope
from planner.services.cohort_members import CohortReport, cohort_list
from planner.services.cohorts import ChangeCohort, SetUpCohort, change_cohort, set_up_cohort
from planner.services.imports import import_facts
from tests.studies import NOW, SOUTH, STUDY, Trial, audited, trial

FEBRUARY = datetime(2026, 2, 20, 15, 0, tzinfo=UTC)
INO = {"ino": "level 1"}
DAYS = {"induction.c1.d1": "2026-01-05", "induction.c1.d8": "2026-01-12", "induction.c1.d15": "2026-01-20"}

TABLE = """number,site,fact,date,day_1,version,cohort
01-001,north,consented,2025-12-20,,1.0,
01-001,north,enrolled,2025-12-30,2026-01-05,,phase-1b
01-002,north,consented,2025-12-20,,1.0,
01-002,north,enrolled,2025-12-30,2026-01-05,,phase-1b
"""


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(store.database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(store.database.engine, "before_cursor_execute", note)


@pytest.fixture
def study(store: Store) -> Trial:
    made = trial(store)
    set_up(made, "level-1", dose_levels=INO)
    set_up(made, "level-2", dose_levels={"ino": "level 2"})
    return made


def set_up(study: Trial, code: str, scope: Scope = EVERYTHING, **details: Any) -> None:
    said = {"study": STUDY, "code": code, "label": f"Cohort {code}", "size": 2, "part": "phase-1b", **details}
    study.store.write(SYSTEM, NOW, lambda uow: set_up_cohort(uow, study.designs, scope, SetUpCohort(**said)).id)


def change(study: Trial, code: str, state: str | None = None, now: datetime = NOW, **details: Any) -> None:
    command = ChangeCohort(study=STUDY, code=code, state=state, **details)
    study.store.write(SYSTEM, now, lambda uow: change_cohort(uow, study.designs, EVERYTHING, command).id)


def report(study: Trial, code: str = "level-1", now: datetime = NOW, scope: Scope = EVERYTHING) -> CohortReport:
    found = study.store.read(lambda session: cohort_list(session, study.designs, scope, STUDY, now))
    return next(one for one in found if one.code == code)


def join(study: Trial, number: str, levels: Mapping[str, str] = INO, site: str = "north") -> None:
    study.enrol(number, site=site, cohort="phase-1b", dose_levels=dict(levels))


def treat(study: Trial, number: str, days: Mapping[str, str] = DAYS) -> None:
    """All doses of the first cycle."""
    for visit, day in days.items():
        dose = {"fact": "given", "date": day, "visit": visit}
        study.record(number, {**dose, "activity": "vsli"}, {**dose, "activity": "ino", "level": "level 1"})


def take(study: Trial, table: str) -> None:
    study.store.write(SYSTEM, NOW, lambda uow: import_facts(uow, study.designs, EVERYTHING, STUDY, table.encode()))


def test_a_cohort_has_its_levels_its_size_and_a_state(study: Trial) -> None:
    found = report(study)
    assert (found.part, found.dose_levels, found.size, found.state) == ("phase-1b", INO, 2, "planned")
    assert (found.enrolled, found.places, found.members) == (0, 2, ())
    assert [entry.subject for entry in audited(study, "cohort.set-up")] == [
        "study:vsli-ino/cohort:level-1",
        "study:vsli-ino/cohort:level-2",
    ]


def test_participants_belong_to_the_cohort_of_the_levels_that_they_were_enrolled_at(study: Trial) -> None:
    change(study, "level-1", "open")
    change(study, "level-2", "open", why="the safety board agreed")
    join(study, "01-001")
    join(study, "01-002", {"ino": "level 2"})
    study.enrol("01-004", cohort="phase-2")
    assert [member.participant for member in report(study).members] == ["01-001"]
    assert [member.participant for member in report(study, "level-2").members] == ["01-002"]


def test_a_report_takes_as_many_queries_for_five_who_are_observed_as_for_one(store: Store) -> None:
    study = trial(store)
    set_up(study, "level-1", dose_levels=INO, size=6)
    change(study, "level-1", "open")
    join(study, "01-001")
    report(study)  # the design is kept from now on
    with statements(store) as few:
        assert [member.observation for member in report(study).members] == ["not-begun"]
    for number in range(2, 6):
        join(study, f"01-{number:03}")
    with statements(store) as many:
        assert len([member for member in report(study).members if member.observation]) == 5
    assert len(many) == len(few)


def test_nobody_is_enrolled_at_levels_at_which_no_cohort_would_count_them(study: Trial) -> None:
    with pytest.raises(Refused, match="no cohort of phase-1b has the dose levels ino level 3"):
        join(study, "01-003", {"ino": "level 3"})
    with pytest.raises(Refused, match="none of the cohorts of phase-1b is open"):
        join(study, "01-004", {})


def test_nobody_is_enrolled_at_a_level_that_was_never_open_and_late_entries_at_one_that_is_closed_are_taken(
    study: Trial,
) -> None:
    with pytest.raises(Refused, match="level-1 with ino level 1 has never been open; open the cohort first"):
        join(study, "01-003")
    change(study, "level-1", "open")
    change(study, "level-1", "closed")
    join(study, "01-001")
    with pytest.raises(Refused, match="level-2 with ino level 2 has never been open"):
        join(study, "01-002", {"ino": "level 2"})
    assert [member.participant for member in report(study).members] == ["01-001"]


def test_an_enrolment_that_says_no_levels_is_at_those_of_the_only_open_cohort(study: Trial) -> None:
    change(study, "level-1", "open")
    join(study, "01-001", {})
    assert [member.participant for member in report(study).members] == ["01-001"]
    with study.store.database.reading() as session:
        kept = session.scalars(select(FactRow.content).where(FactRow.kind == "enrolled")).one()
    assert kept["dose_levels"] == INO


def test_a_table_enrols_by_the_same_rule(study: Trial) -> None:
    with pytest.raises(InvalidInput, match="none of the cohorts of phase-1b is open"):
        take(study, TABLE)
    change(study, "level-1", "open")
    take(study, TABLE)
    assert [member.participant for member in report(study).members] == ["01-001", "01-002"]


def test_who_has_no_dose_yet_is_not_observed_and_who_has_is_until_the_last_day(study: Trial) -> None:
    change(study, "level-1", "open")
    join(study, "01-001")
    assert report(study).members[0].observation == "not-begun"
    treat(study, "01-001", {"induction.c1.d1": "2026-01-05"})
    (member,) = report(study).members
    assert (member.observation, member.opens, member.closes) == ("observing", date(2026, 1, 5), date(2026, 2, 1))
    assert "01-001 is observing, to 1 February 2026" in report(study).in_the_way


def test_the_next_cohort_may_open_once_all_that_are_wanted_are_evaluable(study: Trial) -> None:
    change(study, "level-1", "open")
    study.now = FEBRUARY
    for number in ("01-001", "01-002"):
        join(study, number)
        treat(study, number)
        found = report(study, now=FEBRUARY)
        if number == "01-001":
            assert found.in_the_way == ("1 of 2 participants are evaluable",)
    assert (found.evaluable, found.places, found.in_the_way, found.next_may_open) == (2, 0, (), True)
    assert found.rule is not None
    assert found.rule.startswith("A participant who misses a dose")
    change(study, "level-2", "open", FEBRUARY)
    assert report(study, "level-2").state == "open"


def test_who_is_to_be_replaced_takes_no_place(study: Trial) -> None:
    change(study, "level-1", "open")
    study.now = FEBRUARY
    join(study, "01-001")
    treat(study, "01-001", {"induction.c1.d1": "2026-01-05"})
    study.record("01-001", {"fact": "visit_missed", "date": "2026-01-12", "visit": "induction.c1.d8",
                            "reason": "travel"})  # fmt: skip
    found = report(study, now=FEBRUARY)
    assert (found.members[0].observation, found.enrolled, found.places) == ("to-be-replaced", 1, 2)
    assert found.in_the_way == ("0 of 2 participants are evaluable",)


def test_a_cohort_is_opened_before_its_time_only_with_a_reason(study: Trial) -> None:
    change(study, "level-1", "open")
    with pytest.raises(Refused, match="level-1: 0 of 2 participants are evaluable"):
        change(study, "level-2", "open")
    assert report(study, "level-2").state == "planned"
    change(study, "level-2", "open", why="the safety board agreed")
    assert report(study, "level-2").state == "open"
    assert audited(study, "cohort.changed")[-1].why == "the safety board agreed"


def test_a_cohort_that_a_person_closed_need_not_be_full(study: Trial) -> None:
    change(study, "level-1", "open")
    change(study, "level-1", "closed")
    assert report(study).next_may_open
    join(study, "01-001")
    assert report(study).in_the_way == ("01-001 is not-begun",)


def test_a_closed_cohort_opens_again_with_a_reason(study: Trial) -> None:
    change(study, "level-1", "closed")
    with pytest.raises(Refused, match="closed before"):
        change(study, "level-1", "open")
    change(study, "level-1", "open", why="back to level 1")
    change(study, "level-1", size=6)
    assert (report(study).state, report(study).size) == ("open", 6)


@pytest.mark.parametrize(("first", "then"), [(None, "observing"), ("open", "open"), ("closed", "observing")])
def test_a_step_that_a_state_does_not_allow_is_refused(study: Trial, first: str | None, then: str) -> None:
    if first:
        change(study, "level-1", first)
    with pytest.raises(Conflict, match="it can become"):
        change(study, "level-1", then)


def test_a_cohort_in_which_nobody_is_observed_is_through_when_it_is_full(study: Trial) -> None:
    set_up(study, "phase-2", part=None, size=1)
    change(study, "phase-2", "open", why="made up")
    assert report(study, "phase-2").in_the_way == ("0 of 1 participants are enrolled",)
    study.enrol("01-001", cohort="phase-2")
    found = report(study, "phase-2")
    assert (found.members[0].observation, found.next_may_open, found.rule) == (None, True, None)


def test_who_sees_one_site_is_told_of_others_without_their_numbers(study: Trial) -> None:
    change(study, "level-1", "open")
    join(study, "01-001")
    join(study, "02-001", site=SOUTH)
    found = report(study, scope=Scope(((1, 1),)))
    assert [member.participant for member in found.members] == ["01-001"]
    assert (found.enrolled, found.places) == (2, 0)
    assert found.in_the_way == (
        "01-001 is not-begun",
        "a participant of another site is not-begun",
        "0 of 2 participants are evaluable",
    )


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"code": "Level 3"}, "code"),
        ({"label": " "}, "label"),
        ({"size": 0}, "size"),
        ({"part": "phase-9"}, "part"),
        ({"dose_levels": {"marrow": "level 3"}}, "dose_levels/marrow"),
        ({"dose_levels": {"ino": ""}}, "dose_levels/ino"),
    ],
)
def test_what_cannot_be_is_told_by_its_field(study: Trial, changed: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        set_up(study, **{"code": "level-3", "dose_levels": {"ino": "level 3"}, **changed})
    assert [problem.place for problem in refused.value.problems] == [place]


@pytest.mark.parametrize("levels", [INO, {}, {"vsli": "full"}, {**INO, "vsli": "full"}])
def test_no_two_cohorts_are_such_that_a_participant_could_belong_to_both(
    study: Trial, levels: Mapping[str, str]
) -> None:
    with pytest.raises(Conflict, match="could belong to level-1 as well"):
        set_up(study, "another", dose_levels=levels)


def test_a_code_is_given_out_once(study: Trial) -> None:
    with pytest.raises(Conflict, match="already"):
        set_up(study, "level-1", dose_levels={"ino": "level 9"})


def test_a_change_of_what_is_not_there_or_not_possible_is_told(study: Trial) -> None:
    with pytest.raises(NotFound):
        change(study, "level-9", "open")
    with pytest.raises(InvalidInput, match="state"):
        change(study, "level-1", "planned")
    with pytest.raises(InvalidInput, match="size"):
        change(study, "level-1", size=0)


def test_who_has_no_part_in_the_study_finds_no_cohorts(study: Trial) -> None:
    with pytest.raises(NotFound):
        report(study, scope=Scope(((7, None),)))
    with pytest.raises(NotFound):
        set_up(study, "level-3", Scope(((7, None),)))
